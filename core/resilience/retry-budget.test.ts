/** The retry budget: a share of the traffic, and a burst that does not come back by itself. */
import { expect, test } from 'bun:test'
import { createRetryBudget } from './retry-budget.ts'

const drain = (take: () => boolean): number => {
  let taken = 0
  while (take()) taken += 1
  return taken
}

test('retries are its burst and then a tenth of the traffic', () => {
  const budget = createRetryBudget({ share: 0.1, burst: 5 })
  expect(drain(budget.take)).toBe(5)
  let retries = 0
  for (let call = 0; call < 1000; call += 1) {
    budget.earn()
    if (budget.take()) retries += 1
  }
  expect(retries).toBeGreaterThanOrEqual(99)
  expect(retries).toBeLessThanOrEqual(100)
})

test('quiet traffic saves up no more than the burst', () => {
  const budget = createRetryBudget({ share: 0.5, burst: 3 })
  for (let call = 0; call < 100; call += 1) budget.earn()
  expect(drain(budget.take)).toBe(3)
})

test.each([
  [0, 5],
  [1.1, 5],
  [Number.NaN, 5],
  [0.1, 0],
])('it is not built with share %p and burst %p', (share, burst) => {
  expect(() => createRetryBudget({ share, burst })).toThrow('needs a share above 0')
})
