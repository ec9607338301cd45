/** One node of Cassandra for the stack: started and stopped by its own command, which it outlives. */
import { copyFileSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { ports as usualPorts } from '../../infra/topology.ts'
import type { StackOptions } from './options.ts'
import type { RunningPart } from './state.ts'

const folderIn = (dataDir: string): string => join(dataDir, 'stack/cassandra')
const pidFile = (dataDir: string): string => join(dataDir, 'run/cassandra.pid')

/** What the services have to know of it: a single node keeps every row once. */
export const cassandraEnv = ({ cassandraAddress }: StackOptions) => ({
  CASSANDRA_CONTACT_POINTS: `${cassandraAddress}:${usualPorts.cassandra}`,
  CASSANDRA_REPLICATION: '1',
})

/** Where the node shows its metrics: at its own address, as it listens for clients there. */
export const cassandraMetrics = ({ cassandraAddress, ports }: StackOptions): string =>
  `${cassandraAddress}:${ports.cassandraMetrics}`

/** Resolves when the node takes clients; throws one sentence when it does not come to that. */
export async function startCassandra(root: string, options: StackOptions): Promise<RunningPart> {
  const { dataDir, cassandraAddress, ports } = options
  const startedAt = performance.now()
  try {
    await run(root, dataDir, 'up', [
      ...['--nodes', '1', '--first-address', cassandraAddress],
      ...['--metrics-port', String(ports.cassandraMetrics)],
      ...['--first-jmx-port', String(ports.cassandraJmx)],
    ])
  } catch (error) {
    // It may have been interrupted while the node was on its way up.
    await run(root, dataDir, 'down', []).catch(() => {})
    throw error
  }
  mkdirSync(join(dataDir, 'run'), { recursive: true })
  copyFileSync(join(folderIn(dataDir), 'node1/pid'), pidFile(dataDir))
  // Where the logs of all parts are looked for.
  const log = join(dataDir, 'logs/cassandra.log')
  rmSync(log, { force: true })
  symlinkSync(join(folderIn(dataDir), 'node1/logs/system.log'), log)
  return {
    name: 'cassandra',
    label: 'Cassandra',
    // Not its metrics, which take it a second while it is busy.
    health: [`http://${cassandraMetrics(options)}/-/healthy`],
    address: '',
    note: `one node, CQL on ${cassandraAddress}:${usualPorts.cassandra}`,
    readyAfter: performance.now() - startedAt,
  }
}

/** Also stops a node that a killed stack has left; nothing to do where there is none. */
export async function stopCassandra(root: string, dataDir: string): Promise<void> {
  if (!existsSync(pidFile(dataDir))) return
  await run(root, dataDir, 'down', [])
  rmSync(pidFile(dataDir), { force: true })
}

async function run(
  root: string,
  dataDir: string,
  word: string,
  more: readonly string[],
): Promise<void> {
  const script = join(root, 'scripts/cassandra.ts')
  const child = Bun.spawn([process.execPath, script, word, '--data', folderIn(dataDir), ...more], {
    cwd: root,
    // Inherited from the stack, Bun's --no-orphans would take the node away with the command.
    env: { ...process.env, BUN_FEATURE_FLAG_NO_ORPHANS: undefined },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if ((await child.exited) !== 0) throw new Error(`Cassandra could not be brought ${word}.`)
}
