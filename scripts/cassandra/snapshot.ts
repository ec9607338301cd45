/**
 * The shop's keyspaces as a folder of files, and back into an empty cluster.
 *
 * ```
 *   FOLDER/manifest.json                 written last: without it the snapshot is not complete
 *   FOLDER/schema.json                   statements that make the keyspaces and tables
 *   FOLDER/node1/shop_order/orders/…     SSTables of that node
 * ```
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'cassandra-driver'
import { replaceFile } from '../../core/files/durable.ts'
import type { Cluster } from './cluster.ts'
import { nativePort, type NodePlan } from './node.ts'

interface Manifest {
  readonly takenAt: string
  /** What each node held, as its token says; the files of node 1 first. */
  readonly tokens: readonly string[]
}

type Say = (line: string) => void

const manifestFile = (folder: string): string => join(folder, 'manifest.json')
const schemaFile = (folder: string): string => join(folder, 'schema.json')
const filesOf = (folder: string, number: number): string => join(folder, `node${number}`)

/**
 * Writes what every node holds of the keyspaces that begin with `prefix` and an underscore.
 *
 * What was acknowledged before is in it. What is written meanwhile may be, on some nodes, and in one
 * service without the other: stop the shop first where all services must be of one moment.
 *
 * @throws Error in one sentence when the folder is not empty, a node is down, or there is nothing
 */
export async function takeSnapshot(
  cluster: Cluster,
  folder: string,
  prefix: string,
  say: Say,
): Promise<void> {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new Error(`${folder} is not empty: each snapshot has a folder of its own.`)
  }
  await requireAllUp(cluster)
  const { keyspaces, statements } = await withClient(cluster, async (client) => {
    const names = await keyspacesOf(client, prefix)
    return { keyspaces: names, statements: await schemaOf(client, names) }
  })
  if (keyspaces.length === 0) throw new Error(`There is no keyspace of "${prefix}" to save.`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(schemaFile(folder), `${JSON.stringify(statements, null, 2)}\n`)

  const tag = `copy-${Date.now()}`
  for (const { number } of cluster.nodes) run(cluster, number, 'snapshot', '-t', tag, ...keyspaces)
  for (const node of cluster.nodes) {
    const files = copyOut(node, keyspaces, tag, filesOf(folder, node.number))
    run(cluster, node.number, 'clearsnapshot', '-t', tag)
    say(`node ${node.number}: ${files} files of ${keyspaces.join(', ')}`)
  }
  const manifest: Manifest = { takenAt: new Date().toISOString(), tokens: tokensOf(cluster) }
  replaceFile(manifestFile(folder), `${JSON.stringify(manifest, null, 2)}\n`)
}

/**
 * Makes the keyspaces of a snapshot and fills them. A node of the same tokens gets the files of the
 * node that they come from. In a cluster of another shape every node is given all files, and drops
 * what belongs to others: no node needs to know where anything lay.
 *
 * @throws Error in one sentence when the snapshot is not complete or one of its keyspaces exists
 */
export async function restoreSnapshot(cluster: Cluster, folder: string, say: Say): Promise<void> {
  if (!existsSync(manifestFile(folder))) throw new Error(`${folder} holds no complete snapshot.`)
  // Both are written above from the same types.
  const { tokens } = JSON.parse(readFileSync(manifestFile(folder), 'utf8')) as Manifest
  const statements = JSON.parse(readFileSync(schemaFile(folder), 'utf8')) as readonly string[]
  await requireAllUp(cluster)
  await withClient(cluster, async (client) => {
    const there = await keyspacesOf(client, '')
    const taken = there.filter((name) => existsSync(join(filesOf(folder, 1), name)))
    if (taken.length > 0) {
      throw new Error(`${taken.join(', ')} exist already: a snapshot goes into an empty cluster.`)
    }
    for (const statement of statements) await client.execute(statement)
  })

  const isSameRing = tokens.join() === tokensOf(cluster).join()
  const all = tokens.map((_, at) => at + 1)
  for (const { number } of cluster.nodes) {
    const sources = isSameRing ? [number] : all
    const tables = tablesIn(folder, sources)
    for (const { keyspace, table, folders } of tables) {
      const options = ['--copy-data', ...(isSameRing ? [] : ['--no-tokens'])]
      run(cluster, number, 'import', ...options, keyspace, table, ...folders)
    }
    if (!isSameRing && cluster.nodes.length > 1) {
      for (const keyspace of new Set(tables.map((each) => each.keyspace))) {
        run(cluster, number, 'cleanup', keyspace)
      }
    }
    say(
      `node ${number}: ${tables.length} tables from ${sources.map((at) => `node${at}`).join(', ')}`,
    )
  }
}

