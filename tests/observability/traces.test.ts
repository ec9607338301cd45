/** Traces of real processes, as a collector gets them: one checkout is one trace, whatever it passes through. */
import { afterAll, describe, expect, test } from 'bun:test'
import { newId } from '../../core/values/ids.ts'
import { clientOf } from '../support/client.ts'
import { startCollector, type CollectedSpan } from '../support/collector.ts'
import { freePorts } from '../support/ports.ts'
import { startShop } from '../support/shop.ts'
import { until } from '../support/until.ts'

const collector = startCollector()
afterAll(() => collector[Symbol.dispose]())
const [gatewayMetrics = 0] = await freePorts(1)

const shop = await startShop({
  gateway: true,
  env: {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    // Only what is asked for, and checkouts.
    TRACE_SAMPLE: '0',
    TRACE_SLOW_MS: '60000',
    ACCESS_LOG_SAMPLE: '1',
    ACCESS_LOG_PER_SECOND: '100000',
    LOG_LEVEL: 'info',
  },
  envOf: { gateway: { GATEWAY_METRICS_PORT: String(gatewayMetrics) } },
})
afterAll(shop.stop)
const client = clientOf(shop)

const spansOf = (traceId: string): readonly CollectedSpan[] =>
  collector.spans.filter((span) => span.traceId === traceId)

const named = (spans: readonly CollectedSpan[], name: string, service?: string) =>
  spans.find((span) => span.name === name && (service === undefined || span.service === service))

/** Ids of spans that name a parent which is not there. */
const orphans = (spans: readonly CollectedSpan[]): readonly string[] => {
  const known = new Set(spans.map(({ spanId }) => spanId))
  return spans
    .filter(({ parentId }) => parentId !== '' && !known.has(parentId))
    .map(({ service, name }) => `${service}: ${name}`)
}

interface LogLine {
  readonly service: string
  readonly route?: string
  readonly trace_id?: string
  readonly request_id?: string
}

const linesOf = (traceId: string): readonly LogLine[] =>
  (['gateway', 'user', 'cart', 'order', 'catalog'] as const)
    .flatMap((name) => shop.logs(name).split('\n'))
    .filter((line) => line.includes(traceId))
    .map((line) => JSON.parse(line) as LogLine)

async function checkOut(headers: Readonly<Record<string, string>> = {}) {
  const buyer = await client.register()
  const product = await client.createProduct()
  const item = { product_id: product.product_id, quantity: 2 }
  const added = await client.call('cart', 'POST', '/cart/items', { json: item, token: buyer.token })
  expect(added.status).toBe(200)
  const path = '/user-api/users/me/orders'
  const answer = await client.call('gateway', 'POST', path, { token: buyer.token, headers })
  expect(answer.status).toBe(200)
  return { buyer, order: answer.json() as { id: string } }
}

