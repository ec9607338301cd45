/** The SQLite store against the suite, and what is SQLite's own: it survives being opened again. */
import { join } from 'node:path'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { orderStoreConformance } from './store.conformance.ts'
import { openSqliteOrderStore } from './store.sqlite.ts'

orderStoreConformance('SQLite', async (clock) =>
  openSqliteOrderStore({ path: join(temporaryFolder('order'), 'order.db'), clock }),
)
