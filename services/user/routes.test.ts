/** The user service over real HTTP: contract, tokens, sessions, and what no log line may hold. */
import { afterAll, describe, expect, test } from 'bun:test'
import { newId } from '../../core/values/ids.ts'
import { startUserService, type Sent } from './service.fixture.ts'

const service = await startUserService()
afterAll(() => service.stop())
const { send, register, signIn, refresh } = service

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
    })
  })

  test('a taken name is 409, in any case', async () => {
    const { username } = await register()
    const { answer } = await register({ username: username.toUpperCase() })
    expect(answer.status).toBe(409)
    expect(answer.body).toMatchObject({ detail: 'Username already registered' })
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
    })
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
    const { access_token: token } = body as { access_token: string }
    const me = await send('GET', '/users/me', { token })
    expect(me.body).toMatchObject({ username: 'admin', is_admin: true, total_spent: 10.5 })
  })

  test('a wrong password and an unknown name get one and the same 401', async () => {
    const { username } = await register()
    for (const name of [username, 'nobody-at-all']) {
      const answer = await send('POST', '/token', { form: { username: name, password: 'wrong' } })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      expect(answer.body).toMatchObject({ detail: 'Incorrect username or password' })
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
  test('two tabs that refresh with one token at once both stay signed in, on one refresh token', async () => {
    const first = await signIn()
    const tabs = await Promise.all([refresh(first.refresh), refresh(first.refresh)])
    expect(tabs.map(({ status }) => status)).toEqual([200, 200])
    expect(tabs[0].refresh).toBe(tabs[1].refresh)
    for (const { access: token } of tabs) {
      expect((await send('GET', '/users/me', { token })).status).toBe(200)
    }
    expect((await refresh(tabs[0].refresh)).status).toBe(200)
  })

  test('a refresh token shown after its successor was used ends the session with all its tokens', async () => {
    const first = await signIn()
    const next = await refresh(first.refresh)
    const second = await refresh(next.refresh)
    expect(second.status).toBe(200)
    const token = second.access
    expect((await send('GET', '/users/me', { token })).status).toBe(200)
    expect((await refresh(first.refresh)).status).toBe(401)
    expect((await send('GET', '/users/me', { token })).status).toBe(401)
    expect((await send('GET', '/users/me', { token: first.access })).status).toBe(401)
    expect((await refresh(second.refresh)).status).toBe(401)
  })

  test('logging out ends this session at once and no other', async () => {
    const { username } = await register()
    const [mine, other] = [await signIn(username), await signIn(username)]
    expect((await send('POST', '/logout', { token: mine.access })).status).toBe(204)
    expect((await send('GET', '/users/me', { token: mine.access })).status).toBe(401)
    expect((await refresh(mine.refresh)).status).toBe(401)
    expect((await send('GET', '/users/me', { token: other.access })).status).toBe(200)
    expect((await refresh(other.refresh)).status).toBe(200)
  })

  test('logging out everywhere ends all of them, and nobody else’s', async () => {
    const { username } = await register()
    const mine = [await signIn(username), await signIn(username), await signIn(username)]
    const other = await signIn()
    expect((await send('POST', '/logout-all', { token: mine[0]?.access ?? '' })).status).toBe(204)
    for (const each of mine) {
      expect((await send('GET', '/users/me', { token: each.access })).status).toBe(401)
      expect((await refresh(each.refresh)).status).toBe(401)
    }
    expect((await send('GET', '/users/me', { token: other.access })).status).toBe(200)
  })

  test('what is no refresh token is 401', async () => {
    const mine = await signIn()
    const { access, refresh: good } = mine
    for (const text of ['', 'x', access.slice(0, 64), good.slice(1), `${good}A`]) {
      expect((await refresh(text)).status).toBe(401)
    }
    expect((await refresh(good)).status).toBe(200)
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
    })
    expect((await get('/users/me/total-spent')).body).toEqual({ total_spent: 10.5 })
    const orders = await get('/users/me/orders?limit=5')
    expect(orders.body).toEqual([])
    expect(orders.headers.get('link')).toBe('<?limit=5&cursor=a%20b>; rel="next"')
  })

  test('a checkout carries the key of its request, and refuses one that is none', async () => {
    const { access: token } = await signIn()
    const checkout = (key: string) =>
      send('POST', '/users/me/orders', { token, headers: { 'idempotency-key': key } })
    expect((await checkout('key-1')).body).toMatchObject({ idempotency_key: 'key-1' })
    expect((await checkout('x'.repeat(256))).status).toBe(422)
    const plain = await send('POST', '/users/me/orders', { token })
    expect(plain.body).toMatchObject({ idempotency_key: null })
  })
})

test('the published keys verify what was issued and hold no private part', async () => {
  const { body } = await send('GET', '/.well-known/jwks.json')
  const { keys } = body as { keys: Record<string, string>[] }
  expect(keys).toHaveLength(1)
  expect(Object.keys(keys[0] ?? {}).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
})

test('no log line and no metric holds a password, a token, a name or a phone', async () => {
  const secrets = {
    username: 'planted-name',
    password: 'planted-password',
    full_name: 'Planted Person',
    phone: '+7 900 777-00-77',
  }
  const before = service.lines.length
  await send('POST', '/users/register', { json: secrets })
  await send('POST', '/users/register', { json: secrets })
  await send('POST', '/users/register', { json: { ...secrets, role: 'planted-role' } })
  await send('POST', '/token', { form: { username: secrets.username, password: 'planted-wrong' } })
  const tokens = await signIn(secrets.username, secrets.password)
  await send('GET', '/users/me', { token: tokens.access })
  await send('GET', '/users/me', { token: `${tokens.access}x` })
  await send('PUT', '/users/me', { token: tokens.access, form: { phone: 'planted-phone' } })
  const next = await refresh(tokens.refresh)
  await refresh(tokens.refresh)
  const written = service.lines.slice(before).join('\n') + (await service.metrics.text())
  expect(service.lines.length - before).toBeGreaterThanOrEqual(10)
  expect(written).toContain('/users/register')
  const hidden = [tokens.access, tokens.refresh, next.access, next.refresh, secrets.phone]
  for (const secret of [...hidden, 'planted', 'Planted']) expect(written).not.toContain(secret)
})
