/** Bytes that try to confuse, hold or break a process: nothing is smuggled, nothing stays behind. */
import { afterAll, describe, expect, test } from 'bun:test'
import { serviceNames } from '../core/values/service-name.ts'
import { manners, smuggling, type Case, type Target } from './support/sockets.cases.ts'
import {
  converse,
  descriptorsOf,
  eventually,
  metricOf,
  statusesOf,
  type Conversation,
} from './support/sockets.ts'
import { startShop, type ProcessName } from './support/shop.ts'
import { freePorts } from './support/ports.ts'
import { tokensOf } from './support/tokens.ts'

const [metricsPort = 0] = await freePorts(1)
const shop = await startShop({
  gateway: true,
  products: 8,
  env: { IDLE_TIMEOUT_MS: '2000' },
  envOf: {
    // As in life it is longer than the patience with a body.
    order: { IDLE_TIMEOUT_MS: '8000' },
    gateway: { IDLE_TIMEOUT_MS: '8000', GATEWAY_METRICS_PORT: String(metricsPort) },
  },
})
let conversations = 0
afterAll(async () => {
  await shop.stop()
  console.log(`${conversations} conversations`)
})

const token = tokensOf(shop.keysDir).admin()

interface Watched extends Target {
  /** The service that would count a smuggled request, and its route. */
  readonly counter: ProcessName
  readonly route: string
}

const targets: readonly (readonly [ProcessName, Watched])[] = [
  [
    'catalog',
    {
      write: ['POST', '/products/'],
      token,
      marker: '/products/categories/list',
      read: '/',
      counter: 'catalog',
      route: '/products/categories/list',
    },
  ],
  [
    'order',
    {
      write: ['POST', '/orders/'],
      token,
      marker: '/orders/statuses/list',
      read: '/',
      counter: 'order',
      route: '/orders/statuses/list',
    },
  ],
  [
    'gateway',
    {
      write: ['POST', '/order-api/orders/'],
      token,
      marker: '/api/products/categories/list',
      read: '/order-api/',
      counter: 'catalog',
      route: '/products/categories/list',
    },
  ],
]

const page = async (name: ProcessName): Promise<string> => {
  const url = name === 'gateway' ? `http://127.0.0.1:${metricsPort}` : shop.urls[name]
  return (await fetch(`${url}/metrics`, { keepalive: false })).text()
}

const arrived = async ({ counter, route }: Watched): Promise<number> =>
  metricOf(await page(counter), 'http_requests_total', `route="${route}"`)

type Told = readonly [name: string, conversation: Conversation]

/** All at once: what has to wait for the idle timeout waits together. */
async function all(name: ProcessName, cases: readonly Case[]): Promise<readonly Told[]> {
  conversations += cases.length
  return Promise.all(
    cases.map(async (each) => [each.name, await converse(shop.ports[name], each.steps)] as const),
  )
}

const namesOf = (told: readonly Told[], wrong: (conversation: Conversation) => boolean) =>
  told.filter(([, conversation]) => wrong(conversation)).map(([name, { text }]) => [name, text])

