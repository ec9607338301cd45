/** The metrics of real processes: documented both ways, there from boot, and bounded whatever comes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'bun:test'
import { newId } from '../../core/values/ids.ts'
import { serviceNames } from '../../core/values/service-name.ts'
import { inParallel } from '../support/buyers.ts'
import { clientOf } from '../support/client.ts'
import { startCollector } from '../support/collector.ts'
import { documentedMetrics } from '../support/documented-metrics.ts'
import { scrape, type Family } from '../support/metrics-page.ts'
import { freePorts } from '../support/ports.ts'
import { allRoutes } from '../support/route-tables.ts'
import type { Method, Sent } from '../support/send.ts'
import { startShop, type ProcessName } from '../support/shop.ts'

const collector = startCollector()
afterAll(() => collector[Symbol.dispose]())
const [gatewayMetrics = 0] = await freePorts(1)
const shop = await startShop({
  gateway: true,
  env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  envOf: {
    gateway: { GATEWAY_METRICS_PORT: String(gatewayMetrics) },
    // Soon reached, so that guesses cost no hash.
    user: { LOGIN_FAILURES_PER_ADDRESS: '10' },
  },
})
afterAll(shop.stop)
const client = clientOf(shop)

const processes: readonly ProcessName[] = [...serviceNames, 'gateway']
const pageOf = (name: ProcessName) =>
  scrape(name === 'gateway' ? `http://127.0.0.1:${gatewayMetrics}` : shop.urls[name])
/** Nothing has been asked yet but whether they are ready. */
const atBoot = new Map(
  await Promise.all(processes.map(async (name) => [name, await pageOf(name)] as const)),
)
const families = (name: ProcessName): readonly Family[] => [
  ...(atBoot.get(name)?.families.values() ?? []),
]

describe.each(processes)('the metrics of %s', (name) => {
  const sections = documentedMetrics()
  const title = `${name[0]?.toUpperCase()}${name.slice(1)}`
  const wanted = [
    ...(sections.get('Every process') ?? []),
    ...(name === 'gateway' ? [] : (sections.get('Every service') ?? [])),
    ...(sections.get(title) ?? []),
  ].sort()

  test('are those that are documented, no more and no fewer', () => {
    const shown = families(name).map(
      (family) => `${family.name} ${family.type} {${family.labels.join(',')}}`,
    )
    expect(shown.sort()).toEqual(wanted)
  })

  test('have a series each from boot', () => {
    const without = families(name).filter(({ series }) => series.length === 0)
    expect(without.map((family) => family.name)).toEqual([])
  })
})

describe('from boot, at zero', () => {
  test.each(serviceNames)('are success and failure of every route of %s', (name) => {
    const page = atBoot.get(name)
    for (const { method, path, success, neverShed } of allRoutes.filter(
      ({ service }) => service === name,
    )) {
      for (const status of [success.status, 500, 503]) {
        const value = page?.value(
          `http_requests_total{method="${method}",route="${path}",status="${status}"}`,
        )
        // Probes and the other services' questions have been answered already.
        const asked = neverShed === true || status === success.status
        if (asked) expect(value).toBeGreaterThanOrEqual(0)
        else expect([path, status, value]).toEqual([path, status, 0])
      }
      expect(
        page?.value(`http_request_duration_seconds_count{method="${method}",route="${path}"}`),
      ).toBeGreaterThanOrEqual(0)
    }
  })

  test('are the statements of every store', () => {
    for (const name of serviceNames) {
      const source = readFileSync(
        join(import.meta.dir, `../../services/${name}/store.sqlite.ts`),
        'utf8',
      )
      const page = atBoot.get(name)
      const operations = page?.families.get('sqlite_queries_total')?.series ?? []
      expect(operations.length).toBeGreaterThan(8)
      expect(page?.value('sqlite_queries_total{operation="commit"}')).toBeGreaterThanOrEqual(0)
      // What stands in the main file of the store by name has its series.
      for (const [, operation = ''] of source.matchAll(/^ {6}'([a-z_]+)',$/gm)) {
        expect(operations).toContain(`sqlite_queries_total{operation="${operation}"}`)
      }
    }
  })

  test('are the outcomes of the business', () => {
    const values = (name: ProcessName, metric: string, label: string, all: readonly string[]) =>
      all.map((value) => [value, atBoot.get(name)?.value(`${metric}{${label}="${value}"}`)])
    const zeros = (all: readonly string[]) => all.map((value) => [value, 0])
    for (const [name, metric, label, all] of [
      ['user', 'logins_total', 'result', ['success', 'failure', 'limited']],
      ['catalog', 'catalog_cache_requests_total', 'result', ['hit', 'miss', 'stale']],
      ['catalog', 'stock_reservations_total', 'result', ['reserved', 'out_of_stock', 'released']],
      ['catalog', 'product_views_total', 'category', ['Фрукты', 'Мясо', 'other']],
      ['cart', 'items_added_to_cart_total', 'product_name', ['other']],
      ['cart', 'circuit_breaker_open', 'peer', ['catalog', 'order', 'user']],
      ['order', 'orders_status_total', 'status', ['CREATED', 'DELIVERED', 'CANCELLED']],
      ['order', 'faults_active', 'kind', ['latency', 'errors', 'outbox']],
    ] as const) {
      expect(values(name, metric, label, all)).toEqual(zeros(all))
    }
    expect(atBoot.get('catalog')?.value('stock_invariant_violations')).toBe(0)
    expect(atBoot.get('order')?.value('outbox_lag_seconds')).toBe(0)
  })
})

