/** What the contract says of every service alike: health, metrics, description, headers, start and end. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'bun:test'
import { ensureKeys } from '../../core/auth/key-files.ts'
import { newId } from '../../core/values/ids.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { clientOf } from '../support/client.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { eventually } from '../support/ledger.ts'
import { documentedRoutesOf } from '../support/route-tables.ts'
import { send } from '../support/send.ts'
import { conform, Message } from '../support/shapes.ts'
import { startShop } from '../support/shop.ts'

const origin = 'https://shop.example'
const shop = await startShop({ products: 8, env: { CORS_ORIGINS: origin } })
afterAll(shop.stop)
const client = clientOf(shop)

/** Families by name and type; of those whose labels are known beforehand, series that stand at once. */
const metrics: Readonly<Record<ServiceName | 'every', readonly string[]>> = {
  every: [
    '# TYPE http_requests_total counter',
    'http_requests_total{method="GET",route="/",status="200"} ',
    '# TYPE http_request_duration_seconds histogram',
    'http_request_duration_seconds_bucket{le="0.0005",method="GET",route="/"} ',
    'http_requests_in_flight ',
    'process_cpu_seconds_total ',
    'process_resident_memory_bytes ',
    'nodejs_eventloop_lag_seconds ',
    `# TYPE ${shop.store}_queries_total counter`,
    `# TYPE ${shop.store}_query_duration_seconds histogram`,
  ],
  catalog: [
    'product_views_total{category="Фрукты"} ',
    'catalog_cache_requests_total{result="hit"} ',
    'catalog_cache_requests_total{result="miss"} ',
    'stock_reservations_total{result="reserved"} ',
    'stock_reservations_total{result="out_of_stock"} ',
  ],
  cart: [
    '# TYPE cart_value_cents histogram',
    'cart_value_cents_count ',
    '# TYPE cart_items_count histogram',
    'cart_items_count_count ',
    'items_added_to_cart_total{product_name="other"} ',
    'items_removed_from_cart_total ',
    'checkouts_total ',
  ],
  order: [
    'orders_created_total ',
    'orders_status_total{status="CREATED"} ',
    'orders_status_total{status="CANCELLED"} ',
    '# TYPE order_delivery_duration_seconds histogram',
    'order_delivery_duration_seconds_count ',
  ],
  user: [
    'users_registered_total ',
    'logins_total{result="success"} ',
    'logins_total{result="failure"} ',
  ],
}

