/** A whole shop of real processes on free ports with a folder of its own, for tests that cross services. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureKeys } from '../../core/auth/key-files.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { balance, type Balancer } from './balancer.ts'
import { dropKeyspaces, keyspacePrefix } from './keyspaces.ts'
import { freePorts } from './ports.ts'
import { shopProcess, type ShopProcess } from './process.ts'

export type ProcessName = ServiceName | 'gateway'

export interface ShopOptions {
  /** The four services unless given; those left out are started by `start`, or never. */
  readonly processes?: readonly ProcessName[]
  /** The gateway as well. */
  readonly gateway?: boolean
  /** Products that the catalog seeds; 40 unless given. */
  readonly products?: number
  /** `demo` unless given; `production` gets keys that count as somebody's own. */
  readonly profile?: 'demo' | 'production'
  /** Settings of every process. */
  readonly env?: Readonly<Record<string, string>>
  /** Settings of single processes. */
  readonly envOf?: Partial<Readonly<Record<ProcessName, Readonly<Record<string, string>>>>>
  /** A folder that is kept; without it one is made and removed again. */
  readonly directory?: string
  /**
   * `SHOP_STORE` of the environment unless given, and SQLite without that. A cluster is reached with
   * the `CASSANDRA_…` settings of the environment.
   */
  readonly store?: 'sqlite' | 'cassandra'
  /** Copies of each service; `SHOP_COPIES` of the environment unless given, and 1 without that. */
  readonly copies?: number
}

/** One process of a service that has several. */
export interface ShopCopy {
  /** Its own address, not the one that is shared. */
  readonly url: string
  readonly pid: number
  start(): Promise<void>
  kill(signal?: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number>
  signal(signal: NodeJS.Signals): void
}

/** With several copies a name stands for all copies of that service together. */
export interface Shop {
  readonly store: 'sqlite' | 'cassandra'
  /** Of each service. */
  readonly copies: number
  /** A single copy, counted from 0. */
  copy(name: ServiceName, number: number): ShopCopy
  /**
   * Addresses without a slash at the end: `http://127.0.0.1:18001`. Where there are copies, one behind
   * which they take turns.
   */
  readonly urls: Readonly<Record<ProcessName, string>>
  readonly ports: Readonly<Record<ProcessName, number>>
  /** The folder with keys, stores and logs. */
  readonly directory: string
  readonly keysDir: string
  /** Of the first copy; throws when the process does not run. */
  pid(name: ProcessName): number
  /** Starts a process that is not running and waits until it is ready. */
  start(name: ProcessName): Promise<void>
  /** Ends a process and waits for its end; resolves with its exit code. SIGKILL unless given. */
  kill(name: ProcessName, signal?: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number>
  /** Sends a signal without waiting: SIGSTOP, SIGCONT, or a second SIGTERM. */
  signal(name: ProcessName, signal: NodeJS.Signals): void
  /** SIGTERM, then the same process again on the same port. */
  restart(name: ProcessName): Promise<void>
  /** SIGKILL, then the same process again on the same port. */
  restartAfterKill(name: ProcessName): Promise<void>
  /** What a process has written so far. */
  logs(name: ProcessName): string
  /** SIGTERM to all that run; their exit codes. Removes the folder unless it was given. */
  stop(): Promise<Readonly<Partial<Record<ProcessName, number>>>>
  [Symbol.asyncDispose](): Promise<void>
}

const processNames: readonly ProcessName[] = [...serviceNames, 'gateway']

/** Short enough that a test sees an order move, long enough that it can act on each state. */
const fastTimers = {
  ORDER_PROCESSING_AFTER_MS: '400',
  ORDER_SHIPPING_AFTER_MS: '400',
  ORDER_DELIVERY_MIN_MS: '400',
  ORDER_DELIVERY_MAX_MS: '600',
}

/** A copy that drains is left alone before it ends, and no test waits long for that. */
const quickChecks = { CHECK_INTERVAL_MS: '100', DRAIN_DELAY_MS: '300' }

/**
 * Starts a shop and waits until all of it is ready. At the top of a test file:
 *
 * ```
 * const shop = await startShop()
 * afterAll(shop.stop)
 * ```
 *
 * and inside a test: `await using shop = await startShop({ ... })`.
 */
export async function startShop(options: ShopOptions = {}): Promise<Shop> {
  const shop = await plan(options)
  const wanted = options.processes ?? [
    ...serviceNames,
    ...(options.gateway === true ? (['gateway'] as const) : []),
  ]
  try {
    await Promise.all(wanted.filter((name) => name !== 'gateway').map(shop.start))
    // After them: it is ready once it has asked each service, whatever the answer was.
    if (wanted.includes('gateway')) await shop.start('gateway')
    return shop
  } catch (error) {
    await shop.stop()
    throw error
  }
}

/** A process of the shop; the gateway has one. */
interface Member {
  readonly url: string
  readonly process: ShopProcess
}

async function plan(options: ShopOptions): Promise<Shop> {
  const { store, copies } = storage(options)
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'product-store-'))
  const keysDir = join(directory, 'keys')
  const logDir = join(directory, 'logs')
  mkdirSync(logDir, { recursive: true })
  ensureKeys({ dir: keysDir, demo: options.profile !== 'production' })
  // The ports that tests are told of, then those of the copies behind them.
  const numbers = await freePorts(processNames.length * (copies > 1 ? copies + 1 : 1))
  const ports = each((name) => numbers[processNames.indexOf(name)] ?? 0)
  const urls = each((name) => addressOf(ports[name]))
  const portsOf = each((name) =>
    name === 'gateway' || copies === 1
      ? [ports[name]]
      : Array.from(
          { length: copies },
          (_, copy) => numbers[processNames.length * (copy + 1) + processNames.indexOf(name)] ?? 0,
        ),
  )
  const members = each((name) =>
    portsOf[name].map((port, copy): Member => {
      const place = { directory, keysDir, port, copy, portsOf, store }
      return {
        url: addressOf(port),
        process: shopProcess({
          main: `services/${name}/main.ts`,
          logFile: join(logDir, copy === 0 ? `${name}.log` : `${name}-${copy}.log`),
          env: environment(name, options, place),
        }),
      }
    }),
  )
  const shared = processNames.filter((name) => portsOf[name].length > 1)
  const balancers = await Promise.all(shared.map((name) => balance(ports[name], portsOf[name])))
  const keep = 'directory' in options
  return control({ directory, keysDir, ports, urls, store, copies, members, balancers, keep })
}

