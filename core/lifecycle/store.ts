/** Opens the store of a service, embedded or clustered, with what both need: place, metrics, log. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CassandraMigration } from '../cassandra/migrations.ts'
import type { Keyspace } from '../cassandra/keyspace.ts'
import type { CommonConfig } from '../config/common.ts'
import type { Logger } from '../logging/logger.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { StoreObserver } from '../metrics/store-metrics.ts'
import { whenUnlocked } from '../sqlite/database.ts'
import type { Eventually } from '../values/eventually.ts'
import type { ServiceName } from '../values/service-name.ts'
import type { Clock } from '../values/time.ts'

/** Where an embedded store lies and who listens to it; goes into `openDatabase`. */
export interface SqlitePlace {
  readonly path: string
  readonly observe: StoreObserver
}

/** Opens the service's keyspace, migrated; the store declares its statements and calls `prepare`. */
export type OpenServiceKeyspace = (migrations: readonly CassandraMigration[]) => Promise<Keyspace>

export interface StoreChoice<Store> {
  readonly sqlite: (place: SqlitePlace) => Store
  /** Imports its store itself, so that a process on SQLite never loads the driver. */
  readonly cassandra: (open: OpenServiceKeyspace) => Promise<Store>
}

export type OpenStore = <Store>(choice: StoreChoice<Store>) => Eventually<Store>

/** Makes the one listener to the store that is opened. */
export type ObserveStore = (system: 'sqlite' | 'cassandra') => StoreObserver

export interface StoreOpenerOptions {
  readonly name: ServiceName
  readonly config: CommonConfig
  /** Folder of the service's own files. */
  readonly directory: string
  readonly metrics: Metrics
  readonly observe: ObserveStore
  /** What each statement for a cluster waits for first; see `KeyspaceOptions.before`. */
  readonly before?: () => Promise<void> | null
  readonly log: Logger
  readonly clock: Clock
}

export function storeOpener(options: StoreOpenerOptions): OpenStore {
  const { name, config, directory, observe, log } = options
  return ({ sqlite, cassandra }) => {
    if (config.STORE === 'sqlite') {
      const place = { path: join(directory, `${name}.db`), observe: observe('sqlite') }
      return whenUnlocked(
        () => sqlite(place),
        (err) => log.warn({ err }, 'another program holds the lock of the database: waiting'),
      )
    }
    return cassandra((migrations) => openServiceKeyspace(options, migrations))
  }
}

async function openServiceKeyspace(
  { name, config, metrics, observe, before, log, clock }: StoreOpenerOptions,
  migrations: readonly CassandraMigration[],
): Promise<Keyspace> {
  const { openKeyspace } = await import('../cassandra/keyspace.ts')
  const keyspace = await openKeyspace({
    service: name,
    keyspace: `${config.CASSANDRA_KEYSPACE_PREFIX}_${name}`,
    contactPoints: config.CASSANDRA_CONTACT_POINTS,
    datacenter: config.CASSANDRA_DATACENTER,
    replication: config.CASSANDRA_REPLICATION,
    credentials: credentialsOf(config),
    migrations,
    log,
    clock,
    observe: binder(observe('cassandra')),
    ...(before !== undefined && { before }),
  })
  metrics.gauge('cassandra_breaker_open', '1 while calls are refused because nobody answers', () =>
    keyspace.isOpen() ? 1 : 0,
  )
  metrics.gauge(
    'cassandra_nodes',
    'Nodes of the data center as they look from here',
    () => {
      const nodes = keyspace.nodes()
      return (['up', 'silent', 'down'] as const).map((state) => ({
        labels: { state },
        value: nodes.filter((node) => node.state === state).length,
      }))
    },
    ['state'],
  )
  return keyspace
}

function credentialsOf(config: CommonConfig) {
  const { CASSANDRA_USER: user, CASSANDRA_PASSWORD_FILE: file } = config
  if (user === '') return null
  const password = file === '' ? config.CASSANDRA_PASSWORD : readFileSync(file, 'utf8').trim()
  return { user, password }
}

/** Binds an operation of Cassandra when its statement is declared: its series exist from then on. */
const binder = (observe: StoreObserver) => (operation: string) => {
  observe.expect?.(operation)
  return (milliseconds: number): void => observe(operation, milliseconds)
}
