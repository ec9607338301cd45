/** Planted faults on real processes: each does what it says, shows in the metrics, and ends. */
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, describe, expect, test } from 'bun:test'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { clientOf } from '../support/client.ts'
import { scrape } from '../support/metrics-page.ts'
import { startShop } from '../support/shop.ts'
import { until } from '../support/until.ts'

const shop = await startShop()
afterAll(shop.stop)
const client = clientOf(shop)
const admin = client.tokens.admin()
const path = '/system/faults'
const list = '/products/categories/list'

const plant = (to: ServiceName, json: unknown) =>
  client.call(to, 'POST', path, { token: admin, json })
const end = (to: ServiceName) => client.call(to, 'DELETE', path, { token: admin })
const active = async (to: ServiceName, kind: string) =>
  (await scrape(shop.urls[to])).value(`faults_active{kind="${kind}"}`)

afterEach(async () => {
  for (const name of serviceNames) expect((await end(name)).status).toBe(200)
})

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const started = performance.now()
  const result = await work()
  return [result, performance.now() - started]
}

describe('the switch', () => {
  test.each(serviceNames)('of %s is for admins', async (name) => {
    const { token } = await client.register()
    for (const method of ['GET', 'POST', 'DELETE'] as const) {
      const json = method === 'POST' ? { json: { kind: 'errors' } } : {}
      expect((await client.call(name, method, path, json)).status).toBe(401)
      expect((await client.call(name, method, path, { token, ...json })).status).toBe(403)
    }
    expect((await client.get(name, path, admin)).json()).toEqual({ faults: [] })
  })

  test('is not there outside of the demo profile, not even for an admin', async () => {
    await using other = await startShop({ profile: 'production' })
    const there = clientOf(other)
    const token = there.tokens.admin()
    for (const name of serviceNames) {
      for (const method of ['GET', 'POST', 'DELETE'] as const) {
        expect((await there.call(name, method, path, { token })).status).toBe(404)
      }
      expect((await scrape(other.urls[name])).families.has('faults_active')).toBe(false)
    }
  }, 60_000)

  test('takes only kinds that the service can show, and only for so long', async () => {
    for (const json of [
      { kind: 'outbox' },
      { kind: 'latency', seconds: 601 },
      { kind: 'latency', milliseconds: 5_001 },
      { kind: 'errors', share: 0 },
      { kind: 'memory', megabytes: 2_048 },
      { kind: 'latency', role: 'admin' },
      {},
    ]) {
      expect((await plant('catalog', json)).status).toBe(422)
    }
  })

  test('shows what is on, in the metrics too, and turns one off and leaves the other', async () => {
    await plant('catalog', { kind: 'latency', milliseconds: 1 })
    const both = await plant('catalog', { kind: 'errors', share: 0.001 })
    expect(both.json()).toMatchObject({ faults: [{ kind: 'latency' }, { kind: 'errors' }] })
    expect(await active('catalog', 'latency')).toBe(1)
    await client.call('catalog', 'DELETE', `${path}?kind=latency`, { token: admin })
    expect(await active('catalog', 'latency')).toBe(0)
    expect(await active('catalog', 'errors')).toBe(1)
  })

  test('turns itself off', async () => {
    await plant('catalog', { kind: 'errors', share: 1, seconds: 1 })
    expect((await client.get('catalog', list)).status).toBe(500)
    await until('it is over', async () => (await client.get('catalog', list)).status === 200)
    expect(await active('catalog', 'errors')).toBe(0)
    expect(shop.logs('catalog')).toContain('planted fault is over')
  })
})

