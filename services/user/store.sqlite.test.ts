/** The SQLite store against the suite, and what is SQLite's own: it survives being opened again. */
import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sweep } from '../../core/resilience/sweep.ts'
import { openDatabase } from '../../core/sqlite/database.ts'
import { newId, type SessionId, type UserId } from '../../core/values/ids.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { userStoreConformance } from './store.conformance.ts'
import { migrations } from './migrations.sqlite.ts'
import { nameOfEnd } from './sessions.conformance.ts'
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
    disabledAt: null,
  })
  await first.openSession({ id: open, user, refreshHash: 'a', at, expiresAt: millis(at + 1_000) })
  await first.endSession(ended, at)
  await first.close()

  const second = openSqliteUserStore({ path })
  expect((await second.accountByName(nameKeyOf('ANNA')))?.role).toBe('admin')
  expect((await second.revocations(0, at, 10)).entries).toEqual([{ session: ended, endedAt: at }])
  const rotation = { id: open, presented: 'a', next: 'b', at, expiresAt: millis(at + 2_000) }
  const endless = { nextElsewhere: [], startedAfter: millis(0) }
  expect(await second.rotateSession({ ...rotation, ...endless })).toEqual({
    kind: 'rotated',
    user,
    epoch: 0,
  })
  await second.close()
})

test('a sweep goes to the end, however many sessions are over, in short transactions', async () => {
  const path = newPath()
  const rows: number[] = []
  const store = openSqliteUserStore({ path })
  const others = new DatabaseSync(path)
  others.exec(`
    INSERT INTO sessions (id, user_id, refresh_hash, issued_at, expires_at)
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
  expect((await left()).map(nameOfEnd)).toEqual([kept])
  await store.close()
})

describe('a database of the build before, with more sessions of a user than there may be', () => {
  const at = millis(1_800_000_000_000)
  const user = newId<UserId>()
  const sessions = Array.from({ length: 1_000 }, () => newId<SessionId>())

  async function openOld() {
    const path = newPath()
    const old = openDatabase({ path, migrations: migrations.slice(0, 1), service: 'user' })
    const addUser = old.statement(
      `INSERT INTO users (name_key, id, username, full_name, role, password_hash, created_at)
       VALUES ('anna', ?, 'anna', 'Anna', 'user', 'hash', 0)`,
      'add_user',
    )
    const addSession = old.statement(
      `INSERT INTO sessions (id, user_id, refresh_hash, issued_at, expires_at)
       VALUES (?, ?, 'a', ?, ?)`,
      'add_session',
    )
    await old.write(() => {
      addUser.run(user)
      sessions.forEach((id, index) => addSession.run(id, user, at + index, at + 86_400_000))
    })
    await old.close()
    return openSqliteUserStore({ path })
  }

  const show = async (store: ReturnType<typeof openSqliteUserStore>, id: SessionId) => {
    const now = millis(at + 10_000)
    const times = { at: now, expiresAt: now, startedAfter: millis(at - 1) }
    const rotation = { id, presented: 'a', next: 'b', nextElsewhere: [], ...times }
    return (await store.rotateSession(rotation)).kind
  }

  test('keeps them, and a log-in ends some of the oldest', async () => {
    const store = await openOld()
    expect((await store.accountById(user))?.disabledAt).toBeNull()
    expect(await show(store, sessions[0] ?? newId())).toBe('rotated')
    const id = newId<SessionId>()
    const opening = { id, user, refreshHash: 'a', at, expiresAt: millis(at + 86_400_000) }
    const { ended } = await store.openSession(opening)
    expect(ended.length).toBeGreaterThan(100)
    expect(ended.length).toBeLessThan(sessions.length)
    expect(ended).not.toContain(sessions[0] ?? id)
    await store.close()
  })

  test('ends all of them by one entry, and none of them goes on', async () => {
    const store = await openOld()
    await store.endSessionsOf(user, at)
    const { entries } = await store.revocations(0, at, 1_000)
    expect(entries.map(nameOfEnd)).toEqual([`all of ${user} but null`])
    const kinds = new Set<string>()
    for (const id of sessions) kinds.add(await show(store, id))
    expect([...kinds]).toEqual(['unknown'])
    await store.close()
  })
})
