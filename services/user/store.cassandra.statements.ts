/** Every statement of the user store on Cassandra, declared once at boot. */
import type { Keyspace } from '../../core/cassandra/keyspace.ts'
import type { Role } from '../../core/http/caller.ts'
import { nilId, type OrderId, type SessionId, type UserId } from '../../core/values/ids.ts'
import type { Millis } from '../../core/values/time.ts'
import type { NotificationRow, UserRow } from './store.rows.ts'
import type { NameKey } from './users.ts'

export interface AccountRow extends UserRow {
  readonly name_key: NameKey
  readonly profile_revision: string | null
  readonly epoch: number
}

/** A user's epoch, and when each session that is open was used last. */
export interface OpenSessionsRow {
  readonly epoch: number | null
  readonly open_sessions: ReadonlyMap<SessionId, Millis> | null
}

/** A session beside its user's epoch; without a refresh hash it has ended. */
export interface SessionRow {
  readonly session_id: SessionId
  readonly refresh_hash: string | null
  readonly issued_at: Millis | null
  /** Null for a session of an earlier build. */
  readonly started_at: Millis | null
  readonly expires_at: Millis | null
  readonly session_epoch: number | null
  readonly ended_at: Millis | null
  readonly ended_by: string | null
  readonly epoch: number | null
}

export interface EndingRow {
  readonly at: Millis
  readonly operation: string
  readonly user_id: UserId
  readonly session_id: SessionId
  readonly epoch: number | null
  readonly keep: SessionId | null
}

export interface FeedRow {
  readonly position: number
  readonly operation: string
  readonly subject: string
  readonly at: Millis
  readonly epoch: number | null
  readonly keep: SessionId | null
}

/** What came last: of an order its sequence, of the user, under the nil UUID, the id. */
export interface LastRow {
  readonly order_id: OrderId
  readonly sequence: number | null
  readonly last: number | null
}

export interface GuessesRow {
  readonly times: readonly Millis[] | null
  readonly keep_until: Millis
  readonly revision: string
}

export type Operations = ReadonlyMap<string, boolean> | null

/** Seconds that operations can be asked for: longer than any of them can stay in doubt. */
export const operationLife = 86_400

export type Statements = ReturnType<typeof declareStatements>

export function declareStatements(keyspace: Keyspace) {
  return {
    ...accountStatements(keyspace),
    ...sessionStatements(keyspace),
    ...endingStatements(keyspace),
    ...feedStatements(keyspace),
    ...notificationStatements(keyspace),
    ...guessStatements(keyspace),
  }
}

