/** A Cassandra cluster on this machine: one to nine nodes, each on a loopback address of its own. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../../core/files/durable.ts'
import { ensureJars, type Jars } from './jars.ts'
import {
  accepts,
  isPaused,
  lastWords,
  launch,
  nodetool,
  pidOf,
  signal,
  upAndNormal,
  type NodePlan,
} from './node.ts'

export interface ClusterOptions {
  /** Nodes that it began with. */
  readonly nodes: number
  /** Nodes that joined since; none unless given. */
  readonly added?: number
  /** Address of node 1; the others count up from it. */
  readonly firstAddress: string
  /** JMX port of node 1 on 127.0.0.1; the others count up from it. */
  readonly firstJmxPort: number
  /** Port of the Prometheus exporter on every node's own address; null for none. */
  readonly metricsPort: number | null
  readonly folder: string
}

export type NodeState = 'up' | 'starting' | 'paused' | 'down'

export interface Cluster {
  readonly nodes: readonly NodePlan[]
  /** Starts what does not run and resolves when every node is up and normal for every other one. */
  up(): Promise<void>
  /** Stops all nodes, paused ones too, and resolves when their processes are gone. */
  down(): Promise<void>
  state(number: number): Promise<NodeState>
  /** SIGKILL; resolves when the process is gone. */
  kill(number: number): Promise<void>
  /** Starts one node and resolves when it accepts clients. */
  start(number: number): Promise<void>
  /** Starts one more node, which takes over half of the widest range, and resolves with the larger cluster. */
  add(): Promise<Cluster>
  /** Starts a dead node again with nothing: it fetches its share from the others. */
  replace(number: number): Promise<void>
  pause(number: number): void
  resume(number: number): void
  nodetool(number: number, words: readonly string[]): ReturnType<typeof nodetool>
}

/** A killed node needs up to 50 s on a busy machine; three at once, more. */
const patience = 240_000

const recordFile = (folder: string): string => join(folder, 'cluster.json')

/** The cluster whose files lie in a folder, as `createCluster` recorded it; null when there is none. */
export function recordedCluster(folder: string, say: (line: string) => void): Cluster | null {
  const file = recordFile(folder)
  if (!existsSync(file)) return null
  // Written below from the same type.
  return clusterOf(JSON.parse(readFileSync(file, 'utf8')) as ClusterOptions, say)
}

export function createCluster(options: ClusterOptions, say: (line: string) => void): Cluster {
  mkdirSync(options.folder, { recursive: true })
  replaceFile(recordFile(options.folder), `${JSON.stringify(options, null, 2)}\n`)
  return clusterOf(options, say)
}

