/** Money: exact at the border, exact inside. */
import { describe, expect, test } from 'bun:test'
import { fromMinor, lineTotal, minor, sum, toMinor } from './money.ts'

describe('an amount from outside', () => {
  test.each([
    [0, 0],
    [0.01, 1],
    [0.1, 10],
    [0.29, 29],
    [1.1, 110],
    [8.2, 820],
    [10.075 + 0.005, 1_008],
    [19.99, 1_999],
    [1_234.56, 123_456],
    [99_999_999.99, 9_999_999_999],
    [-5.5, -550],
  ])('%d is %d minor units', (amount, units) => {
    expect(toMinor(amount)).toBe(minor(units))
  })

  test.each([
    0.001,
    1.005,
    19.999,
    0.1 + 0.2,
    1e-7,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1e300,
    Number.MAX_SAFE_INTEGER,
  ])('%d is no amount', (amount) => {
    expect(toMinor(amount)).toBeNull()
  })

  test('of two decimals goes in and out unchanged', () => {
    for (let units = 0; units <= 200_000; units++) {
      const outside = fromMinor(minor(units))
      if (toMinor(outside) !== units) throw new Error(`${units} came back as ${toMinor(outside)}`)
    }
    for (const units of [9_999_999_999, 9_999_999_998, 123_456_789_01, 1_000_000_000_07]) {
      expect(toMinor(fromMinor(minor(units)))).toBe(minor(units))
      expect(toMinor(Number(fromMinor(minor(units)).toFixed(2)))).toBe(minor(units))
    }
  })
})

test('lines and sums are whole, where floating point would not be', () => {
  expect(lineTotal(minor(10), 3)).toBe(minor(30))
  expect(fromMinor(lineTotal(minor(1_999), 99))).toBe(1979.01)
  expect(sum([minor(10), minor(20)])).toBe(minor(30))
  expect(fromMinor(sum(Array.from({ length: 10 }, () => minor(10))))).toBe(1)
  expect(sum([])).toBe(minor(0))
  // A hundred lines of 99 of the dearest product are still exact.
  const dearest = lineTotal(minor(9_999_999_999), 99)
  expect(Number.isSafeInteger(sum(Array.from({ length: 100 }, () => dearest)))).toBe(true)
})
