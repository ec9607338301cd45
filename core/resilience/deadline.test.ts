/** Deadlines: they run out, and a caller can only shorten them. */
import { expect, test } from 'bun:test'
import { manualClock, millis } from '../values/time.ts'
import { budgetFrom, deadlineIn } from './deadline.ts'

test('a deadline runs out with its clock and never goes below zero', () => {
  const clock = manualClock(0)
  const deadline = deadlineIn(100, clock)
  expect([deadline.remaining(), deadline.expired()]).toEqual([millis(100), false])
  clock.advance(99)
  expect([deadline.remaining(), deadline.expired()]).toEqual([millis(1), false])
  clock.advance(50)
  expect([deadline.remaining(), deadline.expired()]).toEqual([millis(0), true])
})

test('a caller can shorten a budget and never lengthen it', () => {
  const budget = millis(2_000)
  expect(budgetFrom(null, budget)).toBe(budget)
  expect(budgetFrom('150', budget)).toBe(millis(150))
  expect(budgetFrom('99999', budget)).toBe(budget)
})

test.each(['', '-1', '1.5', '1e3', 'abc', '12345678', ' 5'])(
  'a header that is no time (%p) changes nothing',
  (header) => {
    expect(budgetFrom(header, millis(2_000))).toBe(millis(2_000))
  },
)
