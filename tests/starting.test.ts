/** A service whose store cannot be opened yet: it lives, says so, and takes no requests. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { ensureKeys } from '../core/auth/key-files.ts'
import { eventually } from './support/ledger.ts'
import { freePorts } from './support/ports.ts'
import { shopProcess, type ShopProcess } from './support/process.ts'
import { send } from './support/send.ts'

let directory: string
let url: string
let service: ShopProcess

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'starting-'))
  const keysDir = join(directory, 'keys')
  ensureKeys({ dir: keysDir, demo: true })
  const [port = 0] = await freePorts(1)
  url = `http://127.0.0.1:${port}`
  service = shopProcess({
    main: 'services/order/main.ts',
    logFile: join(directory, 'log'),
    env: {
      PATH: process.env['PATH'] ?? '',
      PROFILE: 'demo',
      HOST: '127.0.0.1',
      PORT: String(port),
      DATA_DIR: directory,
      KEYS_DIR: keysDir,
      STORE: 'cassandra',
      // An address of this machine at which nobody listens.
      CASSANDRA_CONTACT_POINTS: '127.251.18.7',
      DRAIN_DELAY_MS: '600',
    },
  })
  service.start()
  await eventually('it listens', () =>
    fetch(`${url}/health/live`, { keepalive: false }).then(
      ({ status }) => status === 200,
      () => false,
    ),
  )
}, 60_000)
afterAll(async () => {
  await service.end('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

test('probes hear that it lives and has not started', async () => {
  expect((await send('GET', `${url}/health`)).status).toBe(200)
  for (const path of ['/health/startup', '/health/ready']) {
    const answer = await send('GET', url + path)
    expect(answer.status).toBe(503)
    expect(answer.json()).toEqual({ status: 'unavailable', reason: 'starting' })
  }
  expect((await send('GET', `${url}/metrics`)).text).toContain('process_')
})

test('everybody else is asked to come back, whoever he is', async () => {
  for (const path of ['/orders/', '/openapi.json', '/no/such/path']) {
    const answer = await send('GET', url + path)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(answer.json()).toMatchObject({ code: 'store_unavailable' })
  }
})

test('it ends in order when it is told to while it waits', async () => {
  expect(await service.end('SIGTERM')).toBe(0)
})

test('a catalog that is told to end while it seeds does so at once, and goes on at its next start', async () => {
  const [port = 0] = await freePorts(1)
  const catalog = shopProcess({
    main: 'services/catalog/main.ts',
    logFile: join(directory, 'catalog.log'),
    env: {
      PATH: process.env['PATH'] ?? '',
      PROFILE: 'demo',
      HOST: '127.0.0.1',
      PORT: String(port),
      DATA_DIR: directory,
      KEYS_DIR: join(directory, 'keys'),
      DEMO_PRODUCTS: '200000',
      // Nobody is sent there yet, so nobody is waited for.
      DRAIN_DELAY_MS: '60000',
      SHUTDOWN_GRACE_MS: '10000',
    },
  })
  const lines = () => catalog.logs().trimEnd().split('\n')
  const seeding = () => lines().filter((line) => line.endsWith('"msg":"seeding demo products"}'))
  catalog.start()
  await eventually('it seeds', () => seeding().length > 0)
  expect(await catalog.end('SIGTERM')).toBe(0)
  expect(lines().at(-1)).toEndWith('"msg":"stopped"}')
  expect(catalog.logs()).not.toContain('the store')

  const before = seeding().length
  catalog.start()
  await eventually('it seeds again', () => seeding().length > before)
  expect((JSON.parse(seeding()[before] ?? '{}') as { done: number }).done).toBeGreaterThan(0)
  expect(await catalog.end('SIGTERM')).toBe(0)
})
