/** What every user store must hold to with many sessions, repeated refreshes and the end of all. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Revocation } from '../../core/auth/revocations.ts'
import { newId, type SessionId, type UserId } from '../../core/values/ids.ts'
import { manualClock, millis, type Clock } from '../../core/values/time.ts'
import { sessionsPerUser, type Rotation, type UserStore } from './store.ts'
import { nameKeyOf, type Account, type User } from './users.ts'

const seconds = 1_000
const minute = 60 * seconds
const day = 24 * 60 * minute

/** An end as one text: that of a session is its id. */
export const nameOfEnd = (end: Revocation): string =>
  'session' in end ? end.session : `all of ${end.user} but ${end.keep}`

/** An account without what only a log-in may see. */
export function userOf(account: Account): User {
  const { passwordHash: _, disabledAt: _since, ...user } = account
  return user
}

export function sessionConformance(name: string, open: (clock: Clock) => Promise<UserStore>): void {
  describe(`${name} sessions`, () => {
    let clock: ReturnType<typeof manualClock>
    let store: UserStore
    let anna: Account

    beforeEach(async () => {
      clock = manualClock(1_800_000_000_000)
      store = await open(clock)
      anna = await added('anna')
    })
    afterEach(() => store.close())

    async function added(username: string): Promise<Account> {
      const account: Account = {
        id: newId<UserId>(),
        username,
        fullName: 'Anna',
        phone: null,
        role: 'user',
        createdAt: clock.now(),
        passwordHash: 'hash',
        disabledAt: null,
      }
      await store.addUser(nameKeyOf(username), account)
      return account
    }

    async function begin(user = anna.id, id = newId<SessionId>()) {
      const at = clock.now()
      const expiresAt = millis(at + 30 * day)
      return { id, ...(await store.openSession({ id, user, refreshHash: 'a', at, expiresAt })) }
    }

    /** Shows a token; its successor is the next letter unless it is told. */
    async function show(id: SessionId, presented: string, changes: Partial<Rotation> = {}) {
      const next = String.fromCharCode(presented.charCodeAt(0) + 1)
      const at = clock.now()
      const rotation = { id, presented, next, nextElsewhere: [], at, startedAfter: millis(0) }
      return store.rotateSession({ ...rotation, expiresAt: millis(at + 30 * day), ...changes })
    }

    const feed = async () => (await store.revocations(0, clock.now(), 1_000)).entries.map(nameOfEnd)

    describe('a token that was used', () => {
      test('gets its successor again within ten seconds, and later it ends the session', async () => {
        const { id, epoch } = await begin()
        expect(await show(id, 'a')).toEqual({ kind: 'rotated', user: anna.id, epoch })
        clock.advance(10 * seconds - 1)
        const again = { kind: 'repeated', user: anna.id, epoch, next: 'b' } as const
        expect([await show(id, 'a'), await show(id, 'a')]).toEqual([again, again])
        expect(await feed()).toEqual([])
        clock.advance(1)
        expect(await show(id, 'a')).toEqual({ kind: 'reused' })
        expect(await show(id, 'b')).toEqual({ kind: 'unknown' })
        expect(await feed()).toEqual([id])
      })

      test('of many who show one at once all get the same successor', async () => {
        const { id } = await begin()
        const results = await Promise.all(Array.from({ length: 10 }, () => show(id, 'a')))
        const count = (kind: string) => results.filter((each) => each.kind === kind).length
        expect([count('rotated'), count('repeated')]).toEqual([1, 9])
        expect((await show(id, 'b')).kind).toBe('rotated')
      })

      test('gets it from an instance with another key as well, if that knows the key', async () => {
        const { id } = await begin()
        await show(id, 'a', { next: 'b' })
        const other = { next: 'x', nextElsewhere: ['y', 'b'] }
        expect(await show(id, 'a', other)).toMatchObject({ kind: 'repeated', next: 'b' })
        expect(await show(id, 'a', { next: 'x', nextElsewhere: ['y'] })).toEqual({ kind: 'reused' })
      })

      test('ends the session at once when its successor was used as well', async () => {
        const { id } = await begin()
        await show(id, 'a')
        await show(id, 'b')
        expect(await show(id, 'a')).toEqual({ kind: 'reused' })
      })

      test('gets nothing after the session was signed out', async () => {
        const { id } = await begin()
        await show(id, 'a')
        await store.endSession(id, clock.now())
        expect(await show(id, 'a')).toEqual({ kind: 'unknown' })
        expect(await show(id, 'b')).toEqual({ kind: 'unknown' })
      })
    })

    test('a session ends at its time from the log-in, however often it was refreshed', async () => {
      const { id } = await begin()
      let token = 'a'
      const refresh = async () => {
        const { kind } = await show(id, token, { startedAfter: millis(clock.now() - 60 * day) })
        if (kind === 'rotated') token = String.fromCharCode(token.charCodeAt(0) + 1)
        return kind
      }
      for (let times = 0; times < 2; times++) {
        clock.advance(29 * day)
        expect(await refresh()).toBe('rotated')
      }
      clock.advance(2 * day - 1)
      expect(await refresh()).toBe('rotated')
      clock.advance(1)
      expect(await refresh()).toBe('unknown')
      // Neither does a repeated refresh go on.
      const before = String.fromCharCode(token.charCodeAt(0) - 1)
      const startedAfter = millis(clock.now() - 60 * day)
      expect((await show(id, before, { startedAfter })).kind).toBe('unknown')
    })

    test('the hundred and first session of a user ends the one that was not used for longest', async () => {
      const boris = await added('boris')
      const other = await begin(boris.id)
      const mine: SessionId[] = []
      for (let count = 0; count < sessionsPerUser; count++) {
        clock.advance(10)
        const { id, ended } = await begin()
        expect(ended).toEqual([])
        mine.push(id)
      }
      const [first, second, third] = mine as [SessionId, SessionId, SessionId]
      // A refresh is a use.
      clock.advance(10)
      expect((await show(first, 'a')).kind).toBe('rotated')
      clock.advance(10)
      const last = [await begin(), await begin()]
      expect(last.map(({ ended }) => ended)).toEqual([[second], [third]])
      expect(await feed()).toEqual([second, third])
      for (const id of [second, third]) expect((await show(id, 'a')).kind).toBe('unknown')
      expect((await show(first, 'b')).kind).toBe('rotated')
      for (const { id } of [...last, other]) expect((await show(id, 'a')).kind).toBe('rotated')
      // Who signs out makes room.
      await store.endSession(first, clock.now())
      expect((await begin()).ended).toEqual([])
    })

    test('one entry ends any number of sessions, and what begins after it has another epoch', async () => {
      const before = [await begin(), await begin(), await begin()]
      const end = await store.endSessionsOf(anna.id, clock.now())
      expect(await feed()).toEqual([`all of ${anna.id} but null`])
      for (const { id, epoch } of before) {
        expect(epoch).toBeLessThan(end.epoch)
        expect((await show(id, 'a')).kind).toBe('unknown')
      }
      // Within the same millisecond.
      const after = await begin()
      expect(after.epoch).toBe(end.epoch)
      expect(await show(after.id, 'a')).toMatchObject({ kind: 'rotated', epoch: end.epoch })
    })

    test('a session that a change of the password keeps goes on in the new epoch, and makes room', async () => {
      const kept = await begin()
      for (let count = 0; count < 3; count++) await begin()
      const change = { user: anna.id, from: 'hash', to: 'new hash', keep: kept.id, at: clock.now() }
      const end = await store.changePassword(change)
      expect(end).toMatchObject({ user: anna.id, keep: kept.id })
      expect(await feed()).toEqual([`all of ${anna.id} but ${kept.id}`])
      expect(await show(kept.id, 'a')).toMatchObject({ kind: 'rotated', epoch: end?.epoch })
      clock.advance(10)
      for (let count = 1; count < sessionsPerUser; count++) {
        expect((await begin()).ended).toEqual([])
      }
      expect((await begin()).ended).toEqual([kept.id])
    })

    test('a session that has ended is not kept by a change of the password', async () => {
      const [mine, left] = [await begin(), await begin()]
      await store.endSession(left.id, clock.now())
      const change = { user: anna.id, from: 'hash', to: 'new hash', at: clock.now() }
      expect((await store.changePassword({ ...change, keep: left.id }))?.keep).toBeNull()
      expect((await show(left.id, 'a')).kind).toBe('unknown')
      expect((await show(mine.id, 'a')).kind).toBe('unknown')
    })
  })
}