describe.each([...serviceNames])('%s', (name) => {
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    client.call(name, 'GET', path, { headers })

  test('says its name at /', async () => {
    const answer = await get('/')
    expect(answer.status).toBe(200)
    conform(Message, answer.json())
  })
  test('has the three probes and the earlier /health', async () => {
    for (const probe of ['live', 'ready', 'startup']) {
      for (const path of [`/health/${probe}`, `/health/${probe}/`]) {
        const answer = await get(path)
        expect([path, answer.status]).toEqual([path, 200])
        expect(answer.json()).toMatchObject({ status: 'ok' })
      }
    }
    expect((await get('/health')).json()).toEqual({ status: 'ok', service: `${name}-service` })
  })
  test('shows its metrics in both formats, those of the contract from the start', async () => {
    const plain = await get('/metrics')
    expect(plain.status).toBe(200)
    expect(plain.headers.get('content-type')).toStartWith('text/plain')
    const lines = plain.text.split('\n').map((line) => `${line} `)
    const missing = [...metrics.every, ...metrics[name]].filter(
      (start) => !lines.some((line) => line.startsWith(start)),
    )
    expect(missing).toEqual([])
    const open = await get('/metrics', { accept: 'application/openmetrics-text; version=1.0.0' })
    expect(open.headers.get('content-type')).toStartWith('application/openmetrics-text')
    expect(open.text.trimEnd()).toEndWith('# EOF')
  })
  test('counts requests by route, never by path', async () => {
    const secret = newId()
    await get(`/nowhere/${secret}`)
    await get(`/products/${secret}`)
    await get(`/orders/${secret}`)
    expect((await get('/metrics')).text).not.toContain(secret)
  })
  test('describes what clients may call, and nothing internal, in OpenAPI 3.1', async () => {
    interface Operation {
      readonly operationId: string
      readonly security: readonly object[]
      readonly responses: Readonly<Record<string, unknown>>
    }
    const answer = await get('/openapi.json')
    expect(answer.status).toBe(200)
    // Checked field by field below.
    const document = answer.json() as {
      openapi: string
      paths: Record<string, Record<string, Operation>>
    }
    expect(document.openapi).toMatch(/^3\.1\./)
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    )
    const expected = documentedRoutesOf(name)
    expect(described.map(({ operation }) => operation.operationId).sort()).toEqual(
      expected.map(({ operation }) => operation).sort(),
    )
    for (const { method, path, operation, access, success, errors } of expected) {
      const found = described.find((each) => each.operation.operationId === operation)
      expect(found?.path).toBe(path.replace(/:(\w+)/g, '{$1}'))
      expect(found?.method).toBe(method.toLowerCase())
      const tokens = found?.operation.security.some((each) => 'user' in each)
      expect(tokens).toBe(access !== 'public' || errors.includes('not_authenticated'))
      expect(Object.keys(found?.operation.responses ?? {})).toContain(String(success.status))
    }
    expect(answer.text).not.toContain('/internal/')
  })
  test('gives a request id back that was sent, and only a harmless one', async () => {
    for (const path of ['/health/live', '/nowhere']) {
      const id = `check-${newId()}`
      expect((await get(path, { 'x-request-id': id })).headers.get('x-request-id')).toBe(id)
      for (const bad of ['two words', 'x'.repeat(129), 'caf\u00e9']) {
        const answer = await get(path, { 'x-request-id': bad })
        expect(answer.headers.get('x-request-id')).not.toBe(bad)
      }
    }
  })
  test('takes the trace of the caller over', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` }
    expect(expectProblem(await get('/nowhere', headers), 404).trace_id).toBe(traceId)
    const broken = { traceparent: '00-00000000000000000000000000000000-00f067aa0ba902b7-01' }
    expect(expectProblem(await get('/nowhere', broken), 404).trace_id).not.toBe('0'.repeat(32))
  })
  test('answers HEAD without a body and OPTIONS with what is allowed', async () => {
    const head = await client.call(name, 'HEAD', '/health/live')
    expect([head.status, head.text]).toEqual([200, ''])
    const options = await client.call(name, 'OPTIONS', '/health/live')
    expect([options.status, options.text]).toEqual([204, ''])
    expect(options.headers.get('allow')?.split(', ').sort()).toEqual(['GET', 'HEAD', 'OPTIONS'])
    const post = await client.call(name, 'POST', '/health/live')
    expectProblem(post, 405, 'method_not_allowed')
    expectProblem(await client.call(name, 'OPTIONS', '/nowhere'), 404, 'not_found')
  })
  test('lets pages of the allowed origin in, and no others', async () => {
    const allowed = await get('/nowhere', { origin })
    expect(allowed.headers.get('access-control-allow-origin')).toBe(origin)
    expect(allowed.headers.get('vary')).toContain('Origin')
    for (const other of ['https://evil.example', 'null', `${origin}.evil.example`]) {
      const answer = await get('/nowhere', { origin: other })
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    }
    const preflight = await client.call(name, 'OPTIONS', '/health/live', {
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization, idempotency-key',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin)
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT')
    expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toMatch(
      /authorization.*idempotency-key/,
    )
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull()
  })
  test('does not know other paths', async () => {
    for (const path of ['/nowhere', '/health/other', '/health/live/x', '/HEALTH/live']) {
      expectProblem(await get(path), 404, 'not_found')
    }
  })
})

describe('ending', () => {
  test('SIGTERM turns ready to 503, answers what comes, and exits 0', async () => {
    await using leaving = await startShop({ products: 8, env: { DRAIN_DELAY_MS: '800' } })
    const probe = async (name: ServiceName, path: string) =>
      send('GET', `${leaving.urls[name]}/health/${path}`)
    const ends = serviceNames.map((name) => leaving.kill(name, 'SIGTERM'))
    for (const name of serviceNames) {
      await eventually(`${name} is not ready`, async () => {
        const ready = await probe(name, 'ready')
        return ready.status === 503 && ready.headers.get('retry-after') !== null
      })
      expect((await probe(name, 'live')).status).toBe(200)
      expect((await send('GET', `${leaving.urls[name]}/`)).status).toBe(200)
    }
    expect(await Promise.all(ends)).toEqual(serviceNames.map(() => 0))
  })
  test('SIGTERM again after more than a second ends it at once, and not before', async () => {
    await using leaving = await startShop({
      processes: [...serviceNames],
      products: 8,
      env: { DRAIN_DELAY_MS: '60000', SHUTDOWN_GRACE_MS: '120000' },
    })
    const endOf = async (name: ServiceName): Promise<number> => {
      // What passes a signal on twice means it once.
      leaving.signal(name, 'SIGTERM')
      leaving.signal(name, 'SIGTERM')
      await eventually(`${name} is not ready`, async () => {
        const { status } = await send('GET', `${leaving.urls[name]}/health/ready`)
        return status === 503
      })
      const again = setInterval(() => leaving.signal(name, 'SIGTERM'), 100)
      const code = await leaving.kill(name, 'SIGTERM')
      clearInterval(again)
      return code
    }
    expect(await Promise.all(serviceNames.map(endOf))).toEqual(serviceNames.map(() => 1))
  })
})

describe('PROFILE=production', () => {
  const directory = mkdtempSync(join(tmpdir(), 'product-store-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  test('starts empty, without the demo accounts', async () => {
    await using bare = await startShop({ profile: 'production' })
    const there = clientOf(bare)
    const categories = await there.get('catalog', '/products/categories/list')
    expect(categories.json()).toEqual([])
    for (const [username, password] of [
      ['admin', 'admin123'],
      ['user1', 'user123'],
      ['testuser', 'test123'],
    ] as const) {
      const form = { username, password }
      expectProblem(await there.call('user', 'POST', '/token', { form }), 401, 'login_failed')
    }
    expect(Object.values(await bare.stop())).toEqual([0, 0, 0, 0])
  })
  test.each([...serviceNames])('%s refuses generated keys', async (name) => {
    const keys = join(directory, 'generated')
    ensureKeys({ dir: keys, demo: true })
    const start = startShop({ profile: 'production', processes: [name], env: { KEYS_DIR: keys } })
    await expect(start).rejects.toThrow(/demo:.*PROFILE=production refuses/)
  })
  test.each([...serviceNames])('%s refuses a wildcard origin', async (name) => {
    const start = startShop({
      profile: 'production',
      processes: [name],
      env: { CORS_ORIGINS: '*' },
    })
    await expect(start).rejects.toThrow(/CORS_ORIGINS is "\*"/)
  })
  test('user refuses to start over demo accounts', async () => {
    const data = join(directory, 'demo-data')
    const keys = join(directory, 'own-keys')
    ensureKeys({ dir: keys, demo: false })
    const demo = await startShop({ processes: ['user'], directory: data })
    await demo.stop()
    const start = startShop({
      profile: 'production',
      processes: ['user'],
      directory: data,
      env: { KEYS_DIR: keys },
    })
    await expect(start).rejects.toThrow(/still has its demo password/)
  })
})
