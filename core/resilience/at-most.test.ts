/** Bounded work: every item once, never more at once than allowed. */
import { expect, test } from 'bun:test'
import { atMost } from './at-most.ts'

test('works on every item once, so many at once and no more', async () => {
  const done: number[] = []
  let underWay = 0
  let most = 0
  await atMost(3, Array.from({ length: 20 }, (_, n) => n).values(), async (item) => {
    most = Math.max(most, ++underWay)
    await new Promise((resolve) => setImmediate(resolve))
    underWay--
    done.push(item)
  })
  expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n))
  expect(most).toBe(3)
})

test('fails with the first failure, and without a bound', async () => {
  const work = async (item: number) => {
    if (item === 2) throw new Error('two')
  }
  await expect(atMost(1, [1, 2, 3], work)).rejects.toThrow('two')
  await expect(atMost(0, [1], work)).rejects.toThrow('At least 1')
})
