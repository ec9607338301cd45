/** Changing a password: what ends, what goes on, what is counted, and who wins a race. */
import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import { createLoginLimits } from '../../core/auth/login-limits.ts'
import type { Passwords } from '../../core/auth/password.ts'
import { Problem } from '../../core/http/problem.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { newId, type SessionId, type UserId } from '../../core/values/ids.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { createPasswordChange, type ChangePassword } from './password-change.ts'
import { startUserService } from './service.fixture.ts'
import { nameOfEnd } from './sessions.conformance.ts'
import { createSessions } from './sessions.ts'
import type { UserStore } from './store.ts'
import { openSqliteUserStore } from './store.sqlite.ts'
import { nameKeyOf, type Account } from './users.ts'

describe('over HTTP', async () => {
  const service = await startUserService()
  afterAll(() => service.stop())
  const { send, register, signIn, refresh } = service
  const change = (token: string | undefined, current_password: unknown, new_password: unknown) =>
    send('POST', '/users/me/password', {
      ...(token !== undefined && { token }),
      json: { current_password, new_password },
    })
  const meOf = async (token: string) => (await send('GET', '/users/me', { token })).status

  test('the new password signs in, the old one does not', async () => {
    const { username } = await register()
    const { access } = await signIn(username)
    const answer = await change(access, 'secret1', 'secret2')
    expect([answer.status, answer.body]).toEqual([204, null])
    expect((await signIn(username, 'secret1')).status).toBe(401)
    expect((await signIn(username, 'secret2')).status).toBe(200)
  })

  test('this session goes on, all others end with their refresh tokens, and others are told', async () => {
    const { username } = await register()
    const [mine, ...others] = [
      await signIn(username),
      await signIn(username),
      await signIn(username),
    ]
    const stranger = await signIn()
    const token = service.serviceToken('cart')
    const cursor = async (after = 0) =>
      (await send('GET', `/internal/revocations?after=${after}`, { token })).body as {
        cursor: number
        entries: unknown[]
      }
    const before = await cursor()
    expect((await change(mine.access, 'secret1', 'secret2')).status).toBe(204)
    for (const other of others) {
      expect(await meOf(other.access)).toBe(401)
      expect((await refresh(other.refresh)).status).toBe(401)
    }
    expect((await cursor(before.cursor)).entries).toEqual([
      {
        session_id: expect.any(String),
        ended_at: expect.any(String),
        user_id: expect.any(String),
        epoch: expect.any(Number),
        keep_session_id: expect.any(String),
      },
    ])
    expect([await meOf(mine.access), await meOf(stranger.access)]).toEqual([200, 200])
    expect((await refresh(mine.refresh)).status).toBe(200)
  })

  test('a wrong current password is 401 and changes nothing', async () => {
    const { username } = await register()
    const [mine, other] = [await signIn(username), await signIn(username)]
    const answer = await change(mine.access, 'secret0', 'secret2')
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect(answer.body).toMatchObject({ code: 'password_wrong' })
    expect(await meOf(other.access)).toBe(200)
    expect((await signIn(username)).status).toBe(200)
  })

  test('guesses here and at the log-in share one limit, so a stolen token is no oracle', async () => {
    const { username } = await register()
    const { access } = await signIn(username)
    for (let times = 0; times < 5; times++) {
      expect((await change(access, `guess ${times}`, 'secret2')).status).toBe(401)
      expect((await signIn(username, `guess ${times}`)).status).toBe(401)
    }
    const refused = await change(access, 'secret1', 'secret2')
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await signIn(username)).status).toBe(429)
  })

  test('refuses no token, the same password, what is no password and unknown fields', async () => {
    const { access } = await signIn()
    expect((await change(undefined, 'secret1', 'secret2')).status).toBe(401)
    expect((await change(access, 'secret1', 'secret1')).body).toMatchObject({
      status: 422,
      code: 'password_unchanged',
    })
    for (const next of ['12345', 'x'.repeat(129), '', null, 123_456]) {
      expect((await change(access, 'secret1', next)).status).toBe(422)
    }
    const json = { current_password: 'secret1', new_password: 'secret2', user_id: newId() }
    expect((await send('POST', '/users/me/password', { token: access, json })).status).toBe(422)
    expect((await change(access, 'secret1', 'secret2')).status).toBe(204)
  })
})

