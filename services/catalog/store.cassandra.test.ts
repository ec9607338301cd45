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
import { productEntry } from './store.cassandra.statements.ts'
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
    const keyspace = await openKeyspace(place.options)
    const rows = keyspace.read<
      [],
      { state: string | null; category: string | null; entry: string }
    >('SELECT entry, state, category FROM products', 'list_rows', { maxRows: 10_000 })
    const notes = keyspace.read<[], object>('SELECT attempt FROM attempts', 'list_notes', {
      maxRows: 10_000,
    })
    const store = await openCassandraStore(keyspace)
    return {
      store,
      async kept() {
        const lines = (await rows.all()).filter(({ entry, state, category }) =>
          // Edits leave rows of their own, which have neither.
          entry === productEntry ? category === null : state !== null,
        )
        return { lines: lines.length, notes: (await notes.all()).length }
      },
      close: store.close,
    }
  })
})