function clusterOf(options: ClusterOptions, say: (line: string) => void): Cluster {
  const nodes = planNodes(options)
  let jars: Jars | undefined
  const jarsOnce = () => (jars ??= ensureJars(say))

  function nodeOf(number: number): NodePlan {
    const node = nodes[number - 1]
    if (node === undefined) {
      throw new Error(`There is no node ${number}; this cluster has nodes 1 to ${nodes.length}.`)
    }
    return node
  }

  async function waitFor(done: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const end = Date.now() + patience
    let missing: NodePlan | undefined
    while (!(await done())) {
      const dead = [...wanted].find((node) => pidOf(node) === null)
      // Seen twice: between fork and exec a process has no command line to know it by.
      if (dead !== undefined && dead === missing) {
        throw new Error(`Node ${dead.number} ended while it started: ${lastWords(dead)}.`)
      }
      missing = dead
      if (Date.now() > end) throw new Error(`Waited ${patience / 1000} s in vain for ${what}.`)
      await Bun.sleep(250)
    }
  }

  /** Nodes that should be running now; one that dies among them ends the wait. */
  const wanted = new Set<NodePlan>()

  async function allUp(): Promise<boolean> {
    const seen = await Promise.all(nodes.map((node) => upAndNormal(node, jarsOnce())))
    return seen.every((number) => number === nodes.length)
  }

  async function start(starting: readonly NodePlan[]): Promise<void> {
    for (const node of starting) {
      launch(node, jarsOnce())
      wanted.add(node)
    }
    for (const node of starting) await waitFor(() => accepts(node), `node ${node.number}`)
  }

  async function gone(node: NodePlan): Promise<void> {
    wanted.delete(node)
    await waitFor(() => pidOf(node) === null, `node ${node.number} to end`)
  }

  return {
    nodes,
    async up() {
      // The seed has to be in the ring first. Nodes that find nobody to ask end after a second, and
      // two that meet before either is in the ring soon forget each other, for ever.
      await start(nodes.slice(0, 1))
      await start(nodes.slice(1))
      // One node that accepts clients has nobody to agree with.
      if (nodes.length > 1) await waitFor(allUp, 'all nodes to be up and normal')
    },
    async down() {
      for (const node of nodes) {
        signal(node, 'SIGCONT')
        signal(node, 'SIGTERM')
      }
      await Promise.all(nodes.map(gone))
    },
    async state(number) {
      const node = nodeOf(number)
      if (pidOf(node) === null) return 'down'
      if (isPaused(node)) return 'paused'
      return (await accepts(node)) ? 'up' : 'starting'
    },
    async kill(number) {
      const node = nodeOf(number)
      signal(node, 'SIGKILL')
      await gone(node)
    },
    start: (number) => start([nodeOf(number)]),
    async add() {
      const larger = createCluster({ ...options, added: (options.added ?? 0) + 1 }, say)
      await larger.up()
      return larger
    },
    async replace(number) {
      const node = nodeOf(number)
      if (pidOf(node) !== null) throw new Error(`Node ${number} runs; only a dead one is replaced.`)
      const others = nodes.filter((other) => other !== node)
      if (others.length === 0) throw new Error('There is no other node that it could fetch from.')
      rmSync(node.home, { recursive: true, force: true })
      // A node that finds itself among the seeds fetches nothing.
      const seeds = others.map(({ address }) => address).join(',')
      launch({ ...node, bootstraps: true, seeds }, jarsOnce(), true)
      wanted.add(node)
      await waitFor(() => accepts(node), `node ${number}`)
    },
    pause: (number) => requireRunning(nodeOf(number), 'SIGSTOP'),
    resume: (number) => requireRunning(nodeOf(number), 'SIGCONT'),
    nodetool: (number, words) => nodetool(nodeOf(number), jarsOnce(), words),
  }
}

function requireRunning(node: NodePlan, name: NodeJS.Signals): void {
  if (!signal(node, name)) throw new Error(`Node ${node.number} does not run.`)
}

const ringSize = 2n ** 64n
const lowest = -(2n ** 63n)

/** Murmur3 tokens: evenly over -2^63 .. 2^63-1, then each in the middle of the widest gap. */
function tokensOf(count: number, added: number): readonly bigint[] {
  const step = ringSize / BigInt(count)
  const tokens = Array.from({ length: count }, (_, index) => lowest + step * BigInt(index))
  for (let more = 0; more < added; more++) {
    const sorted = tokens.toSorted((a, b) => (a < b ? -1 : 1))
    const gaps = sorted.map((token, at) => {
      return { token, width: (sorted[at + 1] ?? ringSize + lowest) - token }
    })
    const widest = gaps.reduce((best, gap) => (gap.width > best.width ? gap : best))
    tokens.push(widest.token + widest.width / 2n)
  }
  return tokens
}

export function planNodes(options: ClusterOptions): readonly NodePlan[] {
  const { nodes: first, added = 0, firstAddress, folder } = options
  const count = first + added
  const parts = firstAddress.split('.').map(Number)
  const last = parts[3] ?? 0
  if (parts.length !== 4 || parts[0] !== 127 || last + count > 255) {
    throw new Error(`${firstAddress} is no loopback address with ${count - 1} more behind it.`)
  }
  return tokensOf(first, added).map((token, index) => ({
    number: index + 1,
    address: [...parts.slice(0, 3), last + index].join('.'),
    jmxPort: options.firstJmxPort + index,
    metricsPort: options.metricsPort,
    token: String(token),
    bootstraps: index >= first,
    seeds: firstAddress,
    cluster: 'product-store',
    home: join(folder, `node${index + 1}`),
  }))
}
