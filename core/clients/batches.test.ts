/** Batched look-ups: who shares a call with whom. */
import { expect, test } from 'bun:test'
import { deadlineIn } from '../resilience/deadline.ts'
import { newTrace } from '../resilience/trace-context.ts'
import { batched } from './batches.ts'

const within = { deadline: deadlineIn(1_000), trace: newTrace() }

/** A loader whose calls are kept and end when they are told to. */
function scripted(maxKeys: number, maxCalls: number) {
  const calls: { keys: readonly number[]; end: () => void; fail: (error: Error) => void }[] = []
  const look = batched<number, string>({
    maxKeys,
    maxCalls,
    load(keys) {
      const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<number, string>>()
      calls.push({
        keys,
        end: () => resolve(new Map(keys.map((key) => [key, `value ${key}`]))),
        fail: reject,
      })
      return promise
    },
  })
  return { look, calls, keys: () => calls.map((call) => call.keys) }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('look-ups of one turn share a call, and each key is asked once', async () => {
  const { look, calls, keys } = scripted(10, 2)
  const all = Promise.all([look([1, 2], within), look([2, 3], within)])
  await turn()
  expect(keys()).toEqual([[1, 2, 3]])
  calls[0]?.end()
  const [first, second] = await all
  expect(first.get(2)).toBe('value 2')
  expect(second.get(3)).toBe('value 3')
})

test('a call holds no more keys than it may, and nobody is split', async () => {
  const { look, keys } = scripted(3, 2)
  void look([1, 2], within)
  void look([3, 4], within)
  await turn()
  expect(keys()).toEqual([
    [1, 2],
    [3, 4],
  ])
  expect(look([1, 2, 3, 4], within)).rejects.toThrow('at most 3 keys')
})

test('what comes while all calls are out gathers for the next one, also for known keys', async () => {
  const { look, calls, keys } = scripted(10, 1)
  const first = look([1], within)
  await turn()
  const late = [look([1], within), look([2], within)]
  await turn()
  expect(keys()).toEqual([[1]])
  calls[0]?.end()
  await first
  while (calls.length < 2) await turn()
  expect(keys()).toEqual([[1], [1, 2]])
  calls[1]?.end()
  await Promise.all(late)
})

test('a failed call fails those in it and no others', async () => {
  const { look, calls } = scripted(1, 2)
  const failing = look([1], within)
  const other = look([2], within)
  await turn()
  calls[0]?.fail(new Error('down'))
  calls[1]?.end()
  expect(failing).rejects.toThrow('down')
  expect((await other).get(2)).toBe('value 2')
  const next = look([1], within)
  await turn()
  calls[2]?.end()
  expect((await next).get(1)).toBe('value 1')
})
