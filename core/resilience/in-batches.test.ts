/** Batches by key: what waits together goes together, in its order, and fails together. */
import { describe, expect, test } from 'bun:test'
import { inBatches } from './queues.ts'

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
