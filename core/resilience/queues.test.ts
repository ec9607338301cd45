/** Items of one key share runs, and none overlap. */
import { describe, expect, test } from 'bun:test'
import { createQueues, createTurns, inBatches } from './queues.ts'

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

/** Batches that end when they are told to. */
function held(maxItems: number) {
  const runs: { key: string; items: readonly number[]; end: (error?: Error) => void }[] = []
  const add = inBatches<string, number>({
    maxItems,
    run: (key, items) =>
      new Promise((resolve, reject) => {
        runs.push({ key, items, end: (error) => (error === undefined ? resolve() : reject(error)) })
      }),
  })
  return { runs, add, batches: () => runs.map(({ key, items }) => ({ key, items })) }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('what waits for one key', () => {
  test('goes into the next batches, at most so many at once and in the order in which it came', async () => {
    const { runs, add, batches } = held(2)
    const all = [1, 2, 3, 4].map((item) => add('a', item))
    expect(batches()).toEqual([{ key: 'a', items: [1] }])
    runs[0]?.end()
    await turn()
    expect(batches()[1]).toEqual({ key: 'a', items: [2, 3] })
    runs[1]?.end()
    await turn()
    runs[2]?.end()
    await Promise.all(all)
    expect(batches()[2]).toEqual({ key: 'a', items: [4] })
  })

  test('does not wait for another key', () => {
    const { add, batches } = held(2)
    void add('a', 1)
    void add('b', 2)
    expect(batches()).toEqual([
      { key: 'a', items: [1] },
      { key: 'b', items: [2] },
    ])
  })

  test('fails as a batch, and the next batch does not know of it', async () => {
    const { runs, add } = held(2)
    const [first, second, third] = [add('a', 1), add('a', 2), add('a', 3)]
    runs[0]?.end()
    await first
    await turn()
    const failures = Promise.allSettled([second, third])
    const next = add('a', 4)
    runs[1]?.end(new Error('lost'))
    expect((await failures).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await turn()
    runs[2]?.end()
    await next
  })
})

test('a batch without a bound is refused', () => {
  expect(() => inBatches({ maxItems: 0, run: async () => {} })).toThrow('maxItems')
})
