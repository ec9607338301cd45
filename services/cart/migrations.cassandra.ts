/** The tables of the cart service on Cassandra, in numbered steps; a released step never changes. */
import type { CassandraMigration } from '../../core/cassandra/migrations.ts'

// A coordinator that waits for a paused replica asks another one after 50 ms. Cassandra's own measure,
// the 99th percentile of the table, is beyond our patience for as long as a node is cold.
export const migrations: readonly CassandraMigration[] = [
  {
    version: 1,
    name: 'carts, hints, views',
    cql: `
      -- One partition per user, in rows of four kinds: 'cart' with lines and open checkout, which
      -- sorts first; 'checkout' with its answer; 'key' with the checkout that answered it;
      -- 'operation' for a change that was made a short while ago.
      CREATE TABLE IF NOT EXISTS carts (
        user_id uuid,
        kind text,
        name text,
        revision uuid,
        lines text,
        updated_at timestamp,
        used_at timestamp,
        checkout_id uuid,
        checkout text,
        attempt int,
        attempted_at timestamp,
        fingerprint text,
        status int,
        body text,
        answered_by uuid,
        expires_at timestamp,
        PRIMARY KEY (user_id, kind, name)
      ) WITH speculative_retry = '50ms';

      -- Open checkouts, each as its user and its id with a slash between them: written before the
      -- checkout is opened or claimed, proved on the cart.
      CREATE TABLE IF NOT EXISTS hints (
        kind text,
        bucket bigint,
        shard int,
        at timestamp,
        checkout text,
        sequence int,
        PRIMARY KEY ((kind, bucket, shard), at, checkout, sequence)
      ) WITH compaction = {
          'class': 'TimeWindowCompactionStrategy',
          'compaction_window_unit': 'DAYS',
          'compaction_window_size': 1
        }
        AND gc_grace_seconds = 10800
        AND speculative_retry = '50ms';

      CREATE TABLE IF NOT EXISTS marks (
        name text PRIMARY KEY,
        at timestamp
      ) WITH speculative_retry = '50ms';

      -- All of a user's in one cell: a row for each would leave a tombstone with every view.
      CREATE TABLE IF NOT EXISTS recent_views (
        user_id uuid PRIMARY KEY,
        views text
      ) WITH speculative_retry = '50ms';
    `,
  },
]
