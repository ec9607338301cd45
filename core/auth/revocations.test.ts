/** The revocation feed's consumer: what it knows, forgets and survives. */
import { expect, test } from 'bun:test'
import { createLogger } from '../logging/logger.ts'
import { newId, type SessionId, type UserId } from '../values/ids.ts'
import { manualClock, millis } from '../values/time.ts'
import {
  createRevocations,
  revocationLife,
  type RevocationPage,
  type Revocations,
} from './revocations.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const start = 1_000_000_000

/** Whether a session of nobody in particular has ended. */
const has = (revocations: Revocations, session: SessionId): boolean =>
  revocations.isRevoked({ user: newId<UserId>(), session, epoch: 0 })

/** A feed of pages of two, like the user service's, and a way to wait until it was read. */
function setUp() {
  const clock = manualClock(start)
  const feed: { sequence: number; session: SessionId }[] = []
  const state = { down: false, asked: [] as number[], read: (): void => {} }
  const revocations = createRevocations({
    clock,
    log,
    async fetchPage(after): Promise<RevocationPage> {
      state.asked.push(after)
      if (state.down) {
        state.read()
        throw new Error('refused')
      }
      const entries = feed.filter(({ sequence }) => sequence > after).slice(0, 2)
      if (entries.length === 0) queueMicrotask(() => state.read())
      return {
        entries: entries.map(({ session }) => ({ session, endedAt: clock.now() })),
        cursor: entries.at(-1)?.sequence ?? feed.at(-1)?.sequence ?? 0,
      }
    },
  })
  const end = (): SessionId => {
    const session = newId<SessionId>()
    feed.push({ sequence: (feed.at(-1)?.sequence ?? 0) + 1, session })
    return session
  }
  const nextRead = () => new Promise<void>((resolve) => (state.read = resolve))
  return { clock, feed, state, revocations, end, nextRead }
}

test('the feed is read to its end, page by page, then from the cursor', async () => {
  const { revocations, end, nextRead, state } = setUp()
  const first = Array.from({ length: 5 }, end)
  let read = nextRead()
  revocations.start()
  await read
  expect(first.every((session) => has(revocations, session))).toBe(true)
  const later = end()
  expect(has(revocations, later)).toBe(false)
  read = nextRead()
  await read
  await revocations.stop()
  expect(has(revocations, later)).toBe(true)
  expect(state.asked).toEqual([0, 2, 4, 5, 5, 6])
})

test('while the feed is down it keeps what it knows, lets others pass and shows its lag', async () => {
  const { clock, revocations, end, nextRead, state } = setUp()
  const known = end()
  let read = nextRead()
  revocations.start()
  await read
  state.down = true
  read = nextRead()
  await read
  clock.advance(7_000)
  expect(has(revocations, known)).toBe(true)
  expect(has(revocations, newId<SessionId>())).toBe(false)
  expect(revocations.lag()).toBe(millis(7_000))
  state.down = false
  const missed = end()
  read = nextRead()
  await read
  await revocations.stop()
  expect(has(revocations, missed)).toBe(true)
  expect(revocations.lag()).toBe(millis(0))
})

test('a session is forgotten when no token of it can be good any more', async () => {
  const { clock, revocations, nextRead } = setUp()
  const session = newId<SessionId>()
  revocations.add({ session, endedAt: clock.now() })
  clock.advance(30 * 60_000)
  let read = nextRead()
  revocations.start()
  await read
  expect(has(revocations, session)).toBe(true)
  clock.advance(60_000)
  read = nextRead()
  await read
  await revocations.stop()
  expect(has(revocations, session)).toBe(false)
})

test('a feed that was restored from a copy is read from its start', async () => {
  const { feed, revocations, end, nextRead } = setUp()
  for (let count = 0; count < 5; count++) end()
  let read = nextRead()
  revocations.start()
  await read
  feed.length = 0
  const session = end()
  read = nextRead()
  await read
  read = nextRead()
  await read
  await revocations.stop()
  expect(has(revocations, session)).toBe(true)
})

test('a feed whose cursor stays behind what may still arrive is read to its end, and misses nothing', async () => {
  const clock = manualClock(start)
  const stored: { place: number; session: SessionId }[] = []
  const end = (place: number): SessionId => {
    const session = newId<SessionId>()
    stored.push({ place, session })
    stored.sort((one, other) => one.place - other.place)
    return session
  }
  const asked: number[] = []
  let whole = Promise.withResolvers<void>()
  // The store is never certain of the last two places, and its copies say so with an earlier cursor.
  const readPage = (after: number): RevocationPage => {
    const entries = stored.filter(({ place }) => place > after).slice(0, 3)
    const newest = entries.at(-1)?.place ?? after
    return {
      entries: entries.map(({ session }) => ({ session, endedAt: clock.now() })),
      cursor: Math.max(after, newest - 2),
    }
  }
  const revocations = createRevocations({
    clock,
    log,
    async fetchPage(after) {
      asked.push(after)
      const page = readPage(after)
      if (page.cursor === after) queueMicrotask(() => whole.resolve())
      return page
    },
  })
  const first = [10, 20, 21, 22, 30].map(end)
  revocations.start()
  await whole.promise
  const late = end(29)
  whole = Promise.withResolvers<void>()
  await whole.promise
  await revocations.stop()
  expect([...first, late].every((session) => has(revocations, session))).toBe(true)
  expect(asked).toEqual([0, 19, 20, 28, 28])
})

test('one entry refuses every token of a user from before it, but those of the session that is kept', () => {
  const { clock, revocations } = setUp()
  const [user, other] = [newId<UserId>(), newId<UserId>()]
  const [kept, ended] = [newId<SessionId>(), newId<SessionId>()]
  const revoked = (session: SessionId, epoch: number, of = user) =>
    revocations.isRevoked({ user: of, session, epoch })
  revocations.add({ user, epoch: 7, keep: kept, endedAt: clock.now() })
  expect([revoked(ended, 6), revoked(ended, 7), revoked(kept, 6)]).toEqual([true, false, false])
  expect(revoked(ended, 6, other)).toBe(false)
  // An entry that comes late, or twice, takes nothing back.
  revocations.add({ user, epoch: 9, keep: null, endedAt: clock.now() })
  revocations.add({ user, epoch: 7, keep: kept, endedAt: clock.now() })
  expect([revoked(kept, 6), revoked(kept, 8), revoked(kept, 9)]).toEqual([true, true, false])
})

test('no number of ends makes an earlier one forgotten while a token of it can be good', async () => {
  const { clock, revocations, nextRead } = setUp()
  const session = newId<SessionId>()
  const user = newId<UserId>()
  const revoked = () => [
    has(revocations, session),
    revocations.isRevoked({ user, session: newId(), epoch: 0 }),
  ]
  revocations.add({ session, endedAt: clock.now() })
  revocations.add({ user, epoch: 1, keep: null, endedAt: clock.now() })
  for (let count = 0; count < 205_000; count++) {
    revocations.add({ session: newId(), endedAt: clock.now() })
  }
  expect(revoked()).toEqual([true, true])
  clock.advance(revocationLife)
  const read = nextRead()
  revocations.start()
  await read
  await revocations.stop()
  expect(revoked()).toEqual([false, false])
})
