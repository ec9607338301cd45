/** The lanes: how many are under way at once, who waits for whom, and how that follows their times. */
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
  const run = createLanes({ most: 2 })
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

test('what is urgent passes what waits, and takes no place of its own', async () => {
  const run = createLanes({ most: 1, least: 1 })
  const done: string[] = []
  const named = (name: string) => async () => void done.push(name)
  const { call, ends } = calls()
  const all = [
    run('write', call),
    run('write', named('a write')),
    run('urgent', named('a renewal')),
    run('read', named('a read')),
  ]
  await turn()
  expect(done).toEqual(['a read'])
  ends[0]?.()
  await Promise.all(all)
  expect(done).toEqual(['a read', 'a renewal', 'a write'])
})

test('reads pass writes that hang', async () => {
  const run = createLanes({ most: 1, least: 1 })
  const { call } = calls()
  void run('write', call)
  void run('write', call)
  expect(await run('read', async () => 'a row')).toBe('a row')
})

test('a failure gives its place back, and reaches the caller as it is', async () => {
  const run = createLanes({ most: 1, least: 1 })
  const failure = new Error('late')
  await expect(run('read', () => Promise.reject(failure))).rejects.toBe(failure)
  expect(await run('read', async () => 'a row')).toBe('a row')
})

test('when too many wait, one more hears that the store is not available', async () => {
  const run = createLanes({ most: 1, least: 1, waiting: 1 })
  const { call } = calls()
  void run('write', call)
  void run('write', call)
  await expect(run('write', call)).rejects.toMatchObject({ code: 'store_unavailable' })
})

/** Runs `count` calls that take so long and tells how many were under way at once. */
function timed() {
  let clock = 0
  const run = createLanes({ most: 16, least: 2, now: () => clock })
  return async (count: number, milliseconds: number): Promise<number> => {
    const { call, ends } = calls()
    const all = Array.from({ length: count }, () => run('write', call))
    await turn()
    const atOnce = ends.length
    for (let done = 0; done < count; done++) {
      clock += milliseconds / atOnce
      ends[done]?.()
      await turn()
    }
    await Promise.all(all)
    return atOnce
  }
}

test('slow calls leave fewer places, never less than the least, and quick ones get them back', async () => {
  const atOnce = timed()
  expect(await atOnce(40, 100)).toBe(16)
  const seen: number[] = []
  for (let round = 0; round < 8; round++) seen.push(await atOnce(40, 5_000))
  expect(seen[1]).toBeLessThan(16)
  expect(seen.at(-1)).toBe(2)
  for (let round = 0; round < 40; round++) await atOnce(40, 10)
  expect(await atOnce(40, 10)).toBe(16)
})

test('what failed says nothing of the others', async () => {
  let clock = 0
  const run = createLanes({ most: 4, least: 1, now: () => clock })
  const late = Array.from({ length: 12 }, () =>
    run('write', () => {
      clock += 2_500
      return Promise.reject(new Error('late'))
    }).catch(() => {}),
  )
  await Promise.all(late)
  const { call, ends } = calls()
  const all = Array.from({ length: 6 }, () => run('write', call))
  await turn()
  expect(ends).toHaveLength(4)
  ends.forEach((end) => end())
  await turn()
  ends.forEach((end) => end())
  await Promise.all(all)
})
