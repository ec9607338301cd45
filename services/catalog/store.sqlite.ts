/** The catalog's store in one SQLite file, which one process owns. */
import { openDatabase, type Database, type DatabaseOptions } from '../../core/sqlite/database.ts'
import { systemClock, type Clock } from '../../core/values/time.ts'
import type { CatalogStore } from './store.ts'
import { migrations } from './migrations.sqlite.ts'
import { sqliteProducts } from './store.sqlite.products.ts'
import { sqliteStock } from './store.sqlite.stock.ts'

/** Opens (or creates) the file and brings its schema up to date. */
export const openSqliteStore = (
  options: Pick<DatabaseOptions, 'path' | 'clock' | 'observe'>,
): CatalogStore => sqliteStore(openDatabase({ ...options, migrations, service: 'catalog' }))

/** The store on an open database that has the catalog's schema. */
export const sqliteStore = (db: Database, clock: Clock = systemClock): CatalogStore => ({
  ...sqliteProducts(db),
  ...sqliteStock(db, clock),
  check: () => db.check(),
  close: () => db.close(),
})
