/** A snapshot of real nodes: written, lost, put back, into the same cluster and into another one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Client } from 'cassandra-driver'
import { restoreSnapshot, takeSnapshot } from '../../scripts/cassandra/snapshot.ts'
import { canRunCassandra, startCluster, type TestCluster } from '../support/cassandra.ts'

const patience = 600_000
const say = (line: string): void => console.log(line)

function clientOf({ addresses }: TestCluster): Client {
  return new Client({
    contactPoints: [...addresses],
    localDataCenter: 'datacenter1',
    socketOptions: { readTimeout: 60_000 },
  })
}

const schema = [
  `CREATE KEYSPACE shop_a WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1}`,
  `CREATE TABLE shop_a.rows (part int, id int, value text, tags set<text>, fixed int static,
     PRIMARY KEY (part, id)) WITH gc_grace_seconds = 3600`,
  `CREATE TABLE shop_a.empty (id int PRIMARY KEY)`,
  `CREATE KEYSPACE shop_b WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1}`,
  `CREATE TABLE shop_b.marks (name text PRIMARY KEY, at bigint)`,
  `CREATE KEYSPACE others WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1}`,
  `CREATE TABLE others.rows (id int PRIMARY KEY)`,
]

/** Plain, conditional, overwritten, deleted and expiring rows, in 300 partitions. */
async function fill(client: Client): Promise<void> {
  for (const statement of schema) await client.execute(statement)
  const prepare = { prepare: true }
  const insert = 'INSERT INTO shop_a.rows (part, id, value, tags, fixed) VALUES (?, ?, ?, ?, ?)'
  for (let part = 0; part < 300; part++) {
    await client.execute(insert, [part, 1, `плюс ${part}`, ['a', `${part}`], part], prepare)
    await client.execute(`${insert} USING TTL 86400`, [part, 2, 'soon gone', null, part], prepare)
    if (part % 3 === 0) {
      await client.execute('DELETE FROM shop_a.rows WHERE part = ? AND id = 1', [part], prepare)
    }
  }
  for (let name = 0; name < 30; name++) {
    const row = [`mark ${name}`, 2 ** 40 + name]
    await client.execute(
      'INSERT INTO shop_b.marks (name, at) VALUES (?, ?) IF NOT EXISTS',
      row,
      prepare,
    )
  }
}

/** All rows and the schema, as text that does not depend on which node answers first. */
async function contents(client: Client): Promise<readonly string[]> {
  const rows = await Promise.all([
    client.execute(
      'SELECT part, id, value, tags, fixed, writetime(value) AS w FROM shop_a.rows',
      [],
      { fetchSize: 5_000 },
    ),
    client.execute('SELECT name, at, writetime(at) AS w FROM shop_b.marks'),
    client.execute('SELECT id FROM shop_a.empty'),
  ])
  const schemas = await Promise.all([
    client.execute('DESCRIBE KEYSPACE shop_a'),
    client.execute('DESCRIBE KEYSPACE shop_b'),
  ])
  return [
    ...rows.flatMap((result) => result.rows.map((row) => JSON.stringify(row))).sort(),
    ...schemas.flatMap((result) => result.rows.map((row) => String(row['create_statement']))),
  ]
}

describe.skipIf(!canRunCassandra)('a snapshot', () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'shop-snapshot-')), 'monday')
  let first: TestCluster
  let client: Client
  let before: readonly string[]

  beforeAll(async () => {
    first = await startCluster(1, 61)
    client = clientOf(first)
    await fill(client)
    before = await contents(client)
    await takeSnapshot(first, folder, 'shop', say)
  }, patience)
  afterAll(async () => {
    await client?.shutdown()
    await first?.remove()
    rmSync(folder, { recursive: true, force: true })
  }, patience)

  test('has a folder of its own and overwrites nothing', async () => {
    expect(before.length).toBeGreaterThan(500)
    await expect(takeSnapshot(first, folder, 'shop', say)).rejects.toThrow('is not empty')
    await expect(takeSnapshot(first, `${folder}-2`, 'none', say)).rejects.toThrow(
      'no keyspace of "none"',
    )
  })

  test('goes into no cluster that has these keyspaces, and is used only when it is complete', async () => {
    await expect(restoreSnapshot(first, folder, say)).rejects.toThrow(
      'shop_a, shop_b exist already',
    )
    const partial = mkdtempSync(join(tmpdir(), 'shop-snapshot-partial-'))
    writeFileSync(join(partial, 'schema.json'), '[]')
    await expect(restoreSnapshot(first, partial, say)).rejects.toThrow('no complete snapshot')
    rmSync(partial, { recursive: true })
  })

  test(
    'brings back what was dropped, and touches nobody else',
    async () => {
      await client.execute('INSERT INTO others.rows (id) VALUES (1)')
      await client.execute('DROP KEYSPACE shop_a')
      await client.execute('DROP KEYSPACE shop_b')
      await restoreSnapshot(first, folder, say)
      expect(await contents(client)).toEqual(before)
      const others = await client.execute('SELECT id FROM others.rows')
      expect(others.rows).toHaveLength(1)
    },
    patience,
  )

  test(
    'goes into a cluster of another shape after its own is gone for good',
    async () => {
      await first.remove()
      const second = await startCluster(2, 62)
      const reader = clientOf(second)
      try {
        await restoreSnapshot(second, folder, say)
        expect(await contents(reader)).toEqual(before)
        // What each node holds is its own share: each row once, as there is one replica of it.
        for (const { number } of second.nodes) {
          second.nodetool(number, ['flush'])
          const { stdout } = second.nodetool(number, ['tablestats', 'shop_a.rows'])
          const partitions = /Number of partitions \(estimate\): (\d+)/.exec(stdout.toString())?.[1]
          expect(Number(partitions)).toBeGreaterThan(80)
          expect(Number(partitions)).toBeLessThan(220)
        }
      } finally {
        await reader.shutdown()
        await second.remove()
      }
    },
    patience,
  )
})
