/** Texts that people read or that are keys: the form in which they are kept, and what they may not hold. */
import Type, { type TSchemaOptions } from 'typebox'

/**
 * `line` and `prose`: NFC (Unicode Annex 15) without blanks at its ends. `key`, which two texts of the
 * same look must share: each blank inside one space as well.
 */
export type TextForm = 'line' | 'prose' | 'key'

/** Tells the validator to bring a text into its form; no part of the document. */
export const textMark = 'x-text'

/**
 * More than any language needs (Unicode Annex 15, section 13, "Stream-Safe Text Format"). NFC sorts
 * the marks of a letter, in n^2 steps: 8 ms for a thousand of them, 6 s for 32,000.
 */
const manyMarks = /\p{M}{31}/u

/** A text whose length has been checked in its form; one with more marks in a row than any word has is only trimmed. */
export function inForm(form: TextForm, text: string): string {
  // Half of a surrogate pair has no UTF-8: no store keeps it and no path can hold it.
  const whole = text.toWellFormed()
  const trimmed = (manyMarks.test(whole) ? whole : whole.normalize('NFC')).trim()
  return form === 'key' ? trimmed.replace(/\s+/gu, ' ') : trimmed
}

type Range = readonly [first: number, last: number]

const lineBreaks: readonly Range[] = [
  [0x2028, 0x2029], // line and paragraph separator
]

const controls: readonly Range[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
]

/** What is drawn as nothing or turns the reading order round: two names would look like one. */
const unseen: readonly Range[] = [
  [0x00ad, 0x00ad], // soft hyphen
  [0x034f, 0x034f], // combining grapheme joiner
  [0x061c, 0x061c], // Arabic letter mark
  [0x115f, 0x1160], // Hangul fillers
  [0x17b4, 0x17b5], // Khmer inherent vowels
  [0x180e, 0x180e], // Mongolian vowel separator
  [0x200b, 0x200b], // zero width space
  [0x200e, 0x200f], // marks of direction
  [0x202a, 0x202e], // embeddings and overrides
  [0x2060, 0x206f], // word joiner, isolates, deprecated controls
  [0x2800, 0x2800], // blank of Braille
  [0x3164, 0x3164], // Hangul filler
  [0xfeff, 0xfeff], // byte order mark
  [0xffa0, 0xffa0], // Hangul filler of half width
  [0xfff0, 0xfffb], // specials
  [0x1bca0, 0x1bca3], // controls of shorthand
  [0x1d173, 0x1d17a], // controls of music
  [0xe0000, 0xe00ff], // tags
  [0xe01f0, 0xe0fff],
]

/** Unseen as well, and needed: names in Persian and Hindi, pictures with a choice of look. */
const joiners: readonly Range[] = [
  [0x180b, 0x180d],
  [0x180f, 0x180f],
  [0x200c, 0x200d],
  [0xfe00, 0xfe0f],
  [0xe0100, 0xe01ef],
]

/** What `trim` takes away and no control is. */
const blanks: readonly Range[] = [
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
]

const lineEnds: readonly Range[] = [
  [0x09, 0x0a],
  [0x0d, 0x0d],
]

/** Beyond four digits only a literal character is read the same by every dialect of patterns. */
const charOf = (point: number): string =>
  point > 0xffff ? String.fromCodePoint(point) : `\\u${point.toString(16).padStart(4, '0')}`

const classOf = (...groups: readonly (readonly Range[])[]): string =>
  groups
    .flat()
    .map(([first, last]) => (first === last ? charOf(first) : `${charOf(first)}-${charOf(last)}`))
    .join('')

/**
 * Not blank, and nothing refused in it. What each part takes is disjoint from what may follow it, so a
 * text is read once; and no look-ahead, as tools make values from the pattern.
 */
const notBlank = (blank: string, refused: string, first = ''): string =>
  `[${blank}]*[^${blank}${refused}${first}][^${refused}]*`

const patternOf = (form: string, mayBeEmpty: boolean): string =>
  mayBeEmpty ? `^(?:${form})?$` : `^${form}$`

const linePattern = notBlank(classOf(blanks), classOf(controls, lineBreaks, unseen))
const notInKey = classOf(controls, lineBreaks, unseen, joiners)
const keyPattern = notBlank(classOf(blanks), notInKey)
const pathKeyPattern = notBlank(classOf(blanks), `${notInKey}/\\\\`, '.')
const prosePattern = notBlank(
  classOf(blanks, lineEnds),
  classOf([
    [0x00, 0x08],
    [0x0b, 0x0c],
    [0x0e, 0x1f],
    [0x7f, 0x9f],
  ]),
)

/** A name that is shown: one line, not blank, without control characters and what cannot be seen. */
export const line = (maxLength: number, options: TSchemaOptions = {}) =>
  Type.String({
    ...{ minLength: 1, maxLength, pattern: patternOf(linePattern, false), [textMark]: 'line' },
    ...options,
  })

/** As `line`, or empty. */
export const optionalLine = (maxLength: number, options: TSchemaOptions = {}) =>
  Type.String({ maxLength, pattern: patternOf(linePattern, true), [textMark]: 'line', ...options })

/** A name by which things are found: texts of one look are one key. */
export const key = (maxLength: number, options: TSchemaOptions = {}) =>
  Type.String({
    ...{ minLength: 1, maxLength, pattern: patternOf(keyPattern, false), [textMark]: 'key' },
    ...options,
  })

/**
 * A key that stands in a path: gateways refuse slashes and backslashes in a segment, encoded ones too,
 * and segments that begin like `.` and `..`.
 */
export const pathKey = (maxLength: number, options: TSchemaOptions = {}) =>
  Type.String({
    ...{ minLength: 1, maxLength, pattern: patternOf(pathKeyPattern, false), [textMark]: 'key' },
    ...options,
  })

/** Text of several lines, or empty: line breaks and tabs, but no other control characters. */
export const prose = (maxLength: number, options: TSchemaOptions = {}) =>
  Type.String({
    maxLength,
    pattern: patternOf(prosePattern, true),
    [textMark]: 'prose',
    ...options,
  })

const mistakes = new Map([
  ...[linePattern, keyPattern, prosePattern].flatMap((form) =>
    [true, false].map(
      (mayBeEmpty) =>
        [
          patternOf(form, mayBeEmpty),
          'must not be blank or hold characters that cannot be seen',
        ] as const,
    ),
  ),
  [
    patternOf(pathKeyPattern, false),
    'must not be blank, begin with a dot, or hold slashes, backslashes or characters that cannot be seen',
  ],
])

/** What to say of a text that these patterns refuse; null for any other pattern. */
export const mistakeOf = (pattern: string): string | null => mistakes.get(pattern) ?? null
