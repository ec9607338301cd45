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
import { migrations, openCassandraOrderStore } from './store.cassandra.ts'
import { orderStoreConformance } from './store.conformance.ts'

const tables = [
  'orders',
  'hints',
  'marks',
  'orders_by_user',
  'orders_by_day',
  'order_days',
  'spending',
]

describe.skipIf(!hasCassandra)('on one node', () => {
  let place: TestKeyspace

  beforeAll(async () => {
    place = await testKeyspace(migrations)
  }, 120_000)
  afterAll(() => place?.remove(), 120_000)

  orderStoreConformance('Cassandra', async (clock) => {
    await emptyTables(place.options.keyspace, tables)
    const keyspace = await openKeyspace(place.options)
    return openCassandraOrderStore({ keyspace, clock, longestLife: millis(86_400_000) })
  })
})
