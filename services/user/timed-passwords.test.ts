/** Every hash is counted once, and one that was refused is none. */
import { expect, test } from 'bun:test'
import { problem } from '../../core/http/problem.ts'
import { timedPasswords } from './timed-passwords.ts'

const here = '192.0.2.1'

test('counts what was computed, for an unknown name as for a known one', async () => {
  const counted: string[] = []
  const passwords = timedPasswords(
    {
      hash: async (password) => `hash:${password}`,
      verify: async (hashed, password) => hashed === `hash:${password}`,
      verifyDummy: async () => false as const,
    },
    {
      hashed(operation, milliseconds) {
        expect(milliseconds).toBeGreaterThanOrEqual(0)
        counted.push(operation)
      },
    },
  )
  expect(await passwords.verify(await passwords.hash('a', here), 'a', here)).toBe(true)
  expect(await passwords.verifyDummy('a', here)).toBe(false)
  expect(counted).toEqual(['hash', 'verify', 'verify'])
})

test('does not count what was refused', async () => {
  const refused = async () => {
    throw problem('overloaded')
  }
  const passwords = timedPasswords(
    { hash: refused, verify: refused, verifyDummy: refused },
    {
      hashed() {
        throw new Error('counted')
      },
    },
  )
  for (const attempt of [
    () => passwords.hash('a', here),
    () => passwords.verify('a', 'a', here),
    () => passwords.verifyDummy('a', here),
  ]) {
    await expect(attempt()).rejects.toMatchObject({ code: 'overloaded' })
  }
})
