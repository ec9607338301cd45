/** Idempotency keys: what is a key, what is the same body, and the first answer again. */
import { describe, expect, test } from 'bun:test'
import { fingerprint, idempotencyKey, isReplayed, replay } from './idempotency.ts'
import { inboundOf } from './inbound.fixture.ts'
import { Problem } from './problem.ts'

const keyed = (key: string) => inboundOf({ headers: { 'idempotency-key': key } })

describe('a key', () => {
  test('is null where none was sent', () => {
    expect(idempotencyKey(inboundOf())).toBeNull()
  })

  test.each(['a', '6f1c1d5e-3c0b-5b52-9d6f-0d5a7b2f4e11', '!~"\\', 'x'.repeat(255)])(
    'may be %p',
    (key) => {
      expect(idempotencyKey(keyed(key))).toBe(key)
    },
  )

  test.each(['', ' ', 'a b', 'a\tb', 'ключ', 'a\u0000', 'a\u007f', 'x'.repeat(256)])(
    'may not be %p',
    (key) => {
      let refused: unknown
      try {
        idempotencyKey(keyed(key))
      } catch (error) {
        refused = error
      }
      expect(refused).toBeInstanceOf(Problem)
      expect(refused).toMatchObject({ code: 'validation_failed', status: 422 })
    },
  )
})

describe('a fingerprint', () => {
  test('does not depend on the order of fields, at any depth', () => {
    expect(fingerprint({ a: 1, b: [{ c: 2, d: null }] })).toBe(
      fingerprint({ b: [{ d: null, c: 2 }], a: 1 }),
    )
  })

  test.each([
    [{ a: 1 }, { a: '1' }],
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { b: 1 }],
    [{ a: 1 }, { a: 1, b: 1 }],
    [{ a: null }, {}],
    [
      [1, 2],
      [2, 1],
    ],
    [[], {}],
    [['a,b'], ['a', 'b']],
    [{ 'a":1,"b': 1 }, { a: 1, b: 1 }],
    [null, 'null'],
    [[[1], 2], [[1, 2]]],
  ])('of %j is not that of %j', (one, other) => {
    expect(fingerprint(one)).not.toBe(fingerprint(other))
  })

  test('of no body is one of its own and always the same', () => {
    expect(fingerprint(undefined)).toBe(fingerprint(undefined))
    expect(fingerprint(undefined)).not.toBe(fingerprint({}))
  })
})

test('a replay is the first answer byte for byte, and says so', () => {
  const first = { status: 409, body: '{"code":"out_of_stock" }' }
  const again = replay(first, 'application/problem+json')
  expect(again).toMatchObject(first)
  expect(again.headers).toEqual({
    'content-type': 'application/problem+json',
    'idempotency-replayed': 'true',
  })
  expect(replay(first).headers['content-type']).toBe('application/json')
  expect(isReplayed({ header: (name) => again.headers[name] ?? null })).toBe(true)
  expect(isReplayed({ header: () => null })).toBe(false)
})
