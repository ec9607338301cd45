/** `npm start` as a person meets it: up, in the way, killed, stopped. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { freePorts } from './support/ports.ts'

setDefaultTimeout(60_000)

const root = join(import.meta.dir, '..')
const directory = mkdtempSync(join(tmpdir(), 'launcher-'))
const names = ['catalog', 'cart', 'order', 'user', 'gateway'] as const
type Name = (typeof names)[number]

/** The gateway's port, and five in a row for the services and the gateway's metrics. */
const [gatewayPort = 0] = await freePorts(1)
const servicesPort = await fiveInARow()

async function fiveInARow(): Promise<number> {
  for (;;) {
    const [first = 0] = await freePorts(1)
    const free = await Promise.all([0, 1, 2, 3, 4].map((step) => canListen(first + step)))
    const apart = gatewayPort < first || gatewayPort > first + 4
    if (apart && free.every(Boolean)) return first
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Stands where the environment says that the proxy is, and counts who comes. */
let proxied = 0
const proxy = createServer((socket) => {
  proxied += 1
  socket.destroy()
})
await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening))
const proxyAddress = proxy.address()
const proxyUrl = `http://127.0.0.1:${typeof proxyAddress === 'object' ? proxyAddress?.port : 0}`
const proxySettings = Object.fromEntries(
  ['http_proxy', 'https_proxy', 'all_proxy']
    .flatMap((name) => [name, name.toUpperCase()])
    .map((name) => [name, proxyUrl]),
)

const started: Launcher[] = []
afterAll(async () => {
  for (const launcher of started) launcher.child.kill('SIGKILL')
  await Promise.all(started.map(({ child }) => child.exited))
  proxy.close()
  rmSync(directory, { recursive: true, force: true })
})

interface Launcher {
  readonly child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>
  /** Everything it has printed, both streams. */
  output(): string
}

/** Runs `scripts/run.mjs scripts/start.ts` as npm does. */
function launch(...more: readonly string[]): Launcher {
  const ports = ['--port', String(gatewayPort), '--services-port', String(servicesPort)]
  const child = Bun.spawn(
    [
      process.execPath,
      'scripts/run.mjs',
      'scripts/start.ts',
      ...ports,
      '--data',
      directory,
      '--fast',
      '--no-docs',
      ...more,
    ],
    {
      cwd: root,
      // The settings of the shell that runs the tests must not reach the shop.
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: directory,
        ...proxySettings,
        DEMO_PRODUCTS: '200',
        DRAIN_DELAY_MS: '50',
        // Nobody listens there, so that no cluster of this machine is taken for one of the tests.
        CASSANDRA_CONTACT_POINTS: '127.0.0.1:1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    void collect(stream, (text) => (output += text))
  const launcher = { child, output: () => output }
  started.push(launcher)
  return launcher
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  add: (text: string) => void,
): Promise<void> {
  const decoder = new TextDecoder()
  for await (const chunk of stream) add(decoder.decode(chunk, { stream: true }))
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 25_000
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Waited in vain until ${what}.`)
    await Bun.sleep(20)
  }
}

const ready = (launcher: Launcher): Promise<void> =>
  until(`the shop is ready\n${launcher.output()}`, () => {
    if (launcher.child.exitCode !== null) throw new Error(launcher.output())
    return launcher.output().includes('The shop is ready')
  })

const pidFile = (name: Name | 'launcher'): string => join(directory, 'run', `${name}.pid`)

const pidOf = (name: Name | 'launcher'): number => Number(readFileSync(pidFile(name), 'utf8'))

const statusOf = (path: string): Promise<number> =>
  fetch(`http://127.0.0.1:${gatewayPort}${path}`, { keepalive: false }).then(
    ({ status }) => status,
    () => 0,
  )

const register = (username: string): Promise<number> =>
  fetch(`http://127.0.0.1:${gatewayPort}/user-api/users/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password: 'correct horse', full_name: 'Test Buyer' }),
  }).then(
    ({ status }) => status,
    () => 0,
  )

/** The status of a checkout, which takes a call to every service. */
async function buyOnePiece(): Promise<number> {
  const shop = `http://127.0.0.1:${gatewayPort}`
  const body = new URLSearchParams({ username: 'user1', password: 'user123' })
  const signedIn = await fetch(`${shop}/user-api/token`, { method: 'POST', body })
  const { access_token: token } = (await signedIn.json()) as { readonly access_token: string }
  const category = encodeURIComponent('Фрукты')
  const list = await fetch(`${shop}/api/products/?category=${category}&limit=1`)
  const { items } = (await list.json()) as { readonly items: readonly { product_id: string }[] }
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  await fetch(`${shop}/cart-api/cart/items`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ product_id: items[0]?.product_id, quantity: 1 }),
  })
  return (await fetch(`${shop}/cart-api/cart/checkout`, { method: 'POST', headers })).status
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch {
    return false
  }
}

