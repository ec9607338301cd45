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
]
