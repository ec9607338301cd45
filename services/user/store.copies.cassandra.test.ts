/** Two copies of the user service on one keyspace, racing on the same rows, and a third that reads. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createLoginLimits } from '../../core/auth/login-limits.ts'
import { openKeyspace, type Keyspace } from '../../core/cassandra/keyspace.ts'
import {
  hasCassandra,
  testKeyspace,
  type TestKeyspace,
} from '../../core/cassandra/keyspace.fixture.ts'
import { Problem } from '../../core/http/problem.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { newId, type OrderId, type SessionId, type UserId } from '../../core/values/ids.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { migrations, openCassandraUserStore } from './store.cassandra.ts'
import { nameOfEnd, userOf } from './sessions.conformance.ts'
import { sessionsPerUser, type RotationResult, type UserStore } from './store.ts'
import { nameKeyOf, type Account } from './users.ts'

const patience = 300_000
const day = 86_400_000

describe.skipIf(!hasCassandra)('two copies', () => {
  const clock = manualClock(1_800_000_000_000)
  let home: TestKeyspace
  const more: Keyspace[] = []
  let first: UserStore
  let second: UserStore
  let third: UserStore
  let feedReads = 0

  // Small partitions, so that the feeds go from one to the next under the race.
  const openOn = (keyspace: Keyspace): Promise<UserStore> =>
    openCassandraUserStore({ keyspace, clock, feedBucketSize: 7 })

  beforeAll(async () => {
    home = await testKeyspace(migrations)
    const observe = (operation: string) => () => {
      if (operation.includes('feed')) feedReads += 1
    }
    const watched = { ...home.options, observe }
    more.push(...(await Promise.all([openKeyspace(home.options), openKeyspace(watched)])))
    const stores = await Promise.all([home.keyspace, ...more].map(openOn))
    const [a, b, c] = stores
    if (a === undefined || b === undefined || c === undefined)
      throw new Error('A store is missing.')
    first = a
    second = b
    third = c
  }, patience)
  afterAll(async () => {
    await Promise.all(more.map((keyspace) => keyspace.close()))
    await home?.remove()
  }, patience)

  let names = 0
  const account = (changes: Partial<Account> = {}): Account => ({
    id: newId<UserId>(),
    username: `name ${names++}`,
    fullName: 'Anna',
    phone: null,
    role: 'user',
    createdAt: clock.now(),
    passwordHash: 'old hash',
    disabledAt: null,
    ...changes,
  })

  async function added(): Promise<Account> {
    const user = account()
    expect(await first.addUser(nameKeyOf(user.username), user)).toBe(true)
    return user
  }

  async function begun(store: UserStore, user: UserId) {
    const id = newId<SessionId>()
    const expiresAt = millis(clock.now() + day)
    const session = { id, user, refreshHash: `first ${id}`, at: clock.now(), expiresAt }
    return { id, ...(await store.openSession(session)) }
  }

  const opened = async (store: UserStore, user: UserId): Promise<SessionId> =>
    (await begun(store, user)).id

  const rotate = (store: UserStore, id: SessionId, presented: string, next: string) =>
    store.rotateSession({
      id,
      presented,
      next,
      nextElsewhere: [],
      at: clock.now(),
      expiresAt: millis(clock.now() + day),
      startedAfter: millis(0),
    })

  const count = (kinds: readonly RotationResult[], kind: RotationResult['kind']): number =>
    kinds.filter((each) => each.kind === kind).length

  /** Ended sessions from a cursor to the end, as the third copy reads them. */
  async function endedSince(cursor: number) {
    const sessions: string[] = []
    for (let at = cursor; ;) {
      const page = await third.revocations(at, clock.now(), 10)
      if (page.entries.length === 0) return { sessions, cursor: page.cursor }
      expect(page.cursor).toBeGreaterThan(at)
      sessions.push(...page.entries.map(nameOfEnd))
      at = page.cursor
    }
  }

  test(
    'register one name at once: one of them gets it, and the id of the other is nobody',
    async () => {
      for (let turn = 0; turn < 10; turn++) {
        const username = `rival ${turn}`
        const rivals = [account({ username }), account({ username })] as const
        const key = nameKeyOf(username)
        const won = await Promise.all([
          first.addUser(key, rivals[0]),
          second.addUser(key, rivals[1]),
        ])
        expect(won.filter(Boolean)).toHaveLength(1)
        const [winner, loser] = won[0] ? rivals : [rivals[1], rivals[0]]
        expect(await third.accountByName(key)).toEqual(winner)
        expect(await third.accountById(winner.id)).toEqual(winner)
        expect(await third.accountById(loser.id)).toBeNull()
        expect(await third.userById(loser.id)).toBeNull()
        expect(await third.changeProfile(loser.id, { fullName: 'Nobody' })).toBeNull()
      }
    },
    patience,
  )

  test(
    'let a hundred wrong guesses at one account reach the hash ten times',
    async () => {
      const limits = [first, second].map((ledger) =>
        createLoginLimits({
          ledger,
          clock,
          perAccount: 10,
          perAddress: 1_000,
          window: millis(300_000),
        }),
      )
      let hashed = 0
      const guesses = Array.from({ length: 50 }, (_, index) =>
        limits.map((limit) =>
          limit.attempt(
            {
              account: 'anna',
              address: `192.0.2.${index}`,
              deadline: deadlineIn(patience, clock),
            },
            async () => {
              hashed++
              return null
            },
          ),
        ),
      )
      const outcomes = await Promise.allSettled(guesses.flat())
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') {
          expect(outcome.reason).toBeInstanceOf(Problem)
          expect(outcome.reason).toMatchObject({ code: 'too_many_attempts' })
        }
      }
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
      expect(hashed).toBe(10)
    },
    patience,
  )

  test(
    'show one refresh token at once: one gets the next, and the session has ended',
    async () => {
      const user = await added()
      for (let turn = 0; turn < 10; turn++) {
        const { cursor } = await endedSince(0)
        const id = await opened(first, user.id)
        const results = await Promise.all(
          [first, second].map((store, copy) => rotate(store, id, `first ${id}`, `next ${copy}`)),
        )
        expect([count(results, 'rotated'), count(results, 'reused')]).toEqual([1, 1])
        for (const token of ['next 0', 'next 1', `first ${id}`]) {
          expect(await rotate(third, id, token, 'never')).toEqual({ kind: 'unknown' })
        }
        expect((await endedSince(cursor)).sessions).toEqual([id])
      }
    },
    patience,
  )

  test(
    'show one refresh token at once, as two tabs do: both get the same successor, and it is good',
    async () => {
      const user = await added()
      for (let turn = 0; turn < 10; turn++) {
        const { cursor } = await endedSince(0)
        const id = await opened(first, user.id)
        const results = await Promise.all(
          [first, second].map((store) => rotate(store, id, `first ${id}`, 'next')),
        )
        expect([count(results, 'rotated'), count(results, 'repeated')]).toEqual([1, 1])
        expect((await rotate(third, id, 'next', 'last')).kind).toBe('rotated')
        expect((await endedSince(cursor)).sessions).toEqual([])
      }
    },
    patience,
  )

  test(
    'open more sessions of one user than there may be: few are left over, and the next takes those along',
    async () => {
      const user = await added()
      const stores = [first, second]
      const began: SessionId[] = []
      for (let round = 0; round < 26; round++) {
        clock.advance(1_000)
        const both = stores.flatMap((store) => [store, store])
        began.push(...(await Promise.all(both.map((store) => opened(store, user.id)))))
      }
      clock.advance(1_000)
      began.push(await opened(third, user.id))
      const kinds: RotationResult[] = []
      for (const id of began) kinds.push(await rotate(third, id, `first ${id}`, `next ${id}`))
      expect(count(kinds, 'rotated')).toBe(sessionsPerUser)
      expect(kinds.slice(-sessionsPerUser).map(({ kind }) => kind)).not.toContain('unknown')
    },
    patience,
  )

  test(
    'go on with sessions of the build before, which kept no start and counted none',
    async () => {
      const user = await added()
      const { keyspace } = home
      const forgetStart = keyspace.write<[UserId, SessionId]>(
        'DELETE started_at FROM accounts WHERE id = ? AND session_id = ?',
        'forget_start',
      )
      const forgetCount = keyspace.write<[UserId]>(
        'DELETE open_sessions FROM accounts WHERE id = ?',
        'forget_open_sessions',
      )
      await keyspace.prepare()
      const old = [await opened(first, user.id), await opened(first, user.id)] as const
      for (const id of old) await forgetStart.run(user.id, id)
      await forgetCount.run(user.id)
      expect((await rotate(second, old[0], `first ${old[0]}`, 'next')).kind).toBe('rotated')
      // Counted since its refresh, and the first to go; the other one ends with all.
      clock.advance(1_000)
      for (let n = 1; n < sessionsPerUser; n++) await opened(first, user.id)
      expect((await begun(first, user.id)).ended).toEqual([old[0]])
      await second.endSessionsOf(user.id, clock.now())
      expect((await rotate(third, old[1], `first ${old[1]}`, 'next')).kind).toBe('unknown')
    },
    patience,
  )

  test(
    'end one session at once: the feed tells it once',
    async () => {
      const user = await added()
      for (let turn = 0; turn < 10; turn++) {
        const { cursor } = await endedSince(0)
        const ids = [await opened(first, user.id), newId<SessionId>()]
        for (const id of ids) {
          await Promise.all([first, second].map((store) => store.endSession(id, clock.now())))
        }
        expect((await endedSince(cursor)).sessions).toEqual(ids)
      }
    },
    patience,
  )

  test(
    'change one password at once, while others sign in: one wins, and no session of before goes on',
    async () => {
      for (let turn = 0; turn < 5; turn++) {
        const user = await added()
        const { cursor } = await endedSince(0)
        const mine = [await opened(first, user.id), await opened(second, user.id)] as const
        const change = (store: UserStore, keep: SessionId) =>
          store.changePassword({
            user: user.id,
            from: 'old hash',
            to: `hash of ${keep}`,
            keep,
            at: clock.now(),
          })
        const [one, two, ...others] = await Promise.all([
          change(first, mine[0]),
          change(second, mine[1]),
          begun(first, user.id),
          begun(second, user.id),
        ])
        const [winner, loser] = one === null ? [mine[1], mine[0]] : mine
        expect([one, two].filter((each) => each === null)).toHaveLength(1)
        expect((await third.accountById(user.id))?.passwordHash).toBe(`hash of ${winner}`)
        const end = one ?? two
        expect(end).toMatchObject({ user: user.id, keep: winner })
        const { sessions } = await endedSince(cursor)
        expect(sessions).toEqual([`all of ${user.id} but ${winner}`])
        const epoch = end?.epoch ?? 0
        for (const { id, began } of [
          { id: winner, began: epoch },
          { id: loser, began: 0 },
          ...others.map((each) => ({ id: each.id, began: each.epoch })),
        ]) {
          const { kind } = await rotate(third, id, `first ${id}`, `next ${id}`)
          expect(kind).toBe(began < epoch ? 'unknown' : 'rotated')
        }
      }
    },
    patience,
  )

  test(
    'append to the feed while a third reads: it skips nothing and sees nothing twice',
    async () => {
      const { cursor } = await endedSince(0)
      let writing = true
      const ids = Array.from({ length: 120 }, () => newId<SessionId>())
      const write = async () => {
        // Some at once, some one after another, so that batches of all sizes race.
        for (let from = 0; from < ids.length; from += 12) {
          await Promise.all(
            ids
              .slice(from, from + 12)
              .map((id, index) => (index % 2 === 0 ? first : second).endSession(id, clock.now())),
          )
        }
        writing = false
      }
      const seen: string[] = []
      const read = async () => {
        let at = cursor
        do {
          const before = at
          const rest = await endedSince(at)
          seen.push(...rest.sessions)
          at = rest.cursor
          expect(at).toBeGreaterThanOrEqual(before)
        } while (writing)
        seen.push(...(await endedSince(at)).sessions)
      }
      await Promise.all([write(), read()])
      expect(seen.toSorted()).toEqual(ids.toSorted())
      // Who comes later reads them in the same order.
      expect((await endedSince(cursor)).sessions).toEqual(seen)
    },
    patience,
  )

  test(
    'read the feed from its start without what lapsed long ago, and from beyond its end at its end',
    async () => {
      for (let index = 0; index < 20; index++) {
        await first.endSession(newId<SessionId>(), clock.now())
      }
      clock.advance(2 * 3_600_000)
      const late = [newId<SessionId>(), newId<SessionId>()]
      for (const id of late) await second.endSession(id, clock.now())
      const { sessions, cursor } = await endedSince(0)
      expect(sessions).toEqual(late)
      // As after the store was put back to an older copy.
      const ahead = await third.revocations(cursor + 1_000, clock.now(), 10)
      expect(ahead).toEqual({ entries: [], cursor })
    },
    patience,
  )

  test(
    'go on reading after a long standstill without each partition that has lapsed meanwhile',
    async () => {
      const { cursor } = await third.revocations(0, clock.now(), 10)
      for (let bucket = 0; bucket < 30; bucket++) {
        const sessions = Array.from({ length: 7 }, () => newId<SessionId>())
        await Promise.all(sessions.map((id) => first.endSession(id, clock.now())))
      }
      clock.advance(2 * 3_600_000)
      const late = newId<SessionId>()
      await second.endSession(late, clock.now())
      const before = feedReads
      const { entries } = await third.revocations(cursor, clock.now(), 10)
      expect(entries.map(nameOfEnd)).toEqual([late])
      // There are 30 of them, each with two.
      expect(feedReads - before).toBeLessThan(30)
    },
    patience,
  )

  test(
    'get one change of an order at once, and many for one user: each is applied once, and told',
    async () => {
      const user = newId<UserId>()
      const { cursor } = await third.notified(null, 10)
      const orders = Array.from({ length: 10 }, () => newId<OrderId>())
      const applied = await Promise.all(
        orders.flatMap((order) =>
          [first, second].map((store) =>
            store.recordOrderStatus(
              { order, user, status: 'SHIPPING', updatedAt: clock.now(), sequence: 1 },
              clock.now(),
            ),
          ),
        ),
      )
      expect(applied.filter(Boolean)).toHaveLength(orders.length)
      const all = await third.notifications(user, 0, 100)
      expect(all.map(({ order }) => order).toSorted()).toEqual(orders.toSorted())
      const ids = all.map(({ id }) => id)
      expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b))
      expect(await third.lastNotification(user)).toBe(ids.at(-1) ?? 0)
      expect((await third.notified(cursor, 1_000)).users).toEqual([user])
    },
    patience,
  )

  test(
    'change one profile at once: both changes are kept',
    async () => {
      const user = await added()
      await Promise.all([
        first.changeProfile(user.id, { fullName: 'Anna K' }),
        second.changeProfile(user.id, { phone: '777' }),
      ])
      const expected = { ...userOf(user), fullName: 'Anna K', phone: '777' }
      expect(await third.userById(user.id)).toEqual(expected)
    },
    patience,
  )
})
