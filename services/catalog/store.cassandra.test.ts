/** The Cassandra store against the suite, on one node. */
import { afterAll, beforeAll, describe } from 'bun:test'
import { openKeyspace } from '../../core/cassandra/keyspace.ts'
import {
  emptyTables,
  hasCassandra,
  testKeyspace,
  type TestKeyspace,
} from '../../core/cassandra/keyspace.fixture.ts'
import { migrations, openCassandraStore } from './store.cassandra.ts'
import { catalogStoreConformance } from './store.conformance.ts'

const tables = ['products', 'attempts', 'products_by_category', 'categories', 'seeds']

describe.skipIf(!hasCassandra)('on one node', () => {
  let place: TestKeyspace

  beforeAll(async () => {
    place = await testKeyspace(migrations)
  }, 120_000)
  afterAll(() => place?.remove(), 120_000)

  catalogStoreConformance(async () => {
    await emptyTables(place.options.keyspace, tables)
    const store = await openCassandraStore(await openKeyspace(place.options))
    return { store, close: store.close }
  })
})
