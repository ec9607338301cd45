/** Request bodies: what counts as JSON and as a form, and what is refused before any schema. */
import { describe, expect, test } from 'bun:test'
import { bodyParser, decodePairs, parseJson } from './body.ts'
import { Problem } from './problem.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const json = (body: Uint8Array | string, type: string | null = 'application/json') =>
  bodyParser(['json'])(type, typeof body === 'string' ? bytes(body) : body)
const form = (body: string) =>
  bodyParser(['json', 'form'])('application/x-www-form-urlencoded', bytes(body))

function problemOf(run: () => unknown): Problem | null {
  try {
    run()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  return null
}

const codeOf = (run: () => unknown): string => problemOf(run)?.code ?? 'accepted'

describe('JSON', () => {
  test('is read', () => {
    expect(json('{"a":[1,"ж",null,true]}')).toEqual({ a: [1, 'ж', null, true] })
  })

  test.each(['', '{', '{"a":1,}', "{'a':1}", 'NaN', '{"a":1}{"b":2}', '// x\n{}', '\u00a0{}'])(
    'that is broken is refused: %p',
    (text) => {
      expect(codeOf(() => json(text))).toBe('validation_failed')
    },
  )

  test.each([
    ['a lone byte', [0x22, 0xff, 0x22]],
    ['a cut sequence', [0x22, 0xd0, 0x22]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['UTF-16', [0x22, 0x00, 0x22, 0x00]],
  ])('in broken UTF-8 is refused: %s', (_name, raw) => {
    expect(codeOf(() => json(Uint8Array.from(raw)))).toBe('validation_failed')
  })

  test('keeps __proto__ a field like any other, for the schema to refuse', () => {
    const value = json('{"__proto__":{"admin":true}}') as object
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect('admin' in value).toBe(false)
  })

  test.each(['[', '{"a":'])('nested 20,000 deep is refused: %p', (open) => {
    const text = open.repeat(20_000)
    expect(codeOf(() => parseJson(text))).toBe('validation_failed')
    const closing = open === '[' ? ']' : '}'
    expect(codeOf(() => parseJson(`${text}1${closing.repeat(20_000)}`))).toBe('validation_failed')
  })

  test('may be 32 deep, not 33, and wide without a limit', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(codeOf(() => parseJson(nested(32)))).toBe('accepted')
    expect(codeOf(() => parseJson(nested(33)))).toBe('validation_failed')
    expect(parseJson(`[${Array(100).fill('[]').join(',')}]`)).toHaveLength(100)
  })

  test('counts no brackets inside strings, also behind escaped quotes', () => {
    const text = JSON.stringify({ a: `${'['.repeat(100)}"\\"${'{'.repeat(100)}\\` })
    expect(JSON.stringify(parseJson(text))).toBe(text)
  })

  test('counts no brackets behind a single escaped quote', () => {
    const text = JSON.stringify([`"${'['.repeat(100)}`])
    expect(JSON.stringify(parseJson(text))).toBe(text)
  })

  test('counts brackets behind a string that ends in an escaped backslash', () => {
    expect(codeOf(() => parseJson(`["\\\\",${'['.repeat(40)}${']'.repeat(40)}]`))).toBe(
      'validation_failed',
    )
  })
})

describe('the content type', () => {
  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset="UTF-8"',
    ' application/json ',
  ])('%p is JSON', (type) => {
    expect(json('{}', type)).toEqual({})
  })

  test.each([
    null,
    '',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'text/plain; application/json',
  ])('%p is refused where JSON is expected', (type) => {
    expect(codeOf(() => json('{}', type))).toBe('unsupported_media_type')
  })

  test('that is refused names what is accepted', () => {
    expect(() => bodyParser(['json', 'form'])('text/plain', bytes(''))).toThrow(
      'application/json or application/x-www-form-urlencoded',
    )
  })
})

describe('a form', () => {
  test('is read as a flat object of strings', () => {
    expect(form('username=user1&password=a%2Bb+c%26&empty=&bare&&x=1=2')).toEqual({
      username: 'user1',
      password: 'a+b c&',
      empty: '',
      bare: '',
      x: '1=2',
    })
    expect(form('')).toEqual({})
  })

  test.each(['a=1&a=2', 'a&a=1', 'a=1&%61=2'])('with a field twice is refused: %s', (text) => {
    expect(codeOf(() => form(text))).toBe('validation_failed')
  })

  test.each(['a=%', 'a=%zz', 'a=%FF', '%ED%A0%80=1'])(
    'in a broken encoding is refused: %s',
    (text) => {
      expect(codeOf(() => form(text))).toBe('validation_failed')
    },
  )

  test('keeps __proto__ a field like any other', () => {
    const value = form('__proto__=x&constructor=y') as object
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  test('does not tell back the values that it refuses', () => {
    const told = ['password=%ffhunter2', 'password=hunter2&password=hunter2'].map((text) => {
      const refused = problemOf(() => form(text))
      return JSON.stringify([refused?.detail, refused?.extra])
    })
    expect(told).toHaveLength(2)
    for (const text of told) expect(text).not.toContain('hunter2')
    expect(told[1]).toContain('/password')
  })
})

test('pairs keep their order and their repeats', () => {
  expect([...decodePairs('b=1&a=2&b=3')]).toEqual([
    ['b', '1'],
    ['a', '2'],
    ['b', '3'],
  ])
})
