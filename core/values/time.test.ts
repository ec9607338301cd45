/** Time: its outside form, and the clock that tests hold still. */
import { expect, test } from 'bun:test'
import { manualClock, millis, systemClock, toRfc3339 } from './time.ts'

test.each([
  [0, '1970-01-01T00:00:00.000Z'],
  [Date.UTC(2026, 0, 31, 9, 30), '2026-01-31T09:30:00.000Z'],
  [Date.UTC(2026, 1, 29) + 7, '2026-03-01T00:00:00.007Z'],
])('%d is %s outside, and reads back', (at, text) => {
  expect(toRfc3339(millis(at))).toBe(text)
  expect(Date.parse(text)).toBe(at)
})

test('a manual clock moves only when it is told to', () => {
  const clock = manualClock(1_000)
  expect([clock.now(), clock.now()]).toEqual([millis(1_000), millis(1_000)])
  clock.advance(250)
  expect(clock.now()).toBe(millis(1_250))
})

test('the system clock is the time of the machine', () => {
  const before = Date.now()
  const now = systemClock.now()
  expect(now).toBeGreaterThanOrEqual(before)
  expect(now).toBeLessThanOrEqual(Date.now())
})
