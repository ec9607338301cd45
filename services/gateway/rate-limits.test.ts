/** The gateway's rate limit: genuine users apart, everybody else by address, machines' health checks free. */
import { describe, expect, test } from 'bun:test'
import { problem } from '../../core/http/problem.ts'
import { createMetrics } from '../../core/metrics/metrics.ts'
import type { SessionId, UserId } from '../../core/values/ids.ts'
import { manualClock } from '../../core/values/time.ts'
import { rawService, startGateway } from './gateway.fixture.ts'
import { createRateLimits } from './rate-limits.ts'

function limits(rate: number, burst: number, address = { rate: 1_000, burst: 1_000 }) {
  const clock = manualClock(1_800_000_000_000)
  const metrics = createMetrics('gateway')
  const rateLimits = createRateLimits({
    account: { rate, burst },
    address,
    clock,
    metrics,
    // A genuine token is 'Bearer <user>', a forged one is anything else.
    authenticate(authorization) {
      const user = /^Bearer (user-\w+)$/.exec(authorization ?? '')?.[1]
      if (user === undefined) throw problem('not_authenticated')
      return { kind: 'user', id: user as UserId, role: 'user', session: 's' as SessionId }
    },
    addressOf: (inbound) => inbound.header('x-test-address') ?? inbound.address,
  })
  return { clock, metrics, rateLimits }
}

const catalog = () =>
  rawService((socket) => {
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok')
  })

