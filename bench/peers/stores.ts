/** The stores of all four services in one process, opened as each service opens its own. */
import { commonSettings } from '../../core/config/common.ts'
import { loadConfig } from '../../core/config/config.ts'
import { storeOpener, type OpenStore } from '../../core/lifecycle/store.ts'
import { createLogger } from '../../core/logging/logger.ts'
import { createMetrics } from '../../core/metrics/metrics.ts'
import { nothingObserved } from '../../core/metrics/store-metrics.ts'
import type { ServiceName } from '../../core/values/service-name.ts'
import { millis, type Clock } from '../../core/values/time.ts'
import { openSqliteCartStore } from '../../services/cart/store.sqlite.ts'
import type { CartStore } from '../../services/cart/store.ts'
import { openCatalogStore } from '../../services/catalog/open-store.ts'
import type { CatalogStore } from '../../services/catalog/store.ts'
import { openSqliteOrderStore } from '../../services/order/store.sqlite.ts'
import type { OrderStore } from '../../services/order/store.ts'
import { openSqliteUserStore } from '../../services/user/store.sqlite.ts'
import type { UserStore } from '../../services/user/store.ts'

export interface Stores {
  readonly catalog: CatalogStore
  readonly carts: CartStore
  readonly orders: OrderStore
  readonly users: UserStore
}

/** Longer than any run. */
const life = millis(86_400_000)

/** STORE and the settings of a cluster come from the environment. */
export async function openStores(directory: string, clock: Clock): Promise<Stores> {
  const config = loadConfig(commonSettings, { ...process.env, DATA_DIR: directory })
  const openerOf = (name: ServiceName): OpenStore =>
    storeOpener({
      ...{ name, config, directory, clock },
      metrics: createMetrics(name),
      observe: () => nothingObserved,
      log: createLogger({ service: name, level: 'warn' }),
    })
  const carts = openerOf('cart')<CartStore>({
    sqlite: (place) => openSqliteCartStore({ ...place, clock }),
    async cassandra(open) {
      const store = await import('../../services/cart/store.cassandra.ts')
      const keyspace = await open(store.migrations)
      return store.openCassandraCartStore({ keyspace, clock, life })
    },
  })
  const orders = openerOf('order')<OrderStore>({
    sqlite: (place) => openSqliteOrderStore({ ...place, clock }),
    async cassandra(open) {
      const store = await import('../../services/order/store.cassandra.ts')
      const keyspace = await open(store.migrations)
      return store.openCassandraOrderStore({ keyspace, clock, longestLife: life })
    },
  })
  const users = openerOf('user')<UserStore>({
    sqlite: openSqliteUserStore,
    async cassandra(open) {
      const store = await import('../../services/user/store.cassandra.ts')
      return store.openCassandraUserStore({ keyspace: await open(store.migrations), clock })
    },
  })
  return {
    catalog: await openCatalogStore(openerOf('catalog'), clock),
    carts: await carts,
    orders: await orders,
    users: await users,
  }
}
