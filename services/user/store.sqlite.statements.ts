/** The statements of the SQLite user store. */
import type { Role } from '../../core/http/caller.ts'
import type { Database } from '../../core/sqlite/database.ts'
import type { OrderId, SessionId, UserId } from '../../core/values/ids.ts'
import type { Millis } from '../../core/values/time.ts'
import type { NotificationRow, UserRow } from './store.rows.ts'
import type { NameKey } from './users.ts'

const userColumns = 'id, username, full_name, phone, role, password_hash, created_at, disabled_at'

export interface EndedSession {
  id: SessionId
  issued_at: Millis
}

export interface SessionRow {
  user_id: UserId
  epoch: number
  refresh_hash: string
  issued_at: Millis
}

/** The end of a session, or with a user that of all of theirs. */
export interface RevocationRow {
  sequence: number
  session_id: SessionId
  ended_at: Millis
  user_id: UserId | null
  epoch: number | null
  keep_session: SessionId | null
}

/** Prepares all statements; done once, when the store is opened. */
export function statementsOf(database: Database) {
  return {
    ...userStatements(database),
    ...sessionStatements(database),
    ...notificationStatements(database),
    ...otherStatements(database),
  }
}

const userStatements = (database: Database) => ({
  addUser: database.statement(
    `INSERT INTO users (name_key, ${userColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
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
  setRole: database.statement<[Role, UserId]>('UPDATE users SET role = ? WHERE id = ?', 'set_role'),
  setDisabled: database.statement<[Millis | null, UserId]>(
    'UPDATE users SET disabled_at = ? WHERE id = ?',
    'set_disabled',
  ),
  twoAdmins: database.statement<[], { id: UserId }>(
    "SELECT id FROM users WHERE role = 'admin' AND disabled_at IS NULL LIMIT 2",
    'get_two_admins',
  ),
  changePassword: database.statement<[string, UserId, string]>(
    'UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?',
    'change_password',
  ),
  epoch: database.statement<[UserId], { epoch: number }>(
    'SELECT epoch FROM users WHERE id = ?',
    'get_session_epoch',
  ),
  setEpoch: database.statement<[number, UserId]>(
    'UPDATE users SET epoch = ? WHERE id = ?',
    'set_session_epoch',
  ),
})

/** A session is good while its epoch is its user's. */
const isOfEpoch = `epoch = coalesce((SELECT epoch FROM users WHERE id = sessions.user_id), 0)`
const isGood = `expires_at > ? AND coalesce(started_at, issued_at) > ? AND ${isOfEpoch}`

const sessionStatements = (database: Database) => ({
  openSession: database.statement<[SessionId, UserId, string, Millis, Millis, Millis, number]>(
    `INSERT INTO sessions (id, user_id, refresh_hash, issued_at, started_at, expires_at, epoch)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    'open_session',
  ),
  // All but so many that were used last; in slices, since an older build kept any number.
  endOldSessions: database.statement<[UserId, slice: number, keep: number], EndedSession>(
    `DELETE FROM sessions WHERE id IN
     (SELECT id FROM sessions WHERE user_id = ? ORDER BY issued_at DESC LIMIT ? OFFSET ?)
     RETURNING id, issued_at`,
    'end_old_sessions',
  ),
  rotate: database.statement<
    [
      next: string,
      at: Millis,
      expiresAt: Millis,
      id: SessionId,
      presented: string,
      now: Millis,
      startedAfter: Millis,
    ],
    { user_id: UserId; epoch: number }
  >(
    `UPDATE sessions SET refresh_hash = ?, issued_at = ?, expires_at = ?,
       started_at = coalesce(started_at, issued_at)
     WHERE id = ? AND refresh_hash = ? AND ${isGood} RETURNING user_id, epoch`,
    'rotate_session',
  ),
  goodSession: database.statement<[SessionId, Millis, startedAfter: Millis], SessionRow>(
    `SELECT user_id, epoch, refresh_hash, issued_at FROM sessions WHERE id = ? AND ${isGood}`,
    'get_session',
  ),
  endSession: database.statement<[SessionId]>('DELETE FROM sessions WHERE id = ?', 'end_session'),
  endSessionsOf: database.statement<[UserId, SessionId | null, slice: number]>(
    `DELETE FROM sessions WHERE id IN
     (SELECT id FROM sessions WHERE user_id = ? AND id IS NOT ? LIMIT ?)`,
    'end_sessions_of_user',
  ),
  keepSession: database.statement<[number, SessionId, UserId, Millis]>(
    `UPDATE sessions SET epoch = ? WHERE id = ? AND user_id = ? AND expires_at > ? AND ${isOfEpoch}`,
    'keep_session',
  ),
  addRevocation: database.statement<[SessionId, Millis]>(
    `INSERT INTO revocations (session_id, ended_at) VALUES (?, ?)
     ON CONFLICT (session_id) DO NOTHING`,
    'add_revocation',
  ),
  addUserRevocation: database.statement<
    [name: string, at: Millis, UserId, epoch: number, keep: SessionId | null]
  >(
    `INSERT INTO revocations (session_id, ended_at, user_id, epoch, keep_session)
     VALUES (?, ?, ?, ?, ?)`,
    'add_user_revocation',
  ),
  revocations: database.statement<[number, number, number], RevocationRow>(
    `SELECT sequence, session_id, ended_at, user_id, epoch, keep_session FROM revocations
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

const notificationStatements = (database: Database) => ({
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
  lastNotification: database.statement<[UserId], { id: number | null }>(
    'SELECT max(id) AS id FROM notifications WHERE user_id = ?',
    'last_notification_of_user',
  ),
  notified: database.statement<[number, number], { id: number; user_id: UserId }>(
    'SELECT id, user_id FROM notifications WHERE id > ? ORDER BY id LIMIT ?',
    'list_notified_users',
  ),
  notifiedPosition: database.statement<[], { seq: number }>(
    "SELECT seq FROM sqlite_sequence WHERE name = 'notifications'",
    'notified_position',
  ),
})
