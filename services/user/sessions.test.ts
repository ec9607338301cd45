/** Sessions over a real store: two tabs, two instances, the end in time, and whose tokens go on. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import type { AccessTokenSubject } from '../../core/auth/access-tokens.ts'
import type { RefreshKeys } from '../../core/auth/refresh-keys.ts'
import { Problem } from '../../core/http/problem.ts'
import { newId, type UserId } from '../../core/values/ids.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { createSessions, type Sessions } from './sessions.ts'
import type { UserStore } from './store.ts'
import { openSqliteUserStore } from './store.sqlite.ts'
import { nameKeyOf, type Account } from './users.ts'

const day = 86_400_000
const [one, two, three] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte)) as [
  Buffer,
  Buffer,
  Buffer,
]

let clock: ReturnType<typeof manualClock>
let store: UserStore
let anna: Account
/** What access tokens were issued for, newest last. */
let issued: AccessTokenSubject[]

beforeEach(async () => {
  clock = manualClock(1_800_000_000_000)
  store = openSqliteUserStore({ path: ':memory:' })
  issued = []
  anna = {
    id: newId<UserId>(),
    username: 'anna',
    fullName: 'Anna',
    phone: null,
    role: 'user',
    createdAt: clock.now(),
    passwordHash: 'hash',
    disabledAt: null,
  }
  await store.addUser(nameKeyOf('anna'), anna)
})
afterEach(() => store.close())

/** One instance of the service on the common store. */
const instance = (
  refreshKeys: Pick<RefreshKeys, 'current' | 'others'> = { current: one, others: [] },
): Sessions =>
  createSessions({
    store,
    accessTokens: {
      issue(subject) {
        issued.push(subject)
        return { token: `access ${issued.length}`, expiresIn: 1_800 }
      },
    },
    refreshKeys,
    sessionLife: millis(90 * day),
    revoked: { add() {} },
    clock,
  })

const refusal = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'none',
    (error: unknown) => {
      if (error instanceof Problem) return error.code
      throw error
    },
  )

test('one token shown to two instances at once gets one successor and two access tokens', async () => {
  const { refreshToken } = await instance().open(anna)
  const tabs = await Promise.all([
    instance().refresh(refreshToken),
    instance().refresh(refreshToken),
  ])
  expect(tabs[0].refreshToken).toBe(tabs[1].refreshToken)
  expect(tabs[0].accessToken).not.toBe(tabs[1].accessToken)
  const next = await instance().refresh(tabs[0].refreshToken)
  expect(next.refreshToken).not.toBe(tabs[0].refreshToken)
})

test('while the key is rotated, instances before and after it give the same successor', async () => {
  const before = instance({ current: one, others: [two] })
  const after = instance({ current: two, others: [three, one] })
  for (const [first, second] of [
    [before, after],
    [after, before],
  ] as const) {
    const { refreshToken } = await before.open(anna)
    const tab = await first.refresh(refreshToken)
    expect((await second.refresh(refreshToken)).refreshToken).toBe(tab.refreshToken)
  }
})

test('ten seconds later it shows a thief, and the session ends', async () => {
  const sessions = instance()
  const { refreshToken } = await sessions.open(anna)
  const next = await sessions.refresh(refreshToken)
  clock.advance(10_000)
  expect(await refusal(sessions.refresh(refreshToken))).toBe('refresh_token_invalid')
  expect(await refusal(sessions.refresh(next.refreshToken))).toBe('refresh_token_invalid')
})

test('a session that is refreshed every day ends ninety days after its log-in', async () => {
  const sessions = instance()
  let { refreshToken } = await sessions.open(anna)
  for (let count = 1; count < 90; count++) {
    clock.advance(day)
    refreshToken = (await sessions.refresh(refreshToken)).refreshToken
  }
  clock.advance(day)
  expect(await refusal(sessions.refresh(refreshToken))).toBe('refresh_token_invalid')
  expect(await refusal(sessions.open(anna))).toBe('none')
})

test('a log-in whose account was disabled or lost its rights meanwhile opens nothing with them', async () => {
  const sessions = instance()
  const admin: Account = { ...anna, role: 'admin' }
  await sessions.open(admin)
  expect(issued.at(-1)?.role).toBe('user')
  await store.setDisabled(anna.id, clock.now())
  expect(await refusal(sessions.open(anna))).toBe('login_failed')
})

test('tokens carry the epoch of their issue, so that all of before can be refused at once', async () => {
  const sessions = instance()
  const first = await sessions.open(anna)
  const { epoch } = await store.endSessionsOf(anna.id, clock.now())
  expect(issued[0]?.epoch).toBeLessThan(epoch)
  expect(await refusal(sessions.refresh(first.refreshToken))).toBe('refresh_token_invalid')
  const second = await sessions.open(anna)
  await sessions.refresh(second.refreshToken)
  await sessions.refresh(second.refreshToken)
  expect(issued.slice(1).map((each) => each.epoch)).toEqual([epoch, epoch, epoch])
})
