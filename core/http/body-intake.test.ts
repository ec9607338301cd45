/** Waiting for bodies: a bound in time and in number, at which the slowest gives way. */
import { describe, expect, test } from 'bun:test'
import { createBodyIntake } from './body-intake.ts'
import { inboundOf } from './inbound.fixture.ts'
import { Problem } from './problem.ts'

const never = inboundOf({ bytes: () => new Promise<Uint8Array>(() => {}) })
const long = 60_000

const codeOf = (body: Promise<unknown>): Promise<string> =>
  body.then(
    () => 'arrived',
    (error: unknown) => (error instanceof Problem ? error.code : String(error)),
  )

describe('a body', () => {
  test('that arrives holds its place no longer', async () => {
    const bodies = createBodyIntake({ places: 1, patience: long })
    const bytes = await bodies.read(inboundOf({ body: 'abc' }), 10)
    expect(new TextDecoder().decode(bytes)).toBe('abc')
    expect(bodies.waiting()).toBe(0)
  })

  test('that does not arrive in time is 408 and the end of its connection', async () => {
    const bodies = createBodyIntake({ places: 1, patience: 1 })
    const error = await bodies.read(never, 10).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ status: 408, headers: { connection: 'close' } })
    expect(bodies.waiting()).toBe(0)
  })

  test('that is too large holds no place either', async () => {
    const bodies = createBodyIntake({ places: 1, patience: long })
    expect(await codeOf(bodies.read(inboundOf({ body: 'abc' }), 2))).toBe('payload_too_large')
    expect(bodies.waiting()).toBe(0)
  })
})

describe('past the places', () => {
  test('those that have waited longest give way, and a body that comes at once is read', async () => {
    const bodies = createBodyIntake({ places: 3, patience: long })
    const slow = Array.from({ length: 4 }, () => codeOf(bodies.read(never, 10)))
    expect(bodies.waiting()).toBe(3)
    expect(await codeOf(bodies.read(inboundOf({ body: 'abc' }), 10))).toBe('arrived')
    expect(await Promise.all(slow.slice(0, 2))).toEqual(['body_timeout', 'body_timeout'])
    expect(bodies.waiting()).toBe(2)
  })
})

test('refuses to be built without its bounds', () => {
  expect(() => createBodyIntake({ places: 0, patience: 1 })).toThrow('"places"')
  expect(() => createBodyIntake({ places: 1, patience: NaN })).toThrow('"patience"')
})