function accountStatements(keyspace: Keyspace) {
  const owner = 'SELECT user_id FROM usernames WHERE name_key = ?'
  // By the empty row, so that no row of a session is read, whether alive or lapsed.
  const account = (columns: string) =>
    `SELECT ${columns} FROM accounts WHERE id = ? AND session_id = ${nilId}`
  // The key of the row as well, for Cassandra reads no row when it is asked for static columns alone.
  const columns = `session_id, id, name_key, username, full_name, phone, role, password_hash,
    created_at, profile_revision, epoch, disabled_at`
  return {
    nameOwner: keyspace.read<[NameKey], { user_id: UserId }>(owner, 'get_name_owner'),
    nameOwnerSettled: keyspace.read<[NameKey], { user_id: UserId }>(
      owner,
      'get_name_owner_serial',
      {
        serial: true,
      },
    ),
    takeName: keyspace.conditional<[NameKey, UserId]>(
      'INSERT INTO usernames (name_key, user_id) VALUES (?, ?) IF NOT EXISTS',
      'take_name',
    ),
    addAccount: keyspace.conditional<
      [
        id: UserId,
        key: NameKey,
        username: string,
        fullName: string,
        phone: string | undefined,
        role: Role,
        passwordHash: string,
        createdAt: Millis,
      ]
    >(
      `INSERT INTO accounts (id, session_id, name_key, username, full_name, phone, role,
         password_hash, created_at, epoch)
       VALUES (?, ${nilId}, ?, ?, ?, ?, ?, ?, ?, 0) IF NOT EXISTS`,
      'add_account',
    ),
    account: keyspace.read<[UserId], AccountRow>(account(columns), 'get_account'),
    accountSettled: keyspace.read<[UserId], AccountRow>(account(columns), 'get_account_serial', {
      serial: true,
    }),
    operations: keyspace.read<[UserId], { operations: Operations } & OpenSessionsRow>(
      // DISTINCT, for an id without an account, whose sessions end all the same, has no empty row.
      'SELECT DISTINCT id, operations, epoch, open_sessions FROM accounts WHERE id = ?',
      'get_account_operations_serial',
      { serial: true },
    ),
    changeProfile: keyspace.conditionalBatch('change_profile'),
    setProfile: keyspace.conditional<
      [
        fullName: string | undefined,
        phone: string | null | undefined,
        revision: string,
        id: UserId,
        before: string | null,
      ]
    >(
      `UPDATE accounts SET full_name = ?, phone = ?, profile_revision = ?
       WHERE id = ? IF profile_revision = ?`,
      'set_profile',
    ),
    openSessions: keyspace.read<[UserId], OpenSessionsRow>(
      account('session_id, epoch, open_sessions'),
      'get_open_sessions',
    ),
    // Of all users; for a command that an operator runs.
    roles: keyspace.read<[], { id: UserId; role: Role | null; disabled_at: Millis | null }>(
      'SELECT DISTINCT id, role, disabled_at FROM accounts',
      'list_roles',
    ),
    setRole: keyspace.conditional<[role: Role, id: UserId, before: Role]>(
      'UPDATE accounts SET role = ? WHERE id = ? IF role = ?',
      'set_role',
    ),
    setDisabled: keyspace.conditional<[since: Millis | null, id: UserId, key: NameKey]>(
      'UPDATE accounts SET disabled_at = ? WHERE id = ? IF name_key = ?',
      'set_disabled',
    ),
    beginEpoch: keyspace.conditionalBatch<{ epoch: number | null }>('begin_session_epoch'),
    setEpoch: keyspace.conditional<[next: number, id: UserId, before: number | null]>(
      'UPDATE accounts SET epoch = ?, open_sessions = {} WHERE id = ? IF epoch = ?',
      'set_session_epoch',
    ),
    setPassword: keyspace.conditional<
      [to: string, next: number, id: UserId, from: string, before: number]
    >(
      `UPDATE accounts SET password_hash = ?, epoch = ?, open_sessions = {}
       WHERE id = ? IF password_hash = ? AND epoch = ?`,
      'set_password',
    ),
    keepSession: keyspace.write<
      [
        seconds: number,
        epoch: number,
        session: SessionId,
        usedAt: Millis,
        id: UserId,
        session: SessionId,
      ]
    >(
      `UPDATE accounts USING TTL ? SET session_epoch = ?, open_sessions[?] = ?
       WHERE id = ? AND session_id = ?`,
      'keep_session',
    ),
    noteOperation: keyspace.write<[operation: string, id: UserId]>(
      `UPDATE accounts USING TTL ${operationLife} SET operations[?] = true WHERE id = ?`,
      'note_account_operation',
    ),
  }
}

