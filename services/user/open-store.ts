/** Opens the store that STORE names, for the service and for commands beside it. */
import type { OpenStore } from '../../core/lifecycle/store.ts'
import type { Eventually } from '../../core/values/eventually.ts'
import type { Clock } from '../../core/values/time.ts'
import { openSqliteUserStore } from './store.sqlite.ts'
import type { UserStore } from './store.ts'

export const openUserStore = (openStore: OpenStore, clock: Clock): Eventually<UserStore> =>
  openStore<UserStore>({
    sqlite: openSqliteUserStore,
    async cassandra(open) {
      const { migrations, openCassandraUserStore } = await import('./store.cassandra.ts')
      return openCassandraUserStore({ keyspace: await open(migrations), clock })
    },
  })
