/** A Cassandra cluster of a test's own, whose nodes it may kill and pause. */
import { rmSync } from 'node:fs'
import { createCluster, type Cluster } from '../../scripts/cassandra/cluster.ts'
import { missingTools } from '../../scripts/cassandra/jars.ts'
import { scratchFolder } from '../../scripts/cassandra/scratch.ts'
import { freePorts } from './ports.ts'

const missing = missingTools()
if (missing !== null && process.env['CI'] === 'true') throw new Error(missing)
if (missing !== null) console.log(`Skipping tests on a Cassandra cluster. ${missing}`)

/** False where no node can be started; then `describe.skipIf(!canRunCassandra)` leaves the tests out. */
export const canRunCassandra = missing === null

export interface TestCluster extends Cluster {
  readonly addresses: readonly string[]
  /** Kills what runs and removes all data. */
  remove(): Promise<void>
}

/**
 * Starts nodes (about 20 s for three on an idle machine, several times that on a busy one).
 *
 * @param network the third number of the addresses, so that two files never meet
 * @param metricsPort where each node shows its metrics, at its own address
 */
export async function startCluster(
  nodes: number,
  network: number,
  metricsPort: number | null = null,
): Promise<TestCluster> {
  const folder = scratchFolder('shop-cluster-')
  const [firstJmxPort = 0] = await freePorts(1)
  const firstAddress = `127.${1 + (process.pid % 100)}.${network}.1`
  const cluster = createCluster(
    { folder, nodes, firstAddress, firstJmxPort, metricsPort },
    console.log,
  )
  async function remove(): Promise<void> {
    await Promise.all(cluster.nodes.map(({ number }) => cluster.kill(number)))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    // On a busy machine a node may find nobody within its 30 s and end: what does not run starts again.
    await cluster.up().catch(() => cluster.up())
  } catch (error) {
    await remove()
    throw error
  }
  return { ...cluster, addresses: cluster.nodes.map(({ address }) => address), remove }
}

/** Lets this file's shops, and what looks into their stores, find the cluster: both go by the environment. */
export function useCluster({ addresses }: TestCluster): void {
  Object.assign(process.env, {
    CASSANDRA_CONTACT_POINTS: addresses.join(','),
    CASSANDRA_REPLICATION: String(Math.min(3, addresses.length)),
  })
}