const get = (url: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/api/products/`, { headers })

describe('the rate limit', () => {
  test('answers 429 with Retry-After and RateLimit past the burst, and lets in again later', async () => {
    using service = await catalog()
    const { clock, rateLimits } = limits(1, 3)
    await using gateway = await startGateway({ catalog: [service.url], rateLimits })
    for (let count = 0; count < 3; count++) expect((await get(gateway.url)).status).toBe(200)
    const refused = await get(gateway.url)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('content-type')).toBe('application/problem+json')
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(refused.headers.get('ratelimit')).toBe('"default";r=0;t=3')
    expect(refused.headers.get('ratelimit-policy')).toBe('"default";q=3;w=3')
    expect(await refused.json()).toMatchObject({ code: 'rate_limited', status: 429 })
    clock.advance(1_000)
    expect((await get(gateway.url)).status).toBe(200)
    expect((await get(gateway.url)).status).toBe(429)
  })

  test('says what is left only when little is', async () => {
    using service = await catalog()
    const { rateLimits } = limits(1, 10)
    await using gateway = await startGateway({ catalog: [service.url], rateLimits })
    const told: (string | null)[] = []
    for (let count = 0; count < 10; count++) {
      told.push((await get(gateway.url)).headers.get('ratelimit'))
    }
    expect(told.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => null))
    expect(told.slice(8)).toEqual(['"default";r=1;t=9', '"default";r=0;t=10'])
  })

  test('counts each signed-in user apart, whatever the address', async () => {
    using service = await catalog()
    const { rateLimits } = limits(1, 1)
    await using gateway = await startGateway({ catalog: [service.url], rateLimits })
    const as = (user: string, address: string) =>
      get(gateway.url, { authorization: `Bearer ${user}`, 'x-test-address': address })
    expect((await as('user-a', '10.0.0.1')).status).toBe(200)
    expect((await as('user-a', '10.0.0.2')).status).toBe(429)
    expect((await as('user-b', '10.0.0.1')).status).toBe(200)
  })

  test('forged tokens open no new buckets: they count for their address', async () => {
    using service = await catalog()
    const { rateLimits, metrics } = limits(1, 2)
    await using gateway = await startGateway({ catalog: [service.url], rateLimits })
    const statuses: number[] = []
    for (let count = 0; count < 5; count++) {
      statuses.push((await get(gateway.url, { authorization: `Bearer forged${count}` })).status)
    }
    expect(statuses).toEqual([200, 200, 429, 429, 429])
    const page = await metrics.text()
    expect(page).toContain('rate_limit_decisions_total{key="address",result="allowed"} 2')
    expect(page).toContain('rate_limit_decisions_total{key="address",result="limited"} 3')
    expect(page).toContain('rate_limit_decisions_total{key="user",result="allowed"} 0')
  })

  test('tells a page of an allowed origin, and never stands before its preflights', async () => {
    using service = await catalog()
    const { rateLimits } = limits(1, 1)
    const origin = 'https://shop.example'
    await using gateway = await startGateway({
      catalog: [service.url],
      rateLimits,
      corsOrigins: [origin],
    })
    await get(gateway.url, { origin })
    const limited = await get(gateway.url, { origin })
    expect(limited.status).toBe(429)
    expect(limited.headers.get('access-control-allow-origin')).toBe(origin)
    const readable = limited.headers.get('access-control-expose-headers')?.toLowerCase().split(', ')
    for (const name of ['retry-after', 'ratelimit', 'ratelimit-policy']) {
      expect(limited.headers.has(name)).toBe(true)
      expect(readable).toContain(name)
    }
    const preflight = { origin, 'access-control-request-method': 'PUT' }
    const asked = await fetch(`${gateway.url}/api/x`, { method: 'OPTIONS', headers: preflight })
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-methods')).toContain('PUT')
    // What only looks like one is a request like any other.
    const other = { ...preflight, origin: 'https://evil.example' }
    const refused = await fetch(`${gateway.url}/api/x`, { method: 'OPTIONS', headers: other })
    expect(refused.status).toBe(429)
  })

  test('charges both user and address: many accounts of one address share what it has', async () => {
    using service = await catalog()
    const { rateLimits, metrics, clock } = limits(1, 5, { rate: 2, burst: 12 })
    await using gateway = await startGateway({ catalog: [service.url], rateLimits })
    const as = (user: string, address: string) =>
      get(gateway.url, { authorization: `Bearer ${user}`, 'x-test-address': address })
    const statuses: number[] = []
    for (let count = 0; count < 30; count++) {
      statuses.push((await as(`user-${count % 10}`, '10.0.0.1')).status)
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(12)
    const refused = await as('user-0', '10.0.0.1')
    expect(refused.headers.get('ratelimit-policy')).toBe('"address";q=12;w=6')
    expect(refused.headers.get('ratelimit')).toBe('"address";r=0;t=6')
    // The users are not out of tokens, and who is elsewhere has an address's bucket of its own.
    expect((await as('user-9', '10.0.0.2')).status).toBe(200)
    // Who asks for too much as one user takes nothing from the neighbours.
    clock.advance(6_000)
    for (let count = 0; count < 30; count++) await as('user-a', '10.0.0.1')
    for (let count = 0; count < 5; count++) {
      expect((await as('user-b', '10.0.0.1')).status).toBe(200)
    }
    const page = await metrics.text()
    expect(page).toContain('rate_limit_decisions_total{key="address",result="limited"} 19')
    expect(page).toContain('rate_limit_decisions_total{key="user",result="limited"} 25')
  })

  test('holds for pages of the gateway itself and for what no service has', async () => {
    using service = await catalog()
    const { rateLimits } = limits(1, 2)
    await using gateway = await startGateway({ catalog: [service.url], rateLimits })
    for (const [index, path] of ['/', '/docs/x', '/api/health/anything', '/health/x'].entries()) {
      const headers = { 'x-test-address': `10.0.0.${index}` }
      const ask = () => fetch(`${gateway.url}${path}`, { headers, redirect: 'manual' })
      for (let count = 0; count < 2; count++) expect((await ask()).status).not.toBe(429)
      expect([path, (await ask()).status]).toEqual([path, 429])
    }
  })

  test('leaves the exact health checks to buckets of their own', async () => {
    using service = await catalog()
    const { rateLimits } = limits(1, 1, { rate: 1, burst: 16 })
    await using gateway = await startGateway({ catalog: [service.url], rateLimits })
    await get(gateway.url)
    expect((await get(gateway.url)).status).toBe(429)
    const probes = ['', '/live', '/ready', '/startup'].map((probe) => `/health${probe}`)
    for (let round = 0; round < 2; round++) {
      for (const probe of probes) {
        expect((await fetch(`${gateway.url}/api${probe}`)).status).toBe(200)
        expect((await fetch(`${gateway.url}${probe}`)).status).toBe(200)
      }
    }
    // Bounded all the same, and not where others ask.
    expect((await fetch(`${gateway.url}/api/health/live`)).status).toBe(429)
    expect((await fetch(`${gateway.url}/health/live`)).status).toBe(429)
    const headers = { 'x-test-address': '10.0.0.2' }
    expect((await fetch(`${gateway.url}/health/live`, { headers })).status).toBe(200)
  })
})
