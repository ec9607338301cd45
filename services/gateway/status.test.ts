/** The figures of the first page, from services that a test plays. */
import { afterEach, expect, test } from 'bun:test'
import { manualClock } from '../../core/values/time.ts'
import { startGateway } from './gateway.fixture.ts'
import { createStatus, linkOf } from './status.ts'

interface Played {
  readonly url: string
  requests: number
  ready: boolean
  scrapes: number
}

const playing: { stop(): unknown }[] = []
afterEach(() => {
  for (const server of playing.splice(0)) server.stop()
})

/** A copy with a metrics page whose requests all took between 5 and 10 ms. */
function play(): Played {
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      if (request.url.endsWith('/health/ready'))
        return new Response('', { status: played.ready ? 200 : 503 })
      played.scrapes++
      const { requests } = played
      return new Response(`http_requests_total{route="/x",status="200"} ${requests}
http_request_duration_seconds_bucket{route="/x",le="0.005"} 0
http_request_duration_seconds_bucket{route="/x",le="0.01"} ${requests}
http_request_duration_seconds_bucket{route="/x",le="+Inf"} ${requests}
`)
    },
  })
  playing.push(server)
  const played: Played = { url: server.url.origin, requests: 0, ready: true, scrapes: 0 }
  return played
}

function shown(options: { readonly cart?: readonly Played[] } = {}) {
  const clock = manualClock(1_000_000)
  const catalog = play()
  const cart = options.cart ?? [play()]
  const [order, user] = [play(), play()]
  const urls = (copies: readonly Played[]) => copies.map(({ url }) => url)
  const status = createStatus({
    addresses: {
      catalog: urls([catalog]),
      cart: urls(cart),
      order: urls([order]),
      user: urls([user]),
    },
    links: [{ name: 'Prometheus', url: 'http://localhost:9090/' }],
    clock,
  })
  const ask = async () => JSON.parse(String((await status()).body)) as unknown
  return { clock, catalog, cart, ask, status }
}

test('the first look knows who is ready, and no rate yet', async () => {
  const { ask } = shown()
  const unknown = { ready: 1, copies: 1, requests_per_second: null, p99_ms: null }
  expect(await ask()).toEqual({
    seconds: 0,
    services: ['catalog', 'cart', 'order', 'user'].map((service) => ({ service, ...unknown })),
    links: [{ name: 'Prometheus', url: 'http://localhost:9090/' }],
  })
})

test('a later one has what happened in between, copies together', async () => {
  const cart = [play(), play()]
  const { ask, clock, catalog } = shown({ cart })
  await ask()
  catalog.requests = 300
  for (const copy of cart) copy.requests = 50
  clock.advance(2_000)
  expect(await ask()).toMatchObject({
    seconds: 2,
    services: [
      { service: 'catalog', requests_per_second: 150, p99_ms: 10 },
      { service: 'cart', ready: 2, copies: 2, requests_per_second: 50, p99_ms: 10 },
      { service: 'order', requests_per_second: 0, p99_ms: null },
      { service: 'user', requests_per_second: 0, p99_ms: null },
    ],
  })
})

test('the figures look back ten seconds at most', async () => {
  const { ask, clock, catalog } = shown()
  await ask()
  catalog.requests = 1_000
  clock.advance(8_000)
  await ask()
  clock.advance(8_000)
  expect(await ask()).toMatchObject({
    seconds: 8,
    services: [{ requests_per_second: 0 }, {}, {}, {}],
  })
})

test('many who look within a second cost one look', async () => {
  const { ask, clock, catalog } = shown()
  await Promise.all([ask(), ask(), ask()])
  await ask()
  expect(catalog.scrapes).toBe(1)
  clock.advance(1_000)
  await ask()
  expect(catalog.scrapes).toBe(2)
})

test('a copy that is not ready, or not there, is told of', async () => {
  const cart = [play(), play()]
  const { ask, clock, catalog } = shown({ cart })
  await ask()
  catalog.ready = false
  playing[0]?.stop()
  clock.advance(2_000)
  expect(await ask()).toMatchObject({
    services: [
      { ready: 0, copies: 1, requests_per_second: 0 },
      { ready: 1, copies: 2, requests_per_second: null },
      {},
      {},
    ],
  })
})

test('the gateway has it at /docs/status.json, and only where it is wanted', async () => {
  const { status } = shown()
  await using demo = await startGateway({ status })
  const answer = await fetch(`${demo.url}/docs/status.json`)
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
  await using production = await startGateway()
  expect((await fetch(`${production.url}/docs/status.json`)).status).toBe(404)
})

test('links have a name and an address', () => {
  expect(linkOf('Locust=http://localhost/locust/?a=b')).toEqual({
    name: 'Locust',
    url: 'http://localhost/locust/?a=b',
  })
  for (const text of ['Locust', 'x=javascript:alert(1)', '=http://x/', 'a=http://x y']) {
    expect(() => linkOf(text)).toThrow('GATEWAY_LINKS')
  }
})
