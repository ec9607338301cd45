/** New keys for a shop in use: nobody is signed out, nothing stops, and what leaked is worth nothing. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyFile, readKeySet, writeKeySet } from '../core/auth/key-files.ts'
import { serviceNames } from '../core/values/service-name.ts'
import { clientOf, type Client, type Tokens } from './support/client.ts'
import { eventually } from './support/ledger.ts'
import { runScript } from './support/scripts.ts'
import { startShop, type Shop } from './support/shop.ts'

setDefaultTimeout(60_000)

const folder = mkdtempSync(join(tmpdir(), 'key-change-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a change of keys', () => {
  let shop: Shop
  let client: Client
  let admin: Tokens
  beforeAll(async () => {
    shop = await startShop({ profile: 'production', directory: join(folder, 'rotated') })
    client = clientOf(shop)
    await runScript('admin', ['--username', 'boss', '--data', shop.directory], 'a long password\n')
    admin = await client.login('boss', 'a long password')
  })
  afterAll(() => shop.stop())

  const keys = (...args: readonly string[]) =>
    runScript('keys', ['--data', shop.directory, ...args])
  const kidOf = (token: string): string =>
    (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string })
      .kid

  /** Of a user's token at each service. */
  const statuses = (token: string): Promise<readonly number[]> =>
    Promise.all([
      client.get('catalog', '/products/', token),
      client.get('cart', '/cart/', token),
      client.get('order', '/orders/', token),
      client.get('user', '/users/me/profile', token),
    ]).then((answers) => answers.map(({ status }) => status))

  /**
   * A service that has looked for an unknown key looks for the next one 5 s later, and the user
   * service publishes a new key at its restart.
   */
  const eventuallyGood = (token: string): Promise<void> =>
    eventually('the new key is known everywhere', async () =>
      (await statuses(token)).every((status) => status === 200),
    )

  /** Needs the tokens of cart, order and user service; the last one's must reach its peers. */
  async function buy(): Promise<void> {
    const { access_token: token } = admin
    const json = { name: 'Груша', category: 'Фрукты', price: 10.5, stock_count: 10 }
    const product = await client.call('catalog', 'POST', '/products/', { json, token })
    expect(product.status).toBe(201)
    const { product_id } = product.json() as { product_id: string }
    const line = { json: { product_id, quantity: 1 }, token }
    expect((await client.call('cart', 'POST', '/cart/items', line)).status).toBe(200)
    expect((await client.call('user', 'POST', '/users/me/orders', { token })).status).toBe(200)
    expect((await client.get('user', '/users/me/profile', token)).json()).toMatchObject({
      degraded: [],
    })
  }

  test('keeps all tokens good, and the restarted user service signs with the new key', async () => {
    const rotated = await keys('--rotate')
    expect(rotated.code).toBe(0)
    expect(rotated.output).toContain('Restart the user service: until then the old keys sign.')
    expect(await statuses(admin.access_token)).toEqual([200, 200, 200, 200])

    await shop.restart('user')
    const next = await client.login('boss', 'a long password')
    expect(kidOf(next.access_token)).not.toBe(kidOf(admin.access_token))
    await eventuallyGood(next.access_token)
    expect(await statuses(admin.access_token)).toEqual([200, 200, 200, 200])
    const published = await client.get('user', '/.well-known/jwks.json')
    expect(published.json()).toMatchObject({
      keys: [{ kid: kidOf(next.access_token) }, { kid: kidOf(admin.access_token) }],
    })
    expect(published.text).not.toContain('retired_at')
    expect(published.text).not.toContain('"d"')
  })

  test('of the services as well goes one service after another, while the shop sells', async () => {
    expect((await keys('--rotate', '--services')).code).toBe(0)
    const held = await keys('--prune')
    for (const name of serviceNames) {
      expect(held.output).toContain(`the ${name} service signs with it until it is restarted.`)
    }
    await buy()
    for (const name of ['user', 'catalog', 'cart', 'order'] as const) {
      await shop.restart(name)
      await buy()
    }
  })

  test('removes old keys once nobody signs with them and their tokens have expired', async () => {
    const published = () => readKeySet(keyFile.accessSet(shop.keysDir)).length
    const before = published()
    const waiting = await keys('--prune')
    expect(waiting.output).toContain('its tokens can be good until')
    expect(waiting.output).not.toMatch(/restarted|Removed/)
    expect(published()).toBe(before)

    // An hour later, of which the shop was off: nothing is younger than its files.
    await shop.stop()
    const anHourAgo = new Date(Date.now() - 3_600_000)
    for (const set of [keyFile.accessSet(shop.keysDir), keyFile.services(shop.keysDir)]) {
      const aged = { retired_at: anHourAgo.toISOString() }
      writeKeySet(
        set,
        readKeySet(set).map((key) => (key.retired_at === undefined ? key : { ...key, ...aged })),
      )
    }
    for (const name of serviceNames) {
      utimesSync(join(shop.directory, name, `${name}.db`), anHourAgo, anHourAgo)
    }
    const pruned = await keys('--prune')
    expect(pruned.output.match(/^Removed /gm)).toHaveLength(before - 1 + serviceNames.length)
    expect(published()).toBe(1)
    expect((await keys('--prune')).output).toBe('There are no old keys.')

    await Promise.all(serviceNames.map((name) => shop.start(name)))
    // A refresh token is no signed one: it outlives every key.
    const form = { grant_type: 'refresh_token', refresh_token: admin.refresh_token }
    const refreshed = await client.call('user', 'POST', '/token', { form })
    expect(refreshed.status).toBe(200)
    admin = refreshed.json() as Tokens
    await buy()
  })

  test('revokes keys that leaked: their tokens are refused after the restart', async () => {
    const leaked = admin.access_token
    expect((await keys('--rotate', '--revoke')).code).toBe(0)
    for (const name of ['user', 'catalog', 'cart', 'order'] as const) await shop.restart(name)
    // A restarted service knows the keys that it saw last until it has asked the user service.
    await eventually('the leaked key is refused everywhere', async () =>
      (await statuses(leaked)).every((status) => status === 401),
    )
    await eventuallyGood((await client.login('boss', 'a long password')).access_token)
  })

  test('does not turn one kind of keys into the other', async () => {
    const before = readFileSync(keyFile.access(shop.keysDir), 'utf8')
    const demo = await keys('--rotate', '--demo')
    expect(demo.code).toBe(1)
    expect(demo.output).toContain('holds no demo key')
    expect(readFileSync(keyFile.access(shop.keysDir), 'utf8')).toBe(before)
    expect((await keys('--rotate', '--prune')).code).toBe(2)
    expect((await keys('--services')).code).toBe(2)
  })
})

