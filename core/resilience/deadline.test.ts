/** Deadlines: they run out, stay out, and can only be shortened on the way. */
import { describe, expect, test } from 'bun:test'
import { manualClock, millis } from '../values/time.ts'
import { budgetFrom, deadlineIn } from './deadline.ts'

describe('a deadline', () => {
  test('counts down and stops at zero', () => {
    const clock = manualClock(1_000)
    const deadline = deadlineIn(100, clock)
    expect([deadline.remaining(), deadline.expired()]).toEqual([millis(100), false])
    clock.advance(99)
    expect([deadline.remaining(), deadline.expired()]).toEqual([millis(1), false])
    clock.advance(1)
    expect([deadline.remaining(), deadline.expired()]).toEqual([millis(0), true])
    clock.advance(5_000)
    expect([deadline.remaining(), deadline.expired()]).toEqual([millis(0), true])
  })

  test('without a budget is over at once', () => {
    expect(deadlineIn(0, manualClock(0)).expired()).toBe(true)
    expect(deadlineIn(-5, manualClock(0)).remaining()).toBe(millis(0))
  })

  test('runs by the system clock unless given another', () => {
    expect(deadlineIn(3_600_000).expired()).toBe(false)
    expect(deadlineIn(-1).expired()).toBe(true)
  })
})

describe('the budget of a request', () => {
  const budget = millis(2_000)

  test.each([
    ['150', 150],
    ['0', 0],
    ['0007', 7],
    ['2000', 2_000],
  ])('is shortened by a caller that has %s ms left', (header, left) => {
    expect(budgetFrom(header, budget)).toBe(millis(left))
  })

  test.each([
    null,
    '',
    '2001',
    '9999999',
    '99999999',
    '-1',
    '1.5',
    '1e2',
    '0x1',
    ' 5',
    'soon',
    '5ms',
  ])('is its own where the caller says %p', (header) => {
    expect(budgetFrom(header, budget)).toBe(budget)
  })
})
