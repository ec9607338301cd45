/** Query strings: coercion by schema, and what stays a string for the validator to refuse. */
import { describe, expect, test } from 'bun:test'
import Type from 'typebox'
import { Problem } from './problem.ts'
import { compileQueryParser } from './query.ts'
import { compileValidator } from './validation.ts'

const Query = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1 })),
  min_price: Type.Optional(Type.Number()),
  all: Type.Optional(Type.Boolean()),
  sort_by: Type.Optional(Type.Union([Type.Literal('name'), Type.Literal('price')])),
  cap: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  q: Type.Optional(Type.String()),
})
const parse = compileQueryParser(Query)
const validate = compileValidator(Query)

function read(raw: string): unknown {
  try {
    return validate(parse(raw))
  } catch (error) {
    if (error instanceof Problem) return error.code
    throw error
  }
}

describe('a query value', () => {
  test.each([
    ['limit=7', { limit: 7 }],
    ['min_price=10.50', { min_price: 10.5 }],
    ['min_price=-3', { min_price: -3 }],
    ['min_price=0', { min_price: 0 }],
    ['cap=5', { cap: 5 }],
    ['cap=9007199254740991', { cap: Number.MAX_SAFE_INTEGER }],
    ['cap=-9007199254740991', { cap: Number.MIN_SAFE_INTEGER }],
    ['all=true', { all: true }],
    ['all=false', { all: false }],
    ['sort_by=price', { sort_by: 'price' }],
    ['q=1e5', { q: '1e5' }],
    ['q=', { q: '' }],
    ['q', { q: '' }],
    ['q=a+b%20c%2B', { q: 'a b c+' }],
    ['', {}],
    ['&&', {}],
  ])('of %p is read by its schema', (raw, value) => {
    expect(read(raw)).toEqual(value)
  })

  test.each([
    '1e5',
    '0x10',
    '0b1',
    '',
    'NaN',
    'Infinity',
    '-Infinity',
    '%205',
    '5%20',
    '+5',
    '5.',
    '.5',
    '1_000',
    '1,5',
    '٣',
    '--5',
    '9'.repeat(16),
    '9007199254740992',
    'null',
    'true',
    '[5]',
  ])('%p is no number', (value) => {
    expect(read(`min_price=${value}`)).toBe('validation_failed')
    expect(read(`limit=${value}`)).toBe('validation_failed')
  })

  test.each(['limit=1.5', 'limit=0', 'all=1', 'all=TRUE', 'all=', 'sort_by=size', 'cap=x'])(
    'outside its schema is refused: %s',
    (raw) => {
      expect(read(raw)).toBe('validation_failed')
    },
  )

  test.each(['limit=1&limit=2', 'q=a&q=a', 'q&q', 'limit=1&%6Cimit=2'])(
    'given more than once is refused: %s',
    (raw) => {
      expect(read(raw)).toBe('validation_failed')
    },
  )

  test.each(['q=%', 'q=%zz', 'q=%FF', '%FF=1'])('in a broken encoding is refused: %s', (raw) => {
    expect(read(raw)).toBe('validation_failed')
  })

  test('of an unknown name is ignored, however often it comes', () => {
    expect(read('utm=1&utm=2&limit=3&__proto__=x&constructor=y')).toEqual({ limit: 3 })
  })
})