function storage(options: ShopOptions): Pick<Required<ShopOptions>, 'store' | 'copies'> {
  const store = options.store ?? (process.env['SHOP_STORE'] || 'sqlite')
  const copies = options.copies ?? Number(process.env['SHOP_COPIES'] || '1')
  if (store !== 'sqlite' && store !== 'cassandra') throw new Error(`SHOP_STORE is ${store}.`)
  if (!(Number.isInteger(copies) && copies >= 1)) throw new Error(`SHOP_COPIES is ${copies}.`)
  return { store, copies }
}

interface Parts extends Pick<
  Shop,
  'directory' | 'keysDir' | 'ports' | 'urls' | 'store' | 'copies'
> {
  readonly members: Readonly<Record<ProcessName, readonly Member[]>>
  readonly balancers: readonly Balancer[]
  readonly keep: boolean
}

function control({ members, balancers, keep, ...place }: Parts): Shop {
  const { directory } = place
  const runs = ({ process }: Member): boolean => process.pid() !== null

  async function startOne(name: ProcessName, member: Member): Promise<void> {
    if (runs(member)) throw new Error(`The ${name} process runs already.`)
    member.process.start()
    await ready(name, member, startLimits[place.store])
  }

  /** Their exit codes; the worst stands for all. */
  async function end(
    ending: readonly Member[],
    signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL',
  ): Promise<number> {
    return Math.max(...(await Promise.all(ending.map(({ process }) => process.end(signal)))))
  }

  async function start(name: ProcessName): Promise<void> {
    await Promise.all(members[name].map((member) => startOne(name, member)))
  }

  async function stop(): Promise<Readonly<Partial<Record<ProcessName, number>>>> {
    const running = processNames.filter((name) => members[name].some(runs))
    for (const name of running) for (const { process } of members[name]) process.signal('SIGCONT')
    const codes = await Promise.all(
      running.map((name) => end(members[name].filter(runs), 'SIGTERM')),
    )
    await Promise.all(balancers.map((balancer) => balancer.stop()))
    if (!keep) {
      rmSync(directory, { recursive: true, force: true })
      if (place.store === 'cassandra') await dropKeyspaces(directory)
    }
    return Object.fromEntries(running.map((name, at) => [name, codes[at]]))
  }

  function pidOf(name: ProcessName, member: Member | undefined): number {
    const pid = member?.process.pid() ?? null
    if (pid === null) throw new Error(`The ${name} process does not run.`)
    return pid
  }

  return {
    ...place,
    start,
    stop,
    pid: (name) => pidOf(name, members[name][0]),
    kill: (name, signal = 'SIGKILL') => end(members[name], signal),
    signal(name, signal) {
      for (const { process } of members[name]) process.signal(signal)
    },
    copy(name, number) {
      const member = members[name][number]
      if (member === undefined) throw new Error(`There is no copy ${number} of ${name}.`)
      return {
        url: member.url,
        get pid() {
          return pidOf(name, member)
        },
        start: () => startOne(name, member),
        kill: (signal = 'SIGKILL') => member.process.end(signal),
        signal: (signal) => member.process.signal(signal),
      }
    },
    async restart(name) {
      await end(members[name], 'SIGTERM')
      await start(name)
    },
    async restartAfterKill(name) {
      await end(members[name], 'SIGKILL')
      await start(name)
    },
    logs: (name) => members[name].map(({ process }) => process.logs()).join(''),
    async [Symbol.asyncDispose]() {
      await stop()
    },
  }
}

