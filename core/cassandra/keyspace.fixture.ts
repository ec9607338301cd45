/**
 * Keyspaces for tests, on the node whose address stands in CASSANDRA_TEST. `npm test` starts one node
 * for all files named `*.cassandra.test.ts` and sets it; by hand, any running node will do.
 */
import { types } from 'cassandra-driver'
import { createLogger } from '../logging/logger.ts'
import { createClient } from './client.ts'
import { openKeyspace, type Keyspace, type KeyspaceOptions } from './keyspace.ts'
import type { Timeouts } from './statement.ts'
import type { CassandraMigration } from './migrations.ts'

const address = process.env['CASSANDRA_TEST'] ?? ''

/** False where there is no node; then `describe.skipIf(!hasCassandra)` leaves the tests out. */
export const hasCassandra = address !== ''

if (!hasCassandra && process.env['CI'] === 'true') {
  throw new Error('CASSANDRA_TEST is not set: npm test starts a node and sets it.')
}

/** A busy machine is several times slower than the times that the shop allows. */
export const patientTimeouts: Timeouts = { read: 10_000, write: 10_000, conditional: 15_000 }

const log = createLogger({ service: 'test', level: 'error' })

const cluster = { contactPoints: address.split(','), datacenter: 'datacenter1', credentials: null }

const silentTest = { log, replication: 1, service: 'test', timeouts: patientTimeouts }

let made = 0

/** Names that no other file, run or process uses. */
const freshKeyspaceName = (): string => `test_${process.pid}_${Date.now().toString(36)}_${++made}`

export interface TestKeyspace {
  readonly keyspace: Keyspace
  /** What another copy of the same service opens it with. */
  readonly options: KeyspaceOptions
  /** Closes it and drops all its data. */
  remove(): Promise<void>
}

/** How a keyspace of a fresh name is opened on the test's node. */
export const keyspaceOptions = (
  migrations: readonly CassandraMigration[],
  more: Partial<KeyspaceOptions> = {},
): KeyspaceOptions => ({
  ...cluster,
  ...silentTest,
  keyspace: freshKeyspaceName(),
  migrations,
  ...more,
})

/** A fresh, migrated keyspace; `remove` it when the file is done. */
export async function testKeyspace(
  migrations: readonly CassandraMigration[],
  more: Partial<KeyspaceOptions> = {},
): Promise<TestKeyspace> {
  const options = keyspaceOptions(migrations, more)
  const keyspace = await openKeyspace(options)
  return {
    keyspace,
    options,
    async remove() {
      await keyspace.close()
      await dropKeyspace(options.keyspace)
    },
  }
}

/** Removes a keyspace with all its data. */
export async function dropKeyspace(name: string): Promise<void> {
  const client = createClient(cluster)
  try {
    const options = { prepare: false, readTimeout: 60_000, consistency: types.consistencies.one }
    await client.execute(`DROP KEYSPACE IF EXISTS ${name}`, [], options)
  } finally {
    await client.shutdown()
  }
}

/** Empties tables, for a fresh start of each test in a fraction of the time that a keyspace takes. */
export async function emptyTables(keyspace: string, tables: readonly string[]): Promise<void> {
  const client = createClient(cluster)
  try {
    const options = { prepare: false, readTimeout: 60_000, consistency: types.consistencies.all }
    for (const table of tables) await client.execute(`TRUNCATE ${keyspace}.${table}`, [], options)
  } finally {
    await client.shutdown()
  }
}
