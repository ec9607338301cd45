/**
 * Numbered schema changes of a keyspace, each applied once, by whichever copy of the service holds
 * the lease. CQL has no transactions over schema changes, so every statement says `IF [NOT] EXISTS`:
 * a step that a crash cut short is simply run again.
 */
import { types, type Client, type QueryOptions } from 'cassandra-driver'
import { v5, v7 } from 'uuid'
import {
  migrationFailed,
  refuseForeign,
  requireConsecutive,
  type Numbered,
} from '../migrations/numbering.ts'
import type { Logger } from '../logging/logger.ts'
import type { Clock } from '../values/time.ts'
import { isUnreachable } from './failure.ts'
import { pause } from '../resilience/pause.ts'

export interface CassandraMigration extends Numbered {
  /** Statements between semicolons, each with `IF NOT EXISTS` or `IF EXISTS`. */
  readonly cql: string
}

export interface MigrateOptions {
  readonly client: Client
  readonly service: string
  readonly keyspace: string
  readonly datacenter: string
  readonly replication: number
  readonly migrations: readonly CassandraMigration[]
  readonly log: Logger
  readonly clock: Clock
}

/** Seconds that a lease lasts; it is renewed before each statement, which may take 25 s at most. */
const leaseSeconds = 60
const schemaTimeout = 25_000

/** Milliseconds between two looks at what another copy is doing. */
const waitInterval = 200

const ddl: QueryOptions = { prepare: false, readTimeout: schemaTimeout, isIdempotent: false }
const serial: QueryOptions = {
  prepare: false,
  readTimeout: 5000,
  isIdempotent: false,
  consistency: types.consistencies.localSerial,
}
const conditional: QueryOptions = {
  prepare: false,
  readTimeout: 5000,
  isIdempotent: false,
  consistency: types.consistencies.localQuorum,
  serialConsistency: types.consistencies.localSerial,
}

/**
 * Brings the keyspace up to the last of `migrations`, making it where there is none.
 *
 * @throws Error in one sentence when a newer or another build wrote it, or when a step fails
 */
export async function migrateKeyspace(options: MigrateOptions): Promise<void> {
  const { migrations, keyspace, service } = options
  requireConsecutive(migrations)
  for (const migration of migrations) requireRepeatable(migration)
  const label = `${service} keyspace ${keyspace}`
  await makeKeyspace(options)
  const owner = v7()
  try {
    await applyPending(options, owner, label)
  } finally {
    // Also after a failure: the next start need not wait until the lease lapses.
    await release(options, owner)
  }
}

async function applyPending(options: MigrateOptions, owner: string, label: string): Promise<void> {
  const { migrations, keyspace, log } = options
  let waited = false
  for (;;) {
    const applied = await appliedVersions(options)
    refuseForeign(applied, migrations, label)
    const next = migrations[applied.size]
    if (next === undefined) return
    try {
      if (await lease(options, owner)) {
        // Another copy may have come this far between the look and the lease.
        const { size } = await appliedVersions(options)
        if (size === applied.size) await apply(options, next, owner, label)
        continue
      }
      if (!waited) log.info({ keyspace }, 'another copy migrates the keyspace: waiting for it')
      waited = true
    } catch (error) {
      // Contended or slow: what came of it shows in the next look.
      if (!isUnsettled(error)) throw error
    }
    await pause(waitInterval * (0.5 + Math.random()))
  }
}

/**
 * Copies that start together may all come here, through different nodes. A keyspace has no id, and
 * the table's is given: left to the nodes, two of them would draw two ids for one name, and the
 * cluster would not agree on its schema again.
 */
async function makeKeyspace(options: MigrateOptions): Promise<void> {
  const { client, keyspace, datacenter, replication } = options
  const table = `${keyspace}.schema_migrations`
  const known = await settled(
    () =>
      client.execute(
        'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?',
        [keyspace, 'schema_migrations'],
        { prepare: true, readTimeout: 5000 },
      ),
    schemaTimeout,
  )
  if (known.rows.length === 1) return
  const id = v5(table, namespace)
  const statements = [
    `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', '${datacenter}': ${replication}}`,
    // The lease lies in the partition of the steps, so that one conditional batch can look at it.
    `CREATE TABLE IF NOT EXISTS ${table} (
      line text, version int, name text, applied_at timestamp, owner text static,
      PRIMARY KEY (line, version)) WITH ID = ${id}`,
  ]
  // All services come here at once when the cluster is new, and it makes one change at a time.
  for (const cql of statements) await settled(() => change(client, cql), 4 * schemaTimeout)
}

const namespace = 'b3c7f4de-0f0c-5a41-8a5e-5f3d2f1e7a90'