/** Hashes that wait until they are let through, so that a test decides who comes first. */
function heldPasswords() {
  const held: (() => void)[] = []
  const turn = () => new Promise<void>((resolve) => held.push(resolve))
  const passwords: Passwords = {
    hash: (password) => turn().then(() => `hash:${password}`),
    verify: async (hashed, password) => hashed === `hash:${password}`,
    verifyDummy: async () => false as const,
  }
  return { passwords, held }
}

describe('races', () => {
  const clock = manualClock(1_800_000_000_000)
  const anna: Account = {
    id: newId<UserId>(),
    username: 'Anna',
    fullName: 'Anna',
    phone: null,
    role: 'user',
    createdAt: clock.now(),
    passwordHash: 'hash:secret1',
    disabledAt: null,
  }
  let store: UserStore
  let held: ReturnType<typeof heldPasswords>['held']
  let changePassword: ChangePassword
  let revoked: string[]

  beforeEach(async () => {
    store = openSqliteUserStore({ path: ':memory:' })
    await store.addUser(nameKeyOf(anna.username), anna)
    const passwords = heldPasswords()
    held = passwords.held
    revoked = []
    const window = millis(300_000)
    changePassword = createPasswordChange({
      store,
      clock,
      passwords: passwords.passwords,
      limits: createLoginLimits({ ledger: store, clock, perAccount: 10, perAddress: 10, window }),
      revoked: { add: (end) => revoked.push(nameOfEnd(end)) },
    })
  })

  const change = (next: string, session: SessionId, current = 'secret1') =>
    changePassword({
      user: anna.id,
      session,
      current,
      next,
      address: '192.0.2.1',
      deadline: deadlineIn(60_000, clock),
    }).then(
      () => 'changed',
      (error: unknown) => {
        if (error instanceof Problem) return error.code
        throw error
      },
    )

  async function openSession(): Promise<SessionId> {
    const id = newId<SessionId>()
    const expiresAt = millis(clock.now() + 1_000_000)
    await store.openSession({
      id,
      user: anna.id,
      refreshHash: id,
      at: clock.now(),
      expiresAt,
    })
    return id
  }

  async function letThrough(count: number): Promise<void> {
    while (held.length < count) await new Promise((resolve) => setImmediate(resolve))
    for (const go of held.splice(0)) go()
  }

  test('of changes that all knew the old password one wins, and the others are told it is wrong', async () => {
    const sessions = [await openSession(), await openSession(), await openSession()]
    const changes = sessions.map((session, index) => change(`secret-${index}`, session))
    await letThrough(3)
    const results = await Promise.all(changes)
    expect(results.toSorted()).toEqual(['changed', 'password_wrong', 'password_wrong'])
    const winner = results.indexOf('changed')
    expect((await store.accountById(anna.id))?.passwordHash).toBe(`hash:secret-${winner}`)
    expect(revoked).toEqual([`all of ${anna.id} but ${sessions[winner]}`])
  })

  test('one password in two forms of Unicode is the same one', async () => {
    expect(await change('парол\u0438\u0306', await openSession(), 'парол\u0439')).toBe(
      'password_unchanged',
    )
  })

  test('a token of a user who is not in the store is no token', async () => {
    await store.close()
    store = openSqliteUserStore({ path: ':memory:' })
    const gone = createPasswordChange({
      store,
      clock,
      passwords: heldPasswords().passwords,
      limits: { attempt: (_who, guess) => guess() },
      revoked: { add() {} },
    })
    const request = {
      user: anna.id,
      session: newId<SessionId>(),
      current: 'secret1',
      next: 'secret2',
      address: '192.0.2.1',
      deadline: deadlineIn(1_000, clock),
    }
    await expect(gone(request)).rejects.toMatchObject({ code: 'not_authenticated' })
  })

  test('a log-in that was checked before the change opens no session after it', async () => {
    const sessions = createSessions({
      store,
      clock,
      accessTokens: { issue: () => ({ token: 'token', expiresIn: 1 }) },
      refreshKeys: { current: Buffer.alloc(32), others: [] },
      sessionLife: millis(86_400_000),
      revoked: { add() {} },
    })
    const checked = await store.accountByName(nameKeyOf('anna'))
    const changing = change('secret2', await openSession())
    await letThrough(1)
    expect(await changing).toBe('changed')
    await expect(sessions.open(checked ?? anna)).rejects.toMatchObject({ code: 'login_failed' })
    // That of the password and that of the session which came too late.
    expect((await store.revocations(0, clock.now(), 10)).entries).toHaveLength(2)
    const now = await store.accountByName(nameKeyOf('anna'))
    expect(await sessions.open(now ?? anna)).toMatchObject({ accessToken: 'token' })
  })
})
