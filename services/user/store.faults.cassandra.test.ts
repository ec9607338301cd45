/** What users do, on a real node, cut off or left in doubt at every single write of the store. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  faultyKeyspace,
  withEvery,
  type Fault,
  type FaultyKeyspace,
} from '../../core/cassandra/faulty-keyspace.fixture.ts'
import { openKeyspace, type Keyspace } from '../../core/cassandra/keyspace.ts'
import {
  hasCassandra,
  testKeyspace,
  type TestKeyspace,
} from '../../core/cassandra/keyspace.fixture.ts'
import { newId, type OrderId, type SessionId, type UserId } from '../../core/values/ids.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { migrations, openCassandraUserStore } from './store.cassandra.ts'
import { nameOfEnd, userOf } from './sessions.conformance.ts'
import type { UserStore } from './store.ts'
import { nameKeyOf, type Account } from './users.ts'

const patience = 600_000
const day = 86_400_000

/** Every conditional write of the store; each has to be struck. */
const conditionalWrites = [
  'add_account',
  'take_name',
  'change_profile',
  'set_role',
  'set_disabled',
  'open_session',
  'rotate_session',
  'end_session',
  'begin_session_epoch',
  'append_to_feed',
  'record_notification',
  'keep_guesses',
]

/** The plain writes that must come before or after one of them. */
const plainWrites = ['set_session_owner', 'add_ending', 'drop_ending']