describe.each(targets)('%s', (name, target) => {
  const pids = [...serviceNames, 'gateway' as const].map(shop.pid)

  /** Runs the cases between two looks at the process; it must be as it was. */
  async function unharmed(cases: readonly Case[]): Promise<readonly Told[]> {
    // Never on a connection of before: the process may be ending it for idleness at this moment.
    await fetch(`${shop.urls[name]}${target.read}`, { keepalive: false })
    const before = descriptorsOf(shop.pid(name))
    const told = await all(name, cases)
    expect(namesOf(told, ({ ended }) => !ended)).toEqual([])
    expect([...serviceNames, 'gateway' as const].map(shop.pid)).toEqual(pids)
    expect((await fetch(`${shop.urls[name]}/health/live`, { keepalive: false })).status).toBe(200)
    const after = await eventually(
      async () => descriptorsOf(shop.pid(name)),
      (count) => count <= before,
    )
    expect(after).toBeLessThanOrEqual(before)
    // The request for the page itself is under way while it is written, where it is counted at all.
    const inFlight = await eventually(
      async () => metricOf(await page(name), 'http_requests_in_flight'),
      (count) => count <= 1,
    )
    expect(inFlight).toBeLessThanOrEqual(1)
    return told
  }

  test('nothing that follows an ambiguous request becomes a request', async () => {
    const before = await arrived(target)
    const told = await unharmed(smuggling(target))
    // Trailers the engine does not know: what comes after the last chunk is refused, with an end.
    const refusedAfter = (statuses: readonly number[]): boolean =>
      statuses.length === 2 && statuses[1] === 400
    expect(namesOf(told, ({ statuses }) => statuses.length > 1 && !refusedAfter(statuses))).toEqual(
      [],
    )
    expect(await arrived(target)).toBe(before)
  })

  test('the marker does arrive when it is asked for', async () => {
    const before = await arrived(target)
    await converse(shop.ports[name], [
      `GET ${target.marker} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n`,
    ])
    expect(await arrived(target)).toBe(before + 1)
  })

  test('slow, rude and wrong clients are ended in time and leave nothing behind', async () => {
    const told = await unharmed(manners(target))
    expect(
      namesOf(told, ({ statuses }) => statuses.some((status) => status >= 500 && status !== 505)),
    ).toEqual([])
    if (name !== 'order' && name !== 'gateway') return
    // However steadily its bytes come, a body has its time.
    const statusesAt = new Map(told.map(([about, { statuses }]) => [about, statuses]))
    for (const about of ['a dripping body', 'dripping chunks']) {
      expect([about, statusesAt.get(about)]).toEqual([about, [408]])
    }
  })

  test('requests in one packet are answered in order', async () => {
    const ask = (path: string, more = ''): string =>
      `GET ${path} HTTP/1.1\r\nHost: shop.test\r\n${more}\r\n`
    const [method, path] = target.write
    const steps = [
      ask('/health/live') +
        ask('/nowhere') +
        `${method} ${path} HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2\r\n\r\n{}` +
        ask(target.marker) +
        ask('/nowhere', 'Connection: close\r\n'),
    ]
    const told = await unharmed([{ name: 'pipelined', steps }])
    const statuses = told[0]?.[1].statuses ?? []
    const expected = [200, 404, 401, 200, 404]
    // The engine ends a connection whose next request comes before an answer that has to be waited
    // for: the gateway waits for its services, so of these five it answers the first ones.
    const least = name === 'gateway' ? 2 : expected.length
    expect(statuses.length).toBeGreaterThanOrEqual(least)
    expect(statuses).toEqual(expected.slice(0, statuses.length))
  })

  test('a request in single bytes is answered like any other', async () => {
    const body = '{"x":1}'
    const [method, path] = target.write
    const fields = `Host: shop.test\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nConnection: close\r\n`
    const line = `${method} ${path} HTTP/1.1\r\n${fields}`
    const told = await unharmed([
      { name: 'length', steps: [{ trickle: `${line}Content-Length: 7\r\n\r\n${body}` }] },
      {
        name: 'chunks',
        steps: [
          {
            trickle: `${line}Transfer-Encoding: chunked\r\n\r\n3;x=y\r\n{"x\r\n4\r\n":1}\r\n0\r\n\r\n`,
          },
        ],
      },
    ])
    expect(told.map(([, { statuses }]) => statuses)).toEqual([[422], [422]])
  })
})

test('answers are told apart by their own framing', () => {
  const inBody = 'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\nHTTP/1.1 500 NO'
  expect(statusesOf(`${inBody}HTTP/1.1 404 Not Found\r\n\r\n`)).toEqual([200, 404])
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'
  expect(statusesOf(`HTTP/1.1 100 Continue\r\n\r\n${chunked}${chunked}`)).toEqual([200, 200])
  expect(statusesOf('')).toEqual([])
})
