/** Items of one key share runs, and none overlap. */
import { describe, expect, test } from 'bun:test'
import { createQueues, createTurns } from './queues.ts'

describe('queues', () => {
  test('what waits for a key shares the next run, and each gets its own result', async () => {
    const runs: number[][] = []
    const enqueue = createQueues<string, number, number>({
      maxItems: 3,
      async run(_key, items) {
        runs.push([...items])
        return items.map((item) => item * 10)
      },
    })
    const results = await Promise.all([1, 2, 3, 4, 5].map((item) => enqueue('a', item)))
    expect(results).toEqual([10, 20, 30, 40, 50])
    expect(runs).toEqual([[1], [2, 3, 4], [5]])
  })

  test('a run that fails fails for its items, and the next goes on', async () => {
    let failing = true
    const enqueue = createQueues<string, number, number>({
      maxItems: 10,
      async run(_key, items) {
        if (failing) {
          failing = false
          throw new Error('refused')
        }
        return items
      },
    })
    const [first, second] = await Promise.allSettled([enqueue('a', 1), enqueue('a', 2)])
    expect(first.status).toBe('rejected')
    expect(second).toEqual({ status: 'fulfilled', value: 2 })
  })

  test('a batch size below one is refused', () => {
    expect(() => createQueues({ maxItems: 0, run: async () => [] })).toThrow('"maxItems"')
  })
})

test('turns of one key never overlap, those of others do', async () => {
  const turn = createTurns<string>()
  const log: string[] = []
  const step = (key: string, name: string) =>
    turn(key, async () => {
      log.push(`${name} begins`)
      await Promise.resolve()
      log.push(`${name} ends`)
      return name
    })
  expect(await Promise.all([step('a', '1'), step('a', '2'), step('b', '3')])).toEqual([
    '1',
    '2',
    '3',
  ])
  expect(log.indexOf('2 begins')).toBeGreaterThan(log.indexOf('1 ends'))
  expect(log.indexOf('3 begins')).toBeLessThan(log.indexOf('1 ends'))
})
