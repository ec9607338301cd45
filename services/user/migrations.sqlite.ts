/** The tables of the user service, in numbered steps; a released step never changes. */
import type { Migration } from '../../core/sqlite/migrations.ts'

export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'users, sessions, revocations, guesses, notifications',
    sql: `
      CREATE TABLE users (
        name_key TEXT PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        username TEXT NOT NULL,
        full_name TEXT NOT NULL,
        phone TEXT,
        role TEXT NOT NULL CHECK (role IN ('user', 'admin')),
        password_hash TEXT NOT NULL,
        created_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL,
        refresh_hash TEXT NOT NULL,
        issued_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX sessions_of_user ON sessions (user_id);
      CREATE INDEX sessions_lapsed ON sessions (expires_at);

      -- AUTOINCREMENT: a sequence must never come again, not even after all rows were swept.
      CREATE TABLE revocations (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        session_id TEXT NOT NULL UNIQUE,
        ended_at INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX revocations_old ON revocations (ended_at);

      CREATE TABLE guesses (
        subject TEXT PRIMARY KEY,
        times TEXT NOT NULL,
        keep_until INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX guesses_old ON guesses (keep_until);

      CREATE TABLE notifications (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        user_id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        status TEXT NOT NULL,
        updated_at INTEGER NOT NULL,
        recorded_at INTEGER NOT NULL,
        UNIQUE (order_id, sequence)
      ) STRICT;
      CREATE INDEX notifications_of_user ON notifications (user_id, id);
      CREATE INDEX notifications_old ON notifications (recorded_at);
    `,
  },
  {
    version: 2,
    name: 'session epochs, the start of sessions, ends of all sessions of a user, disabled users',
    sql: `
      ALTER TABLE users ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE users ADD COLUMN disabled_at INTEGER;
      CREATE INDEX admins ON users (role, disabled_at) WHERE role = 'admin';

      -- Of a session of before, the start is its last refresh: it ends later than it might, not sooner.
      ALTER TABLE sessions ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE sessions ADD COLUMN started_at INTEGER;
      CREATE INDEX sessions_of_user_by_use ON sessions (user_id, issued_at);
      DROP INDEX sessions_of_user;

      -- Of a row with a user, session_id is only a name: earlier builds know no others.
      ALTER TABLE revocations ADD COLUMN user_id TEXT;
      ALTER TABLE revocations ADD COLUMN epoch INTEGER;
      ALTER TABLE revocations ADD COLUMN keep_session TEXT;
    `,
  },
]
