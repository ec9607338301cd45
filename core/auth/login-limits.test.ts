/** Limits on guessing: what a thousand guesses at once may do, and what must not count as a guess. */
import { describe, expect, test } from 'bun:test'
import { Problem } from '../http/problem.ts'
import { deadlineIn } from '../resilience/deadline.ts'
import { manualClock, millis, systemClock, type Millis } from '../values/time.ts'
import { addressBucket } from './address-bucket.ts'
import { createLoginLimits, type GuessLedger } from './login-limits.ts'

const window = millis(5 * 60_000)

/** A ledger that answers a turn of the event loop later, as a real one does. */
function memoryLedger() {
  const records = new Map<string, readonly Millis[]>()
  const ledger: GuessLedger = {
    async change(subject, change) {
      await new Promise((resolve) => setImmediate(resolve))
      const { guesses, result } = change(records.get(subject) ?? [])
      records.set(subject, guesses)
      return result
    },
  }
  return { ledger, records }
}

function setUp(limits: { perAccount?: number; perAddress?: number } = {}) {
  const clock = manualClock(1_000_000_000)
  const { ledger, records } = memoryLedger()
  const policy = createLoginLimits({
    ledger,
    clock,
    window,
    perAccount: 10,
    perAddress: 200,
    ...limits,
  })
  let hashed = 0
  const login = async (
    right: boolean,
    { account = 'anna', address = '192.0.2.1' }: { account?: string; address?: string } = {},
  ): Promise<'in' | 'wrong' | Problem> => {
    try {
      const answer = await policy.attempt(
        { account, address, deadline: deadlineIn(2_000, clock) },
        async () => {
          hashed++
          await new Promise((resolve) => setImmediate(resolve))
          return right ? 'in' : null
        },
      )
      return answer ?? 'wrong'
    } catch (error) {
      if (error instanceof Problem) return error
      throw error
    }
  }
  const many = (count: number, right: boolean, who?: Parameters<typeof login>[1]) =>
    Promise.all(Array.from({ length: count }, () => login(right, who)))
  return { clock, records, policy, login, many, hashes: () => hashed }
}

const codes = (answers: readonly (string | Problem)[]) =>
  Object.fromEntries(
    [...Map.groupBy(answers, (each) => (each instanceof Problem ? each.code : each))].map(
      ([code, group]) => [code, group.length],
    ),
  )

describe('an account', () => {
  test('gets ten wrong guesses however many come at once', async () => {
    const { many, hashes, records } = setUp()
    expect(codes(await many(1000, false))).toEqual({ wrong: 10, too_many_attempts: 990 })
    expect(hashes()).toBe(10)
    expect(records.get('account:anna')).toHaveLength(10)
  })

  test('is not limited by right log-ins, many at once and one after another', async () => {
    const { many, records } = setUp()
    expect(codes(await many(300, true))).toEqual({ in: 300 })
    expect(codes(await many(300, true))).toEqual({ in: 300 })
    expect(records.get('account:anna')).toEqual([])
  })

  test('lets right log-ins pass at once while wrong guesses stand in its record', async () => {
    const { many } = setUp()
    await many(9, false)
    expect(codes(await many(50, true))).toEqual({ in: 50 })
  })

  test('that is full refuses the right password too, and says when to come back', async () => {
    const { many, login, clock, hashes } = setUp()
    await many(10, false)
    clock.advance(100_000)
    const refused = await login(true)
    expect(refused).toBeInstanceOf(Problem)
    expect((refused as Problem).headers['retry-after']).toBe('200')
    expect(hashes()).toBe(10)
    clock.advance(200_000)
    expect(await login(true)).toBe('in')
  })

  test('never has more than ten wrong guesses in any five minutes, wherever they begin', async () => {
    const { login, clock } = setUp()
    const wrong: number[] = []
    for (let step = 0; step < 200; step++) {
      clock.advance(7_000)
      if ((await login(false)) === 'wrong') wrong.push(clock.now())
      const recent = wrong.filter((at) => at > clock.now() - window)
      expect(recent.length).toBeLessThanOrEqual(10)
    }
    expect(wrong.length).toBeGreaterThan(30)
  })

  test('does not limit another one', async () => {
    const { many, login } = setUp()
    await many(20, false)
    expect(await login(false, { account: 'boris' })).toBe('wrong')
  })

  test('is not charged for a guess that could not be checked', async () => {
    const { policy, clock, records, login } = setUp()
    const who = { account: 'anna', address: '192.0.2.1', deadline: deadlineIn(2_000, clock) }
    for (let count = 0; count < 20; count++) {
      const attempt = policy.attempt(who, () => Promise.reject(new Error('hash pool is full')))
      await expect(attempt).rejects.toThrow('hash pool is full')
    }
    expect(records.get('account:anna')).toEqual([])
    expect(records.get('address:192.0.2.1')).toEqual([])
    expect(await login(true)).toBe('in')
  })
})

