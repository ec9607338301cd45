/** The Cassandra store against the suite, on one node. */
import { afterAll, beforeAll, describe } from 'bun:test'
import { openKeyspace } from '../../core/cassandra/keyspace.ts'
import {
  emptyTables,
  hasCassandra,
  testKeyspace,
  type TestKeyspace,
} from '../../core/cassandra/keyspace.fixture.ts'
import { millis } from '../../core/values/time.ts'
import { migrations, openCassandraCartStore } from './store.cassandra.ts'
import { cartStoreConformance } from './store.conformance.ts'

const tables = ['carts', 'hints', 'marks', 'recent_views']
const life = millis(7 * 86_400_000)

describe.skipIf(!hasCassandra)('on one node', () => {
  let place: TestKeyspace

  beforeAll(async () => {
    place = await testKeyspace(migrations)
  }, 120_000)
  afterAll(() => place?.remove(), 120_000)

  cartStoreConformance(
    'Cassandra',
    async (clock) => {
      await emptyTables(place.options.keyspace, tables)
      const keyspace = await openKeyspace(place.options)
      return openCassandraCartStore({ keyspace, clock, life })
    },
    'lapses',
  )
})
