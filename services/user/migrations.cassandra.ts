/** The tables of the user service on Cassandra, in numbered steps; a released step never changes. */
import type { CassandraMigration } from '../../core/cassandra/migrations.ts'

// A coordinator that waits for a paused replica asks another one after 50 ms. Cassandra's own measure,
// the 99th percentile of the table, is beyond our patience for as long as a node is cold.
export const migrations: readonly CassandraMigration[] = [
  {
    version: 1,
    name: 'accounts, sessions, feeds, notifications, guesses',
    cql: `
      -- Whose a name is: written once, when the account behind it is complete, and never changed.
      CREATE TABLE IF NOT EXISTS usernames (name_key text PRIMARY KEY, user_id uuid)
        WITH speculative_retry = '50ms';

      -- A user: the account in static columns, sessions in rows. The row of the nil UUID is empty.
      CREATE TABLE IF NOT EXISTS accounts (
        id uuid,
        session_id uuid,
        name_key text static,
        username text static,
        full_name text static,
        phone text static,
        role text static,
        password_hash text static,
        created_at timestamp static,
        profile_revision uuid static,
        epoch int static,
        operations map<uuid, boolean> static,
        refresh_hash text,
        issued_at timestamp,
        expires_at timestamp,
        session_epoch int,
        ended_at timestamp,
        ended_by uuid,
        PRIMARY KEY (id, session_id)
      ) WITH speculative_retry = '50ms';

      -- Where a session lies: written before the session.
      CREATE TABLE IF NOT EXISTS session_owners (session_id uuid PRIMARY KEY, user_id uuid)
        WITH speculative_retry = '50ms';

      -- Ends of sessions that the feed may not know yet: written before them, dropped after the entry.
      CREATE TABLE IF NOT EXISTS endings (
        bucket bigint,
        at timestamp,
        operation uuid,
        user_id uuid,
        session_id uuid,
        PRIMARY KEY (bucket, at, operation)
      ) WITH compaction = {
          'class': 'TimeWindowCompactionStrategy',
          'compaction_window_unit': 'HOURS',
          'compaction_window_size': 1
        }
        AND gc_grace_seconds = 10800
        AND speculative_retry = '50ms';

      -- Logs that are only appended to, in buckets of positions; see store.cassandra.feed.ts. The head
      -- of a bucket lies before its first entry.
      CREATE TABLE IF NOT EXISTS feeds (
        name text,
        bucket bigint,
        position bigint,
        operation uuid,
        subject uuid,
        at timestamp,
        head bigint,
        opened_at timestamp,
        PRIMARY KEY ((name, bucket), position)
      ) WITH compaction = {
          'class': 'TimeWindowCompactionStrategy',
          'compaction_window_unit': 'HOURS',
          'compaction_window_size': 6
        }
        AND gc_grace_seconds = 10800
        AND speculative_retry = '50ms';

      CREATE TABLE IF NOT EXISTS feed_buckets (name text PRIMARY KEY, bucket bigint)
        WITH speculative_retry = '50ms';

      -- Rows with id 0 hold what came last: of an order its sequence, of the user (nil UUID) the id.
      CREATE TABLE IF NOT EXISTS notifications (
        user_id uuid,
        id bigint,
        order_id uuid,
        sequence int,
        status text,
        updated_at timestamp,
        operation uuid,
        last bigint,
        PRIMARY KEY (user_id, id, order_id)
      ) WITH gc_grace_seconds = 10800 AND speculative_retry = '50ms';

      CREATE TABLE IF NOT EXISTS guesses (
        subject text PRIMARY KEY,
        times frozen<list<timestamp>>,
        keep_until timestamp,
        revision uuid,
        operations map<uuid, boolean>
      ) WITH gc_grace_seconds = 10800 AND speculative_retry = '50ms';
    `,
  },
  {
    version: 2,
    name: 'open sessions of a user, the start of sessions, ends of all sessions, disabled users',
    cql: `
      ALTER TABLE accounts ADD IF NOT EXISTS disabled_at timestamp static;
      -- When each was used last; sessions of an earlier build come in when they are refreshed.
      ALTER TABLE accounts ADD IF NOT EXISTS open_sessions map<uuid, timestamp> static;
      ALTER TABLE accounts ADD IF NOT EXISTS started_at timestamp;

      -- With an epoch, the subject is a user of whom all sessions but one have ended.
      ALTER TABLE endings ADD IF NOT EXISTS epoch int;
      ALTER TABLE endings ADD IF NOT EXISTS keep uuid;
      ALTER TABLE feeds ADD IF NOT EXISTS epoch int;
      ALTER TABLE feeds ADD IF NOT EXISTS keep uuid;
    `,
  },
]
