/** Places by key: each key has its own, and gets back what it gives back. */
import { describe, expect, test } from 'bun:test'
import { createShares } from './shares.ts'

describe('shares', () => {
  test('bound each key by itself', () => {
    const shares = createShares(2)
    const first = shares.take('a')
    expect(shares.take('a')).not.toBeNull()
    expect(shares.take('a')).toBeNull()
    expect(shares.take('b')).not.toBeNull()
    first?.()
    expect(shares.take('a')).not.toBeNull()
    expect(shares.take('a')).toBeNull()
  })

  test('take a place back once', () => {
    const shares = createShares(1)
    const leave = shares.take('a')
    leave?.()
    const second = shares.take('a')
    leave?.()
    expect(shares.take('a')).toBeNull()
    second?.()
    expect(shares.take('a')).not.toBeNull()
  })

  test('refuse to be built without a bound', () => {
    expect(() => createShares(0)).toThrow(RangeError)
    expect(() => createShares(NaN)).toThrow(RangeError)
  })
})