/** Runs a schema change and waits until all nodes have it. */
async function change(client: Client, cql: string): Promise<void> {
  await client.execute(cql, [], ddl)
  // The driver waits only where the statement changed something; what another copy has just changed
  // it takes for agreed. And its types do not have this.
  const metadata = client.metadata as unknown as { checkSchemaAgreement(): Promise<boolean> }
  const end = Date.now() + schemaTimeout
  // The driver's own wait is over after 10 s; a node that comes back may need longer.
  while (!(await metadata.checkSchemaAgreement())) {
    if (Date.now() > end)
      throw new Error('the nodes do not agree on the schema; is one of them down?')
    await pause(waitInterval)
  }
}

function appliedVersions({ client, keyspace }: MigrateOptions): Promise<Map<number, string>> {
  return settled(async () => {
    const { rows } = await client.execute(
      `SELECT version, name FROM ${keyspace}.schema_migrations WHERE line = 'main'`,
      [],
      serial,
    )
    // The lease alone is a row without a version.
    const steps = rows.filter((row) => row['version'] !== null)
    return new Map(steps.map((row) => [row['version'] as number, row['name'] as string]))
  }, schemaTimeout)
}

/** Does again what can be repeated, while nobody knows what came of it; `limit` in milliseconds. */
async function settled<T>(attempt: () => Promise<T>, limit: number): Promise<T> {
  const end = Date.now() + limit
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!isUnsettled(error) || Date.now() > end) throw error
      await pause(waitInterval)
    }
  }
}

/** Takes or renews the lease; false while another copy has it. */
async function lease({ client, keyspace }: MigrateOptions, owner: string): Promise<boolean> {
  const set = `UPDATE ${keyspace}.schema_migrations USING TTL ${leaseSeconds} SET owner = '${owner}' WHERE line = 'main'`
  for (const condition of [`owner = null`, `owner = '${owner}'`]) {
    const result = await client.execute(`${set} IF ${condition}`, [], conditional)
    if (result.wasApplied()) return true
  }
  return false
}

async function release({ client, keyspace }: MigrateOptions, owner: string): Promise<void> {
  try {
    await client.execute(
      `DELETE owner FROM ${keyspace}.schema_migrations WHERE line = 'main' IF owner = '${owner}'`,
      [],
      conditional,
    )
  } catch {
    // It lapses by itself.
  }
}

async function apply(
  options: MigrateOptions,
  migration: CassandraMigration,
  owner: string,
  label: string,
): Promise<void> {
  const { client, keyspace, clock, log } = options
  try {
    for (const statement of statementsOf(migration)) {
      if (!(await lease(options, owner))) return
      await change(client, qualified(statement, keyspace))
    }
  } catch (error) {
    if (isUnsettled(error)) throw error
    throw migrationFailed(migration, label, error)
  }
  const { version, name } = migration
  const recorded = await client.batch(
    [
      {
        query: `UPDATE ${keyspace}.schema_migrations USING TTL ${leaseSeconds} SET owner = ? WHERE line = 'main' IF owner = ?`,
        params: [owner, owner],
      },
      {
        query: `INSERT INTO ${keyspace}.schema_migrations (line, version, name, applied_at) VALUES ('main', ?, ?, ?)`,
        params: [version, name, clock.now()],
      },
    ],
    { ...conditional, prepare: true, logged: false },
  )
  if (recorded.wasApplied()) log.info({ keyspace, version, migration: name }, 'migration applied')
}

const statementsOf = ({ cql }: CassandraMigration): readonly string[] =>
  cql
    .replace(/^\s*--.*$/gm, '')
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each !== '')

/** The table or index as every statement names it after its `EXISTS`, and the table of an index or of ALTER. */
const named =
  /^((?:CREATE|DROP) TABLE IF (?:NOT )?EXISTS|ALTER TABLE|CREATE (?:CUSTOM )?INDEX IF NOT EXISTS \w+ ON|DROP INDEX IF EXISTS)\s+(\w+)/i

const qualified = (statement: string, keyspace: string): string =>
  statement.replace(named, (_, head: string, name: string) => `${head} ${keyspace}.${name}`)

function requireRepeatable(migration: CassandraMigration): void {
  for (const statement of statementsOf(migration)) {
    const isRepeatable =
      /^ALTER TABLE\b.*\bWITH\b/is.test(statement) || /\bIF (NOT )?EXISTS\b/i.test(statement)
    if (isRepeatable && named.test(statement)) continue
    throw new Error(
      `Migration ${migration.version} '${migration.name}' has a statement that cannot be repeated after a crash: "${statement.split('\n')[0]}". Write it with IF NOT EXISTS or IF EXISTS.`,
    )
  }
}

/**
 * A timeout or a lost race between coordinators, as opposed to a wrong statement. Another copy may
 * have made the keyspace or the table a moment ago, and this coordinator, or one of the replicas that it
 * asks, not have heard of it yet.
 */
const isUnsettled = (error: unknown): boolean =>
  isUnreachable(error) ||
  /timed out|timeout|Server failure during|Socket was closed|(schema_migrations|keyspace '?\w+'?) (does not|doesn't) exist|Unknown CF|Couldn't find table/i.test(
    String(error),
  )
