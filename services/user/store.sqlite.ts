/** Users in one SQLite file: every conditional write is one command of the group commit. */
import { revocationLife } from '../../core/auth/revocations.ts'
import type { Role } from '../../core/http/caller.ts'
import { openDatabase, type Database } from '../../core/sqlite/database.ts'
import type { OrderId, SessionId, UserId } from '../../core/values/ids.ts'
import type { Millis } from '../../core/values/time.ts'
import { migrations } from './migrations.sqlite.ts'
import { notificationLife, type Notification } from './notifications.ts'
import type { UserStore } from './store.ts'
import type { Account, NameKey, User } from './users.ts'

interface UserRow {
  id: UserId
  username: string
  full_name: string
  phone: string | null
  role: Role
  password_hash: string
  created_at: Millis
}

export interface SqliteUserStoreOptions {
  readonly path: string
  readonly observe?: (operation: string, milliseconds: number) => void
}

export function openSqliteUserStore({ path, observe }: SqliteUserStoreOptions): UserStore {
  const database = openDatabase({
    path,
    migrations,
    service: 'user',
    ...(observe !== undefined && { observe }),
  })
  const sql = statementsOf(database)

  /** The feed needs a session only while an access token of it can be good. */
  function revoke(session: SessionId, issuedAt: Millis, at: Millis): boolean {
    if (issuedAt + revocationLife <= at) return false
    sql.addRevocation.run(session, at)
    return true
  }

  return {
    change: (subject, change) =>
      database.write(() => {
        const row = sql.guesses.get(subject)
        // Written below as a list of numbers and never by anybody else.
        const before = row === undefined ? [] : (JSON.parse(row.times) as Millis[])
        const { guesses, keepUntil, result } = change(before)
        if (guesses.length > 0) sql.keepGuesses.run(subject, JSON.stringify(guesses), keepUntil)
        else if (row !== undefined) sql.dropGuesses.run(subject)
        return result
      }),

    addUser: (key, account) =>
      database.write(() => {
        const { id, username, fullName, phone, role, passwordHash, createdAt } = account
        const { changes } = sql.addUser.run(
          key,
          id,
          username,
          fullName,
          phone,
          role,
          passwordHash,
          createdAt,
        )
        return changes === 1
      }),

    async userById(id) {
      const row = sql.userById.get(id)
      return row === undefined ? null : toUser(row)
    },

    async accountByName(key) {
      const row = sql.userByName.get(key)
      return row === undefined ? null : toAccount(row)
    },

    changeProfile: (id, { fullName, phone }) =>
      database.write(() => {
        if (fullName !== undefined) sql.setFullName.run(fullName, id)
        if (phone !== undefined) sql.setPhone.run(phone, id)
        const row = sql.userById.get(id)
        return row === undefined ? null : toUser(row)
      }),

    openSession: ({ id, user, refreshHash, at, expiresAt }) =>
      database.write(() => {
        sql.openSession.run(id, user, refreshHash, at, expiresAt)
      }),

    rotateSession: ({ id, presented, next, at, expiresAt }) =>
      database.write(() => {
        const rotated = sql.rotate.get(next, at, expiresAt, id, presented, at)
        if (rotated !== undefined) return { kind: 'rotated', user: rotated.user_id } as const
        const ended = sql.endLiveSession.get(id, at)
        if (ended === undefined) return { kind: 'unknown' } as const
        revoke(id, ended.issued_at, at)
        return { kind: 'reused' } as const
      }),

    endSession: (id, at) =>
      database.write(() => {
        sql.endSession.run(id)
        // Also where the row is gone, as after a restored copy: the caller holds a token of it.
        sql.addRevocation.run(id, at)
      }),

    endSessionsOf: (user, at) =>
      database.write(() =>
        sql.endSessionsOf
          .all(user)
          .filter(({ id, issued_at }) => revoke(id, issued_at, at))
          .map(({ id }) => id),
      ),

    async revocations(after, now, limit) {
      const rows = sql.revocations.all(after, now - revocationLife, limit)
      return {
        entries: rows.map((row) => ({ session: row.session_id, endedAt: row.ended_at })),
        cursor: rows.at(-1)?.sequence ?? sql.feedPosition.get()?.seq ?? 0,
      }
    },

    recordOrderStatus: ({ order, user, status, updatedAt, sequence }, at) =>
      database.write(() => {
        const last = sql.lastSequence.get(order)?.sequence ?? null
        if (last !== null && last >= sequence) return false
        sql.addNotification.run(user, order, sequence, status, updatedAt, at)
        return true
      }),

    async notifications(user, after, limit) {
      return sql.notifications.all(user, after, limit).map((row): Notification => ({
        id: row.id,
        order: row.order_id,
        user,
        status: row.status,
        updatedAt: row.updated_at,
        sequence: row.sequence,
      }))
    },

    sweep: (now, limit) =>
      database.write(() => {
        sql.sweepSessions.run(now, limit)
        sql.sweepRevocations.run(now - revocationLife, limit)
        sql.sweepGuesses.run(now, limit)
        sql.sweepNotifications.run(now - notificationLife, limit)
      }),

    check: () => database.check(),
    close: () => database.close(),
  }
}

const userColumns = 'id, username, full_name, phone, role, password_hash, created_at'

interface NotificationRow {
  id: number
  user_id: UserId
  order_id: OrderId
  sequence: number
  status: string
  updated_at: Millis
}

