/** The observer: what a request leaves in metrics and logs, and what it never leaves. */
import { describe, expect, test } from 'bun:test'
import Type from 'typebox'
import { ClientGone } from '../http/client-gone.ts'
import { inboundOf } from '../http/inbound.fixture.ts'
import { problem } from '../http/problem.ts'
import { route } from '../http/route.ts'
import { createLogger, type LogLevel } from '../logging/logger.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { newTrace } from '../resilience/trace-context.ts'
import { createObserver } from './observer.ts'

const getOrder = route({
  method: 'GET',
  path: '/orders/:id',
  operation: 'get_order',
  access: 'user',
  summary: 'One order',
  success: { status: 200, schema: Type.Object({}) },
  errors: [],
  handler: () => ({}),
})

const trace = newTrace()
const request = {
  requestId: 'r1',
  trace,
  sampled: null,
  inbound: inboundOf({ target: '/orders/7?secret=1', headers: { authorization: 'Bearer secret' } }),
}

interface Observing {
  readonly sample?: number
  readonly level?: LogLevel
  readonly inFlight?: () => number
  readonly linesPerSecond?: number
}

function observing(options: Observing = {}) {
  const { sample = 0, level = 'info', inFlight = () => 0, linesPerSecond } = options
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const metrics = createMetrics('order')
  const log = createLogger({ service: 'order', level, destination })
  const observer = createObserver(
    metrics,
    log,
    sample,
    { inFlight, receiving: () => 3 },
    linesPerSecond,
  )
  return { lines, metrics, observer, observe: observer.bind(getOrder) }
}

describe('metrics', () => {
  test('count requests by method, route and status, and time them in seconds', async () => {
    const { metrics, observe } = observing()
    observe(200, 2, request, undefined)
    observe(200, 3, request, undefined)
    observe(404, 1, request, problem('order_not_found'))
    const text = await metrics.text()
    const labels = 'method="GET",route="/orders/:id"'
    expect(text).toContain(`http_requests_total{${labels},status="200"} 2\n`)
    expect(text).toContain(`http_requests_total{${labels},status="404"} 1\n`)
    expect(text).toContain(`http_request_duration_seconds_count{${labels}} 3\n`)
    expect(text).toMatch(/http_request_duration_seconds_sum\{[^}]+\} 0\.006/)
    expect(text).not.toContain('/orders/7')
  })

  test('put what met no route into one series per status', async () => {
    const { metrics, observer } = observing()
    observer.stray(404)
    observer.stray(404)
    expect(await metrics.text()).toContain(
      'http_requests_total{method="any",route="unmatched",status="404"} 2\n',
    )
  })

  test('show what is in flight when they are read', async () => {
    let inFlight = 1
    const { metrics } = observing({ inFlight: () => inFlight })
    inFlight = 7
    expect(await metrics.text()).toContain('http_requests_in_flight 7\n')
    expect(await metrics.text()).toContain('http_request_bodies_waiting 3\n')
  })
})

describe('the log', () => {
  const line = {
    request_id: 'r1',
    trace_id: trace.traceId,
    method: 'GET',
    route: '/orders/:id',
    status: 200,
    duration_ms: 1.23,
  }
  const read = (lines: readonly string[]) =>
    lines.map((each) => JSON.parse(each) as Record<string, unknown>)

  test('has a line of every success where the sample is 1, and none where it is 0', () => {
    const all = observing({ sample: 1 })
    all.observe(200, 1.2345, request, undefined)
    expect(read(all.lines)).toMatchObject([{ level: 'info', ...line }])
    const none = observing({ sample: 0 })
    none.observe(200, 1, request, undefined)
    expect(none.lines).toEqual([])
  })

  test('has no more lines of successes a second than it is told', () => {
    const few = observing({ sample: 1, linesPerSecond: 2 })
    for (let count = 0; count < 100; count++) few.observe(200, 1, request, undefined)
    expect(few.lines.length).toBeGreaterThanOrEqual(2)
    // The clock's second may turn once meanwhile.
    expect(few.lines.length).toBeLessThanOrEqual(4)
  })

  test('has every failure of ours, with the error behind the problem', () => {
    const { lines, observe } = observing()
    const cause = new Error('disk full')
    observe(503, 1, request, problem('store_unavailable', { cause }))
    observe(500, 1, request, cause)
    expect(read(lines)).toMatchObject([
      { level: 'error', msg: 'failed', status: 503, err: { message: 'disk full' } },
      { level: 'error', msg: 'failed', status: 500, err: { message: 'disk full' } },
    ])
  })

  test('has mistakes of clients only where it was asked to say everything', () => {
    const usual = observing()
    usual.observe(404, 1, request, problem('order_not_found'))
    expect(usual.lines).toEqual([])
    const detailed = observing({ level: 'debug' })
    detailed.observe(404, 1, request, problem('order_not_found'))
    expect(read(detailed.lines)).toMatchObject([{ level: 'debug', status: 404 }])
  })

  test('has no failure where a client did not wait for its answer', async () => {
    const { lines, metrics, observe } = observing()
    observe(499, 1, request, new ClientGone(new Error('reset')))
    expect(lines).toEqual([])
    expect(await metrics.text()).toContain('route="/orders/:id",status="499"} 1\n')
  })

  test('never has paths, queries or tokens', () => {
    const { lines, observe } = observing({ sample: 1, level: 'debug' })
    observe(200, 1, request, undefined)
    observe(404, 1, request, problem('order_not_found'))
    observe(500, 1, request, new Error('broken'))
    expect(lines).toHaveLength(3)
    for (const each of lines) expect(each).not.toMatch(/secret|\/orders\/7/)
  })
})
