/** The lanes: how many are under way at once, and who waits for whom. */
import { expect, test } from 'bun:test'
import { createLanes } from './lanes.ts'

/** Calls that end when they are told to. */
function calls() {
  const ends: (() => void)[] = []
  const call = () => new Promise<number>((resolve) => ends.push(() => resolve(ends.length)))
  return { call, ends }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('what has no place waits, and comes in its order', async () => {
  const run = createLanes(2)
  const { call, ends } = calls()
  const all = [1, 2, 3].map(() => run('write', call))
  await turn()
  expect(ends).toHaveLength(2)
  ends[0]?.()
  await all[0]
  await turn()
  expect(ends).toHaveLength(3)
  ends.forEach((end) => end())
  await Promise.all(all)
})

test('reads pass writes that hang', async () => {
  const run = createLanes(1)
  const { call } = calls()
  void run('write', call)
  void run('write', call)
  expect(await run('read', async () => 'a row')).toBe('a row')
})

test('a failure gives its place back, and reaches the caller as it is', async () => {
  const run = createLanes(1)
  const failure = new Error('late')
  await expect(run('read', () => Promise.reject(failure))).rejects.toBe(failure)
  expect(await run('read', async () => 'a row')).toBe('a row')
})

test('when too many wait, one more hears that the store is not available', async () => {
  const run = createLanes(1, 1)
  const { call } = calls()
  void run('write', call)
  void run('write', call)
  await expect(run('write', call)).rejects.toMatchObject({ code: 'store_unavailable' })
})
