/** Password hashing and the bounds around it. */
import { expect, test } from 'bun:test'
import { Problem } from '../http/problem.ts'
import { createPasswords } from './password.ts'
import { createSlots } from './slots.ts'

const passwords = createPasswords({ concurrency: 2, queue: 64 })

test('a hash is argon2id at the chosen cost, and verifies its own password alone', async () => {
  const hashed = await passwords.hash('correct horse')
  expect(hashed).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$')
  expect(await passwords.verify(hashed, 'correct horse')).toBe(true)
  expect(await passwords.verify(hashed, 'correct horsf')).toBe(false)
  expect(await passwords.hash('correct horse')).not.toBe(hashed)
})

test('one password typed as composed or decomposed letters is one password', async () => {
  const hashed = await passwords.hash('\u0439\u0451\u00e9')
  expect(await passwords.verify(hashed, '\u0438\u0306\u0435\u0308e\u0301')).toBe(true)
})

test('the dummy runs the same hash function at the same cost and says no', async () => {
  expect(await passwords.verifyDummy('admin123')).toBe(false)
})

test('past its queue it refuses at once with Retry-After, and all that waited are served', async () => {
  const small = createPasswords({ concurrency: 1, queue: 64 })
  const outcomes = await Promise.allSettled(
    Array.from({ length: 70 }, () => small.verifyDummy('x')),
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
    slots.run(async () => {
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