describe('a planted fault', () => {
  test('of latency makes every answer late, cached ones too, and health not', async () => {
    // So that it would come from memory.
    const page = `/products/?category=${encodeURIComponent('Фрукты')}`
    await client.get('catalog', page)
    await plant('catalog', { kind: 'latency', milliseconds: 600 })
    const [answer, milliseconds] = await timed(() => client.get('catalog', page))
    expect(answer.status).toBe(200)
    expect(milliseconds).toBeGreaterThan(590)
    const [alive, soon] = await timed(() => client.get('catalog', '/health/live'))
    expect([alive.status, soon < 590]).toEqual([200, true])
    const metrics = await scrape(shop.urls.catalog)
    const bucket = (le: string) =>
      metrics.value(
        `http_request_duration_seconds_bucket{le="${le}",method="GET",route="/products/"}`,
      ) ?? 0
    expect(bucket('+Inf')).toBeGreaterThan(bucket('0.5'))
  })

  test('of errors fails its share of requests, and says no more than any other', async () => {
    await plant('catalog', { kind: 'errors', share: 1 })
    const answer = await client.get('catalog', list)
    expect(answer.status).toBe(500)
    expect(answer.json()).toMatchObject({ code: 'internal_error' })
    expect(answer.text).not.toContain('planted')
    expect((await client.get('catalog', '/health/ready')).status).toBe(200)
    const metrics = await scrape(shop.urls.catalog)
    const failed = `http_requests_total{method="GET",route="${list}",status="500"}`
    expect(metrics.value(failed)).toBeGreaterThan(0)
  })

  test('of the store makes statements slow, and shows in their times', async () => {
    const { product_id } = await client.createProduct()
    const over = async () => {
      const page = await scrape(shop.urls.catalog)
      const bucket = (le: string) =>
        page.value(`sqlite_query_duration_seconds_bucket{le="${le}",operation="find_product"}`) ?? 0
      return bucket('+Inf') - bucket('0.1')
    }
    const before = await over()
    await plant('catalog', { kind: 'store', milliseconds: 120 })
    const [answer, milliseconds] = await timed(() =>
      client.get('catalog', `/products/${product_id}`),
    )
    expect(answer.status).toBe(200)
    expect(milliseconds).toBeGreaterThan(120)
    await end('catalog')
    expect(await over()).toBeGreaterThan(before)
  })

  test('of the processor burns most of a core', async () => {
    const used = async () => (await scrape(shop.urls.user)).value('process_cpu_seconds_total') ?? 0
    const before = await used()
    await plant('user', { kind: 'cpu' })
    await until('a second of it is used', async () => (await used()) - before > 1)
    await until('the loop is seen to be late', async () => {
      // Each scrape begins a new window, which has to hold something.
      await Bun.sleep(300)
      const page = await scrape(shop.urls.user)
      return (page.value('nodejs_eventloop_lag_max_seconds') ?? 0) > 0.03
    })
  }, 60_000)

  test('of memory grows up to its bound, and no further', async () => {
    const resident = () => {
      const status = readFileSync(`/proc/${shop.pid('user')}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
    }
    const before = resident()
    await plant('user', { kind: 'memory', megabytes: 160 })
    await until('it has grown', () => resident() > before + 140)
    expect(resident()).toBeLessThan(before + 260)
    await end('user')
    await until('it has been given back', () => resident() < before + 70)
  }, 60_000)

  test('of the outbox holds everything back, and nothing is lost', async () => {
    const state = async () => (await scrape(shop.urls.order)).value('outbox_entries') ?? -1
    await until('nothing waits', async () => (await state()) === 0)
    await plant('order', { kind: 'outbox' })
    const { token } = await client.register()
    const { product_id } = await client.createProduct()
    const json = { items: [{ product_id, quantity: 1 }] }
    const { id } = (await client.call('order', 'POST', '/orders/', { token, json })).json() as {
      id: string
    }
    await until('the order has gone all its way', async () => {
      const answer = await client.get('order', `/orders/${id}`, token)
      return (answer.json() as { status: string }).status === 'DELIVERED'
    })
    // CREATED, PROCESSING, SHIPPING, DELIVERED, and the stock.
    expect(await state()).toBe(5)
    expect((await scrape(shop.urls.order)).value('outbox_lag_seconds')).toBeGreaterThan(0.5)
    await end('order')
    await until('all of it is delivered', async () => (await state()) === 0)
    const delivered = (await scrape(shop.urls.order)).value(
      'outbox_deliveries_total{kind="commit",result="delivered"}',
    )
    expect(delivered).toBeGreaterThan(0)
  }, 60_000)
})
