/** The byte cache: it holds what fits, and forgets the least recently used first. */
import { describe, expect, test } from 'bun:test'
import { manualClock, millis } from '../values/time.ts'
import { createByteCache } from './byte-cache.ts'

const cacheOf = (maxBytes: number) =>
  createByteCache<string>({ maxBytes, sizeOf: (value) => value.length })

describe('a byte cache', () => {
  test('never holds more bytes than its bound', () => {
    const cache = cacheOf(10)
    for (let index = 0; index < 20; index += 1) {
      cache.set(`key ${index}`, 'x'.repeat(1 + (index % 7)))
      expect(cache.bytes).toBeLessThanOrEqual(10)
    }
    expect(cache.entries).toBeGreaterThan(0)
  })

  test('lets the least recently used entry go first', () => {
    const cache = cacheOf(9)
    for (const key of ['a', 'b', 'c']) cache.set(key, 'xxx')
    cache.get('a')
    cache.set('d', 'xxx')
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key) !== undefined)).toEqual([
      'a',
      'c',
      'd',
    ])
  })

  test('does not keep a value larger than itself, nor what its key held', () => {
    const cache = cacheOf(5)
    cache.set('a', 'xx')
    cache.set('a', 'xxxxxx')
    expect(cache.get('a')).toBeUndefined()
    expect(cache.bytes).toBe(0)
  })

  test('forgets on request', () => {
    const cache = cacheOf(10)
    cache.set('a', 'x')
    cache.set('b', 'x')
    expect(cache.delete('a')).toBe(true)
    expect(cache.delete('a')).toBe(false)
    expect(cache.entries).toBe(1)
    cache.clear()
    expect(cache.entries).toBe(0)
  })

  test('forgets what is past its age by the clock it is given', () => {
    const clock = manualClock(1_000_000)
    const cache = createByteCache<string>({
      maxBytes: 10,
      sizeOf: (value) => value.length,
      maxAge: millis(1000),
      clock,
    })
    cache.set('a', 'x')
    clock.advance(999)
    expect(cache.get('a')).toBe('x')
    clock.advance(2)
    expect(cache.get('a')).toBeUndefined()
  })

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'is not built with the bound %p',
    (maxBytes) => {
      expect(() => cacheOf(maxBytes)).toThrow('maxBytes must be a whole number of bytes above 0')
    },
  )
})