describe('an address', () => {
  test('has its own limit over all accounts, and what it refuses does not charge the account', async () => {
    const { login, records } = setUp({ perAddress: 20 })
    const answers = []
    for (let count = 0; count < 30; count++) {
      answers.push(await login(false, { account: `account-${count}` }))
    }
    expect(codes(answers)).toEqual({ wrong: 20, too_many_attempts: 10 })
    expect(records.get('account:account-25')).toEqual([])
    expect(await login(true, { account: 'account-25', address: '192.0.2.2' })).toBe('in')
  })

  test('may have many right log-ins of many accounts at once', async () => {
    const { login } = setUp({ perAddress: 5 })
    const answers = Array.from({ length: 40 }, (_, count) =>
      login(true, { account: `account-${count}` }),
    )
    expect(codes(await Promise.all(answers))).toEqual({ in: 40 })
  })
})

test('who waits past the deadline is told that the service is busy, and the next one still gets its turn', async () => {
  const clock = manualClock(1_000_000_000)
  const { ledger } = memoryLedger()
  const policy = createLoginLimits({ ledger, clock, window, perAccount: 1, perAddress: 200 })
  const who = (budget: number) => ({
    account: 'anna',
    address: 'x',
    deadline: deadlineIn(budget, clock),
  })
  let release = (): void => {}
  let begun = (): void => {}
  const running = new Promise<void>((resolve) => (begun = resolve))
  const first = policy.attempt(who(9_000), () => {
    begun()
    return new Promise<string>((resolve) => (release = () => resolve('in')))
  })
  await running
  const late = policy.attempt(who(1_000), async () => 'in').catch((error: Problem) => error.code)
  const patient = policy.attempt(who(9_000), async () => 'in')
  clock.advance(2_000)
  release()
  expect(await Promise.all([first, late, patient])).toEqual(['in', 'overloaded', 'in'])
})

test('an address is an IPv4 address or the /64 of an IPv6 one', () => {
  expect(addressBucket('192.0.2.7')).toBe('192.0.2.7')
  expect(addressBucket('::ffff:192.0.2.7')).toBe('192.0.2.7')
  expect(addressBucket('2001:DB8:0:1:aaaa::1')).toBe('2001:db8:0:1')
  expect(addressBucket('2001:db8:0:1::')).toBe('2001:db8:0:1')
  expect(addressBucket('2001:db8::1')).toBe('2001:db8:0:0')
  expect(addressBucket('fe80::1%eth0')).toBe('fe80:0:0:0')
  expect(addressBucket('::1')).toBe('0:0:0:0')
})

describe('two copies of the service', () => {
  const elsewhere = millis(300)

  /** Two policies over one ledger, as two processes have them. */
  function twoCopies(undecidedElsewhere: Millis) {
    const { ledger } = memoryLedger()
    const limits = { clock: systemClock, window, perAccount: 10, perAddress: 200 }
    const copies = [0, 1].map(() => createLoginLimits({ ...limits, ledger, undecidedElsewhere }))
    let hashed = 0
    const login = async (copy: number, right: boolean): Promise<string> => {
      const who = { account: 'anna', address: '192.0.2.1', deadline: deadlineIn(5_000) }
      const guess = async () => {
        hashed++
        await new Promise((resolve) => setTimeout(resolve, 5))
        return right ? 'in' : null
      }
      try {
        return (await copies[copy]?.attempt(who, guess)) ?? 'wrong'
      } catch (error) {
        if (error instanceof Problem) return error.code
        throw error
      }
    }
    return { login, hashes: () => hashed }
  }

  test('take no right log-in of each other for a wrong one', async () => {
    const { login, hashes } = twoCopies(elsewhere)
    const many = Array.from({ length: 30 }, () => login(0, true))
    // All guesses that the account has are being checked by the first copy now.
    while (hashes() < 10) await new Promise((resolve) => setImmediate(resolve))
    const others = Array.from({ length: 30 }, () => login(1, true))
    expect(new Set(await Promise.all([...many, ...others]))).toEqual(new Set(['in']))
  })

  test('allow together no more wrong guesses than one does', async () => {
    const { login, hashes } = twoCopies(elsewhere)
    const outcomes = await Promise.all(Array.from({ length: 60 }, (_, at) => login(at % 2, false)))
    expect(outcomes.filter((each) => each === 'wrong')).toHaveLength(10)
    expect(outcomes.filter((each) => each === 'too_many_attempts')).toHaveLength(50)
    expect(hashes()).toBe(10)
    expect(await login(1, true)).toBe('too_many_attempts')
  })
})
