/** The options of `npm run stack`. */
import { parseArgs } from 'node:util'
import { ports as standardPorts, type PortName } from '../../infra/topology.ts'

/** What can be left out; the services and their gateway cannot. */
export const optionalParts = [
  'nginx',
  'prometheus',
  'alertmanager',
  'node-exporter',
  'nginx-exporter',
  'jaeger',
  'locust',
] as const

export type OptionalPart = (typeof optionalParts)[number]

/** They have no password: a shop for real customers does not show them. */
const demoOnly: readonly OptionalPart[] = ['jaeger', 'locust']

export interface StackOptions {
  readonly dataDir: string
  readonly store: 'sqlite' | 'cassandra'
  readonly profile: 'demo' | 'production'
  readonly fast: boolean
  readonly without: ReadonlySet<OptionalPart>
  readonly ports: Readonly<Record<PortName, number>>
  /** Of Cassandra's node, one of this machine's own; its port for clients is the usual one. */
  readonly cassandraAddress: string
  /** Factor for the times of scrapes, rules and messages. */
  readonly scale: number
}

export type StackCommand =
  | { readonly kind: 'up'; readonly options: StackOptions }
  | { readonly kind: 'status' | 'stop'; readonly dataDir: string }

export const help = `Starts the shop and everything that watches it, on this machine and without containers.

  npm run stack [-- options]       until Ctrl-C
  npm run stack -- status          what runs, where, how it is, and its memory
  npm run stack -- stop            stops what runs

  --data <folder>        where data, logs and metrics are kept (data)
  --store <name>         sqlite, or cassandra: a node of it is started as well (sqlite)
  --profile <name>       demo, or production: without Jaeger and Locust (demo)
  --fast                 orders are delivered within seconds
  --port <number>        port of nginx, the address of everything (80)
  --ports-from <number>  takes all ports from here on, one after another, instead of the usual ones
  --cassandra-address <address>
                         where Cassandra's node listens, one of 127.0.0.0/8 (127.0.0.11)
  --without <names>      leaves out: ${optionalParts.join(', ')}
  --scale <number>       factor for the times of scrapes, rules and messages; 0.05 to see alerts soon (1)
  --help                 this text
`

/** Null when the command makes no sense; throws what `parseArgs` throws. */
export function parseStack(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): StackCommand | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      store: { type: 'string', default: env['STORE'] || 'sqlite' },
      profile: { type: 'string', default: env['PROFILE'] || 'demo' },
      fast: { type: 'boolean', default: false },
      port: { type: 'string' },
      'ports-from': { type: 'string' },
      'cassandra-address': { type: 'string', default: '127.0.0.11' },
      without: { type: 'string', multiple: true, default: [] },
      scale: { type: 'string', default: '1' },
    },
  })
  const dataDir = values.data ?? (env['DATA_DIR'] || 'data')
  const [word = 'up', ...more] = positionals
  if (more.length > 0) return null
  if (word === 'status' || word === 'stop') return { kind: word, dataDir }
  const { store, profile, fast } = values
  const scale = Number(values.scale)
  const ports = portsOf(values.port, values['ports-from'])
  const without = values.without.flatMap((each) => each.split(','))
  const known = without.filter((name) => (optionalParts as readonly string[]).includes(name))
  if (word !== 'up' || ports === null || known.length < without.length) return null
  if (store !== 'sqlite' && store !== 'cassandra') return null
  if (profile !== 'demo' && profile !== 'production') return null
  if (!/^127(\.\d{1,3}){3}$/.test(values['cassandra-address'])) return null
  if (!(scale > 0 && scale <= 1)) return null
  return {
    kind: 'up',
    options: {
      dataDir,
      store,
      profile,
      fast,
      without: new Set([
        ...(known as OptionalPart[]),
        ...(profile === 'production' ? demoOnly : []),
      ]),
      ports,
      cassandraAddress: values['cassandra-address'],
      scale,
    },
  }
}

/** The usual ports, with nginx's where it was chosen; or a row of them. */
function portsOf(port: string | undefined, from: string | undefined): StackOptions['ports'] | null {
  const names = Object.keys(standardPorts) as PortName[]
  const first = from === undefined ? null : portNumber(from, 65_535 - names.length)
  if (from !== undefined && first === null) return null
  const ports: Record<PortName, number> =
    first === null ? { ...standardPorts } : rowOf(names, first)
  if (port === undefined) return ports
  const chosen = portNumber(port, 65_535)
  return chosen === null ? null : { ...ports, nginx: chosen }
}

/** The start command wants the services and the gateway's metrics in a row: they are, in the table. */
function rowOf(names: readonly PortName[], first: number): Record<PortName, number> {
  const entries = names.map((name, index) => [name, first + index])
  return Object.fromEntries(entries) as Record<PortName, number>
}

function portNumber(text: string, max: number): number | null {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return value >= 1 && value <= max ? value : null
}
