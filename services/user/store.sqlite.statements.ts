/** The statements of the SQLite user store. */
import type { Database } from '../../core/sqlite/database.ts'
import type { OrderId, SessionId, UserId } from '../../core/values/ids.ts'
import type { Millis } from '../../core/values/time.ts'
import type { NotificationRow, UserRow } from './store.rows.ts'
import type { NameKey } from './users.ts'

const userColumns = 'id, username, full_name, phone, role, password_hash, created_at'

export interface EndedSession {
  id: SessionId
  issued_at: Millis
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
  makeAdmin: database.statement<[UserId]>(
    "UPDATE users SET role = 'admin' WHERE id = ?",
    'make_admin',
  ),
  changePassword: database.statement<[string, UserId, string]>(
    'UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?',
    'change_password',
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
  endSessionsOf: database.statement<[UserId], EndedSession>(
    'DELETE FROM sessions WHERE user_id = ? RETURNING id, issued_at',
    'end_sessions_of_user',
  ),
  endOtherSessions: database.statement<[UserId, SessionId], EndedSession>(
    'DELETE FROM sessions WHERE user_id = ? AND id <> ? RETURNING id, issued_at',
    'end_other_sessions',
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