describe.skipIf(!hasCassandra)('a user on Cassandra', () => {
  const clock = manualClock(1_800_000_000_000)
  let home: TestKeyspace
  let second: Keyspace
  let faulty: FaultyKeyspace
  let healthy: UserStore

  beforeAll(async () => {
    home = await testKeyspace(migrations)
    faulty = faultyKeyspace(home.keyspace)
    second = await openKeyspace(home.options)
    healthy = await openCassandraUserStore({ keyspace: second, clock, feedBucketSize: 5 })
  }, patience)
  afterAll(async () => {
    await second?.close()
    await home?.remove()
  }, patience)

  /** What one user does, and the ids that it does it with. */
  interface Way {
    readonly account: Account
    /** The one that changes the password, and those that end with it. */
    readonly mine: SessionId
    readonly others: readonly SessionId[]
    /** Ended by its owner; by a token shown again; with all sessions. */
    readonly left: SessionId
    readonly stolen: SessionId
    readonly last: SessionId
    readonly order: OrderId
  }

  /** The entry of the feed about all sessions of a user but one. */
  const allBut = ({ id }: Account, keep: SessionId | null): string => `all of ${id} but ${keep}`

  let ways = 0
  function newWay(): Way {
    const way = ways++
    return {
      account: {
        id: newId<UserId>(),
        username: `user ${way}`,
        fullName: 'Anna',
        phone: null,
        role: 'user',
        createdAt: clock.now(),
        passwordHash: 'old hash',
        disabledAt: null,
      },
      mine: newId<SessionId>(),
      others: [newId<SessionId>(), newId<SessionId>()],
      left: newId<SessionId>(),
      stolen: newId<SessionId>(),
      last: newId<SessionId>(),
      order: newId<OrderId>(),
    }
  }

  const open = async (store: UserStore, id: SessionId, user: UserId): Promise<void> => {
    const expiresAt = millis(clock.now() + day)
    await store.openSession({ id, user, refreshHash: 'first', at: clock.now(), expiresAt })
  }

  const rotate = async (store: UserStore, id: SessionId, presented: string, next: string) => {
    const at = clock.now()
    const expiresAt = millis(at + day)
    const endless = { nextElsewhere: [], startedAfter: millis(0) }
    return (await store.rotateSession({ id, presented, next, at, expiresAt, ...endless })).kind
  }

  const deliver = (store: UserStore, { account, order }: Way, sequence: number) =>
    store.recordOrderStatus(
      { order, user: account.id, status: 'SHIPPING', updatedAt: clock.now(), sequence },
      clock.now(),
    )

  const guess = (store: UserStore, { account }: Way): Promise<number> =>
    store.change(`account:${account.username}`, (guesses) => ({
      guesses: [...guesses, clock.now()],
      keepUntil: millis(clock.now() + 300_000),
      result: guesses.length,
    }))

  /** The steps in their order, each with what it answers when all goes well. */
  function stepsOf(
    way: Way,
  ): readonly [name: string, run: (store: UserStore) => Promise<unknown>, answer: unknown][] {
    const { account, mine, others, left, stolen, last } = way
    const { id, ...plain } = userOf({ ...account, fullName: 'Anna K' })
    const change = { user: id, from: 'old hash', to: 'new hash', keep: mine }
    return [
      ['register', (store) => store.addUser(nameKeyOf(account.username), account), true],
      ['profile', (store) => store.changeProfile(id, { fullName: 'Anna K' }), { id, ...plain }],
      ['make admin', (store) => store.setRole(id, 'admin'), true],
      ['disable', (store) => store.setDisabled(id, clock.now()), true],
      ['enable', (store) => store.setDisabled(id, null), true],
      ...[mine, ...others, left, stolen].map(
        (session): [string, (store: UserStore) => Promise<unknown>, unknown] => [
          'open',
          (store) => open(store, session, id),
          undefined,
        ],
      ),
      ['rotate', (store) => rotate(store, stolen, 'first', 'next'), 'rotated'],
      ['reuse', (store) => rotate(store, stolen, 'first', 'thief'), 'reused'],
      ['leave', (store) => store.endSession(left, clock.now()), undefined],
      [
        'password',
        async (store) => (await store.changePassword({ ...change, at: clock.now() }))?.keep,
        mine,
      ],
      ['open last', (store) => open(store, last, id), undefined],
      ['end all', async (store) => (await store.endSessionsOf(id, clock.now())).keep, null],
      ['deliver', (store) => deliver(store, way, 1), true],
      ['guess', (store) => guess(store, way), 0],
    ]
  }

  /** Sessions that the feed has told of since a cursor, as the other copy reads them. */
  async function endedSince(cursor: number) {
    const sessions: string[] = []
    for (let at = cursor; ;) {
      const page = await healthy.revocations(at, clock.now(), 100)
      if (page.entries.length === 0) return { sessions, cursor: page.cursor }
      sessions.push(...page.entries.map(nameOfEnd))
      at = page.cursor
    }
  }

  const prepare = async () => ({
    store: await openCassandraUserStore({ keyspace: faulty.keyspace, clock, feedBucketSize: 5 }),
    way: newWay(),
  })

  /**
   * Strikes every write, and for a write that another one came before, as feeds grow new buckets and
   * endings are told of side by side, does so once more.
   */
  async function strike(
    wanted: readonly string[],
    faultAt: (at: number) => Fault,
    run: (subject: Awaited<ReturnType<typeof prepare>>) => Promise<void>,
  ): Promise<void> {
    const struck = new Set<string>()
    for (let turn = 1; turn <= 4 && wanted.some((name) => !struck.has(name)); turn++) {
      for (const name of await withEvery(faulty, faultAt, prepare, run)) struck.add(name)
    }
    expect([...struck]).toEqual(expect.arrayContaining([...wanted]))
  }

  for (const effect of ['before', 'after'] as const) {
    test(
      `is in one state after a crash ${effect} every write`,
      async () => {
        await strike(
          [...conditionalWrites, ...plainWrites],
          (at) => ({ kind: 'crash', at, effect }),
          async ({ store, way }) => {
            const { cursor } = await endedSince(0)
            const { cursor: notified } = await healthy.notified(null, 1)
            const done: string[] = []
            for (const [name, run] of stepsOf(way)) {
              try {
                await run(store)
                done.push(name)
              } catch {
                break
              }
            }
            // Within a second the other copy has told what the dead one has left.
            clock.advance(1_000)
            await expectOneState(way, done, cursor, notified)
          },
        )
      },
      patience,
    )
  }

  async function expectOneState(
    way: Way,
    done: readonly string[],
    cursor: number,
    notified: number,
  ): Promise<void> {
    const { account, mine, others, left, stolen, last } = way
    const [exceptMine, everything] = [allBut(account, mine), allBut(account, null)]
    const key = nameKeyOf(account.username)
    const stored = await healthy.accountByName(key)
    if (stored === null) {
      // The name is not stranded, and the id is nobody's.
      expect(done).toEqual([])
      expect(await healthy.accountById(account.id)).toBeNull()
      const other = { ...account, id: newId<UserId>() }
      expect(await healthy.addUser(key, other)).toBe(true)
      expect(await healthy.accountByName(key)).toEqual(other)
      expect(await healthy.accountById(account.id)).toBeNull()
      return
    }
    expect(await healthy.accountById(account.id)).toEqual(stored)
    const isNew = stored.passwordHash === 'new hash'
    if (done.includes('password')) expect(isNew).toBe(true)
    if (!isNew) expect(stored.passwordHash).toBe('old hash')
    if (done.includes('make admin')) expect(stored.role).toBe('admin')

    const { sessions } = await endedSince(cursor)
    const alive = new Set<SessionId>()
    for (const id of [mine, ...others, left, stolen, last]) {
      let kind = await rotate(
        healthy,
        id,
        id === stolen && done.includes('rotate') ? 'next' : 'first',
        'probe',
      )
      // Of a rotation that died it is not known which of the tokens is good.
      if (id === stolen && kind === 'reused') kind = 'unknown'
      if (kind === 'rotated') alive.add(id)
      // Whatever was opened and has ended is in the feed, and nothing else.
      if (kind === 'rotated') expect(sessions).not.toContain(id)
    }
    if (isNew) expect(sessions).toContain(exceptMine)
    if (done.includes('leave')) expect(sessions).toContain(left)
    if (done.includes('reuse')) expect(sessions).toContain(stolen)
    if (done.includes('end all'))
      expect([sessions, [...alive]]).toEqual([expect.arrayContaining([everything]), []])
    const opened = done.filter((name) => name === 'open').length
    for (const id of [mine, ...others, left, stolen].slice(0, opened)) {
      const ends = [id, everything, ...(id === mine ? [] : [exceptMine])]
      if (!alive.has(id) && id !== stolen) {
        expect(sessions.filter((each) => ends.includes(each))).not.toBeEmpty()
      }
    }

    // The order service delivers until it is told that it came.
    await deliver(healthy, way, 1)
    const all = await healthy.notifications(account.id, 0, 10)
    expect(all.map(({ order, sequence }) => [order, sequence])).toEqual([[way.order, 1]])
    expect((await healthy.notified(notified, 100)).users).toContain(account.id)

    const counted = await guess(healthy, way)
    expect(counted).toBeLessThanOrEqual(1)
    if (done.includes('guess')) expect(counted).toBe(1)
  }

  for (const outcome of ['done', 'lost', 'late'] as const) {
    test(
      `gets one answer when that of a write is lost and the write is ${outcome}`,
      async () => {
        await strike(
          conditionalWrites,
          (at) => ({ kind: 'doubt', at, outcome }),
          async ({ store, way }) => {
            const { cursor } = await endedSince(0)
            const { cursor: notified } = await healthy.notified(null, 1)
            for (const [name, run, answer] of stepsOf(way)) {
              expect([name, await run(store)]).toEqual([name, answer])
            }
            await faulty.quiet()
            clock.advance(1_000)
            const { sessions } = await endedSince(cursor)
            const { mine, others, left, stolen, last, account } = way
            expect([...new Set(sessions)].toSorted()).toEqual(
              [left, stolen, allBut(account, mine), allBut(account, null)].toSorted(),
            )
            for (const id of [mine, ...others, left, stolen, last]) {
              for (const token of ['first', 'next', 'thief']) {
                expect(await rotate(healthy, id, token, 'never')).toBe('unknown')
              }
            }
            expect(await healthy.accountById(account.id)).toEqual({
              ...account,
              fullName: 'Anna K',
              passwordHash: 'new hash',
              role: 'admin',
            })
            expect(await deliver(healthy, way, 1)).toBe(false)
            expect(await healthy.notifications(account.id, 0, 10)).toHaveLength(1)
            expect((await healthy.notified(notified, 100)).users).toEqual([account.id])
            expect(await guess(healthy, way)).toBe(1)
          },
        )
      },
      patience,
    )
  }
})