describe('a checkout', async () => {
  const requestId = newId<string>()
  const known = new Set(collector.spans.map(({ traceId }) => traceId))
  const { order } = await checkOut({ 'x-request-id': requestId })
  await until('its trace has arrived', () =>
    collector.spans.some(
      (span) => !known.has(span.traceId) && span.service === 'gateway' && span.kind === 'server',
    ),
  )
  const root = collector.spans.find(
    (span) => span.service === 'gateway' && span.kind === 'server' && span.parentId === '',
  )
  const traceId = root?.traceId ?? ''
  await until('all services have told of it', () =>
    ['user', 'cart', 'order', 'catalog'].every((service) =>
      spansOf(traceId).some((span) => span.service === service && span.kind === 'server'),
    ),
  )
  const spans = spansOf(traceId)

  test('is one trace over all services, without a gap', () => {
    expect(new Set(spans.map(({ service }) => service))).toEqual(
      new Set(['gateway', 'user', 'cart', 'order', 'catalog']),
    )
    expect(spans.filter(({ parentId }) => parentId === '')).toEqual([root as CollectedSpan])
    expect(orphans(spans)).toEqual([])
    for (const [parent, child] of [
      ['gateway: POST /user-api/*', 'gateway: call user'],
      ['gateway: call user', 'user: POST /users/me/orders'],
      ['user: POST /users/me/orders', 'user: call cart'],
      ['user: call cart', 'cart: POST /internal/checkout'],
      ['cart: place_order', 'cart: call order'],
      ['cart: call order', 'order: POST /internal/orders'],
      ['order: POST /internal/orders', 'order: create_order'],
      ['order: create_order', 'order: reserve_stock'],
      ['order: reserve_stock', 'order: call catalog'],
      ['order: call catalog', 'catalog: POST /internal/reservations'],
    ] as const) {
      const [service = '', name = ''] = child.split(': ')
      const span = named(spans, name, service)
      const above = spans.find(({ spanId }) => spanId === span?.parentId)
      expect(`${above?.service}: ${above?.name} > ${child}`).toBe(`${parent} > ${child}`)
    }
  })

  test('has the statements of every store, by name, inside of the steps that ran them', () => {
    for (const [service, step, statement] of [
      ['cart', 'close_checkout', 'close_checkout'],
      ['order', 'accept_order', 'accept_order'],
      ['catalog', 'POST /internal/reservations', 'reserve_stock'],
    ] as const) {
      const inStore = spans.find(
        (span) =>
          span.service === service &&
          span.name === statement &&
          span.attributes['db.system.name'] !== undefined,
      )
      expect(inStore === undefined ? `no ${statement}` : 'found').toBe('found')
      const above: string[] = []
      for (let span = inStore; span !== undefined;) {
        const { parentId }: CollectedSpan = span
        span = spans.find(({ spanId }) => spanId === parentId)
        if (span !== undefined) above.push(span.name)
      }
      expect(above).toContain('group commit')
      expect(above).toContain(step)
    }
    expect(
      JSON.stringify(spans, (_key, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      ),
    ).not.toMatch(/SELECT|INSERT|UPDATE/)
  })

  test('has spans that lie inside of their parents, in time', () => {
    const tolerance = 5_000_000n
    for (const span of spans) {
      expect(span.end).toBeGreaterThanOrEqual(span.start)
      const parent = spans.find(({ spanId }) => spanId === span.parentId)
      if (parent === undefined) continue
      expect(span.start + tolerance).toBeGreaterThanOrEqual(parent.start)
      expect(span.end).toBeLessThanOrEqual(parent.end + tolerance)
    }
  })

  test('is found under one id in the log lines of every process', async () => {
    await until(
      'the lines are written',
      () => new Set(linesOf(traceId).map(({ service }) => service)).size === 5,
    )
    const lines = linesOf(traceId)
    expect(lines.find(({ service }) => service === 'gateway')).toMatchObject({
      route: '/user-api/*',
      request_id: requestId,
    })
  })

  test('is what its later changes are linked to, each in a trace of its own', async () => {
    const linked = (name: string) =>
      collector.spans.filter((span) => span.name === name && span.links.includes(traceId))
    await until('the order has moved to its end', () => linked('move_order').length === 3, 30_000)
    await until(
      'its consequences are delivered',
      () => linked('deliver_outbox').length >= 4,
      30_000,
    )
    for (const span of [...linked('move_order'), ...linked('deliver_outbox')]) {
      expect(span.traceId).not.toBe(traceId)
      expect(span.parentId).toBe('')
      expect(span.service).toBe('order')
    }
    const delivery = linked('deliver_outbox').map((span) => span.traceId)
    await until('the receivers have told of it', () => {
      const spansThere = collector.spans.filter((span) => delivery.includes(span.traceId))
      return (
        named(spansThere, 'POST /users/notify/order-status', 'user') !== undefined &&
        named(spansThere, 'POST /internal/reservations/:order_id/commit', 'catalog') !== undefined
      )
    })
    const answer = await client.get('order', `/orders/${order.id}`, client.tokens.admin())
    expect(answer.json()).toMatchObject({ status: 'DELIVERED' })
  }, 60_000)
})

describe('exemplars', () => {
  test('in OpenMetrics name a trace that the collector got', async () => {
    await checkOut()
    const accept = { accept: 'application/openmetrics-text;version=1.0.0' }
    const pages = await Promise.all(
      [
        ...(['user', 'cart', 'order', 'catalog'] as const).map(
          (name) => `${shop.urls[name]}/metrics`,
        ),
        `http://127.0.0.1:${gatewayMetrics}/metrics`,
      ].map(async (url) => (await fetch(url, { headers: accept })).text()),
    )
    for (const page of pages) {
      const ids = [
        ...page.matchAll(/^http_request_duration_seconds_bucket.* # \{trace_id="(\w+)"\}/gm),
      ]
      expect(ids.length).toBeGreaterThan(0)
      for (const [, id = ''] of ids) {
        await until('the trace has arrived', () => spansOf(id).length > 0)
      }
      expect(page.endsWith('# EOF\n')).toBe(true)
    }
  })
})

describe('a request', () => {
  const flagged = (traceId: string, flags: string) => ({
    traceparent: `00-${traceId}-00f067aa0ba902b7-${flags}`,
  })
  const fresh = () => newId<string>().replaceAll('-', '')

  test('whose caller asks for it is traced in the demo profile, under its ids', async () => {
    const traceId = fresh()
    const path = '/api/products/categories/list'
    await client.call('gateway', 'GET', path, { headers: flagged(traceId, '01') })
    await until('it has arrived', () => spansOf(traceId).length >= 3)
    const root = named(spansOf(traceId), 'GET /api/*')
    expect(root?.parentId).toBe('00f067aa0ba902b7')
    expect(named(spansOf(traceId), 'GET /products/categories/list')?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/products/categories/list',
      'http.response.status_code': 200,
      'shop.operation': 'get_categories',
    })
  })

  test('that nobody asks for is not traced, and its id is in the logs all the same', async () => {
    const traceId = fresh()
    const path = '/api/products/categories/list'
    await client.call('gateway', 'GET', path, { headers: flagged(traceId, '00') })
    await until('it is logged', () => linesOf(traceId).length === 2)
    // One that is traced goes the same way after it, so the first would have arrived before.
    const later = fresh()
    await client.call('gateway', 'GET', path, { headers: flagged(later, '01') })
    await until('the later one has arrived', () => spansOf(later).length >= 3)
    expect(spansOf(traceId)).toEqual([])
  })

  test('that failed is told of after the fact', async () => {
    const traceId = fresh()
    const buyer = await client.register()
    const product = await client.createProduct()
    await shop.kill('catalog')
    const json = { product_id: product.product_id, quantity: 1 }
    const headers = flagged(traceId, '00')
    const answer = await client.call('cart', 'POST', '/cart/items', {
      json,
      token: buyer.token,
      headers,
    })
    await shop.start('catalog')
    expect(answer.status).toBe(503)
    await until('it has arrived', () => spansOf(traceId).length > 0)
    const [span] = spansOf(traceId)
    expect(span).toMatchObject({
      service: 'cart',
      kind: 'server',
      name: 'POST /cart/items',
      failed: true,
      parentId: '00f067aa0ba902b7',
    })
    expect(span?.attributes).toMatchObject({
      'http.response.status_code': 503,
      'shop.sampled': 'after the fact',
    })
  })
})
