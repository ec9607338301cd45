/** The user service over real HTTP: contract, tokens, sessions, and what no log line may hold. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createAccessTokens } from '../../core/auth/access-tokens.ts'
import { keysFromFile } from '../../core/auth/key-source.ts'
import { ensureKeys, keyFile } from '../../core/auth/key-files.ts'
import { loadJwkSet, loadSigningKey } from '../../core/auth/keys.ts'
import { createLoginLimits } from '../../core/auth/login-limits.ts'
import { createPasswords } from '../../core/auth/password.ts'
import { createRevocations } from '../../core/auth/revocations.ts'
import { createServiceTokens } from '../../core/auth/service-tokens.ts'
import { createVerifier } from '../../core/auth/verifier.ts'
import type { ServiceClient } from '../../core/clients/service-client.ts'
import { createApplication } from '../../core/http/application.ts'
import { bunEngine } from '../../core/http/engine/bun.ts'
import type { Listening } from '../../core/http/engine/engine.ts'
import { createLogger } from '../../core/logging/logger.ts'
import { newId, type UserId } from '../../core/values/ids.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { millis, systemClock as clock } from '../../core/values/time.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAccounts } from './accounts.ts'
import { addDemoAccounts } from './demo-accounts.ts'
import { createNotifications } from './notifications.ts'
import { createCarts, createOrders } from './peers.ts'
import { createProfiles } from './profile.ts'
import { userRoutes } from './routes.ts'
import { createSessions } from './sessions.ts'
import { openSqliteUserStore } from './store.sqlite.ts'

const root = mkdtempSync(join(tmpdir(), 'user-routes-'))
const log = createLogger({ service: 'user', level: 'silent' })
const store = openSqliteUserStore({ path: join(root, 'user.db') })
let listening: Listening
let base: string

/** What cart and order service answer in these tests. */
const peers: ServiceClient = {
  async call({ path, body }) {
    const answers: Record<string, unknown> = {
      '/internal/spending': { total_spent: 10.5 },
      '/internal/orders/list': { orders: [], next_cursor: 'a b' },
      '/internal/cart': { items: [], total: 3, revision: 'r' },
      '/internal/checkout': body,
    }
    const text = JSON.stringify(answers[path])
    return { status: 200, text, json: () => JSON.parse(text), header: () => null }
  },
}

const serviceToken = (name: ServiceName, audience: ServiceName = 'user'): string =>
  createServiceTokens({ name, key: loadSigningKey(keyFile.service(root, name)), clock }).tokenFor(
    audience,
  )

beforeAll(async () => {
  ensureKeys({ dir: root, demo: true })
  const source = (file: string) => keysFromFile({ file, allowDemo: true, clock, log })
  const revocations = createRevocations({
    fetchPage: (after) => store.revocations(after, clock.now(), 100),
    clock,
    log,
  })
  const accounts = createAccounts({
    store,
    clock,
    passwords: createPasswords({ concurrency: 2, queue: 64 }),
    limits: createLoginLimits({
      ledger: store,
      clock,
      perAccount: 10,
      perAddress: 1_000,
      window: millis(300_000),
    }),
    metrics: { registered() {}, login() {} },
  })
  const carts = createCarts(peers)
  const orders = createOrders(peers)
  const application = createApplication({
    routes: userRoutes({
      accounts,
      sessions: createSessions({
        store,
        accessTokens: createAccessTokens({ key: loadSigningKey(keyFile.access(root)), clock }),
        revoked: revocations,
        clock,
      }),
      profiles: createProfiles({ carts, orders }),
      carts,
      orders,
      notifications: createNotifications(store, clock),
      store,
      keySet: loadJwkSet(keyFile.accessSet(root)),
      clock,
    }),
    authenticate: createVerifier({
      service: 'user',
      accessKeys: source(keyFile.accessSet(root)),
      serviceKeys: source(keyFile.services(root)),
      revocations,
      clock,
    }).verify,
    clock,
    addressOf: (inbound) => inbound.address,
    maxInFlight: 2_000,
    corsOrigins: [],
  })
  listening = bunEngine.listen({
    host: '127.0.0.1',
    port: 0,
    idleTimeout: 10_000,
    handle: application.handle,
    onError: (error) => log.error({ err: error }, 'escaped'),
  })
  base = `http://127.0.0.1:${listening.port}`
  await addDemoAccounts(accounts)
})