describe('old keys of a shop on Cassandra', () => {
  const data = join(folder, 'cassandra')
  const prune = (...args: readonly string[]) =>
    runScript('keys', ['--data', data, '--prune', ...args], '', { STORE: 'cassandra' })
  /** From now, in minutes. */
  const moment = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString()

  beforeAll(async () => {
    await runScript('keys', ['--data', data])
    await runScript('keys', ['--data', data, '--rotate'])
  })

  test('stay until somebody says that all processes were restarted', async () => {
    const unsaid = await prune()
    expect(unsaid.code).toBe(1)
    expect(unsaid.output).toContain('say with --restarted')
    expect((await prune('--restarted', 'yesterday')).code).toBe(2)
    expect((await prune('--restarted', moment(5))).code).toBe(2)
    const before = await prune('--restarted', moment(-60))
    expect(before.output).toContain('signs with it until it is restarted')
  })

  test('go when the last token that they can have signed has expired', async () => {
    const now = await prune('--restarted', moment(0))
    expect(now.output).toContain('its tokens can be good until')
    const set = keyFile.accessSet(join(data, 'keys'))
    const retired = { retired_at: moment(-120) }
    writeKeySet(
      set,
      readKeySet(set).map((key) => (key.retired_at === undefined ? key : { ...key, ...retired })),
    )
    const later = await prune('--restarted', moment(-60))
    expect(later.output).toMatch(/^Removed /)
    expect(readKeySet(set)).toHaveLength(1)
  })
})
