/** A sweep goes to the end, in slices, and ends with its process. */
import { expect, test } from 'bun:test'
import { createLogger } from '../logging/logger.ts'
import { sweep } from './sweep.ts'
import { every } from './worker.ts'

/** So many rows to drop; says how many slices it took. */
function rows(left: number) {
  const drops: number[] = []
  return {
    drops,
    left: () => left,
    async drop(limit: number) {
      const dropped = Math.min(left, limit)
      left -= dropped
      drops.push(dropped)
      return dropped
    },
  }
}

test('a sweep drops all that is due, and others have a turn after each slice', async () => {
  const due = rows(100_000)
  let turns = 0
  const turn = () => {
    turns += 1
    if (due.left() > 0) setImmediate(turn)
  }
  setImmediate(turn)
  await sweep(due.drop, () => false)
  expect(due.left()).toBe(0)
  expect(Math.max(...due.drops)).toBeLessThanOrEqual(500)
  expect(turns).toBeGreaterThanOrEqual(due.drops.length - 1)
})

test('a sweep of nothing asks once', async () => {
  const due = rows(0)
  await sweep(due.drop, () => false)
  expect(due.drops).toEqual([0])
})

test('a worker that is stopped leaves the rest of its sweep to the next process', async () => {
  const due = rows(Infinity)
  const begun = Promise.withResolvers<void>()
  const log = createLogger({ service: 'test', level: 'silent' })
  const task = (isStopping: () => boolean) =>
    sweep(async (limit) => {
      begun.resolve()
      return due.drop(limit)
    }, isStopping)
  const worker = every(1, task, { log })
  await begun.promise
  await worker.stop()
  const { length } = due.drops
  await new Promise((resolve) => setImmediate(resolve))
  expect(due.drops).toHaveLength(length)
})
