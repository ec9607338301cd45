/** Password hashing and the bounds around it. */
import { describe, expect, test } from 'bun:test'
import { Problem } from '../http/problem.ts'
import { createPasswords } from './password.ts'
import { createSlots } from './slots.ts'

const here = '192.0.2.1'
const passwords = createPasswords({ concurrency: 2, queue: 64 })

test('a hash is argon2id at the chosen cost, and verifies its own password alone', async () => {
  const hashed = await passwords.hash('correct horse', here)
  expect(hashed).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$')
  expect(await passwords.verify(hashed, 'correct horse', here)).toBe(true)
  expect(await passwords.verify(hashed, 'correct horsf', here)).toBe(false)
  expect(await passwords.hash('correct horse', here)).not.toBe(hashed)
})

test('one password typed as composed or decomposed letters is one password', async () => {
  const hashed = await passwords.hash('\u0439\u0451\u00e9', here)
  expect(await passwords.verify(hashed, '\u0438\u0306\u0435\u0308e\u0301', here)).toBe(true)
})

test('the dummy runs the same hash function at the same cost and says no', async () => {
  expect(await passwords.verifyDummy('admin123', here)).toBe(false)
})

test('past its queue it refuses at once with Retry-After, and all that waited are served', async () => {
  const small = createPasswords({ concurrency: 1, queue: 64 })
  const outcomes = await Promise.allSettled(
    Array.from({ length: 70 }, () => small.verifyDummy('x', here)),
  )
  const refused = outcomes.filter((each) => each.status === 'rejected').map((each) => each.reason)
  expect(refused).toHaveLength(5)
  for (const error of refused) {
    expect(error).toBeInstanceOf(Problem)
    expect([error.code, error.headers['retry-after']]).toEqual(['overloaded', '2'])
  }
})

test('a pool without its bounds is not built', () => {
  expect(() => createPasswords({ concurrency: 1, queue: 63 })).toThrow('"queue"')
  expect(() => createPasswords({ concurrency: 0, queue: 64 })).toThrow('"concurrency"')
})

test('slots run so many at once, the rest in order, and survive tasks that fail', async () => {
  const slots = createSlots({ concurrency: 2, queue: 10, refuse: () => new Error('full') })
  const ends: (() => void)[] = []
  const begun: number[] = []
  const runs = [0, 1, 2, 3, 4].map((number) =>
    slots.run('a', async () => {
      begun.push(number)
      await new Promise<void>((resolve) => ends.push(resolve))
      if (number === 1) throw new Error('failed')
      return number
    }),
  )
  const settled = Promise.allSettled(runs)
  while (begun.length < 5) {
    const before = begun.length
    expect(ends.length).toBeLessThanOrEqual(2)
    ends.shift()?.()
    while (begun.length === before) await Promise.resolve()
  }
  for (const end of ends) end()
  expect(begun).toEqual([0, 1, 2, 3, 4])
  expect((await settled).map((each) => each.status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ])
})

describe('slots', () => {
  /** One runs, four wait; what runs ends when the test says so. */
  function contended() {
    const slots = createSlots({ concurrency: 1, queue: 4, refuse: () => new Error('full') })
    const begun: string[] = []
    const ends: (() => void)[] = []
    const ask = (key: string, name: string): Promise<string> =>
      slots
        .run(key, async () => {
          begun.push(name)
          await new Promise<void>((resolve) => ends.push(resolve))
          return 'done'
        })
        .catch((error: Error) => error.message)
    async function endAll(count: number): Promise<void> {
      while (begun.length < count) {
        ends.shift()?.()
        await new Promise((turn) => setImmediate(turn))
      }
      for (const end of ends) end()
    }
    return { slots, begun, ask, endAll }
  }

  test('are taken in turns by those who wait, however much one of them asks for', async () => {
    const { begun, ask, endAll } = contended()
    const all = [ask('a', 'a0'), ask('a', 'a1'), ask('a', 'a2'), ask('b', 'b1'), ask('c', 'c1')]
    await endAll(5)
    expect(await Promise.all(all)).toEqual(['done', 'done', 'done', 'done', 'done'])
    expect(begun).toEqual(['a0', 'a1', 'b1', 'c1', 'a2'])
  })

  test('cannot be kept from others: past the queue the longest one gives way', async () => {
    const { slots, begun, ask, endAll } = contended()
    const greedy = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'].map((name) => ask('a', name))
    // Nobody else waited, so all places were its own; one more of its own is refused.
    expect(await greedy[5]).toBe('full')
    const others = [ask('b', 'b1'), ask('c', 'c1')]
    expect(await Promise.all(greedy.slice(3, 5))).toEqual(['full', 'full'])
    expect(slots.waiting()).toBe(4)
    // Two of a, one of b and c each: nobody has more than a newcomer would have but by one.
    expect(await ask('b', 'b2')).toBe('full')
    await endAll(5)
    expect(await Promise.all(others)).toEqual(['done', 'done'])
    expect(begun).toEqual(['a0', 'a1', 'b1', 'c1', 'a2'])
    expect(slots.waiting()).toBe(0)
  })
})