const addressOf = (port: number): string => `http://127.0.0.1:${port}`

interface Place {
  readonly directory: string
  readonly keysDir: string
  readonly port: number
  readonly copy: number
  /** Where the copies of each service listen. */
  readonly portsOf: Readonly<Record<ProcessName, readonly number[]>>
  readonly store: Shop['store']
}

/** Only what is named here: settings of the shell that runs the tests must not reach the shop. */
function environment(
  name: ProcessName,
  options: ShopOptions,
  { directory, keysDir, port, copy, portsOf, store }: Place,
): Readonly<Record<string, string>> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    TMPDIR: tmpdir(),
    PROFILE: options.profile ?? 'demo',
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: directory,
    KEYS_DIR: keysDir,
    STORE: store,
    ...(store === 'cassandra' && clusterSettings(directory)),
    COPY: String(copy),
    PROFILES_DIR: join(directory, 'profiles'),
    ...Object.fromEntries(
      serviceNames.map((service) => [
        `${service.toUpperCase()}_URL`,
        portsOf[service].map(addressOf).join(','),
      ]),
    ),
    LOG_LEVEL: 'warn',
    DEMO_PRODUCTS: String(options.products ?? 40),
    DRAIN_DELAY_MS: '20',
    ...deadProxy,
    ...(portsOf.catalog.length > 1 && quickChecks),
    ...fastTimers,
    // Behind the gateway every request has one peer, so that one alone may say who the client was.
    ...(options.gateway === true && name !== 'gateway' && { TRUSTED_PROXIES: '127.0.0.1' }),
    ...options.env,
    ...options.envOf?.[name],
  }
}

/** Nobody listens there: a call between the processes that left by a proxy would fail. */
const deadProxy = { http_proxy: 'http://127.0.0.1:9', ALL_PROXY: 'http://127.0.0.1:9' }

/** What the environment says of the cluster, and keyspaces of this shop's own. */
function clusterSettings(directory: string): Readonly<Record<string, string>> {
  const given = Object.entries(process.env).filter(([name]) => name.startsWith('CASSANDRA_'))
  return {
    ...Object.fromEntries(given.map(([name, value]) => [name, value ?? ''])),
    CASSANDRA_KEYSPACE_PREFIX: keyspacePrefix(directory),
  }
}

/** Milliseconds that a start may take; some 20 times what it does on an idle machine. */
const startLimits = { sqlite: 50_000, cassandra: 180_000 } as const

async function ready(name: ProcessName, { url, process }: Member, limit: number): Promise<void> {
  const end = Date.now() + limit
  while (Date.now() < end) {
    if (process.pid() === null) break
    const status = await fetch(`${url}/health/ready`, { keepalive: false }).then(
      (answer) => answer.status,
      () => 0,
    )
    if (status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
  const outcome = process.pid() === null ? `ended with ${process.exitCode()}` : 'is not ready'
  throw new Error(`The ${name} process ${outcome}:\n${process.logs().slice(-4_000)}`)
}

function each<T>(make: (name: ProcessName) => T): Readonly<Record<ProcessName, T>> {
  const { catalog, cart, order, user, gateway } = Object.fromEntries(
    processNames.map((name) => [name, make(name)]),
    // fromEntries forgets the names, which are all of them.
  ) as Record<ProcessName, T>
  return { catalog, cart, order, user, gateway }
}
