/** `npm run cassandra -- up`: a real Cassandra cluster on this machine, from Maven Central's jars. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createCluster, recordedCluster, type Cluster } from './cassandra/cluster.ts'
import { restoreSnapshot, takeSnapshot } from './cassandra/snapshot.ts'
import { dataFolder, runCommand } from './command.ts'

const usage = `Usage: npm run cassandra -- <verb> [options]

  up            start the cluster and wait until it is ready
  down          stop it; the data stays
  status        what each node is doing
  kill N        end node N at once, as kill -9 does
  start N       start node N again and wait until it accepts clients
  pause N       stop node N's process where it is (SIGSTOP)
  resume N      let it go on
  add           start one more node, which takes over half of the widest range
  replace N     start dead node N with no files: it fetches its share from the others
  nodetool N …  run Cassandra's nodetool against node N; its own options after --
  snapshot DIR  write the shop's keyspaces, as every node holds them, into an empty folder
  restore DIR   make the keyspaces of a snapshot again, in a cluster that has none of them

  --nodes 3                    nodes of a new cluster, 1 to 9
  --first-address 127.0.0.11   address of node 1; the others count up from it; ports 9042 and 7000
  --first-jmx-port 7291        JMX port of node 1 on 127.0.0.1; the others count up from it
  --metrics-port 7070          Prometheus exporter on each node's address; 0 for none
  --prefix shop                how the names of the keyspaces begin (CASSANDRA_KEYSPACE_PREFIX)
  --data FOLDER                data, logs and pids; data/cassandra unless given

It needs Java 17, and Maven the first time. Each node takes some 0.5 GB of memory.`

const ofCluster = ['up', 'down', 'status', 'add'] as const
const ofNode = ['kill', 'start', 'replace', 'pause', 'resume', 'nodetool'] as const
const ofFolder = ['snapshot', 'restore'] as const
const verbs = [...ofCluster, ...ofNode, ...ofFolder]
type Verb = (typeof verbs)[number]

interface Options {
  readonly verb: Verb
  readonly words: readonly string[]
  readonly folder: string
  readonly nodes: number
  readonly firstAddress: string
  readonly firstJmxPort: number
  readonly metricsPort: number
  readonly prefix: string
}

function read(): Options | null {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    options: {
      nodes: { type: 'string', default: '1' },
      'first-address': { type: 'string', default: '127.0.0.11' },
      'first-jmx-port': { type: 'string', default: '7291' },
      'metrics-port': { type: 'string', default: '0' },
      prefix: { type: 'string', default: 'shop' },
      data: { type: 'string' },
    },
    allowPositionals: true,
  })
  const [first, ...words] = positionals
  const verb = verbs.find((each) => each === first)
  const nodes = Number(values.nodes)
  if (verb === undefined || !Number.isInteger(nodes) || nodes < 1 || nodes > 9) return null
  if (ofNode.some((each) => each === verb) && !/^\d+$/.test(words[0] ?? '')) return null
  if (ofFolder.some((each) => each === verb) && words.length !== 1) return null
  return {
    verb,
    words,
    nodes,
    folder:
      values.data === undefined
        ? resolve(dataFolder(undefined), 'cassandra')
        : resolve(values.data),
    firstAddress: values['first-address'],
    firstJmxPort: Number(values['first-jmx-port']),
    metricsPort: Number(values['metrics-port']),
    prefix: values.prefix,
  }
}

const say = (line: string): void => console.log(line)

function existing(folder: string): Cluster {
  const cluster = recordedCluster(folder, say)
  if (cluster === null) throw new Error(`No cluster lies in ${folder}: start one with "up".`)
  return cluster
}

async function run(options: Options): Promise<void> {
  const { verb, folder, words } = options
  if (verb === 'up') return up(options)
  const cluster = existing(folder)
  const number = Number(words[0])
  const place = resolve(words[0] ?? '')
  if (verb === 'down') await cluster.down()
  else if (verb === 'add') return status(await cluster.add())
  else if (verb === 'kill') await cluster.kill(number)
  else if (verb === 'start') await cluster.start(number)
  else if (verb === 'replace') await cluster.replace(number)
  else if (verb === 'pause') cluster.pause(number)
  else if (verb === 'resume') cluster.resume(number)
  else if (verb === 'snapshot') return takeSnapshot(cluster, place, options.prefix, say)
  else if (verb === 'restore') return restoreSnapshot(cluster, place, say)
  else if (verb === 'nodetool') return nodetool(cluster, number, words.slice(1))
  await status(cluster)
}

const wasGiven = (option: string): boolean => process.argv.includes(option)

async function up(options: Options): Promise<void> {
  const { folder, nodes, firstAddress, firstJmxPort } = options
  const metricsPort = options.metricsPort === 0 ? null : options.metricsPort
  const known = recordedCluster(folder, say)
  if (known !== null && known.nodes.length !== nodes && wasGiven('--nodes')) {
    throw new Error(
      `${folder} holds a cluster of ${known.nodes.length}: use another --data, or remove the folder.`,
    )
  }
  const [first] = known?.nodes ?? []
  const isElsewhere =
    first !== undefined &&
    ((wasGiven('--first-address') && first.address !== firstAddress) ||
      (wasGiven('--metrics-port') && first.metricsPort !== metricsPort))
  if (isElsewhere) {
    throw new Error(
      `${folder} holds a cluster at ${first.address} with metrics on ${first.metricsPort ?? 'no port'}: ask for the same, use another --data, or remove the folder.`,
    )
  }
  const cluster =
    known ?? createCluster({ folder, nodes, firstAddress, firstJmxPort, metricsPort }, say)
  const start = performance.now()
  await cluster.up()
  say(`Ready after ${Math.round((performance.now() - start) / 1000)} s.`)
  await status(cluster)
  say(`\nCASSANDRA_CONTACT_POINTS=${cluster.nodes.map((node) => node.address).join(',')}`)
  say(`CASSANDRA_REPLICATION=${Math.min(3, cluster.nodes.length)}`)
}

async function status(cluster: Cluster): Promise<void> {
  for (const { number, address, home } of cluster.nodes) {
    say(`node ${number}  ${address}:9042  ${await cluster.state(number)}  ${home}`)
  }
}

function nodetool(cluster: Cluster, number: number, words: readonly string[]): void {
  const { exitCode, stdout, stderr } = cluster.nodetool(number, words)
  process.stdout.write(stdout)
  process.stderr.write(stderr)
  process.exitCode = exitCode
}

await runCommand({ usage, read, run })