function sessionStatements(keyspace: Keyspace) {
  const columns = `session_id, refresh_hash, issued_at, started_at, expires_at, session_epoch,
    ended_at, ended_by, epoch`
  const session = `SELECT ${columns} FROM accounts WHERE id = ? AND session_id = ?`
  return {
    owner: keyspace.read<[SessionId], { user_id: UserId }>(
      'SELECT user_id FROM session_owners WHERE session_id = ?',
      'get_session_owner',
    ),
    setOwner: keyspace.write<[session: SessionId, user: UserId, seconds: number]>(
      'INSERT INTO session_owners (session_id, user_id) VALUES (?, ?) USING TTL ?',
      'set_session_owner',
    ),
    session: keyspace.read<[UserId, SessionId], SessionRow>(session, 'get_session'),
    sessionSettled: keyspace.read<[UserId, SessionId], SessionRow>(session, 'get_session_serial', {
      serial: true,
    }),
    openSession: keyspace.conditional<
      [
        seconds: number,
        hash: string,
        issuedAt: Millis,
        startedAt: Millis,
        expiresAt: Millis,
        epoch: number | undefined,
        session: SessionId,
        usedAt: Millis,
        id: UserId,
        session: SessionId,
        current: number | null,
      ],
      { epoch: number | null }
    >(
      `UPDATE accounts USING TTL ? SET refresh_hash = ?, issued_at = ?, started_at = ?,
         expires_at = ?, session_epoch = ?, open_sessions[?] = ? WHERE id = ? AND session_id = ?
       IF epoch = ? AND refresh_hash = null AND ended_at = null`,
      'open_session',
    ),
    rotate: keyspace.conditional<
      [
        seconds: number,
        hash: string,
        issuedAt: Millis,
        startedAt: Millis,
        expiresAt: Millis,
        epoch: number | undefined,
        session: SessionId,
        usedAt: Millis,
        id: UserId,
        session: SessionId,
        presented: string,
        current: number | null,
      ]
    >(
      `UPDATE accounts USING TTL ? SET refresh_hash = ?, issued_at = ?, started_at = ?,
         expires_at = ?, session_epoch = ?, open_sessions[?] = ? WHERE id = ? AND session_id = ? IF refresh_hash = ? AND epoch = ?`,
      'rotate_session',
    ),
    endSession: keyspace.conditional<
      [
        seconds: number,
        at: Millis,
        operation: string,
        session: SessionId,
        id: UserId,
        session: SessionId,
        hash: string | null,
      ]
    >(
      `UPDATE accounts USING TTL ? SET ended_at = ?, ended_by = ?, refresh_hash = null,
         open_sessions[?] = null
       WHERE id = ? AND session_id = ? IF refresh_hash = ? AND ended_at = null`,
      'end_session',
    ),
    forgetSession: keyspace.conditional<[session: SessionId, id: UserId, current: number | null]>(
      'UPDATE accounts SET open_sessions[?] = null WHERE id = ? IF epoch = ?',
      'forget_session',
    ),
  }
}

const endingStatements = (keyspace: Keyspace) => ({
  addEnding: keyspace.write<
    [
      bucket: number,
      at: Millis,
      operation: string,
      id: UserId,
      session: SessionId,
      epoch: number | undefined,
      keep: SessionId | undefined,
      seconds: number,
    ]
  >(
    `INSERT INTO endings (bucket, at, operation, user_id, session_id, epoch, keep)
     VALUES (?, ?, ?, ?, ?, ?, ?) USING TTL ?`,
    'add_ending',
  ),
  endings: keyspace.read<[bucket: number, from: Millis, to: Millis], EndingRow>(
    `SELECT at, operation, user_id, session_id, epoch, keep FROM endings
     WHERE bucket = ? AND at >= ? AND at <= ?`,
    'list_endings',
  ),
  dropEnding: keyspace.write<[bucket: number, at: Millis, operation: string]>(
    'DELETE FROM endings WHERE bucket = ? AND at = ? AND operation = ?',
    'drop_ending',
  ),
})

function feedStatements(keyspace: Keyspace) {
  const slice = `SELECT position, operation, subject, at, epoch, keep FROM feeds
    WHERE name = ? AND bucket = ? AND position > ? LIMIT ?`
  type Slice = [name: string, bucket: number, after: number, limit: number]
  return {
    feedHead: keyspace.read<
      [name: string, bucket: number, start: number],
      { head: number; opened_at: Millis }
    >(
      'SELECT head, opened_at FROM feeds WHERE name = ? AND bucket = ? AND position = ?',
      'get_feed_head',
    ),
    feedEntries: keyspace.read<Slice, FeedRow>(slice, 'list_feed_entries'),
    feedEntriesSettled: keyspace.read<Slice, FeedRow>(slice, 'list_feed_entries_serial', {
      serial: true,
    }),
    appendToFeed: keyspace.conditionalBatch<{ head: number | null }>('append_to_feed'),
    setFeedHead: keyspace.conditional<
      [
        head: number,
        openedAt: Millis | undefined,
        name: string,
        bucket: number,
        start: number,
        before: number | null,
      ]
    >(
      `UPDATE feeds SET head = ?, opened_at = ?
       WHERE name = ? AND bucket = ? AND position = ? IF head = ?`,
      'set_feed_head',
    ),
    addFeedEntry: keyspace.write<
      [
        name: string,
        bucket: number,
        position: number,
        operation: string,
        subject: string,
        at: Millis,
        epoch: number | undefined,
        keep: SessionId | undefined,
        seconds: number,
      ]
    >(
      `INSERT INTO feeds (name, bucket, position, operation, subject, at, epoch, keep)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TTL ?`,
      'add_feed_entry',
    ),
    feedBucket: keyspace.read<[name: string], { bucket: number }>(
      'SELECT bucket FROM feed_buckets WHERE name = ?',
      'get_feed_bucket',
    ),
    // The bucket is its own timestamp: whoever writes late, the highest one stays.
    raiseFeedBucket: keyspace.write<[name: string, bucket: number, timestamp: number]>(
      'INSERT INTO feed_buckets (name, bucket) VALUES (?, ?) USING TIMESTAMP ?',
      'raise_feed_bucket',
    ),
  }
}

