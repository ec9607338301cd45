/** Which user names could pass for another: letters of several alphabets, and names of one that look like those of another. */
import { invalid } from '../../core/http/validation.ts'
import { nameKeyOf, type NameKey } from './users.ts'

/**
 * Scripts in living use (Unicode Annex 31, tables 5 and 7). A name of any other script is nobody's, and
 * one of two is refused unless they are written together (Unicode Standard 39, section 5.2, "Highly
 * Restrictive").
 */
const scripts = [
  ...['Arabic', 'Armenian', 'Bengali', 'Cyrillic', 'Devanagari', 'Ethiopic', 'Georgian', 'Greek'],
  ...['Gujarati', 'Gurmukhi', 'Hebrew', 'Kannada', 'Khmer', 'Lao', 'Malayalam', 'Myanmar', 'Oriya'],
  ...['Sinhala', 'Tamil', 'Telugu', 'Thaana', 'Thai', 'Tibetan'],
  ...['Adlam', 'Balinese', 'Bamum', 'Batak', 'Canadian_Aboriginal', 'Chakma', 'Cham', 'Cherokee'],
  ...[
    'Hanifi_Rohingya',
    'Javanese',
    'Kayah_Li',
    'Lepcha',
    'Limbu',
    'Lisu',
    'Mandaic',
    'Miao',
    'Nko',
  ],
  ...['Meetei_Mayek', 'New_Tai_Lue', 'Newa', 'Nyiakeng_Puachue_Hmong', 'Ol_Chiki', 'Osage', 'Vai'],
  ...['Saurashtra', 'Sundanese', 'Syloti_Nagri', 'Syriac', 'Tai_Le', 'Tai_Tham', 'Tai_Viet'],
  ...['Tifinagh', 'Wancho', 'Yi'],
]

/** Japanese, Chinese and Korean are written with several scripts, and with Latin among them. */
const mixes = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
]

const ofOneScript = [...scripts.map((script) => [script]), ...mixes].map((together) => {
  // By script extensions, with what all scripts share: digits, signs, most marks.
  const known = ['Common', 'Inherited', ...together].map((script) => `\\p{scx=${script}}`)
  return new RegExp(`^[${known.join('')}]*$`, 'u')
})

/** Throws `validation_failed` for a name whose letters are of scripts that nobody mixes. */
export function requireOneScript(username: string): void {
  const name = nameKeyOf(username)
  if (ofOneScript.some((pattern) => pattern.test(name))) return
  throw invalid([{ path: '/username', message: 'must not mix letters of several alphabets' }])
}

/**
 * Letters that look like those of Latin, each with its own (Unicode Standard 39, confusables.txt): the
 * alphabets in which whole names can be written that read as Latin ones.
 */
const lookalikes = [
  // Cyrillic
  ['асԁеһіјӏорԛѕѵԝхуьгАВЕКМНОРСТУХІЈЅԚԜѴ', 'acdehijlopqsvwxybrABEKMHOPCTYXIJSQWV'],
  // Greek
  ['αγικνορυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ', 'ayikvopuABEZHIKMNOPTYX'],
  // Armenian
  ['ցհյոօզս', 'ghjnoqu'],
].map(([own = '', latin = '']) => ({
  toLatin: pairs(own, latin),
  fromLatin: pairs(latin, own),
}))

/**
 * The keys of names in other alphabets that look like this one. Names of one alphabet that look alike,
 * such as `modern` and `modem`, are not among them: people choose such names in good faith.
 */
export function lookalikeKeys(username: string): readonly NameKey[] {
  const name = username.normalize('NFKC')
  const latin =
    lookalikes.map(({ toLatin }) => spelled(name, toLatin)).find((each) => each !== null) ?? name
  const others = lookalikes.map(({ fromLatin }) => spelled(latin, fromLatin))
  const keys = [latin, ...others].flatMap((each) => (each === null ? [] : nameKeyOf(each)))
  return [...new Set(keys)].filter((key) => key !== nameKeyOf(username))
}

function pairs(from: string, to: string): ReadonlyMap<string, string> {
  const images = [...to]
  return new Map([...from].map((letter, at) => [letter, images[at] ?? '']))
}

/** The name with each letter replaced; null where a letter has none that looks like it. */
function spelled(name: string, letters: ReadonlyMap<string, string>): string | null {
  let result = ''
  for (const char of name) {
    const other = letters.get(char)
    if (other === undefined && /[\p{L}\p{M}]/u.test(char)) return null
    result += other ?? char
  }
  return result
}
