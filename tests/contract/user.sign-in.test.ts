/** Signing in and out: the token and session rows of the HTTP contract, against running services. */
import { afterAll, describe, expect, test } from 'bun:test'
import { caughtUp } from '../support/caught-up.ts'
import { clientOf } from '../support/client.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { eventually } from '../support/ledger.ts'
import { conform, Token } from '../support/shapes.ts'
import { startShop } from '../support/shop.ts'

const shop = await startShop({ products: 8 })
afterAll(shop.stop)

const client = clientOf(shop)
const get = (path: string, token?: string) => client.get('user', path, token)
const signIn = (form: Readonly<Record<string, string>>) =>
  client.call('user', 'POST', '/token', { form })

describe('POST /token', () => {
  test('signs in by form and tells the session apart from others', async () => {
    const { username, password } = await client.register()
    const answer = await signIn({ username, password })
    expect(answer.status).toBe(200)
    const token = conform(Token, answer.json())
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect((await get('/users/me', token.access_token)).json()).toMatchObject({ username })
    const other = await client.login(username, password)
    expect(other.refresh_token).not.toBe(token.refresh_token)
  })
  test('takes what clients of OAuth send beside it', async () => {
    const { username, password } = await client.register()
    const form = { grant_type: 'password', username, password, scope: '', client_id: 'web' }
    expect((await signIn(form)).status).toBe(200)
  })
  test('the demo accounts work, and only admin is one', async () => {
    for (const [name, password, is_admin] of [
      ['admin', 'admin123', true],
      ['user1', 'user123', false],
      ['testuser', 'test123', false],
    ] as const) {
      const { access_token } = await client.login(name, password)
      expect((await get('/users/me', access_token)).json()).toMatchObject({ is_admin })
    }
  })
  test('a wrong password and an unknown name are the same 401', async () => {
    const { username } = await client.register()
    const wrong = expectProblem(await signIn({ username, password: 'wrong one' }), 401)
    const unknown = expectProblem(await signIn({ username: 'nobody-here', password: 'wrong' }), 401)
    expect(wrong.detail).toBe('Incorrect username or password')
    expect({ ...wrong, trace_id: '' }).toEqual({ ...unknown, trace_id: '' })
    expect(wrong.code).toBe('login_failed')
  })
  test('ten wrong guesses lock the account for a while, for right ones too', async () => {
    const { username, password } = await client.register()
    for (let guess = 0; guess < 10; guess++) {
      expectProblem(await signIn({ username, password: `guess ${guess}` }), 401, 'login_failed')
    }
    expectProblem(await signIn({ username, password }), 429, 'too_many_attempts')
    const { username: other, password: right } = await client.register()
    expect((await signIn({ username: other, password: right })).status).toBe(200)
  })
  test.each([
    ['no password', { username: 'user1' }],
    ['no name', { password: 'user123' }],
    ['an unknown grant', { grant_type: 'client_credentials', username: 'a', password: 'b' }],
    ['no refresh token', { grant_type: 'refresh_token' }],
    ['an unknown field', { username: 'user1', password: 'user123', role: 'admin' }],
  ])('%s is 422', async (_what, form) => {
    expectProblem(await signIn(form), 422, 'validation_failed')
  })
  test.each(["' OR 1=1 --", 'a\u0000b', 'admin\u0000', '../admin', '🍐'])(
    'a name that nobody can have, %j, is a wrong one',
    async (username) => {
      expectProblem(await signIn({ username, password: 'admin123' }), 401, 'login_failed')
    },
  )
  test('JSON is 415', async () => {
    const json = { username: 'user1', password: 'user123' }
    expectProblem(await client.call('user', 'POST', '/token', { json }), 415)
  })
})

describe('refresh tokens', () => {
  const refresh = (refresh_token: string) => signIn({ grant_type: 'refresh_token', refresh_token })

  test('work once, with the same answer for a moment; a later use ends the whole session', async () => {
    const { username, password } = await client.register()
    const first = await client.login(username, password)
    const answer = await refresh(first.refresh_token)
    expect(answer.status).toBe(200)
    const second = conform(Token, answer.json())
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect((await get('/users/me', second.access_token)).status).toBe(200)

    const again = conform(Token, (await refresh(first.refresh_token)).json())
    expect(again.refresh_token).toBe(second.refresh_token)
    const third = conform(Token, (await refresh(second.refresh_token)).json())

    expectProblem(await refresh(first.refresh_token), 401, 'refresh_token_invalid')
    expectProblem(await refresh(third.refresh_token), 401, 'refresh_token_invalid')
    await caughtUp(shop)
    for (const { access_token } of [first, second, again, third]) {
      expectProblem(await get('/users/me', access_token), 401, 'not_authenticated')
    }
  })
  test.each(['', 'nonsense', 'a.b', '..'])('%j is no token', async (token) => {
    expectProblem(await refresh(token), 401, 'refresh_token_invalid')
  })
})

describe('signing out', () => {
  const post = (path: string, token?: string) => client.call('user', 'POST', path, { token })
  const endedEverywhere = async (token: string): Promise<boolean> => {
    const answers = await Promise.all([
      client.get('cart', '/cart/', token),
      client.get('order', '/orders/', token),
      client.get('catalog', '/products/', token),
    ])
    return answers.every(({ status }) => status === 401)
  }

  test('/logout ends this session, here at once and elsewhere soon', async () => {
    const { username, password } = await client.register()
    const ended = await client.login(username, password)
    const kept = await client.login(username, password)
    const answer = await post('/logout', ended.access_token)
    expect([answer.status, answer.text]).toEqual([204, ''])
    await caughtUp(shop)
    expectProblem(await get('/users/me', ended.access_token), 401, 'not_authenticated')
    expectProblem(await post('/logout', ended.access_token), 401, 'not_authenticated')
    const form = { grant_type: 'refresh_token', refresh_token: ended.refresh_token }
    expectProblem(await signIn(form), 401, 'refresh_token_invalid')
    await eventually('the others know', () => endedEverywhere(ended.access_token))
    expect((await get('/users/me', kept.access_token)).status).toBe(200)
    expect((await client.get('cart', '/cart/', kept.access_token)).status).toBe(200)
  })
  test('/logout-all ends all sessions of the user and no one else’s', async () => {
    const [person, other] = [await client.register(), await client.register()]
    const sessions = [
      await client.login(person.username, person.password),
      await client.login(person.username, person.password),
    ]
    const bystander = await client.login(other.username, other.password)
    const answer = await post('/logout-all', sessions[0]?.access_token)
    expect([answer.status, answer.text]).toEqual([204, ''])
    await caughtUp(shop)
    for (const { access_token } of sessions) {
      expectProblem(await get('/users/me', access_token), 401, 'not_authenticated')
      await eventually('the others know', () => endedEverywhere(access_token))
    }
    expect((await get('/users/me', bystander.access_token)).status).toBe(200)
    const again = await client.login(person.username, person.password)
    expect((await get('/users/me', again.access_token)).status).toBe(200)
  })
  test('nobody cannot', async () => {
    expectProblem(await post('/logout'), 401, 'not_authenticated')
    expectProblem(await post('/logout-all'), 401, 'not_authenticated')
  })
})

test.each([
  ['GET', '/token'],
  ['GET', '/logout'],
  ['PUT', '/logout-all'],
] as const)('%s %s is 405 and says what is allowed', async (method, path) => {
  const answer = await client.call('user', method, path)
  expectProblem(answer, 405, 'method_not_allowed')
  expect(answer.headers.get('allow')).toBe('POST, OPTIONS')
})