function notificationStatements(keyspace: Keyspace) {
  const notification = 'id, order_id, sequence, status, updated_at'
  return {
    last: keyspace.read<[UserId, orders: readonly OrderId[]], LastRow>(
      `SELECT order_id, sequence, last FROM notifications
       WHERE user_id = ? AND id = 0 AND order_id IN ?`,
      'get_last_notified',
    ),
    notifications: keyspace.read<[UserId, after: number, limit: number], NotificationRow>(
      `SELECT ${notification} FROM notifications WHERE user_id = ? AND id > ? LIMIT ?`,
      'list_notifications',
    ),
    notificationSettled: keyspace.read<[UserId, id: number, OrderId], { operation: string }>(
      'SELECT operation FROM notifications WHERE user_id = ? AND id = ? AND order_id = ?',
      'get_notification_serial',
      { serial: true },
    ),
    recordNotification: keyspace.conditionalBatch('record_notification'),
    setLast: keyspace.conditional<[last: number, id: UserId, before: number | null]>(
      `UPDATE notifications SET last = ? WHERE user_id = ? AND id = 0 AND order_id = ${nilId}
       IF last = ?`,
      'set_last_notification',
    ),
    setSequence: keyspace.write<[seconds: number, sequence: number, id: UserId, order: OrderId]>(
      `UPDATE notifications USING TTL ? SET sequence = ?
       WHERE user_id = ? AND id = 0 AND order_id = ?`,
      'set_order_sequence',
    ),
    addNotification: keyspace.write<
      [
        user: UserId,
        id: number,
        order: OrderId,
        sequence: number,
        status: string,
        updatedAt: Millis,
        operation: string,
        seconds: number,
      ]
    >(
      `INSERT INTO notifications (user_id, id, order_id, sequence, status, updated_at, operation)
       VALUES (?, ?, ?, ?, ?, ?, ?) USING TTL ?`,
      'add_notification',
    ),
  }
}

const guessStatements = (keyspace: Keyspace) => ({
  guesses: keyspace.read<[string], GuessesRow>(
    'SELECT times, keep_until, revision FROM guesses WHERE subject = ?',
    'get_guesses',
  ),
  guessOperations: keyspace.read<[string], { operations: Operations }>(
    'SELECT operations FROM guesses WHERE subject = ?',
    'get_guess_operations_serial',
    { serial: true },
  ),
  keepGuesses: keyspace.conditionalBatch('keep_guesses'),
  setGuesses: keyspace.conditional<
    [
      seconds: number,
      times: readonly Millis[],
      keepUntil: Millis,
      revision: string,
      subject: string,
      before: string | null,
    ]
  >(
    `UPDATE guesses USING TTL ? SET times = ?, keep_until = ?, revision = ?
     WHERE subject = ? IF revision = ?`,
    'set_guesses',
  ),
  noteGuess: keyspace.write<[seconds: number, operation: string, subject: string]>(
    'UPDATE guesses USING TTL ? SET operations[?] = true WHERE subject = ?',
    'note_guess_operation',
  ),
})