/** Prepared once; a statement's text is looked at again only here. */
function statementsOf(database: Database) {
  return {
    ...userStatements(database),
    ...sessionStatements(database),
    ...otherStatements(database),
  }
}

const userStatements = (database: Database) => ({
  addUser: database.statement(
    `INSERT INTO users (name_key, ${userColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (name_key) DO NOTHING`,
    'add_user',
  ),
  userById: database.statement<[UserId], UserRow>(
    `SELECT ${userColumns} FROM users WHERE id = ?`,
    'user_by_id',
  ),
  userByName: database.statement<[NameKey], UserRow>(
    `SELECT ${userColumns} FROM users WHERE name_key = ?`,
    'user_by_name',
  ),
  setFullName: database.statement<[string, UserId]>(
    'UPDATE users SET full_name = ? WHERE id = ?',
    'set_full_name',
  ),
  setPhone: database.statement<[string | null, UserId]>(
    'UPDATE users SET phone = ? WHERE id = ?',
    'set_phone',
  ),
})

const sessionStatements = (database: Database) => ({
  openSession: database.statement<[SessionId, UserId, string, Millis, Millis]>(
    `INSERT INTO sessions (id, user_id, refresh_hash, issued_at, expires_at)
     VALUES (?, ?, ?, ?, ?)`,
    'open_session',
  ),
  rotate: database.statement<
    [string, Millis, Millis, SessionId, string, Millis],
    { user_id: UserId }
  >(
    `UPDATE sessions SET refresh_hash = ?, issued_at = ?, expires_at = ?
     WHERE id = ? AND refresh_hash = ? AND expires_at > ? RETURNING user_id`,
    'rotate_session',
  ),
  endLiveSession: database.statement<[SessionId, Millis], { issued_at: Millis }>(
    'DELETE FROM sessions WHERE id = ? AND expires_at > ? RETURNING issued_at',
    'end_reused_session',
  ),
  endSession: database.statement<[SessionId]>('DELETE FROM sessions WHERE id = ?', 'end_session'),
  endSessionsOf: database.statement<[UserId], { id: SessionId; issued_at: Millis }>(
    'DELETE FROM sessions WHERE user_id = ? RETURNING id, issued_at',
    'end_sessions_of_user',
  ),
  addRevocation: database.statement<[SessionId, Millis]>(
    `INSERT INTO revocations (session_id, ended_at) VALUES (?, ?)
     ON CONFLICT (session_id) DO NOTHING`,
    'add_revocation',
  ),
  revocations: database.statement<
    [number, number, number],
    { sequence: number; session_id: SessionId; ended_at: Millis }
  >(
    `SELECT sequence, session_id, ended_at FROM revocations
     WHERE sequence > ? AND ended_at > ? ORDER BY sequence LIMIT ?`,
    'list_revocations',
  ),
  feedPosition: database.statement<[], { seq: number }>(
    "SELECT seq FROM sqlite_sequence WHERE name = 'revocations'",
    'revocation_position',
  ),
})

const otherStatements = (database: Database) => ({
  guesses: database.statement<[string], { times: string }>(
    'SELECT times FROM guesses WHERE subject = ?',
    'get_guesses',
  ),
  keepGuesses: database.statement<[string, string, Millis]>(
    `INSERT INTO guesses (subject, times, keep_until) VALUES (?, ?, ?)
     ON CONFLICT (subject) DO UPDATE SET times = excluded.times, keep_until = excluded.keep_until`,
    'keep_guesses',
  ),
  dropGuesses: database.statement<[string]>(
    'DELETE FROM guesses WHERE subject = ?',
    'drop_guesses',
  ),
  lastSequence: database.statement<[OrderId], { sequence: number | null }>(
    'SELECT max(sequence) AS sequence FROM notifications WHERE order_id = ?',
    'last_sequence_of_order',
  ),
  addNotification: database.statement<[UserId, OrderId, number, string, Millis, Millis]>(
    `INSERT INTO notifications (user_id, order_id, sequence, status, updated_at, recorded_at)
     VALUES (?, ?, ?, ?, ?, ?)`,
    'add_notification',
  ),
  notifications: database.statement<[UserId, number, number], NotificationRow>(
    `SELECT id, user_id, order_id, sequence, status, updated_at FROM notifications
     WHERE user_id = ? AND id > ? ORDER BY id LIMIT ?`,
    'list_notifications',
  ),
  sweepSessions: database.statement<[number, number]>(
    'DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= ? LIMIT ?)',
    'sweep_sessions',
  ),
  sweepRevocations: database.statement<[number, number]>(
    `DELETE FROM revocations WHERE sequence IN
     (SELECT sequence FROM revocations WHERE ended_at <= ? LIMIT ?)`,
    'sweep_revocations',
  ),
  sweepGuesses: database.statement<[number, number]>(
    `DELETE FROM guesses WHERE subject IN
     (SELECT subject FROM guesses WHERE keep_until <= ? LIMIT ?)`,
    'sweep_guesses',
  ),
  sweepNotifications: database.statement<[number, number]>(
    `DELETE FROM notifications WHERE id IN
     (SELECT id FROM notifications WHERE recorded_at <= ? LIMIT ?)`,
    'sweep_notifications',
  ),
})

const toUser = (row: UserRow): User => ({
  id: row.id,
  username: row.username,
  fullName: row.full_name,
  phone: row.phone,
  role: row.role,
  createdAt: row.created_at,
})

const toAccount = (row: UserRow): Account => ({ ...toUser(row), passwordHash: row.password_hash })
