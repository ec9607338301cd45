/** So often a second, and no more. */
import { expect, test } from 'bun:test'
import { perSecond } from './per-second.ts'

test('lets so many through in a second of the clock, and again in the next', async () => {
  const mayDo = perSecond(3)
  const burst = () => Array.from({ length: 1_000 }, () => mayDo()).filter(Boolean).length
  const first = burst()
  // The clock may have turned in the middle.
  expect([3, 4, 5, 6]).toContain(first)
  const end = Math.floor(performance.now() / 1000) + 1
  while (performance.now() / 1000 < end) await Bun.sleep(20)
  expect([3, 4, 5, 6]).toContain(burst())
})

test('lets nothing through when it is none', () => {
  expect(perSecond(0)()).toBe(false)
})
