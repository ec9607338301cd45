/** The SQLite store against the suite, and what is SQLite's own: it survives being opened again. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { orderStoreConformance } from './store.conformance.ts'
import { openSqliteOrderStore } from './store.sqlite.ts'

orderStoreConformance('SQLite', async (clock) =>
  openSqliteOrderStore({ path: join(mkdtempSync(join(tmpdir(), 'order-')), 'order.db'), clock }),
)
