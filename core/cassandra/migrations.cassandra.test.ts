/** Migrations of a keyspace: once each, whoever starts together, and never by the wrong build. */
import { afterEach, describe, expect, test } from 'bun:test'
import { errors, types } from 'cassandra-driver'
import { createClient } from './client.ts'
import { openKeyspace, type KeyspaceOptions } from './keyspace.ts'
import { dropKeyspace, hasCassandra, keyspaceOptions } from './keyspace.fixture.ts'
import { migrateKeyspace, type CassandraMigration } from './migrations.ts'

const first: CassandraMigration = {
  version: 1,
  name: 'first',
  cql: 'CREATE TABLE IF NOT EXISTS a (id int PRIMARY KEY); CREATE TABLE IF NOT EXISTS b (id int PRIMARY KEY)',
}
const second: CassandraMigration = {
  version: 2,
  name: 'second',
  cql: 'ALTER TABLE a ADD IF NOT EXISTS name text; ALTER TABLE b WITH gc_grace_seconds = 3600',
}

describe.skipIf(!hasCassandra)('migrations', () => {
  let options: KeyspaceOptions
  const fresh = (migrations: readonly CassandraMigration[]): KeyspaceOptions =>
    (options = keyspaceOptions(migrations))

  afterEach(() => dropKeyspace(options.keyspace), 120_000)

  /** Opens it and closes it again, as a copy of a service that starts and stops. */
  async function open(migrations: readonly CassandraMigration[]) {
    const keyspace = await openKeyspace({ ...options, migrations })
    await keyspace.close()
  }

  async function ask(cql: string) {
    const client = createClient(options)
    try {
      return (await client.execute(cql, [], { readTimeout: 30_000 })).rows
    } finally {
      await client.shutdown()
    }
  }
  const columns = async (table: string) => {
    const rows = await ask(
      `SELECT column_name FROM system_schema.columns WHERE keyspace_name = '${options.keyspace}' AND table_name = '${table}'`,
    )
    return rows.map((row) => String(row['column_name']))
  }

  test('are applied once each by five copies that start together', async () => {
    const migrations = [first, second]
    const { log, ...rest } = fresh(migrations)
    const lines: unknown[] = []
    const watched = Object.assign(Object.create(log) as typeof log, {
      info: (line: unknown, message: string) =>
        void (message === 'migration applied' && lines.push(line)),
    })
    const copies = Array.from({ length: 5 }, async () => {
      const client = createClient(rest)
      await client.connect()
      try {
        const clock = { now: () => Date.now() as never }
        await migrateKeyspace({ ...rest, client, log: watched, clock })
      } finally {
        await client.shutdown()
      }
    })
    await Promise.all(copies)
    expect(lines).toMatchObject([{ version: 1 }, { version: 2 }])
    expect(await columns('a')).toEqual(['id', 'name'])
    const rows = await ask(`SELECT version, name, owner FROM ${rest.keyspace}.schema_migrations`)
    expect(rows.map((row) => [row['version'], row['name'], row['owner']])).toEqual([
      [1, 'first', null],
      [2, 'second', null],
    ])
  }, 120_000)

  test('wait for a node that has not heard yet of what another copy has made', async () => {
    const { log, ...rest } = fresh([first])
    await open([])
    const client = createClient(rest)
    await client.connect()
    const { invalid, serverError } = types.responseErrorCodes
    const id = '267dca98-364a-57d5-b295-d8ddba89adcb'
    // Of a coordinator, of a replica that it asks, and of that one to a conditional write.
    const unheard: [number, string][] = [
      [invalid, 'table schema_migrations does not exist'],
      [serverError, `java.lang.IllegalArgumentException: Unknown CF ${id}`],
      [serverError, `Couldn't find table with id ${id}`],
    ]
    const behind = Object.assign(Object.create(client) as typeof client, {
      execute(query: string, ...others: readonly []) {
        const answer = query.includes(`FROM ${rest.keyspace}.`) ? unheard.shift() : undefined
        if (answer === undefined) return client.execute(query, ...others)
        return Promise.reject(new errors.ResponseError(...answer))
      },
    })
    try {
      const clock = { now: () => Date.now() as never }
      await migrateKeyspace({ ...rest, client: behind, log, clock })
    } finally {
      await client.shutdown()
    }
    expect(unheard).toEqual([])
    expect(await columns('b')).toEqual(['id'])
  }, 120_000)

  test('make the keyspace again when nobody knows whether it was made', async () => {
    const { log, ...rest } = fresh([first])
    const client = createClient(rest)
    await client.connect()
    const silent: string[] = []
    const late = Object.assign(Object.create(client) as typeof client, {
      async execute(query: string, ...others: readonly []) {
        const result = await client.execute(query, ...others)
        const isMade = /^CREATE (KEYSPACE|TABLE.*schema_migrations)/.exec(query)?.[1]
        if (isMade === undefined || silent.includes(isMade)) return result
        silent.push(isMade)
        throw new errors.OperationTimedOutError('The host did not reply before timeout 25000 ms')
      },
    })
    try {
      const clock = { now: () => Date.now() as never }
      await migrateKeyspace({ ...rest, client: late, log, clock })
    } finally {
      await client.shutdown()
    }
    expect(silent).toHaveLength(2)
    expect(await columns('b')).toEqual(['id'])
  }, 120_000)

  test('go on where an older build stopped, and do nothing when all is done', async () => {
    fresh([first])
    await open([first])
    expect(await columns('a')).toEqual(['id'])
    await open([first, second])
    await open([first, second])
    expect(await columns('a')).toEqual(['id', 'name'])
  }, 120_000)

  test('of a crashed copy are finished by the next one, when its lease has lapsed', async () => {
    fresh([first])
    await open([])
    await ask(
      `UPDATE ${options.keyspace}.schema_migrations USING TTL 2 SET owner = 'gone' WHERE line = 'main' IF owner = null`,
    )
    // Half of the step was done before the crash.
    await ask(`CREATE TABLE ${options.keyspace}.a (id int PRIMARY KEY)`)
    await open([first])
    expect(await columns('b')).toEqual(['id'])
  }, 120_000)

  test('are refused to an older build and to another line of builds', async () => {
    fresh([first, second])
    await open([first, second])
    await expect(open([first])).rejects.toThrow(
      `The test keyspace ${options.keyspace} has schema version 2, but this build knows only up to 1`,
    )
    await expect(open([{ ...first, name: 'other' }, second])).rejects.toThrow(
      "has migration 1 'first' where this build has 'other'",
    )
  }, 120_000)

  test('say which step fails and why, and can be repeated', async () => {
    fresh([])
    const broken = { ...first, cql: 'CREATE TABLE IF NOT EXISTS a (id strange PRIMARY KEY)' }
    await expect(open([broken])).rejects.toThrow(
      /Migration 1 'first' of the test keyspace .* failed/,
    )
    await open([first])
    expect(await columns('a')).toEqual(['id'])
  }, 120_000)

  test('must be such that a crash in the middle does no harm', async () => {
    fresh([])
    for (const cql of ['CREATE TABLE a (id int PRIMARY KEY)', 'ALTER TABLE a ADD name text']) {
      await expect(open([{ ...first, cql }])).rejects.toThrow('cannot be repeated after a crash')
    }
    await expect(open([second])).rejects.toThrow('count up from 1')
  }, 120_000)

  test('wait for nothing when the data center is wrong', async () => {
    fresh([])
    await expect(openKeyspace({ ...options, datacenter: 'elsewhere' })).rejects.toThrow(
      'CASSANDRA_DATACENTER is "elsewhere", but the cluster has: ',
    )
  }, 120_000)
})
