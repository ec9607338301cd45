/** Rows of two keyspaces of a shop, for tests that lose nodes and look for what was on them. */
import { Client, types } from 'cassandra-driver'

export function clientOf(addresses: readonly string[], consistency = types.consistencies.one) {
  return new Client({
    contactPoints: [...addresses],
    localDataCenter: 'datacenter1',
    queryOptions: { consistency, prepare: true },
    // Tables are made and dropped by machines that are busy with three other things.
    socketOptions: { readTimeout: 60_000 },
  })
}

const keyspace = (name: string) =>
  `CREATE KEYSPACE ${name} WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1}`

const schema = [
  keyspace('shop_a'),
  `CREATE TABLE shop_a.rows (part int, id int, value text, tags set<text>, fixed int static,
     PRIMARY KEY (part, id)) WITH gc_grace_seconds = 3600`,
  `CREATE TABLE shop_a.empty (id int PRIMARY KEY)`,
  keyspace('shop_b'),
  `CREATE TABLE shop_b.marks (name text PRIMARY KEY, at bigint)`,
  keyspace('others'),
  `CREATE TABLE others.rows (id int PRIMARY KEY)`,
]

/** Plain, conditional, deleted and expiring rows, in 330 partitions. */
export async function fill(client: Client): Promise<void> {
  for (const statement of schema) await client.execute(statement, [], { prepare: false })
  const insert = 'INSERT INTO shop_a.rows (part, id, value, tags, fixed) VALUES (?, ?, ?, ?, ?)'
  for (let part = 0; part < 300; part++) {
    await client.execute(insert, [part, 1, `плюс ${part}`, ['a', `${part}`], part])
    await client.execute(`${insert} USING TTL 86400`, [part, 2, 'soon gone', null, part])
    if (part % 3 === 0) {
      await client.execute('DELETE FROM shop_a.rows WHERE part = ? AND id = 1', [part])
    }
  }
  const mark = 'INSERT INTO shop_b.marks (name, at) VALUES (?, ?) IF NOT EXISTS'
  for (let name = 0; name < 30; name++) await client.execute(mark, [`mark ${name}`, 2 ** 40 + name])
}

/** All rows with the times of their writes, as text in an order of its own. */
export async function rowsOf(client: Client): Promise<readonly string[]> {
  const results = await Promise.all(
    [
      'SELECT part, id, value, tags, fixed, writetime(value) AS written FROM shop_a.rows',
      'SELECT name, at, writetime(at) AS written FROM shop_b.marks',
      'SELECT id FROM shop_a.empty',
    ].map((query) => client.execute(query, [], { fetchSize: 5_000 })),
  )
  return results.flatMap(({ rows }) => rows.map((row) => JSON.stringify(row))).sort()
}

export async function schemaOf(client: Client): Promise<readonly string[]> {
  const results = await Promise.all(
    ['shop_a', 'shop_b'].map((name) => {
      return client.execute(`DESCRIBE KEYSPACE ${name}`, [], { prepare: false })
    }),
  )
  return results.flatMap(({ rows }) => rows.map((row) => String(row['create_statement'])))
}