afterAll(async () => {
  await listening.close()
  await store.close()
  rmSync(root, { recursive: true, force: true })
})

interface Sent {
  readonly token?: string
  readonly json?: unknown
  readonly form?: Record<string, string>
}

async function send(method: string, path: string, { token, json, form }: Sent = {}) {
  const headers: Record<string, string> = {}
  if (token !== undefined) headers.authorization = `Bearer ${token}`
  if (json !== undefined) headers['content-type'] = 'application/json'
  const body = form === undefined ? JSON.stringify(json) : new URLSearchParams(form)
  const response = await fetch(base + path, {
    method,
    headers,
    ...(body !== undefined && { body }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    // What each test expects of it is what it asserts.
    body: (text === '' ? null : JSON.parse(text)) as Record<string, never> & { detail?: string },
  }
}

let names = 0
async function register(changes: Record<string, unknown> = {}) {
  const username = `user-${names++}`
  const json = { username, password: 'secret1', full_name: 'Анна', ...changes }
  return { username, answer: await send('POST', '/users/register', { json }) }
}

async function signIn(username?: string, password = 'secret1') {
  const name = username ?? (await register()).username
  const { body } = await send('POST', '/token', { form: { username: name, password } })
  return { access: body.access_token as string, refresh: body.refresh_token as string }
}

const refreshed = (token: string) =>
  send('POST', '/token', { form: { grant_type: 'refresh_token', refresh_token: token } })

describe('registering', () => {
  test('answers the user of the contract and nothing that was secret', async () => {
    const { username, answer } = await register({ phone: '+7 (900) 123-45-67' })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      username,
      full_name: 'Анна',
      phone: '+7 (900) 123-45-67',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      is_admin: false,
      total_spent: 0,
    } as never)
  })

  test('a taken name is 409, in any case', async () => {
    const { username } = await register()
    const { answer } = await register({ username: username.toUpperCase() })
    expect([answer.status, answer.body.detail]).toEqual([409, 'Username already registered'])
  })

  test('refuses what is no name, no password, and every field that could raise a rank', async () => {
    const cases: Record<string, unknown>[] = [
      { username: 'ab' },
      { username: 'x'.repeat(51) },
      { username: 'a b c' },
      { username: 'ab\u0000c' },
      { username: 'abc\u200b' },
      { username: 'abc\u202e' },
      { username: 'abc\u3164' },
      { password: '12345' },
      { password: 'x'.repeat(129) },
      { full_name: '' },
      { full_name: '   ' },
      { full_name: 'a\nb' },
      { phone: 'call me' },
      { phone: '1'.repeat(33) },
      { is_admin: true },
      { role: 'admin' },
      { id: newId<string>() },
      { total_spent: 1_000 },
    ]
    for (const changes of cases) {
      const { answer } = await register(changes)
      expect([changes, answer.status]).toEqual([changes, 422])
    }
  })

  test('a name that looks like an admin’s is a user', async () => {
    const { answer } = await register({ username: 'admin_anna' })
    expect(answer.body).toMatchObject({ is_admin: false })
    const { access } = await signIn('admin_anna')
    expect((await send('GET', '/users/me', { token: access })).body).toMatchObject({
      is_admin: false,
    })
  })
})

