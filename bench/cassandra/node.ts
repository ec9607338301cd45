/** A Cassandra node of the benchmark's own, as `npm run cassandra` starts one; gone afterwards. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCluster } from '../../scripts/cassandra/cluster.ts'
import { pidOf } from '../../scripts/cassandra/node.ts'
import { freePorts } from '../../tests/support/ports.ts'
import { cpuOf, pin } from '../macro/processes.ts'

export interface BenchNode {
  readonly address: string
  readonly pid: number
  /** Seconds of processor time so far. */
  cpu(): number
  /** Settings of whoever is to use it, with keyspaces of this prefix. */
  settings(prefix: string): Readonly<Record<string, string>>
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

/** On an address that neither a developer's cluster nor one of the tests has. */
export async function startNode(say: (line: string) => void): Promise<BenchNode> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-cassandra-'))
  const [firstJmxPort = 0] = await freePorts(1)
  const firstAddress = `127.${101 + (process.pid % 100)}.0.1`
  const cluster = createCluster(
    { nodes: 1, firstAddress, firstJmxPort, metricsPort: null, folder },
    say,
  )
  const running = (): number | null => {
    const [plan] = cluster.nodes
    return plan === undefined ? null : pidOf(plan)
  }
  // It has a session of its own and would outlive a benchmark that fails or is interrupted.
  process.on('exit', () => {
    const pid = running()
    if (pid !== null) process.kill(pid, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
  await cluster.up()
  const pid = running()
  if (pid === null) throw new Error('The node has ended.')
  pin('cluster', pid)
  return {
    address: firstAddress,
    pid,
    cpu: () => cpuOf(pid),
    settings: (prefix) => ({
      STORE: 'cassandra',
      CASSANDRA_CONTACT_POINTS: firstAddress,
      CASSANDRA_REPLICATION: '1',
      CASSANDRA_KEYSPACE_PREFIX: prefix,
    }),
    async stop() {
      await cluster.down()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
