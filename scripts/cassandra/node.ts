/** One Cassandra node on this machine: its files, its process, the signals it gets. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { templates, type Jars } from './jars.ts'

export interface NodePlan {
  /** From 1. */
  readonly number: number
  /** Own address of 127.0.0.0/8; all nodes have the same ports. */
  readonly address: string
  readonly jmxPort: number
  /** Port of the Prometheus exporter on the node's address; null for none. */
  readonly metricsPort: number | null
  readonly token: string
  /** True for a node that joined a cluster which may have had data: it fetches its share first. */
  readonly bootstraps: boolean
  readonly seeds: string
  readonly cluster: string
  /** Folder of its data, logs and pid. */
  readonly home: string
}

export const nativePort = 9042

/**
 * Starts the node detached, in a session of its own; it outlives this process.
 *
 * @param replaces it has lost its files, and takes the place that its address has in the ring
 */
export function launch(plan: NodePlan, jars: Jars, replaces = false): void {
  const { home } = plan
  if (pidOf(plan) !== null) return
  const configuration = join(home, 'conf')
  mkdirSync(join(configuration, 'triggers'), { recursive: true })
  mkdirSync(join(home, 'logs'), { recursive: true })
  writeFileSync(join(configuration, 'cassandra.yaml'), yamlOf(plan))
  const output = openSync(join(home, 'logs/output.log'), 'a')
  // What shares its machine is to answer while it is busy: it is the services that clients wait for.
  const child = spawn('nice', ['-n', '10', 'java', ...argumentsOf(plan, jars, replaces)], {
    cwd: home,
    detached: true,
    stdio: ['ignore', output, output],
  })
  if (child.pid === undefined) throw new Error('Java could not be started.')
  writeFileSync(pidFile(plan), `${child.pid}\n`)
  child.unref()
}

function yamlOf(plan: NodePlan): string {
  const values: Readonly<Record<string, string>> = {
    CLUSTER: plan.cluster,
    TOKEN: plan.token,
    BOOTSTRAP: String(plan.bootstraps),
    SEEDS: plan.seeds,
    ADDRESS: plan.address,
    HOME: plan.home,
  }
  const template = readFileSync(join(templates, 'cassandra.yaml'), 'utf8')
  return template.replace(/@([A-Z]+)@/g, (place, name: string) => values[name] ?? place)
}

/** Fresh nodes with given tokens have nothing to wait for. */
const founding = ['-Dcassandra.skip_wait_for_gossip_to_settle=0', '-Dcassandra.ring_delay_ms=1000']

/**
 * A node that fetches its share has to know the others and their tables first: one that has heard of no
 * schema when the delay is over takes its place with nothing, and owns rows that it does not have.
 */
const joining = ['-Dcassandra.ring_delay_ms=15000']

const optionsFile = join(templates, 'jvm.options')

function argumentsOf(plan: NodePlan, jars: Jars, replaces: boolean): string[] {
  const { home } = plan
  const exporter =
    plan.metricsPort === null
      ? []
      : [
          `-javaagent:${jars.exporter}=${plan.address}:${plan.metricsPort}:${join(templates, 'jmx_exporter.yml')}`,
        ]
  return [
    `@${optionsFile}`,
    `-javaagent:${jars.jamm}`,
    ...exporter,
    `-Dcassandra.config=file://${home}/conf/cassandra.yaml`,
    `-Dcassandra.storagedir=${home}`,
    `-Dcassandra.logdir=${home}/logs`,
    `-Dlogback.configurationFile=${join(templates, 'logback.xml')}`,
    `-Dcassandra.triggers_dir=${home}/conf/triggers`,
    `-Dcassandra.jmx.local.port=${plan.jmxPort}`,
    '-Dcassandra-foreground=yes',
    '-Dcassandra.superuser_setup_delay_ms=0',
    ...(plan.bootstraps ? joining : founding),
    ...(replaces ? [`-Dcassandra.replace_address_first_boot=${plan.address}`] : []),
    ...['-cp', `${home}/conf:${jars.lib}/*`, 'org.apache.cassandra.service.CassandraDaemon'],
  ]
}

/** Runs nodetool against the node. */
export const nodetool = (plan: NodePlan, jars: Jars, words: readonly string[]) =>
  Bun.spawnSync(nodetoolCommand(plan, jars, words), { cwd: plan.home, stderr: 'pipe' })

/** How many nodes this one holds for up and normal; 0 when it does not say. */
export async function upAndNormal(plan: NodePlan, jars: Jars): Promise<number> {
  const command = nodetoolCommand(plan, jars, ['status'])
  const tool = Bun.spawn(command, { cwd: plan.home, stdout: 'pipe', stderr: 'ignore' })
  const said = await tool.stdout.text()
  return (await tool.exited) === 0 ? (said.match(/^UN /gm) ?? []).length : 0
}

const nodetoolCommand = (plan: NodePlan, jars: Jars, words: readonly string[]): string[] => [
  'java',
  // The node's heap is not the tool's: these come later and win.
  ...[`@${optionsFile}`, '-Xms32M', '-Xmx128M'],
  `-Dlogback.configurationFile=${join(templates, 'logback.xml')}`,
  `-Dcassandra.logdir=${plan.home}/logs/nodetool`,
  ...['-cp', `${plan.home}/conf:${jars.lib}/*`, 'org.apache.cassandra.tools.NodeTool'],
  ...['-h', '127.0.0.1', '-p', String(plan.jmxPort), ...words],
]

const pidFile = ({ home }: NodePlan): string => join(home, 'pid')

/** The node's process; null when none runs. A number that another program has by now does not count. */
export function pidOf(plan: NodePlan): number | null {
  const file = pidFile(plan)
  if (!existsSync(file)) return null
  const pid = Number(readFileSync(file, 'utf8'))
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(plan.home) ? pid : null
  } catch {
    return null
  }
}

export function signal(plan: NodePlan, name: NodeJS.Signals): boolean {
  const pid = pidOf(plan)
  if (pid === null) return false
  process.kill(pid, name)
  return true
}

/** True while the process is stopped by SIGSTOP. */
export function isPaused(plan: NodePlan): boolean {
  const pid = pidOf(plan)
  if (pid === null) return false
  return /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

/** Something listens for clients on the node's address. */
export function accepts({ address }: NodePlan): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: nativePort })
    const end = (accepted: boolean) => {
      socket.destroy()
      resolve(accepted)
    }
    socket.setTimeout(2000, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}

/** The end of the node's log, for the message that says why it did not start. */
export function lastWords({ home }: NodePlan): string {
  for (const name of ['logs/output.log', 'logs/system.log']) {
    const file = join(home, name)
    if (!existsSync(file)) continue
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    const telling = lines.filter((line) => /ERROR|Exception|rror:/.test(line)).slice(-3)
    if (telling.length > 0) return telling.join(' ')
  }
  return `nothing telling in ${home}/logs`
}
