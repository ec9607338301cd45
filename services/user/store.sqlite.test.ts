/** The SQLite store against the suite, and what is SQLite's own: it survives being opened again. */
import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sweep } from '../../core/resilience/sweep.ts'
import { newId, type SessionId, type UserId } from '../../core/values/ids.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { userStoreConformance } from './store.conformance.ts'
import { openSqliteUserStore } from './store.sqlite.ts'
import { nameKeyOf } from './users.ts'

const root = mkdtempSync(join(tmpdir(), 'user-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let files = 0
const newPath = (): string => join(root, `${files++}.db`)

userStoreConformance('SQLite', async () => openSqliteUserStore({ path: newPath() }))

test('users, sessions and the feed are there after the file is opened again', async () => {
  const path = newPath()
  const at = millis(1_800_000_000_000)
  const user = newId<UserId>()
  const [ended, open] = [newId<SessionId>(), newId<SessionId>()]
  const first = openSqliteUserStore({ path })
  await first.addUser(nameKeyOf('anna'), {
    id: user,
    username: 'anna',
    fullName: 'Anna',
    phone: null,
    role: 'admin',
    createdAt: at,
    passwordHash: 'hash',
  })
  await first.openSession({ id: open, user, refreshHash: 'a', at, expiresAt: millis(at + 1_000) })
  await first.endSession(ended, at)
  await first.close()

  const second = openSqliteUserStore({ path })
  expect((await second.accountByName(nameKeyOf('ANNA')))?.role).toBe('admin')
  expect((await second.revocations(0, at, 10)).entries).toEqual([{ session: ended, endedAt: at }])
  const rotation = { id: open, presented: 'a', next: 'b', at, expiresAt: millis(at + 2_000) }
  expect(await second.rotateSession(rotation)).toEqual({ kind: 'rotated', user })
  await second.close()
})

test('a sweep goes to the end, however many sessions are over, in short transactions', async () => {
  const path = newPath()
  const rows: number[] = []
  const store = openSqliteUserStore({ path })
  const others = new DatabaseSync(path)
  others.exec(`
    INSERT INTO sessions
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
      SELECT printf('%08x', i * 7919 % 1000003), 'user', 'hash', 0, iif(i % 100 = 0, 99, 9) FROM n;
  `)
  const left = others.prepare('SELECT count(*) AS count FROM sessions')
  await sweep(
    async (limit) => {
      const dropped = await store.sweep(millis(10), limit)
      rows.push(dropped)
      return dropped
    },
    () => false,
  )
  expect(left.get()).toEqual({ count: 200 })
  expect(rows.reduce((sum, each) => sum + each, 0)).toBe(19_800)
  expect(Math.max(...rows)).toBeLessThanOrEqual(500)
  others.close()
  await store.close()
})

test('a sweep drops no more rows of a kind than it may', async () => {
  const start = 1_800_000_000_000
  const minute = 60_000
  const clock = manualClock(start)
  const store = openSqliteUserStore({ path: newPath() })
  for (let index = 0; index < 5; index++) await store.endSession(newId<SessionId>(), clock.now())
  clock.advance(20 * minute)
  const kept = newId<SessionId>()
  await store.endSession(kept, clock.now())
  clock.advance(11 * minute)
  // Asked as of the start, so that the feed hides nothing by age.
  const left = async () => (await store.revocations(0, millis(start), 100)).entries
  for (const rows of [4, 2, 1, 1]) {
    await store.sweep(clock.now(), 2)
    expect(await left()).toHaveLength(rows)
  }
  expect((await left()).map(({ session }) => session)).toEqual([kept])
  await store.close()
})
