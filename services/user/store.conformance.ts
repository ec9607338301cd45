/** The suite that every user store must pass; the invariants are checked after each step. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { UserRevocation } from '../../core/auth/revocations.ts'
import { newId, type SessionId, type UserId } from '../../core/values/ids.ts'
import { manualClock, millis, type Clock, type Millis } from '../../core/values/time.ts'
import { notificationConformance } from './notifications.conformance.ts'
import { nameOfEnd, sessionConformance, userOf } from './sessions.conformance.ts'
import type { UserStore } from './store.ts'
import { nameKeyOf, type Account } from './users.ts'

const start = 1_800_000_000_000
const minute = 60_000
const day = 24 * 60 * minute

/** A rotation under one key, of a session without an end of its own. */
const plainly = { nextElsewhere: [], startedAfter: millis(0) }

/** `open` gives an empty store that goes by the clock. */
export function userStoreConformance(
  name: string,
  open: (clock: Clock) => Promise<UserStore>,
): void {
  notificationConformance(name, open)
  sessionConformance(name, open)
  describe(`${name} user store`, () => {
    let clock: ReturnType<typeof manualClock>
    let store: UserStore
    /** What the steps of a test should have left behind. */
    let expected: {
      users: Map<UserId, Account>
      /** Ends in order, as `nameOfEnd` says them, and the good refresh token of each open session. */
      ended: string[]
      open: Map<SessionId, string>
    }

    beforeEach(async () => {
      clock = manualClock(start)
      store = await open(clock)
      expected = { users: new Map(), ended: [], open: new Map() }
    })
    afterEach(() => store.close())

    const account = (username: string, changes: Partial<Account> = {}): Account => ({
      id: newId<UserId>(),
      username,
      fullName: 'Анна Каренина',
      phone: null,
      role: 'user',
      createdAt: clock.now(),
      passwordHash: `hash of ${username}`,
      disabledAt: null,
      ...changes,
    })

    async function invariant(): Promise<void> {
      for (const user of expected.users.values()) {
        expect(await store.userById(user.id)).toEqual(userOf(user))
        expect(await store.accountById(user.id)).toEqual(user)
        expect(await store.accountByName(nameKeyOf(user.username))).toEqual(user)
      }
      const feed = await store.revocations(0, clock.now(), 1_000)
      const ends = feed.entries.map(nameOfEnd)
      expect(ends).toEqual(expected.ended)
      for (const session of expected.open.keys()) expect(ends).not.toContain(session)
    }

    async function add(user: Account): Promise<boolean> {
      const added = await store.addUser(nameKeyOf(user.username), user)
      if (added) expected.users.set(user.id, user)
      await invariant()
      return added
    }

    let secrets = 0
    async function openSession(user: UserId): Promise<SessionId> {
      const id = newId<SessionId>()
      const refreshHash = `secret ${secrets++}`
      const expiresAt = millis(clock.now() + 30 * day)
      await store.openSession({ id, user, refreshHash, at: clock.now(), expiresAt })
      expected.open.set(id, refreshHash)
      await invariant()
      return id
    }

    /** Shows a refresh token; the good one unless another is given. */
    async function rotate(id: SessionId, presented = expected.open.get(id) ?? 'none') {
      const next = `secret ${secrets++}`
      const at = clock.now()
      const expiresAt = millis(at + 30 * day)
      const result = await store.rotateSession({ id, presented, next, at, expiresAt, ...plainly })
      if (result.kind === 'rotated') expected.open.set(id, next)
      if (result.kind === 'reused') markEnded(id)
      await invariant()
      return result.kind
    }

    /** All sessions of a user end but one. */
    function markAllEnded(end: UserRevocation | null, ...sessions: readonly SessionId[]): void {
      if (end === null) throw new Error('Nothing has ended.')
      expected.ended.push(nameOfEnd(end))
      for (const session of sessions) expected.open.delete(session)
    }

    function markEnded(...sessions: readonly SessionId[]): void {
      expected.ended.push(...sessions)
      for (const session of sessions) expected.open.delete(session)
    }

    describe('users', () => {
      test('a name is given once, however its letters are written', async () => {
        expect(await add(account('Анна'))).toBe(true)
        for (const same of ['Анна', 'АННА', 'анна']) expect(await add(account(same))).toBe(false)
        expect(await add(account('Ａnna'))).toBe(true)
        expect(await add(account('anna'))).toBe(false)
      })

      test('of many who register one name at once, one gets it and is the one that is kept', async () => {
        const rivals = Array.from({ length: 20 }, (_, index) =>
          account(index % 2 === 0 ? 'anna' : 'ANNA', { fullName: `Rival ${index}` }),
        )
        const added = await Promise.all(
          rivals.map((rival) => store.addUser(nameKeyOf(rival.username), rival)),
        )
        const winners = rivals.filter((_, index) => added[index])
        expect(winners).toHaveLength(1)
        for (const winner of winners) expected.users.set(winner.id, winner)
        await invariant()
      })

      test('an unknown id and an unknown name are nobody', async () => {
        await add(account('anna'))
        expect(await store.userById(newId<UserId>())).toBeNull()
        expect(await store.accountById(newId<UserId>())).toBeNull()
        expect(await store.accountByName(nameKeyOf('boris'))).toBeNull()
        expect(await store.changeProfile(newId<UserId>(), { fullName: 'x' })).toBeNull()
        expect(await store.setRole(newId<UserId>(), 'admin')).toBe(false)
        expect(await store.setDisabled(newId<UserId>(), clock.now())).toBe(false)
      })

      test('a role and being disabled are one user’s, and change as often as they are told to', async () => {
        const anna = account('anna')
        await add(anna)
        await add(account('boris'))
        for (const role of ['admin', 'admin', 'user', 'user', 'admin'] as const) {
          expect(await store.setRole(anna.id, role)).toBe(true)
          expected.users.set(anna.id, { ...anna, role })
          await invariant()
        }
        for (const disabledAt of [clock.now(), millis(clock.now() + 1), null, null]) {
          expect(await store.setDisabled(anna.id, disabledAt)).toBe(true)
          expected.users.set(anna.id, { ...anna, role: 'admin', disabledAt })
          await invariant()
        }
      })

      test('another admin is one who can sign in', async () => {
        const [anna, boris] = [account('anna', { role: 'admin' }), account('boris')]
        await add(anna)
        await add(boris)
        expect(await store.hasOtherAdmin(boris.id)).toBe(true)
        expect(await store.hasOtherAdmin(anna.id)).toBe(false)
        await store.setRole(boris.id, 'admin')
        expect(await store.hasOtherAdmin(anna.id)).toBe(true)
        await store.setDisabled(boris.id, clock.now())
        expect(await store.hasOtherAdmin(anna.id)).toBe(false)
      })

      test('a profile changes where it is told to and nowhere else', async () => {
        const anna = account('anna', { phone: '12345', role: 'admin' })
        await add(anna)
        await add(account('boris'))
        for (const changes of [{ fullName: 'Anna K' }, { phone: null }, { phone: '777' }, {}]) {
          const before = expected.users.get(anna.id) ?? anna
          expected.users.set(anna.id, { ...before, ...changes })
          const after = userOf({ ...before, ...changes })
          expect(await store.changeProfile(anna.id, changes)).toEqual(after)
          await invariant()
        }
      })
    })

    describe('sessions', () => {
      const user = newId<UserId>()
      beforeEach(() => add(account('owner', { id: user })))

      test('a refresh token works once, and each new one works in its turn', async () => {
        const session = await openSession(user)
        for (let turn = 0; turn < 3; turn++) expect(await rotate(session)).toBe('rotated')
      })

      test('a token shown again ends its session for its finder and its owner alike', async () => {
        const other = await openSession(user)
        const session = await openSession(user)
        const first = expected.open.get(session)
        await rotate(session)
        const second = expected.open.get(session)
        expect(await rotate(session, first)).toBe('reused')
        expect(await rotate(session, second)).toBe('unknown')
        expect(await rotate(session, first)).toBe('unknown')
        expect(await rotate(other)).toBe('rotated')
      })

      test('of many who show one token at once, one gets the next and then the session ends', async () => {
        const id = await openSession(user)
        const presented = expected.open.get(id) ?? ''
        const at = clock.now()
        const results = await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            store.rotateSession({
              id,
              presented,
              next: `n${index}`,
              at,
              expiresAt: millis(at + day),
              ...plainly,
            }),
          ),
        )
        const kinds = results.map(({ kind }) => kind)
        expect(kinds.filter((kind) => kind === 'rotated')).toHaveLength(1)
        expect(kinds.filter((kind) => kind === 'reused')).toHaveLength(1)
        markEnded(id)
        await invariant()
      })

      test('an ended session is in the feed once and never comes back', async () => {
        const session = await openSession(user)
        const good = expected.open.get(session)
        for (let times = 0; times < 2; times++) {
          await store.endSession(session, clock.now())
          if (times === 0) markEnded(session)
          await invariant()
        }
        expect(await rotate(session, good)).toBe('unknown')
      })

      test('all sessions of one user end together, those of others go on', async () => {
        const mine = [await openSession(user), await openSession(user), await openSession(user)]
        const theirs = await openSession(newId<UserId>())
        const good = mine.map((session) => expected.open.get(session))
        const end = await store.endSessionsOf(user, clock.now())
        expect(end).toEqual({ user, epoch: end.epoch, keep: null, endedAt: clock.now() })
        markAllEnded(end, ...mine)
        await invariant()
        for (const [index, session] of mine.entries()) {
          expect(await rotate(session, good[index])).toBe('unknown')
        }
        expect(await rotate(theirs)).toBe('rotated')
        const again = await store.endSessionsOf(user, clock.now())
        expect(again.epoch).toBeGreaterThan(end.epoch)
      })

      test('a session whose access tokens have all expired ends without a word in the feed', async () => {
        const old = await openSession(user)
        const first = expected.open.get(old)
        await rotate(old)
        clock.advance(31 * minute)
        await openSession(user)
        const at = clock.now()
        const reuse = { id: old, presented: first ?? '', next: 'n', at, expiresAt: at, ...plainly }
        expect(await store.rotateSession(reuse)).toEqual({ kind: 'reused' })
        expected.open.delete(old)
        await invariant()
      })

      test('a refresh token lapses after its time, and every rotation gives a new span', async () => {
        const session = await openSession(user)
        clock.advance(29 * day)
        expect(await rotate(session)).toBe('rotated')
        clock.advance(29 * day)
        expect(await rotate(session)).toBe('rotated')
        clock.advance(30 * day)
        expect(await rotate(session)).toBe('unknown')
      })
    })

    describe('a change of the password', () => {
      /** A user with some sessions, the first of which changes the password. */
      async function prepare() {
        const anna = account('anna')
        await add(anna)
        const [mine, ...others] = [
          await openSession(anna.id),
          await openSession(anna.id),
          await openSession(anna.id),
        ]
        const change = (from: string, to: string, keep = mine) =>
          store.changePassword({ user: anna.id, from, to, keep: keep ?? mine, at: clock.now() })
        return { anna, mine, others, change }
      }

      test('replaces the hash, keeps this session and ends the user’s others', async () => {
        const { anna, mine, others, change } = await prepare()
        const bystander = await openSession(newId<UserId>())
        const good = others.map((session) => expected.open.get(session))
        const ended = await change(anna.passwordHash, 'new hash')
        expect(ended).toMatchObject({ user: anna.id, keep: mine })
        expected.users.set(anna.id, { ...anna, passwordHash: 'new hash' })
        markAllEnded(ended, ...others)
        await invariant()
        for (const [index, session] of others.entries()) {
          expect(await rotate(session, good[index])).toBe('unknown')
        }
        expect([await rotate(mine), await rotate(bystander)]).toEqual(['rotated', 'rotated'])
      })

      test('from a hash that is not the current one changes nothing and ends nobody', async () => {
        const { mine, others, change } = await prepare()
        expect(await change('another hash', 'new hash')).toBeNull()
        await invariant()
        for (const session of [mine, ...others]) expect(await rotate(session)).toBe('rotated')
        const nobody = newId<UserId>()
        const of = { user: nobody, from: 'a', to: 'b', keep: mine, at: clock.now() }
        expect(await store.changePassword(of)).toBeNull()
      })

      test('of many at once from one hash, one wins and keeps its session', async () => {
        const { anna, mine, others, change } = await prepare()
        const rivals = [mine, ...others]
        const secretsOf = [...expected.open]
        const results = await Promise.all(
          rivals.map((session, index) => change(anna.passwordHash, `hash ${index}`, session)),
        )
        const winner = results.findIndex((ended) => ended !== null)
        expect(results.filter((ended) => ended !== null)).toHaveLength(1)
        expected.users.set(anna.id, { ...anna, passwordHash: `hash ${winner}` })
        const won = results[winner] ?? null
        expect(won?.keep).toBe(rivals[winner] ?? null)
        markAllEnded(won, ...rivals.filter((_, index) => index !== winner))
        await invariant()
        const good = secretsOf.map(([, secret]) => secret)
        const kinds = []
        for (const [index, session] of rivals.entries()) {
          kinds.push(await rotate(session, good[index]))
        }
        expect(kinds).toEqual(rivals.map((_, index) => (index === winner ? 'rotated' : 'unknown')))
      })
    })

    describe('the feed of ended sessions', () => {
      test('goes on from its cursor, page by page, and tells where it stands', async () => {
        const sessions: SessionId[] = []
        for (let count = 0; count < 5; count++) {
          const session = await openSession(newId<UserId>())
          await store.endSession(session, clock.now())
          markEnded(session)
          sessions.push(session)
        }
        const seen: string[] = []
        let cursor = 0
        for (;;) {
          const page = await store.revocations(cursor, clock.now(), 2)
          if (page.entries.length === 0) {
            expect(page.cursor).toBe(cursor)
            break
          }
          expect(page.entries.length).toBeLessThanOrEqual(2)
          expect(page.cursor).toBeGreaterThan(cursor)
          seen.push(...page.entries.map(nameOfEnd))
          cursor = page.cursor
        }
        expect(seen).toEqual(sessions)
      })

      test('drops what no token needs, and its cursor never goes back', async () => {
        await store.endSession(newId<SessionId>(), clock.now())
        const before = await store.revocations(0, clock.now(), 10)
        clock.advance(31 * minute)
        await store.sweep(clock.now(), 100)
        const after = await store.revocations(0, clock.now(), 10)
        expect(after).toEqual({ entries: [], cursor: before.cursor })
        const next = newId<SessionId>()
        await store.endSession(next, clock.now())
        const page = await store.revocations(before.cursor, clock.now(), 10)
        expect(page.entries).toEqual([{ session: next, endedAt: clock.now() }])
      })
    })

    describe('the ledger of guesses', () => {
      const later = (): Millis => millis(clock.now() + 5 * minute)
      const count = (subject: string) =>
        store.change(subject, (guesses) => ({
          guesses: [...guesses, clock.now()],
          keepUntil: later(),
          result: guesses.length,
        }))

      test('changes a record as one step: of many at once each sees all before it', async () => {
        const seen = await Promise.all(Array.from({ length: 50 }, () => count('account:anna')))
        expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n))
        expect(await count('account:boris')).toBe(0)
      })

      test('forgets a record when it is emptied and when its time is over', async () => {
        await count('account:anna')
        const empty = () => ({ guesses: [], keepUntil: later(), result: undefined })
        await store.change('account:anna', empty)
        expect(await count('account:anna')).toBe(0)
        clock.advance(5 * minute)
        await store.sweep(clock.now(), 100)
        expect(await count('account:anna')).toBe(0)
      })

      test('keeps a record whose change fails as it was', async () => {
        await count('account:anna')
        const failing = store.change('account:anna', () => {
          throw new Error('refused')
        })
        await expect(failing).rejects.toThrow('refused')
        expect(await count('account:anna')).toBe(1)
      })
    })
  })
}
