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
  {
    version: 2,
    name: 'indexes of what the lists show, totals of the outbox',
    sql: `
      -- 1 where an order is in no list: not placed yet, refused, or at rest for longer than lists
      -- show it. Null is listed, so that what an older build writes is found as well.
      ALTER TABLE orders ADD COLUMN unlisted INTEGER CHECK (unlisted = 1);
      UPDATE orders SET unlisted = 1 WHERE status IN ('PENDING', 'REJECTED');
      CREATE INDEX orders_listed ON orders (created_at DESC, id DESC) WHERE unlisted IS NULL;
      CREATE INDEX orders_listed_of_user ON orders (user_id, created_at DESC, id DESC)
        WHERE unlisted IS NULL;
      CREATE INDEX orders_rested ON orders (unlisted, rested_at) WHERE rested_at IS NOT NULL;
      CREATE INDEX orders_half_placed ON orders (created_at, lease_until)
        WHERE lease_until IS NOT NULL;
      -- Both held every order that ever was.
      DROP INDEX orders_of_user;
      DROP INDEX orders_newest;

      CREATE INDEX outbox_oldest ON outbox (created_at);
      CREATE TABLE totals (
        name TEXT PRIMARY KEY,
        count INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      INSERT INTO totals SELECT 'outbox', count(*) FROM outbox;
      CREATE TRIGGER outbox_grows AFTER INSERT ON outbox BEGIN
        UPDATE totals SET count = count + 1 WHERE name = 'outbox';
      END;
      CREATE TRIGGER outbox_shrinks AFTER DELETE ON outbox BEGIN
        UPDATE totals SET count = count - 1 WHERE name = 'outbox';
      END;
    `,
  },
  {
    version: 3,
    name: 'expected totals, orders begun again',
    sql: `
      ALTER TABLE orders ADD COLUMN expected_total INTEGER;
      ALTER TABLE orders ADD COLUMN reservation_id TEXT;
    `,
  },
  {
    version: 4,
    name: 'retention',
    sql: `
      -- What the catalog has confirmed as committed or released, until it has forgotten it.
      CREATE TABLE settled_reservations (
        order_id TEXT NOT NULL,
        reservation_id TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        forget_at INTEGER NOT NULL,
        PRIMARY KEY (order_id, reservation_id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX settled_reservations_due ON settled_reservations (forget_at);

      -- When the row of a rejected order may go.
      ALTER TABLE orders ADD COLUMN drop_at INTEGER;
      CREATE INDEX orders_to_drop ON orders (drop_at) WHERE drop_at IS NOT NULL;

      INSERT INTO settled_reservations
        SELECT id, coalesce(reservation_id, id), sequence, updated_at + 86400000 FROM orders
        WHERE status IN ('REJECTED', 'DELIVERED', 'CANCELLED') AND NOT EXISTS
          (SELECT 1 FROM outbox WHERE order_id = orders.id AND kind != 'notify');
      UPDATE orders SET lines = '[]',
          answer_until = iif(answer_status IS NULL, NULL, updated_at + 86400000)
        WHERE status = 'REJECTED';
    `,
  },
]
