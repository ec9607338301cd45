/** A whole shop of real processes on free ports with a folder of its own, for tests that cross services. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureKeys } from '../../core/auth/key-files.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
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
}

export interface Shop {
  /** Addresses without a slash at the end: `http://127.0.0.1:18001`. */
  readonly urls: Readonly<Record<ProcessName, string>>
  readonly ports: Readonly<Record<ProcessName, number>>
  /** The folder with keys, stores and logs. */
  readonly directory: string
  readonly keysDir: string
  /** Throws when the process does not run. */
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

async function plan(options: ShopOptions): Promise<Shop> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'product-store-'))
  const keysDir = join(directory, 'keys')
  const logDir = join(directory, 'logs')
  mkdirSync(logDir, { recursive: true })
  ensureKeys({ dir: keysDir, demo: options.profile !== 'production' })
  const numbers = await freePorts(processNames.length)
  const ports = each((name) => numbers[processNames.indexOf(name)] ?? 0)
  const urls = each((name) => `http://127.0.0.1:${ports[name]}`)
  const processes = each((name) =>
    shopProcess({
      main: `services/${name}/main.ts`,
      logFile: join(logDir, `${name}.log`),
      env: environment(name, options, { directory, keysDir, port: ports[name], urls }),
    }),
  )
  return control({ directory, keysDir, ports, urls, processes, keep: 'directory' in options })
}

interface Parts extends Pick<Shop, 'directory' | 'keysDir' | 'ports' | 'urls'> {
  readonly processes: Readonly<Record<ProcessName, ShopProcess>>
  readonly keep: boolean
}

function control({ processes, keep, ...place }: Parts): Shop {
  const { directory, urls } = place

  async function start(name: ProcessName): Promise<void> {
    const process = processes[name]
    if (process.pid() !== null) throw new Error(`The ${name} process runs already.`)
    process.start()
    await ready(name, urls[name], process)
  }

  async function stop(): Promise<Readonly<Partial<Record<ProcessName, number>>>> {
    const running = processNames.filter((name) => processes[name].pid() !== null)
    for (const name of running) processes[name].signal('SIGCONT')
    const codes = await Promise.all(running.map((name) => processes[name].end('SIGTERM')))
    if (!keep) rmSync(directory, { recursive: true, force: true })
    return Object.fromEntries(running.map((name, at) => [name, codes[at]]))
  }

  return {
    ...place,
    start,
    stop,
    pid(name) {
      const pid = processes[name].pid()
      if (pid === null) throw new Error(`The ${name} process does not run.`)
      return pid
    },
    kill: (name, signal = 'SIGKILL') => processes[name].end(signal),
    signal: (name, signal) => processes[name].signal(signal),
    async restart(name) {
      await processes[name].end('SIGTERM')
      await start(name)
    },
    async restartAfterKill(name) {
      await processes[name].end('SIGKILL')
      await start(name)
    },
    logs: (name) => processes[name].logs(),
    async [Symbol.asyncDispose]() {
      await stop()
    },
  }
}

interface Place {
  readonly directory: string
  readonly keysDir: string
  readonly port: number
  readonly urls: Readonly<Record<ProcessName, string>>
}

/** Only what is named here: settings of the shell that runs the tests must not reach the shop. */
function environment(
  name: ProcessName,
  options: ShopOptions,
  { directory, keysDir, port, urls }: Place,
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
    PROFILES_DIR: join(directory, 'profiles'),
    ...Object.fromEntries(
      serviceNames.map((service) => [`${service.toUpperCase()}_URL`, urls[service]]),
    ),
    LOG_LEVEL: 'warn',
    DEMO_PRODUCTS: String(options.products ?? 40),
    DRAIN_DELAY_MS: '20',
    ...fastTimers,
    // Behind the gateway every request has one peer, so that one alone may say who the client was.
    ...(options.gateway === true && name !== 'gateway' && { TRUSTED_PROXIES: '127.0.0.1' }),
    ...options.env,
    ...options.envOf?.[name],
  }
}

/** Milliseconds that a start may take; some 20 times what it does. */
const startLimit = 20_000

async function ready(name: ProcessName, url: string, process: ShopProcess): Promise<void> {
  const end = Date.now() + startLimit
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
