/** A Cassandra node of the benchmark's own: started and stopped by `npm run cassandra`, gone afterwards. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { planNodes } from '../../scripts/cassandra/cluster.ts'
import { pidOf } from '../../scripts/cassandra/node.ts'
import { freePorts } from '../../tests/support/ports.ts'
import { cpuOf, root, run } from '../macro/processes.ts'

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
export async function startNode(): Promise<BenchNode> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-cassandra-'))
  const [jmxPort = 0] = await freePorts(1)
  const address = `127.${101 + (process.pid % 100)}.0.1`
  const verb = (...words: string[]) =>
    run('cluster', [process.execPath, join(root, 'scripts/cassandra.ts'), ...words])
  async function stop(): Promise<void> {
    await verb('down', '--data', folder)
    rmSync(folder, { recursive: true, force: true })
  }
  const [plan] = planNodes({
    ...{ nodes: 1, folder, firstAddress: address },
    ...{ firstJmxPort: jmxPort, metricsPort: null },
  })
  const running = () => (plan === undefined ? null : pidOf(plan))
  // It has a session of its own and would outlive a benchmark that fails or is interrupted.
  process.on('exit', () => {
    const pid = running()
    if (pid !== null) process.kill(pid, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
  await verb(
    ...['up', '--data', folder, '--nodes', '1'],
    ...['--first-address', address, '--first-jmx-port', String(jmxPort)],
  )
  const pid = running()
  if (pid === null) throw new Error('The node does not run.')
  return {
    address,
    pid,
    cpu: () => cpuOf(pid),
    settings: (prefix) => ({
      STORE: 'cassandra',
      CASSANDRA_CONTACT_POINTS: address,
      CASSANDRA_REPLICATION: '1',
      CASSANDRA_KEYSPACE_PREFIX: prefix,
    }),
    stop,
  }
}
