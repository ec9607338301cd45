/** The tables of the order service on Cassandra, in numbered steps; a released step never changes. */
import type { CassandraMigration } from '../../core/cassandra/migrations.ts'

// A coordinator that waits for a paused replica asks another one after 50 ms. Cassandra's own measure,
// the 99th percentile of the table, is beyond our patience for as long as a node is cold.
export const migrations: readonly CassandraMigration[] = [
  {
    version: 1,
    name: 'orders, hints, lists, spending',
    cql: `
      -- One partition per order: its state in static columns, what is to be delivered in rows.
      CREATE TABLE IF NOT EXISTS orders (
        id uuid,
        change int,
        kind text,
        effect text,
        entered_at timestamp,
        user_id uuid static,
        checkout_id uuid static,
        idempotency_key text static,
        fingerprint text static,
        status text static,
        sequence int static,
        lines text static,
        total bigint static,
        created_at timestamp static,
        updated_at timestamp static,
        next_at timestamp static,
        rested_at timestamp static,
        delivery_time bigint static,
        traceparent text static,
        instance text static,
        lease_owner text static,
        lease_until timestamp static,
        answer_status int static,
        answer_body text static,
        answer_until timestamp static,
        inserted_by uuid static,
        operations map<int, uuid> static,
        PRIMARY KEY (id, change, kind)
      ) WITH speculative_retry = '50ms';

      -- What is to be looked at when: written before the change that needs it, proved on the order.
      CREATE TABLE IF NOT EXISTS hints (
        kind text,
        bucket bigint,
        shard int,
        at timestamp,
        order_id uuid,
        sequence int,
        PRIMARY KEY ((kind, bucket, shard), at, order_id, sequence)
      ) WITH compaction = {
          'class': 'TimeWindowCompactionStrategy',
          'compaction_window_unit': 'DAYS',
          'compaction_window_size': 1
        }
        AND gc_grace_seconds = 10800
        AND speculative_retry = '50ms';

      CREATE TABLE IF NOT EXISTS marks (name text PRIMARY KEY, at timestamp);

      CREATE TABLE IF NOT EXISTS orders_by_user (
        user_id uuid,
        month int,
        created_at timestamp,
        order_id uuid,
        rested_at timestamp,
        PRIMARY KEY ((user_id, month), created_at, order_id)
      ) WITH CLUSTERING ORDER BY (created_at DESC, order_id DESC)
        AND speculative_retry = '50ms';

      CREATE TABLE IF NOT EXISTS orders_by_day (
        day int,
        shard int,
        created_at timestamp,
        order_id uuid,
        rested_at timestamp,
        PRIMARY KEY ((day, shard), created_at, order_id)
      ) WITH CLUSTERING ORDER BY (created_at DESC, order_id DESC)
        AND speculative_retry = '50ms';

      -- The row of the nil UUID holds the total; the others say what each order counts for in it.
      CREATE TABLE IF NOT EXISTS spending (
        user_id uuid,
        order_id uuid,
        total bigint,
        revision uuid,
        since timestamp,
        sequence int,
        counted bigint,
        PRIMARY KEY (user_id, order_id)
      ) WITH speculative_retry = '50ms';
    `,
  },
  {
    version: 2,
    name: 'expected totals, orders begun again',
    cql: `
      ALTER TABLE orders ADD IF NOT EXISTS expected_total bigint static;
      ALTER TABLE orders ADD IF NOT EXISTS reservation_id uuid static;
    `,
  },
  {
    version: 3,
    name: 'days that have orders',
    cql: `
      -- The partitions of orders_by_day that are not empty, 400 days together.
      CREATE TABLE IF NOT EXISTS order_days (
        block int,
        day int,
        shard int,
        PRIMARY KEY (block, day, shard)
      ) WITH CLUSTERING ORDER BY (day DESC, shard ASC)
        AND speculative_retry = '50ms';
    `,
  },
  {
    version: 4,
    name: 'reservations to forget',
    cql: `
      -- By the change of state that ended it: when the catalog may forget it, and its id.
      ALTER TABLE orders ADD IF NOT EXISTS ended map<int, text> static;
    `,
  },
]