test('a probe that the gateway hands on is no request of a customer', async () => {
  const counted = async () => {
    const page = await pageOf('gateway')
    const of = (route: string) =>
      page.value(`http_requests_total{method="GET",route="${route}",status="200"}`) ?? 0
    return { customers: of('/cart-api/*'), probes: of('/health') }
  }
  const before = await counted()
  for (const path of ['/cart-api/health', '/cart-api/health/ready', '/health']) {
    expect((await client.get('gateway', path)).status).toBe(200)
  }
  expect(await counted()).toEqual({ customers: before.customers, probes: before.probes + 3 })
})

test('10,000 random paths, names and ids add no series', async () => {
  const seriesOf = async (): Promise<readonly string[]> =>
    (await Promise.all(processes.map(pageOf))).flatMap((page, index) =>
      [...page.families.values()].flatMap(({ series }) =>
        series.map((each) => `${processes[index]} ${each}`),
      ),
    )
  const { token } = await client.register()
  const admin = client.tokens.admin()
  const word = () => newId<string>()
  const kinds: readonly (() => [ProcessName, Method, string, Sent?])[] = [
    () => ['gateway', 'GET', `/${word()}/${word()}`],
    () => ['gateway', 'GET', `/api/products/${word()}`],
    () => ['gateway', 'POST', `/${word()}`],
    () => ['catalog', 'GET', `/${word()}`],
    () => ['catalog', 'DELETE', `/products/${word()}`, { token: admin }],
    () => ['catalog', 'GET', `/products/?category=${word()}`],
    () => ['catalog', 'GET', `/products/by-category/${word()}`],
    () => ['catalog', 'GET', `/products/?category=Фрукты&q=${word()}`],
    () => ['catalog', 'PATCH', `/products/${word()}`],
    () => ['cart', 'POST', `/products/${word()}/view`, { token }],
    () => ['cart', 'DELETE', `/cart/items/${word()}`, { token }],
    () => ['cart', 'POST', '/cart/items', { token, json: { product_id: word(), quantity: 1 } }],
    () => ['order', 'GET', `/orders/${word()}`, { token }],
    () => ['order', 'PUT', `/orders/${word()}/status?status=${word()}`, { token: admin }],
    () => ['order', 'PUT', `/orders/${word()}/cancel`, { token }],
    () => ['user', 'POST', '/token', { form: { username: word(), password: '' } }],
    () => ['user', 'POST', '/users/register', { json: { username: word() } }],
    () => ['user', 'GET', `/users/${word()}`, { token: word() }],
  ]
  const ask = async (index: number): Promise<void> => {
    const [to, method, path, sent] = kinds[index % kinds.length]?.() ?? ['user', 'GET', '/']
    const { status } = await client.call(to, method, path, sent)
    if (status >= 500) throw new Error(`${to} answered ${status} to ${method} ${path}`)
  }
  // A status that a route has never given is a series of its own; the error table bounds those.
  // Some rounds, because a log-in ends in 401 first and in 429 later.
  await inParallel(20 * kinds.length, 8, ask)
  const before = await seriesOf()
  await inParallel(10_000, 48, ask)
  expect(await seriesOf()).toEqual(before)
  for (const name of processes) expect((await pageOf(name)).families.size).toBeGreaterThan(15)
}, 240_000)

test('names of products have 200 series at most, and the rest is one', async () => {
  const { token } = await client.register()
  const names = Array.from({ length: 230 }, (_, index) => `Слово ${index}`)
  await inParallel(names.length, 8, async (index) => {
    const product = await client.createProduct({ name: names[index] ?? '' })
    const json = { product_id: product.product_id, quantity: 1 }
    // A cart holds 100 lines.
    const answer = await client.call('cart', 'POST', '/cart/items', { token, json })
    expect(answer.status).toBe(200)
    await client.call('cart', 'DELETE', `/cart/items/${product.product_id}`, { token })
  })
  const page = await pageOf('cart')
  expect(page.families.get('items_added_to_cart_total')?.series).toHaveLength(201)
  expect(page.value('items_added_to_cart_total{product_name="other"}')).toBe(30)
}, 120_000)
