/** Accounts: what is hashed for whom, and that nothing tells a known name from an unknown one. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createLoginLimits } from '../../core/auth/login-limits.ts'
import type { Passwords } from '../../core/auth/password.ts'
import { Problem, problem } from '../../core/http/problem.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { createAccounts, type Accounts } from './accounts.ts'
import { addDemoAccounts, demoAccounts, refuseDemoAccounts } from './demo-accounts.ts'
import type { LoginResult } from './metrics.ts'
import type { UserStore } from './store.ts'
import { openSqliteUserStore } from './store.sqlite.ts'
import { nameKeyOf } from './users.ts'

/** As quick as the tests want it; it counts what the real one would have computed. */
function countingPasswords() {
  const counts = { computed: 0, refuse: false, addresses: [] as string[] }
  const compute = async (address: string): Promise<void> => {
    counts.addresses.push(address)
    await new Promise((resolve) => setImmediate(resolve))
    if (counts.refuse) throw problem('overloaded')
    counts.computed++
  }
  const passwords: Passwords = {
    hash: (password, address) => compute(address).then(() => `hash:${password}`),
    verify: (hashed, password, address) =>
      compute(address).then(() => hashed === `hash:${password}`),
    verifyDummy: (_password, address) => compute(address).then(() => false as const),
  }
  return { passwords, counts }
}

let store: UserStore
let accounts: Accounts
let counts: ReturnType<typeof countingPasswords>['counts']
let logins: LoginResult[]
let registered: number
const clock = manualClock(1_800_000_000_000)

beforeEach(() => {
  store = openSqliteUserStore({ path: ':memory:' })
  const counting = countingPasswords()
  counts = counting.counts
  logins = []
  registered = 0
  accounts = createAccounts({
    store,
    clock,
    passwords: counting.passwords,
    limits: createLoginLimits({
      ledger: store,
      clock,
      perAccount: 10,
      perAddress: 200,
      window: millis(300_000),
    }),
    metrics: { registered: () => registered++, login: (result) => logins.push(result) },
  })
})
afterEach(() => store.close())

const registration = (username: string) => ({
  username,
  password: 'secret1',
  fullName: 'Anna',
  phone: null,
})

const register = (username: string, address = '192.0.2.1') =>
  accounts.register(registration(username), address)

const login = (username: string, password: string, address = '192.0.2.1') =>
  accounts
    .authenticate({ username, password, address, deadline: deadlineIn(60_000, clock) })
    .catch((error: unknown) => {
      if (error instanceof Problem) return error.code
      throw error
    })

describe('registering', () => {
  test('makes a user, whatever the name says, and signs in under any spelling of it', async () => {
    const user = await register('Админ_Анна')
    expect(user).toMatchObject({ username: 'Админ_Анна', role: 'user' })
    expect(await login('АДМИН_АННА', 'secret1')).toMatchObject({ id: user.id })
    expect([registered, logins]).toEqual([1, ['success']])
  })

  test('a taken name is refused without computing a hash', async () => {
    await register('anna')
    const before = counts.computed
    await expect(register('ANNA')).rejects.toMatchObject({
      code: 'username_taken',
    })
    expect([counts.computed, registered]).toEqual([before, 1])
  })

  test('a name of several alphabets is refused, and who has one from before signs in', async () => {
    const mixed = '\u0430dmin'
    await expect(register(mixed)).rejects.toMatchObject({ code: 'validation_failed' })
    expect([counts.computed, registered]).toEqual([0, 0])
    // As the store has it since an earlier version.
    await accounts.add(registration(mixed), 'user')
    expect(await login(mixed, 'secret1')).toMatchObject({ username: mixed })
  })

  test('a name that looks like one in another alphabet is taken', async () => {
    const [latin, cyrillic] = ['coco', '\u0441\u043e\u0441\u043e']
    await register(latin)
    counts.computed = 0
    await expect(register(cyrillic)).rejects.toMatchObject({ code: 'username_taken' })
    expect(counts.computed).toBe(0)
    // The other way round as well, and each alone is a good name.
    await register('\u041c\u0410\u041c\u0410')
    await expect(register('MAMA')).rejects.toMatchObject({ code: 'username_taken' })
  })

  test('of many who want one name at once, one gets it', async () => {
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => register('anna')))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(registered).toBe(1)
  })
})