describe('signing in', () => {
  test('gives the tokens of the contract, not to be stored by anybody between', async () => {
    const { username } = await register()
    const answer = await send('POST', '/token', { form: { username, password: 'secret1' } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 1800,
      refresh_token: expect.any(String),
    } as never)
  })

  test('takes the form of OAuth clients with its empty fields', async () => {
    const form = {
      grant_type: 'password',
      username: 'admin',
      password: 'admin123',
      scope: '',
      client_id: '',
      client_secret: '',
    }
    const { body } = await send('POST', '/token', { form })
    const me = await send('GET', '/users/me', { token: body.access_token as string })
    expect(me.body).toMatchObject({ username: 'admin', is_admin: true, total_spent: 10.5 })
  })

  test('a wrong password and an unknown name get one and the same 401', async () => {
    const { username } = await register()
    for (const name of [username, 'nobody-at-all']) {
      const answer = await send('POST', '/token', { form: { username: name, password: 'wrong' } })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      expect(answer.body.detail).toBe('Incorrect username or password')
    }
  })

  test('the eleventh wrong password in five minutes is 429, and so is the right one then', async () => {
    const { username } = await register()
    const guess = (password: string) => send('POST', '/token', { form: { username, password } })
    const statuses = []
    for (let times = 0; times < 10; times++) statuses.push((await guess('wrong')).status)
    expect(new Set(statuses)).toEqual(new Set([401]))
    const refused = await guess('secret1')
    expect(refused.status).toBe(429)
    const wait = Number(refused.headers.get('retry-after'))
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(300)
  })

  test('takes a form and nothing else, with all its fields', async () => {
    const json = { username: 'admin', password: 'admin123' }
    expect((await send('POST', '/token', { json })).status).toBe(415)
    for (const form of [
      { username: 'admin' },
      { password: 'admin123' },
      { grant_type: 'refresh_token' },
      { grant_type: 'client_credentials', username: 'admin', password: 'admin123' },
      { username: 'admin', password: 'admin123', role: 'admin' },
    ] as Record<string, string>[]) {
      expect((await send('POST', '/token', { form })).status).toBe(422)
    }
  })
})

describe('sessions', () => {
  test('a refresh token works once; shown again it ends the session with all its tokens', async () => {
    const first = await signIn()
    const second = await refreshed(first.refresh)
    expect(second.status).toBe(200)
    const token = second.body.access_token as string
    expect((await send('GET', '/users/me', { token })).status).toBe(200)
    expect((await refreshed(first.refresh)).status).toBe(401)
    expect((await send('GET', '/users/me', { token })).status).toBe(401)
    expect((await send('GET', '/users/me', { token: first.access })).status).toBe(401)
    expect((await refreshed(second.body.refresh_token as string)).status).toBe(401)
  })

  test('logging out ends this session at once and no other', async () => {
    const { username } = await register()
    const [mine, other] = [await signIn(username), await signIn(username)]
    expect((await send('POST', '/logout', { token: mine.access })).status).toBe(204)
    expect((await send('GET', '/users/me', { token: mine.access })).status).toBe(401)
    expect((await refreshed(mine.refresh)).status).toBe(401)
    expect((await send('GET', '/users/me', { token: other.access })).status).toBe(200)
    expect((await refreshed(other.refresh)).status).toBe(200)
  })

  test('logging out everywhere ends all of them, and nobody else’s', async () => {
    const { username } = await register()
    const mine = [await signIn(username), await signIn(username), await signIn(username)]
    const other = await signIn()
    expect((await send('POST', '/logout-all', { token: mine[0]?.access ?? '' })).status).toBe(204)
    for (const { access, refresh } of mine) {
      expect((await send('GET', '/users/me', { token: access })).status).toBe(401)
      expect((await refreshed(refresh)).status).toBe(401)
    }
    expect((await send('GET', '/users/me', { token: other.access })).status).toBe(200)
  })

  test('what is no refresh token is 401', async () => {
    const { access, refresh } = await signIn()
    for (const text of ['', 'x', access.slice(0, 64), refresh.slice(1), `${refresh}A`]) {
      expect((await refreshed(text)).status).toBe(401)
    }
    expect((await refreshed(refresh)).status).toBe(200)
  })
})

