/** The Cassandra store against the suite, on one node. */
import { afterAll, beforeAll, describe } from 'bun:test'
import { openKeyspace } from '../../core/cassandra/keyspace.ts'
import {
  emptyTables,
  hasCassandra,
  testKeyspace,
  type TestKeyspace,
} from '../../core/cassandra/keyspace.fixture.ts'
import { migrations, openCassandraUserStore } from './store.cassandra.ts'
import { userStoreConformance } from './store.conformance.ts'

const tables = [
  'usernames',
  'accounts',
  'session_owners',
  'endings',
  'feeds',
  'feed_buckets',
  'notifications',
  'guesses',
]

describe.skipIf(!hasCassandra)('on one node', () => {
  let place: TestKeyspace

  beforeAll(async () => {
    place = await testKeyspace(migrations)
  }, 120_000)
  afterAll(() => place?.remove(), 120_000)

  userStoreConformance('Cassandra', async (clock) => {
    await emptyTables(place.options.keyspace, tables)
    const keyspace = await openKeyspace(place.options)
    // Small partitions, so that the feeds go from one to the next.
    return openCassandraUserStore({ keyspace, clock, feedBucketSize: 3 })
  })
})
