/** The tables of the order service, in numbered steps; a released step never changes. */
import type { Migration } from '../../core/sqlite/migrations.ts'

export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'orders, outbox, spending',
    sql: `
      CREATE TABLE orders (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL,
        checkout_id TEXT,
        idempotency_key TEXT,
        fingerprint TEXT NOT NULL,
        status TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        lines TEXT NOT NULL,
        total INTEGER NOT NULL CHECK (total >= 0),
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        next_at INTEGER,
        rested_at INTEGER,
        delivery_time INTEGER NOT NULL,
        traceparent TEXT NOT NULL,
        instance TEXT NOT NULL,
        lease_owner TEXT,
        lease_until INTEGER,
        answer_status INTEGER,
        answer_body TEXT,
        answer_until INTEGER
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX orders_of_user ON orders (user_id, created_at DESC, id DESC);
      CREATE INDEX orders_newest ON orders (created_at DESC, id DESC);
      CREATE INDEX orders_due ON orders (next_at) WHERE next_at IS NOT NULL;
      CREATE INDEX orders_lapsed ON orders (lease_until) WHERE lease_until IS NOT NULL;
      CREATE INDEX orders_answered ON orders (answer_until) WHERE answer_until IS NOT NULL;

      CREATE TABLE outbox (
        order_id TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        kind TEXT NOT NULL,
        effect TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        next_attempt_at INTEGER NOT NULL,
        PRIMARY KEY (order_id, sequence, kind)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX outbox_due ON outbox (next_attempt_at, order_id);

      CREATE TABLE spending (
        user_id TEXT PRIMARY KEY,
        total INTEGER NOT NULL CHECK (total >= 0)
      ) STRICT, WITHOUT ROWID;
    `,
  },
]