async function requireAllUp(cluster: Cluster): Promise<void> {
  for (const { number } of cluster.nodes) {
    const state = await cluster.state(number)
    if (state !== 'up') throw new Error(`Node ${number} is ${state}; all of them have to be up.`)
  }
}

async function withClient<T>(cluster: Cluster, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    contactPoints: cluster.nodes.map(({ address }) => address),
    protocolOptions: { port: nativePort },
    localDataCenter: 'datacenter1',
    // A table takes a second or two where machines are slow and all nodes have to agree.
    socketOptions: { readTimeout: 60_000 },
  })
  try {
    return await work(client)
  } finally {
    await client.shutdown()
  }
}

/** Those of the shop; with an empty prefix those of everybody. */
async function keyspacesOf(client: Client, prefix: string): Promise<readonly string[]> {
  const { rows } = await client.execute('SELECT keyspace_name FROM system_schema.keyspaces')
  return rows
    .map((row) => String(row['keyspace_name']))
    .filter((name) => prefix === '' || name.startsWith(`${prefix}_`))
    .sort()
}

async function schemaOf(client: Client, keyspaces: readonly string[]): Promise<readonly string[]> {
  const statements: string[] = []
  for (const keyspace of keyspaces) {
    const { rows } = await client.execute(`DESCRIBE KEYSPACE ${keyspace}`)
    statements.push(...rows.map((row) => String(row['create_statement'])))
  }
  return statements
}

function tokensOf(cluster: Cluster): readonly string[] {
  return cluster.nodes.map(({ number }) => {
    const lines = run(cluster, number, 'info', '-T').matchAll(/^Token\s*:\s*(-?\d+)$/gm)
    return [...lines].map(([, token]) => token).join(' ')
  })
}

/** Copies the files of one node's snapshot; says how many. */
function copyOut(
  { home }: NodePlan,
  keyspaces: readonly string[],
  tag: string,
  target: string,
): number {
  let files = 0
  for (const keyspace of keyspaces) {
    const root = join(home, 'data', keyspace)
    // Folders are called after the table and its id: `orders-b3a1…`.
    for (const table of readdirSync(root)) {
      const from = join(root, table, 'snapshots', tag)
      if (!existsSync(from)) continue
      const to = join(target, keyspace, table.replace(/-[0-9a-f]{32}$/, ''))
      cpSync(from, to, { recursive: true })
      files += readdirSync(to).length
    }
  }
  return files
}

/** The tables of which some of these nodes had rows, with the folders of their files. */
function tablesIn(folder: string, numbers: readonly number[]) {
  const found = numbers.flatMap((number) => {
    const root = filesOf(folder, number)
    return foldersIn(root).flatMap((keyspace) =>
      foldersIn(join(root, keyspace)).map((table) => {
        return { keyspace, table, path: join(root, keyspace, table) }
      }),
    )
  })
  const filled = found.filter(({ path }) => readdirSync(path).some((name) => name.endsWith('.db')))
  const byTable = Map.groupBy(filled, ({ keyspace, table }) => `${keyspace}.${table}`)
  return [...byTable.values()].flatMap((same) => {
    const [first] = same
    return first === undefined ? [] : [{ ...first, folders: same.map(({ path }) => path) }]
  })
}

const foldersIn = (path: string): readonly string[] => (existsSync(path) ? readdirSync(path) : [])

/** What nodetool says; throws its own words when it fails. */
function run(cluster: Cluster, number: number, ...words: readonly string[]): string {
  const { exitCode, stdout, stderr } = cluster.nodetool(number, words)
  if (exitCode !== 0) {
    const said = `${stderr.toString()}${stdout.toString()}`.trim()
    throw new Error(`nodetool ${words[0]} on node ${number} failed: ${said}`)
  }
  return stdout.toString()
}