/** In a container whose first process collects no children, what has ended keeps its number. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false
  }
}

const allPortsFree = async (): Promise<boolean> => {
  const ports = [gatewayPort, ...[0, 1, 2, 3, 4].map((step) => servicesPort + step)]
  return (await Promise.all(ports.map(canListen))).every(Boolean)
}

describe('the shop', () => {
  test('is there as its table says, and only once', async () => {
    const launcher = launch()
    await ready(launcher)
    const table = launcher.output()
    // While services start, nobody is told that they are not there yet.
    expect(table).not.toMatch(/ (error|warn) /)
    for (const [, path] of table.matchAll(/http:\/\/localhost:\d+(\/\S+)/g)) {
      expect([path, await statusOf(path ?? '')]).toEqual([path, 200])
    }
    expect(table).toContain('admin / admin123')
    expect(await buyOnePiece()).toBe(200)
    // Start, probes, tokens, keys and a purchase: none of it is for a proxy to see.
    expect(proxied).toBe(0)

    const second = launch()
    expect(await second.child.exited).toBe(1)
    expect(second.output()).toMatch(/^A shop already runs on [^\n]+\.\n$/)
    const elsewhere = launch('--data', join(directory, 'other'))
    expect(await elsewhere.child.exited).toBe(1)
    expect(elsewhere.output()).toMatch(
      new RegExp(`^Port (${servicesPort}|${gatewayPort}) is in use, but [^\\n]+\\.\\n$`),
    )
    expect(await statusOf('/api/health/ready')).toBe(200)

    launcher.child.kill('SIGINT')
    expect(await launcher.child.exited).toBe(0)
    expect(launcher.output()).toContain('Stopped.')
    expect(existsSync(pidFile('launcher'))).toBe(false)
    expect(await allPortsFree()).toBe(true)
  })

  test('gets a killed process back, and the rest goes on meanwhile', async () => {
    const launcher = launch()
    await ready(launcher)
    for (const name of names) {
      const before = pidOf(name)
      process.kill(before, 'SIGKILL')
      await until(`${name} is another`, () => existsSync(pidFile(name)) && pidOf(name) !== before)
      await until(`${name} is back`, async () => {
        const path = name === 'gateway' ? '' : name === 'catalog' ? '/api' : `/${name}-api`
        return (await statusOf(`${path}/health/ready`)) === 200
      })
    }
    expect(launcher.output().match(/was ended by SIGKILL; started again in 100 ms/g)).toHaveLength(
      5,
    )

    // As a service manager ends a group, while passwords are being hashed.
    const pids = [launcher.child.pid, pidOf('launcher'), ...names.map(pidOf)]
    const asked = Array.from({ length: 8 }, (_, number) => register(`late-${number}`))
    await until('one is answered', () => Promise.race([...asked, false]).then(Boolean))
    for (const pid of pids) process.kill(pid, 'SIGTERM')
    expect(await Promise.all(asked)).toEqual(Array(8).fill(200))
    expect(await launcher.child.exited).toBe(0)
    expect(launcher.output()).toMatch(
      /\nStopping \.\.\.\n((?!started again)[^])*(?<=\n)Stopped\.\n$/,
    )
  })

  test('does not outlive a killed launcher, and starts again on the same data at once', async () => {
    for (const killed of ['run.mjs', 'start.ts'] as const) {
      const launcher = launch()
      await ready(launcher)
      const pids = names.map(pidOf)
      process.kill(killed === 'run.mjs' ? launcher.child.pid : pidOf('launcher'), 'SIGKILL')
      await until('all of it is gone', () => !pids.some(isAlive))
      await launcher.child.exited
    }
    const launcher = launch()
    await ready(launcher)
    launcher.child.kill('SIGTERM')
    expect(await launcher.child.exited).toBe(0)
  })
})

describe('a start that cannot be', () => {
  test('ends with one sentence and leaves nothing running', async () => {
    for (const [args, code] of [
      [['--nope'], 2],
      [['--store', 'cassandra'], 1],
      [['--copies', '2'], 2],
      [['--data', '/dev/null/data'], 1],
      [['--data', join(root, 'package.json')], 1],
    ] as const) {
      const launcher = launch(...args)
      expect([args, await launcher.child.exited]).toEqual([args, code])
      expect(launcher.output()).toMatch(/^[^\n]+\.\n$/)
    }
  })

  test('for want of keys tells why', async () => {
    const launcher = launch('--profile', 'production', '--data', join(directory, 'production'))
    expect(await launcher.child.exited).toBe(1)
    expect(launcher.output()).toMatch(/^(catalog|cart|order|user): .*key/m)
    expect(launcher.output()).toContain('The shop did not start')
    expect(await allPortsFree()).toBe(true)
  })
})
