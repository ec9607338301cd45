/**
 * Guessing passwords: how many guesses reach the hash, who is kept out, and what the time tells.
 *
 * 3,000 guesses over 100 accounts; the environment variables GUESSES and ACCOUNTS ask for others, such
 * as 100,000 over 1,000.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'bun:test'
import { newId } from '../core/values/ids.ts'
import { inParallel } from './support/buyers.ts'
import { clientOf } from './support/client.ts'
import { eventually } from './support/ledger.ts'
import type { Answered } from './support/send.ts'
import { startShop, type Shop } from './support/shop.ts'

const guesses = Number(process.env['GUESSES'] ?? 3_000)
const accounts = Number(process.env['ACCOUNTS'] ?? 100)
/** The defaults of the service. */
const perAccount = 10
const perAddress = 200
/** Requests at once: below what may wait for a hash, so that no answer is "overloaded". */
const width = 32

const long = 24 * 60 * 60_000

/** A user service alone, with a client that can come from anywhere. */
async function startUsers(settings: Readonly<Record<string, string>> = {}) {
  const shop = await startShop({
    processes: ['user'],
    env: { TRUSTED_PROXIES: '127.0.0.1', LOGIN_FAILURE_WINDOW_MS: String(long), ...settings },
  })
  const client = clientOf(shop)
  return {
    shop,
    register: () => client.register(),
    guess: (username: string, password: string, address: string): Promise<Answered> =>
      client.call('user', 'POST', '/token', {
        form: { username, password },
        headers: { 'x-forwarded-for': address },
      }),
  }
}

/** An address for every number. */
const addressOf = (index: number): string =>
  `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`

