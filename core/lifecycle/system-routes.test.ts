/** The routes that every service has, as a probe, a scraper and a reader meet them. */
import { describe, expect, test } from 'bun:test'
import { createApplication } from '../http/application.ts'
import { inboundOf, jsonOf } from '../http/inbound.fixture.ts'
import { problem } from '../http/problem.ts'
import { route } from '../http/route.ts'
import { Message } from '../http/schemas.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { manualClock } from '../values/time.ts'
import { createHealth } from './health.ts'
import { systemRoutes } from './system-routes.ts'

function service(maxInFlight = 10) {
  let storeIsDown = false
  const health = createHealth(() => {
    if (storeIsDown) throw new Error('down')
  })
  const metrics = createMetrics('order')
  const own = route({
    method: 'GET',
    path: '/orders/',
    operation: 'get_orders',
    access: 'public',
    summary: 'Orders',
    success: { status: 200, schema: Message },
    errors: [],
    handler: () => ({ message: '' }),
  })
  const info = {
    title: 'Orders',
    version: '1',
    description: '',
    server: '/order-api',
    tokenUrl: '/t',
  }
  const { handle } = createApplication({
    routes: [own, ...systemRoutes({ name: 'order', health, metrics, routes: [own], info })],
    authenticate() {
      throw problem('not_authenticated')
    },
    clock: manualClock(0),
    addressOf: (inbound) => inbound.address,
    maxInFlight,
    corsOrigins: [],
  })
  return {
    health,
    metrics,
    breakStore: () => {
      storeIsDown = true
    },
    get: async (target: string, headers = {}) => handle(inboundOf({ target, headers })),
  }
}

describe('the probes', () => {
  test('tell a process that starts from one that is ready and one that drains', async () => {
    const { health, get } = service()
    const statuses = async () => {
      const replies = await Promise.all(
        ['/health/live', '/health/startup', '/health/ready'].map((target) => get(target)),
      )
      return replies.map((reply) => reply.status)
    }
    expect(await statuses()).toEqual([200, 503, 503])
    health.started()
    expect(await statuses()).toEqual([200, 200, 200])
    health.drain()
    expect(await statuses()).toEqual([200, 200, 503])
  })

  test('say why, and when to ask again', async () => {
    const { health, get, breakStore } = service()
    expect(jsonOf(await get('/health/startup'))).toEqual({
      status: 'unavailable',
      reason: 'starting',
    })
    health.started()
    breakStore()
    const reply = await get('/health/ready')
    expect(jsonOf(reply)).toEqual({ status: 'unavailable', reason: 'store unavailable' })
    expect(reply.headers['retry-after']).toBe('1')
    expect(jsonOf(await get('/health/live'))).toEqual({ status: 'ok' })
  })

  test('answer while everything else is shed', async () => {
    const { health, get } = service(0)
    health.started()
    expect((await get('/orders/')).status).toBe(503)
    for (const target of [
      '/',
      '/health',
      '/health/live',
      '/health/ready',
      '/health/startup',
      '/metrics',
    ]) {
      expect((await get(target)).status).toBe(200)
    }
  })
})

test('the earlier health path keeps its words', async () => {
  expect(jsonOf(await service().get('/health'))).toEqual({ status: 'ok', service: 'order-service' })
  expect(jsonOf(await service().get('/'))).toEqual({ message: 'Product Store: order service' })
})

test('metrics come in both formats', async () => {
  const { get, metrics } = service()
  metrics.counter('orders_created_total', 'Orders').slot({}).inc(3)
  const text = await get('/metrics')
  expect(text.headers['content-type']).toStartWith('text/plain; version=0.0.4')
  expect(text.body).toContain('\norders_created_total 3\n')
  const open = await get('/metrics', { accept: 'application/openmetrics-text; version=1.0.0' })
  expect(open.headers['content-type']).toStartWith('application/openmetrics-text')
  expect(String(open.body)).toEndWith('# EOF\n')
})

test('the API is described with the routes of its service and without the metrics', async () => {
  const reply = await service().get('/openapi.json')
  expect(reply.headers['content-type']).toBe('application/json')
  const document = jsonOf(reply)
  expect(document).toMatchObject({ openapi: '3.1.0', servers: [{ url: '/order-api' }] })
  const paths = Object.keys(document['paths'] as object)
  expect(paths).toContain('/orders/')
  expect(paths).not.toContain('/metrics')
})
