/** Opens the store that STORE names, for the service and for commands beside it. */
import type { OpenStore } from '../../core/lifecycle/store.ts'
import type { Eventually } from '../../core/values/eventually.ts'
import type { Clock } from '../../core/values/time.ts'
import { openSqliteStore } from './store.sqlite.ts'
import type { CatalogStore } from './store.ts'

export const openCatalogStore = (openStore: OpenStore, clock: Clock): Eventually<CatalogStore> =>
  openStore<CatalogStore>({
    sqlite: (place) => openSqliteStore({ ...place, clock }),
    async cassandra(open) {
      const { migrations, openCassandraStore } = await import('./store.cassandra.ts')
      return openCassandraStore(await open(migrations), clock)
    },
  })