async function metric(shop: Shop, series: string): Promise<number> {
  const text = await (await fetch(`${shop.urls.user}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(`${series} `))
  if (line === undefined) throw new Error(`There is no series ${series}.`)
  return Number(line.slice(series.length + 1))
}

/** Passwords that were compared with a hash so far. */
const hashesOf = (shop: Shop): Promise<number> =>
  metric(shop, 'password_hash_duration_seconds_count{operation="verify"}')

function tally(answers: readonly Answered[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

describe('guesses from everywhere', async () => {
  const users = await startUsers()
  afterAll(users.shop.stop)

  test(`of ${guesses} over ${accounts} accounts, ${perAccount} an account reach the hash`, async () => {
    // Every second account exists; nothing may tell which.
    const names = await inParallel(accounts, 4, async (index) =>
      index % 2 === 0 ? (await users.register()).username : `nobody-${newId<string>()}`,
    )
    const before = await hashesOf(users.shop)
    // Each account in its turn, so that the guesses at one are spread over the whole time.
    const answers = await inParallel(guesses, width, (index) =>
      users.guess(names[index % accounts] ?? '', `guess ${index}`, addressOf(index)),
    )
    const hashed = (await hashesOf(users.shop)) - before
    const reached = accounts * Math.min(perAccount, Math.floor(guesses / accounts))
    console.log(`${guesses} guesses: ${hashed} reached the hash;`, tally(answers))
    expect(hashed).toBe(reached)
    expect(tally(answers)).toEqual({ 401: reached, 429: guesses - reached })
    expect(await metric(users.shop, 'logins_total{result="failure"}')).toBe(reached)
    expect(await metric(users.shop, 'logins_total{result="limited"}')).toBe(guesses - reached)
    for (const { status, headers } of answers) {
      if (status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
  }, 1_200_000)

  test('a thousand at once at one account reach it as rarely, known or not', async () => {
    for (const name of [(await users.register()).username, `nobody-${newId<string>()}`]) {
      const before = await hashesOf(users.shop)
      const answers = await inParallel(1_000, 1_000, (index) =>
        users.guess(name, `guess ${index}`, addressOf(1_000_000 + index)),
      )
      expect((await hashesOf(users.shop)) - before).toBe(perAccount)
      expect(tally(answers)[401]).toBe(perAccount)
      expect(tally(answers)[200]).toBeUndefined()
    }
  }, 60_000)
})

describe('known and unknown names', async () => {
  const users = await startUsers()
  afterAll(users.shop.stop)

  test('cost the same hashes and get the same answer; the times are printed', async () => {
    const each = 100
    const known = await inParallel(
      each / perAccount,
      2,
      async () => (await users.register()).username,
    )
    const unknown = known.map(() => `nobody-${newId<string>()}`)
    const times = { known: [] as number[], unknown: [] as number[] }
    const hashes = { known: 0, unknown: 0 }
    const bodies = new Set<string>()
    for (let index = 0; index < each; index++) {
      // Alternately, so that whatever else the machine does falls on both alike.
      for (const [kind, names] of [
        ['known', known],
        ['unknown', unknown],
      ] as const) {
        const before = await hashesOf(users.shop)
        const started = performance.now()
        const answer = await users.guess(
          names[index % names.length] ?? '',
          'wrong',
          addressOf(index),
        )
        times[kind].push(performance.now() - started)
        hashes[kind] += (await hashesOf(users.shop)) - before
        expect(answer.status).toBe(401)
        bodies.add(answer.text.replace(/"trace_id":"[0-9a-f]{32}"/, ''))
      }
    }
    for (const [kind, values] of Object.entries(times)) console.log(`${kind}: ${summary(values)}`)
    expect(hashes).toEqual({ known: each, unknown: each })
    expect(bodies.size).toBe(1)
  }, 60_000)
})

test.skipIf(process.platform !== 'linux')('the threads that hash stand back', async () => {
  const users = await startUsers()
  try {
    const { username, password } = await users.register()
    await users.guess(username, password, '192.0.2.80')
    const folder = `/proc/${users.shop.pid('user')}/task`
    const niceness = readdirSync(folder).map((thread) => {
      const name = readFileSync(join(folder, thread, 'comm'), 'utf8').trim()
      // Field 19 of proc_pid_stat(5); the name before it may hold spaces.
      const fields = readFileSync(join(folder, thread, 'stat'), 'utf8')
        .split(') ')
        .at(-1)
      return [name.startsWith('Bun Pool'), Number(fields?.split(' ')[16])] as const
    })
    expect(niceness.filter(([hashes]) => hashes)).not.toBeEmpty()
    for (const [hashes, nice] of niceness) expect(nice).toBe(hashes ? 10 : getPriority())
  } finally {
    await users.shop.stop()
  }
})

function summary(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): string =>
    `${(sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1)} ms`
  return `${values.length} guesses, median ${at(0.5)}, p95 ${at(0.95)}`
}

describe('the owner', async () => {
  const users = await startUsers({ LOGIN_FAILURE_WINDOW_MS: '3000' })
  afterAll(users.shop.stop)

  test('gets in from elsewhere with the right password once the window is over', async () => {
    const { username, password } = await users.register()
    const guess = (index: number) => users.guess(username, `guess ${index}`, addressOf(index))
    for (let index = 0; index < perAccount; index++) expect((await guess(index)).status).toBe(401)
    const elsewhere = '192.0.2.77'
    const refused = await users.guess(username, password, elsewhere)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(3)
    // What was refused was not counted, so neither guesses nor tries of the owner make it longer.
    await eventually('the owner is in', async () => {
      await guess(99)
      return (await users.guess(username, password, elsewhere)).status === 200
    })
  }, 60_000)

  test('who signs in often is not taken for a guesser, and uses up no guess', async () => {
    const { username, password } = await users.register()
    const address = '192.0.2.78'
    const rights = await inParallel(4 * perAccount, 20, () =>
      users.guess(username, password, address),
    )
    expect(tally(rights)).toEqual({ 200: 4 * perAccount })
    for (let index = 0; index < perAccount; index++) {
      expect((await users.guess(username, `guess ${index}`, address)).status).toBe(401)
    }
  }, 60_000)
})

describe('guesses from one address', async () => {
  const limit = 25
  const users = await startUsers({ LOGIN_FAILURES_PER_ADDRESS: String(limit) })
  afterAll(users.shop.stop)
  const attacker = '198.51.100.7'

  test('meet the limit of the address before those of the accounts, which stay open for others', async () => {
    const owners = await inParallel(20, 4, () => users.register())
    const before = await hashesOf(users.shop)
    const answers = await inParallel(400, width, (index) =>
      users.guess(owners[index % owners.length]?.username ?? '', `guess ${index}`, attacker),
    )
    expect((await hashesOf(users.shop)) - before).toBe(limit)
    expect(tally(answers)).toEqual({ 401: limit, 429: 400 - limit })
    for (const { username, password } of owners) {
      expect((await users.guess(username, password, '192.0.2.79')).status).toBe(200)
      expect((await users.guess(username, password, attacker)).status).toBe(429)
    }
  }, 60_000)

  test('the whole /64 of an IPv6 address is one, and a forged first hop is nobody', async () => {
    const before = await hashesOf(users.shop)
    const answers = await inParallel(100, width, (index) =>
      users.guess(`nobody-${index}`, 'wrong', `203.0.113.${index}, 2001:db8:1:2::${index + 1}`),
    )
    expect((await hashesOf(users.shop)) - before).toBe(limit)
    expect(tally(answers)).toEqual({ 401: limit, 429: 100 - limit })
  }, 60_000)

  test(`unless it is told otherwise, an address may send ${perAddress}`, async () => {
    const plain = await startUsers()
    try {
      const answers = await inParallel(perAddress + 50, width, (index) =>
        plain.guess(`nobody-${index}`, 'wrong', attacker),
      )
      expect(tally(answers)).toEqual({ 401: perAddress, 429: 50 })
    } finally {
      await plain.shop.stop()
    }
  }, 60_000)
})