test('a disabled account is answered, hashed and counted as a wrong password is', async () => {
  const { id } = await register('anna')
  await store.setDisabled(id, clock.now())
  const before = counts.computed
  for (let times = 0; times < 10; times++)
    expect(await login('anna', 'secret1')).toBe('login_failed')
  expect(counts.computed - before).toBe(10)
  expect(logins).toEqual(Array.from({ length: 10 }, () => 'failure'))
  expect(await login('anna', 'secret1')).toBe('too_many_attempts')
  await store.setDisabled(id, null)
  clock.advance(300_001)
  expect(await login('anna', 'secret1')).toMatchObject({ id })
})

test('every hash takes its place in the queue of the address that asked for it', async () => {
  await register('anna', '192.0.2.7')
  await login('anna', 'secret1', '192.0.2.8')
  await login('anna', 'wrong', '192.0.2.9')
  await login('nobody', 'wrong', '192.0.2.10')
  expect(counts.addresses).toEqual(['192.0.2.7', '192.0.2.8', '192.0.2.9', '192.0.2.10'])
})

describe('signing in', () => {
  test('an unknown name costs the hash of a known one and gets the same answer', async () => {
    await register('anna')
    for (const name of ['anna', 'nobody']) {
      const before = counts.computed
      expect(await login(name, 'wrong')).toBe('login_failed')
      expect(counts.computed - before).toBe(1)
    }
    expect(logins).toEqual(['failure', 'failure'])
  })

  test('a thousand guesses at once reach ten hashes, for known and unknown names alike', async () => {
    await register('anna')
    for (const [index, name] of ['anna', 'nobody'].entries()) {
      const before = counts.computed
      const answers = await Promise.all(
        Array.from({ length: 1_000 }, () => login(name, 'wrong', `192.0.2.${index}`)),
      )
      expect(counts.computed - before).toBe(10)
      expect(answers.filter((answer) => answer === 'login_failed')).toHaveLength(10)
      expect(answers.filter((answer) => answer === 'too_many_attempts')).toHaveLength(990)
    }
    expect(logins.filter((result) => result === 'limited')).toHaveLength(1_980)
  })

  test('spellings of one name share one limit', async () => {
    const spellings = ['anna', 'ANNA', 'Ａnna', 'aNNa']
    for (let guess = 0; guess < 10; guess++) await login(spellings[guess % 4] ?? '', 'wrong')
    expect(await login('Anna', 'wrong')).toBe('too_many_attempts')
  })

  test('a full hash pool is 503 and costs the account nothing', async () => {
    await register('anna')
    counts.refuse = true
    for (let times = 0; times < 15; times++)
      expect(await login('anna', 'secret1')).toBe('overloaded')
    counts.refuse = false
    expect(await login('anna', 'secret1')).toMatchObject({ username: 'anna' })
  })
})

describe('demo accounts', () => {
  test('are there after the first start, with their roles, and the second changes nothing', async () => {
    await addDemoAccounts(accounts)
    for (const { username, password, role } of demoAccounts) {
      expect(await login(username, password)).toMatchObject({ username, role })
    }
    const before = counts.computed
    await addDemoAccounts(accounts)
    expect(counts.computed).toBe(before)
    expect(registered).toBe(0)
  })

  test('keep production from starting, each by name, and only with the demo password', async () => {
    await expect(refuseDemoAccounts(accounts)).resolves.toBeUndefined()
    for (const { username, password, fullName, role } of demoAccounts) {
      const fresh = openSqliteUserStore({ path: ':memory:' })
      const own = createAccounts({
        store: fresh,
        clock,
        passwords: countingPasswords().passwords,
        limits: { attempt: (_who, guess) => guess() },
        metrics: { registered() {}, login() {} },
      })
      await own.add({ username, password: `${password}!`, fullName, phone: null }, role)
      await expect(refuseDemoAccounts(own)).resolves.toBeUndefined()
      await fresh.close()
    }
    await addDemoAccounts(accounts)
    await expect(refuseDemoAccounts(accounts)).rejects.toThrow(
      '"admin" still has its demo password',
    )
    expect(await store.accountByName(nameKeyOf('admin'))).not.toBeNull()
  })
})
