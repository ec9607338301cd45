/** The tables of the cart service, in numbered steps; a released step never changes. */
import type { Migration } from '../../core/sqlite/migrations.ts'

export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'carts, open checkouts, answers',
    // The primary key of open_checkouts is what makes it at most one per cart.
    sql: `
      CREATE TABLE carts (
        user_id TEXT PRIMARY KEY,
        revision TEXT NOT NULL,
        lines TEXT NOT NULL,
        updated_at INTEGER NOT NULL,
        used_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX carts_by_use ON carts (used_at);

      CREATE TABLE open_checkouts (
        user_id TEXT PRIMARY KEY,
        id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        idempotency_key TEXT,
        fingerprint TEXT NOT NULL,
        lines TEXT NOT NULL,
        revision TEXT NOT NULL,
        traceparent TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        attempted_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX open_checkouts_idle ON open_checkouts (attempted_at);

      CREATE TABLE answers (
        user_id TEXT NOT NULL,
        checkout_id TEXT NOT NULL,
        idempotency_key TEXT,
        fingerprint TEXT NOT NULL,
        status INTEGER NOT NULL,
        body TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        PRIMARY KEY (user_id, checkout_id)
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX answers_by_key ON answers (user_id, idempotency_key)
        WHERE idempotency_key IS NOT NULL;
      CREATE INDEX answers_expired ON answers (expires_at);
    `,
  },
  {
    version: 2,
    name: 'recent views',
    sql: `
      CREATE TABLE recent_views (
        user_id TEXT NOT NULL,
        product_id TEXT NOT NULL,
        viewed_at INTEGER NOT NULL,
        PRIMARY KEY (user_id, product_id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX recent_views_by_time ON recent_views (viewed_at);
    `,
  },
  {
    version: 3,
    name: 'the oldest open checkout',
    sql: 'CREATE INDEX open_checkouts_by_age ON open_checkouts (opened_at);',
  },
  {
    version: 4,
    name: 'expected totals',
    sql: 'ALTER TABLE open_checkouts ADD COLUMN expected_total INTEGER;',
  },
]
