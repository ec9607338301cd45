/** The tables of the catalog on Cassandra, in numbered steps; a released step never changes. */
import type { CassandraMigration } from '../../core/cassandra/migrations.ts'

// A coordinator that waits for a paused replica asks another one after 50 ms. Cassandra's own measure,
// the 99th percentile of the table, is beyond our patience for as long as a node is cold.
export const migrations: readonly CassandraMigration[] = [
  {
    version: 1,
    name: 'products, reservations, listings, categories, seeds',
    cql: `
      -- One partition per product: the row of the nil UUID is the product with its stock, the others
      -- are the lines of orders. One row changes with every sale, hence the levels.
      CREATE TABLE IF NOT EXISTS products (
        id uuid,
        entry uuid,
        name text,
        price bigint,
        category text,
        description text,
        manufacturer text,
        deleted boolean,
        version int,
        stocked bigint,
        available bigint,
        reserved bigint,
        sold bigint,
        revision uuid,
        state text,
        quantity int,
        attempt uuid,
        operation uuid,
        PRIMARY KEY (id, entry)
      ) WITH compaction = { 'class': 'LeveledCompactionStrategy' }
        AND speculative_retry = '50ms';

      -- Which lines were asked for in the name of an order; written before any product is touched. An
      -- order's calls come within minutes and end together, so whole days of them go at once.
      CREATE TABLE IF NOT EXISTS attempts (
        order_id uuid,
        attempt uuid,
        lines text,
        ended boolean,
        PRIMARY KEY (order_id, attempt)
      ) WITH compaction = {
          'class': 'TimeWindowCompactionStrategy',
          'compaction_window_unit': 'DAYS',
          'compaction_window_size': 1
        }
        AND gc_grace_seconds = 10800
        AND speculative_retry = '50ms';

      -- The ids are text, for Cassandra sorts UUIDs by their version first.
      CREATE TABLE IF NOT EXISTS products_by_category (
        category text,
        shard int,
        id text,
        name text,
        price bigint,
        version int,
        listed boolean,
        changing int,
        PRIMARY KEY ((category, shard), id)
      ) WITH speculative_retry = '50ms';

      -- All in one partition: there are few, they are read together, and often raised together.
      CREATE TABLE IF NOT EXISTS categories (
        shop text,
        category text,
        version int,
        operations map<int, uuid>,
        PRIMARY KEY (shop, category)
      ) WITH speculative_retry = '50ms';

      CREATE TABLE IF NOT EXISTS seeds (
        name text PRIMARY KEY,
        done int,
        owner uuid,
        lease_until timestamp
      ) WITH speculative_retry = '50ms';
    `,
  },
  {
    version: 2,
    name: 'attempts are dropped with their order',
    cql: `
      -- Rows go when their order is forgotten and no longer by days, so windows of time would keep them.
      ALTER TABLE attempts
        WITH compaction = { 'class': 'LeveledCompactionStrategy' };
    `,
  },
]
