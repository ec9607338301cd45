/** Cassandra nodes for as long as some test files run. */
import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { createCluster } from '../cassandra/cluster.ts'
import { missingTools } from '../cassandra/jars.ts'
import { scratchFolder } from '../cassandra/scratch.ts'

const say = (line: string): void => console.log(line)

/**
 * Calls `work` with the environment in which tests find the node: the one that CASSANDRA_TEST names,
 * or one that is started now, empty, and stopped in the end. Where a node cannot be started the
 * environment says nothing of it, and the tests skip themselves; in CI that is a failure.
 */
export async function withNode(
  work: (env: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  const given = process.env['CASSANDRA_TEST']
  if (given !== undefined && given !== '') return work({ CASSANDRA_TEST: given })
  const missing = missingTools()
  if (missing !== null) {
    if (process.env['CI'] === 'true') throw new Error(missing)
    say(`\nSkipping the tests on Cassandra. ${missing}`)
    return work({})
  }
  say('\nStarting a Cassandra node for the tests that need one ...')
  await withCluster(1, ([address = '']) => work({ CASSANDRA_TEST: address }))
}

/** Calls `work` with the addresses of so many new, empty nodes, and removes them in the end. */
export async function withCluster(
  nodes: number,
  work: (addresses: readonly string[]) => Promise<void>,
): Promise<void> {
  const missing = missingTools()
  if (missing !== null) throw new Error(missing)
  const folder = scratchFolder('shop-cassandra-')
  const cluster = createCluster(
    { folder, firstAddress: ownAddress(), nodes, firstJmxPort: freePort(), metricsPort: null },
    say,
  )
  try {
    await cluster.up()
    await work(cluster.nodes.map(({ address }) => address))
  } finally {
    // They hold nothing that anybody wants to keep.
    await Promise.all(cluster.nodes.map(({ number }) => cluster.kill(number)))
    rmSync(folder, { recursive: true, force: true })
  }
}

function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const { port } = listener
  listener.stop()
  return port
}

/** An address of 127.0.0.0/8 that another run at the same time does not take. */
function ownAddress(): string {
  const [a = 0, b = 0, c = 0] = createHash('sha256').update(`${process.pid}`).digest()
  return `127.${128 + (a % 100)}.${b}.${1 + (c % 200)}`
}
