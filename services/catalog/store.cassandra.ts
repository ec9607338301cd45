/**
 * The catalog on Cassandra: each product in a partition of its own, with its stock and the lines of the
 * orders that hold some of it, changed by one conditional batch at a time.
 */
import type { Keyspace } from '../../core/cassandra/keyspace.ts'
import { systemClock, type Clock } from '../../core/values/time.ts'
import { createCategories } from './store.cassandra.categories.ts'
import { createListing } from './store.cassandra.listing.ts'
import { createPartitions } from './store.cassandra.partition.ts'
import { createProducts } from './store.cassandra.products.ts'
import { createSeeding } from './store.cassandra.seeding.ts'
import { declareStatements } from './store.cassandra.statements.ts'
import { createStock } from './store.cassandra.stock.ts'
import { createStockCheck } from './store.cassandra.sums.ts'
import type { CatalogStore } from './store.ts'

export { migrations } from './migrations.cassandra.ts'

export async function openCassandraStore(
  keyspace: Keyspace,
  clock: Clock = systemClock,
): Promise<CatalogStore> {
  const sql = declareStatements(keyspace)
  await keyspace.prepare()
  const categories = createCategories(sql)
  const listing = createListing(sql, (id) => partitions.read(id))
  const partitions = createPartitions(sql, listing, clock)
  return {
    ...createProducts(partitions, listing, categories),
    ...createSeeding(sql, categories),
    ...createStock(sql, partitions, clock),
    stockViolations: createStockCheck(sql),
    check: keyspace.check,
    close: keyspace.close,
  }
}
