/** Token buckets: burst, refill, keys apart, bounds. */
import { expect, test } from 'bun:test'
import { manualClock } from '../values/time.ts'
import { createTokenBuckets } from './token-bucket.ts'

const buckets = (rate: number, burst: number, maxKeys = 100) => {
  const clock = manualClock(1_000_000)
  return { clock, buckets: createTokenBuckets({ rate, burst, maxKeys, clock }) }
}

test('a full bucket allows its burst at once and then refuses', () => {
  const { buckets: all } = buckets(1, 3)
  const taken = [1, 2, 3, 4].map(() => all.take('a'))
  expect(taken.map(({ allowed }) => allowed)).toEqual([true, true, true, false])
  expect(taken.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0])
  expect(taken[3]).toMatchObject({ retryAfter: 1, fullIn: 3 })
})

test('tokens come back at the rate, and never above the burst', () => {
  const { clock, buckets: all } = buckets(2, 3)
  for (let count = 0; count < 3; count++) all.take('a')
  clock.advance(499)
  expect(all.take('a').allowed).toBe(false)
  clock.advance(1)
  expect(all.take('a').allowed).toBe(true)
  expect(all.take('a').allowed).toBe(false)
  clock.advance(1_000_000)
  expect([1, 2, 3, 4].map(() => all.take('a').allowed)).toEqual([true, true, true, false])
})

test('one key does not spend the tokens of another', () => {
  const { buckets: all } = buckets(1, 1)
  expect(all.take('a').allowed).toBe(true)
  expect(all.take('b').allowed).toBe(true)
  expect(all.take('a').allowed).toBe(false)
})

test('a clock that goes back gives no tokens', () => {
  const { clock, buckets: all } = buckets(1, 1)
  all.take('a')
  clock.advance(-10_000)
  expect(all.take('a').allowed).toBe(false)
})

test('the key longest unused is forgotten first', () => {
  const { buckets: all } = buckets(1, 1, 2)
  all.take('a')
  all.take('b')
  all.take('b')
  all.take('c')
  expect(all.take('b').allowed).toBe(false)
  expect(all.take('a').allowed).toBe(true)
})

test('missing bounds are refused in one sentence', () => {
  expect(() => buckets(0, 1)).toThrow('need a rate above 0')
  expect(() => buckets(1, 0)).toThrow('burst and maxKeys of at least 1')
})
