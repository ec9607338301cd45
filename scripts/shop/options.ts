/** The options of the start command. */
import type { Environment } from '../../core/config/config.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import type { Runtime } from './runtime.ts'

export interface StartOptions {
  /** The gateway's port. */
  readonly port: number
  /** The first of the four services' ports, in the order catalog, cart, order, user. */
  readonly servicesPort: number
  readonly dataDir: string
  readonly profile: 'demo' | 'production'
  readonly store: 'sqlite' | 'cassandra'
  /** Processes of each service. */
  readonly copies: number
  /** What the processes run on. */
  readonly runtime: Runtime
  /** Short order timers, for tests and demonstrations. */
  readonly fast: boolean
  /** Restart what changes, and show all logs on the console. */
  readonly watch: boolean
  /** Build the documentation site in the background where it is missing or old. */
  readonly docs: boolean
}

export type ParsedOptions =
  | { readonly kind: 'start'; readonly options: StartOptions }
  | { readonly kind: 'help' }
  /** What to say in one sentence before ending with exit code 2. */
  | { readonly kind: 'mistake'; readonly sentence: string }

export const help = `Starts the shop: four services and the gateway before them.

  npm start [-- options]

  --port <number>           port of the gateway (8080)
  --services-port <number>  first of the services' four ports and of the gateway's metrics; copy k of
                            each service is 10 k above it (8000)
  --data <folder>           where data, keys and logs are kept (data)
  --profile <name>          demo: sample data and accounts; production: neither (demo)
  --store <name>            sqlite: files on this machine; cassandra: the cluster that
                            CASSANDRA_CONTACT_POINTS names (sqlite)
  --copies <number>         processes of each service; sqlite allows 1 (1)
  --runtime <name>          bun; or node, which is installed first: same as npm run start:node (bun)
  --fast                    orders are delivered within seconds
  --watch                   restart what changes; same as npm run dev
  --no-docs                 do not build the documentation site in the background
  --help                    this text
`

const valueOptions = [
  '--port',
  '--services-port',
  '--data',
  '--profile',
  '--store',
  '--copies',
  '--runtime',
]
const flagOptions = ['--fast', '--watch', '--no-docs', '--help']

/**
 * Reads the command line. `PROFILE`, `DATA_DIR` and `STORE` of the environment stand in for
 * options that are not given.
 */
export function parseOptions(args: readonly string[], env: Environment): ParsedOptions {
  const given = new Map<string, string>()
  for (let index = 0; index < args.length; index++) {
    const [name = '', inline] = splitOnce(args[index] ?? '')
    if (flagOptions.includes(name) && inline === undefined) given.set(name, '')
    else if (valueOptions.includes(name)) {
      const value = inline ?? args[++index]
      if (value === undefined || value === '' || (inline === undefined && value.startsWith('--'))) {
        return mistake(`The option ${name} needs a value; --help lists the options.`)
      }
      given.set(name, value)
    } else {
      return mistake(`There is no option ${args[index]}; --help lists the options.`)
    }
  }
  return given.has('--help') ? { kind: 'help' } : interpret(given, env)
}

function interpret(given: ReadonlyMap<string, string>, env: Environment): ParsedOptions {
  const port = wholeNumber(given.get('--port') ?? '8080', 65_535)
  const servicesPort = wholeNumber(given.get('--services-port') ?? '8000', 65_531)
  const copies = wholeNumber(given.get('--copies') ?? '1', 100)
  const profile = given.get('--profile') ?? (env['PROFILE'] || 'demo')
  const store = given.get('--store') ?? (env['STORE'] || 'sqlite')
  const runtime = given.get('--runtime') ?? 'bun'
  if (port === null) return mistake('--port must be a number from 1 to 65535.')
  if (servicesPort === null) return mistake('--services-port must be a number from 1 to 65531.')
  if (copies === null) return mistake('--copies must be a number from 1 to 100.')
  const taken = portsOfServices(servicesPort, copies)
  if (Math.max(...taken) > 65_535) {
    return mistake(`The last of ${copies} copies would need a port above 65535; lower one of them.`)
  }
  if (taken.includes(port)) {
    return mistake(`The gateway's port ${port} is one of the services' ports; choose another.`)
  }
  if (profile !== 'demo' && profile !== 'production') {
    return mistake(`There is no profile ${profile}: it is demo or production.`)
  }
  if (store !== 'sqlite' && store !== 'cassandra') {
    return mistake(`There is no store ${store}: it is sqlite or cassandra.`)
  }
  if (runtime !== 'bun' && runtime !== 'node') {
    return mistake(`There is no runtime ${runtime}: it is bun or node.`)
  }
  if (store === 'sqlite' && copies > 1) {
    return mistake('With the SQLite store one process per service owns its file: --copies is 1.')
  }
  return {
    kind: 'start',
    options: {
      port,
      servicesPort,
      dataDir: given.get('--data') ?? (env['DATA_DIR'] || 'data'),
      profile,
      store,
      copies,
      runtime,
      fast: given.has('--fast'),
      watch: given.has('--watch'),
      docs: !given.has('--no-docs'),
    },
  }
}

/** Of all copies of the services, and of the gateway's metrics. */
const portsOfServices = (first: number, copies: number): readonly number[] => [
  ...Array.from({ length: copies }, (_, copy) =>
    serviceNames.map((name) => servicePort(first, name, copy)),
  ).flat(),
  metricsPort(first),
]

/** Copy k of each service listens 10 k above its first one. */
export const servicePort = (first: number, name: ServiceName, copy: number): number =>
  first + serviceNames.indexOf(name) + 10 * copy

/** The gateway's metrics come right after the services' first copies. */
export const metricsPort = (first: number): number => first + serviceNames.length

function splitOnce(argument: string): [string, string?] {
  const mark = argument.indexOf('=')
  if (!argument.startsWith('--') || mark === -1) return [argument]
  return [argument.slice(0, mark), argument.slice(mark + 1)]
}

function wholeNumber(text: string, max: number): number | null {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return value >= 1 && value <= max ? value : null
}

const mistake = (sentence: string): ParsedOptions => ({ kind: 'mistake', sentence })
