/** The budget of second requests: spent by those that are sent, earned by all statements. */
import { expect, test } from 'bun:test'
import { createSpeculation } from './speculation.ts'

test('a statement asks one second replica, after 150 ms', () => {
  const { policy } = createSpeculation()
  const plan = policy.newPlan('shop', 'SELECT')
  expect([plan.nextExecution(), plan.nextExecution()]).toEqual([150, -1])
})

test('where all are slow, a tenth of the statements may ask twice', () => {
  const { policy, metrics } = createSpeculation()
  const run = (statements: number): number => {
    let twice = 0
    for (let each = 0; each < statements; each++) {
      if (policy.newPlan('shop', 'SELECT').nextExecution() < 0) continue
      metrics.onSpeculativeExecution()
      twice += 1
    }
    return twice
  }
  // What was saved up while all were quick, then what is earned.
  expect(run(1_000)).toBeLessThan(650)
  expect(run(10_000)).toBeLessThanOrEqual(1_000)
  for (let quick = 0; quick < 5_000; quick++) policy.newPlan('shop', 'SELECT').nextExecution()
  expect(run(500)).toBe(500)
})