describe('the own data', () => {
  test('changes by form and by JSON; an empty phone removes it', async () => {
    const { access: token } = await signIn()
    const put = async (sent: Sent) => (await send('PUT', '/users/me', { token, ...sent })).body
    const form = { full_name: 'Анна К', phone: '12345' }
    expect(await put({ form })).toMatchObject({ full_name: 'Анна К', phone: '12345' })
    expect(await put({ form: { phone: '' } })).toMatchObject({ full_name: 'Анна К', phone: null })
    expect(await put({ json: { phone: '777' } })).toMatchObject({ phone: '777' })
    expect(await put({ json: { phone: null } })).toMatchObject({ phone: null })
    expect((await send('GET', '/users/me', { token })).body).toMatchObject({ full_name: 'Анна К' })
  })

  test('takes no field that is not the user’s to set', async () => {
    const { access: token } = await signIn()
    for (const form of [{ role: 'admin' }, { is_admin: 'true' }, { username: 'admin2' }] as Record<
      string,
      string
    >[]) {
      expect((await send('PUT', '/users/me', { token, form })).status).toBe(422)
    }
  })

  test('brings profile, cart, orders and spending together', async () => {
    const { access: token } = await signIn()
    const get = (path: string) => send('GET', path, { token })
    expect((await get('/users/me/profile')).body).toMatchObject({
      total_spent: 10.5,
      current_cart_total: 3,
      orders: [],
      degraded: [],
    })
    expect((await get('/users/me/cart')).body).toEqual({
      items: [],
      total: 3,
      revision: 'r',
    } as never)
    expect((await get('/users/me/total-spent')).body).toEqual({ total_spent: 10.5 } as never)
    const orders = await get('/users/me/orders?limit=5')
    expect(orders.body as unknown).toEqual([])
    expect(orders.headers.get('link')).toBe('<?limit=5&cursor=a%20b>; rel="next"')
  })

  test('a checkout carries the key of its request, and refuses one that is none', async () => {
    const { access: token } = await signIn()
    const checkout = (key: string) =>
      fetch(`${base}/users/me/orders`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'idempotency-key': key },
      })
    const sent = await checkout('key-1')
    expect(await sent.json()).toMatchObject({ idempotency_key: 'key-1' })
    expect((await checkout('x'.repeat(256))).status).toBe(422)
    const plain = await send('POST', '/users/me/orders', { token })
    expect(plain.body).toMatchObject({ idempotency_key: null })
  })
})

describe('the internal routes', () => {
  const change = () => ({
    order_id: newId<string>().toUpperCase(),
    user_id: newId<string>(),
    status: 'SHIPPING',
    updated_at: '2026-01-31T09:30:00.000Z',
    sequence: 3,
  })

  test('a status change is applied once, and only a higher one after it', async () => {
    const token = serviceToken('order')
    const json = change()
    const notify = async (sent: unknown) =>
      (await send('POST', '/users/notify/order-status', { token, json: sent })).body as unknown
    expect(await notify(json)).toEqual({ applied: true })
    expect(await notify({ ...json, order_id: json.order_id.toLowerCase() })).toEqual({
      applied: false,
    })
    expect(await notify({ ...json, sequence: 2 })).toEqual({ applied: false })
    expect(await notify({ ...json, sequence: 4 })).toEqual({ applied: true })
    const kept = await store.notifications(json.user_id as UserId, 0, 10)
    expect(kept.map(({ sequence }) => sequence)).toEqual([3, 4])
  })

  test('are for the services they are meant for and nobody else', async () => {
    const { access } = await signIn('admin', 'admin123')
    const notify = (token?: string) =>
      send('POST', '/users/notify/order-status', { ...(token && { token }), json: change() })
    const feed = (token?: string) =>
      send('GET', '/internal/revocations', { ...(token && { token }) })
    expect([(await notify()).status, (await feed()).status]).toEqual([401, 401])
    expect([(await notify(access)).status, (await feed(access)).status]).toEqual([403, 403])
    for (const name of serviceNames) {
      const token = serviceToken(name)
      expect([name, (await notify(token)).status]).toEqual([name, name === 'order' ? 200 : 403])
      expect([name, (await feed(token)).status]).toEqual([name, name === 'user' ? 403 : 200])
    }
    expect((await feed(serviceToken('cart', 'order'))).status).toBe(401)
    expect((await send('GET', '/users/me', { token: serviceToken('order') })).status).toBe(403)
  })

  test('the feed tells of a session that ended, from the start and from a cursor', async () => {
    const token = serviceToken('catalog')
    const feed = async (query = '') =>
      (await send('GET', `/internal/revocations${query}`, { token })).body as unknown as {
        entries: { session_id: string; ended_at: string }[]
        cursor: number
      }
    const before = await feed()
    const { access } = await signIn()
    const claims = JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString())
    await send('POST', '/logout', { token: access })
    const after = await feed(`?after=${before.cursor}`)
    expect(after.entries.map((entry) => entry.session_id)).toEqual([claims.sid])
    expect((await feed('?after=0')).entries.length).toBe(before.entries.length + 1)
    expect((await feed(`?after=${after.cursor}`)).entries).toEqual([])
  })
})

test('the published keys verify what was issued and hold no private part', async () => {
  const { body } = await send('GET', '/.well-known/jwks.json')
  const { keys } = body as unknown as { keys: Record<string, string>[] }
  expect(keys).toHaveLength(1)
  expect(Object.keys(keys[0] ?? {}).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
})
