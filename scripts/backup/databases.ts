/** The SQLite files of a data folder, one for each service. */
import { join } from 'node:path'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { migrations as cartMigrations } from '../../services/cart/migrations.sqlite.ts'
import { migrations as catalogMigrations } from '../../services/catalog/migrations.sqlite.ts'
import { migrations as orderMigrations } from '../../services/order/migrations.sqlite.ts'
import { migrations as userMigrations } from '../../services/user/migrations.sqlite.ts'

/** Where a service keeps its data. */
export const databaseFile = (dataDir: string, service: ServiceName): string =>
  join(dataDir, service, `${service}.db`)

/** All of them, always in this order: locks are taken in it. */
export const databaseFiles = (dataDir: string) =>
  serviceNames.map((service) => ({ service, file: databaseFile(dataDir, service) }))

/** The newest schema that this build can read. */
export const schemaVersions: Readonly<Record<ServiceName, number>> = {
  catalog: catalogMigrations.length,
  cart: cartMigrations.length,
  order: orderMigrations.length,
  user: userMigrations.length,
}
