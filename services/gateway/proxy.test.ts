/** Requests through the gateway, against services that a test makes up. */
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { until } from '../../core/clients/copies.fixture.ts'
import type { Inbound } from '../../core/http/engine/engine.ts'
import {
  rawClient,
  rawService,
  startGateway,
  type RawClient,
  type RawService,
  type TestGateway,
} from './gateway.fixture.ts'

const encoder = new TextEncoder()

/** Answers health checks with 200 and leaves the rest to `handle`. */
const service = (
  handle: (request: Request) => Response | Promise<Response>,
): Bun.Server<undefined> =>
  Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request) =>
      new URL(request.url).pathname === '/health/ready' ? new Response('ok') : handle(request),
  })

const addressOf = (server: Bun.Server<undefined>): string => `http://127.0.0.1:${server.port}`

const problemOf = async (answer: Response) => {
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  return (await answer.json()) as { code: string; status: number; detail: string }
}

const ok = (body: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`

describe('what a service gets', () => {
  let raw: RawService
  let gateway: TestGateway
  beforeAll(async () => {
    raw = await rawService((socket, received) => {
      if (received.includes('\r\n\r\n')) socket.write(ok('ok'))
    })
    gateway = await startGateway({ catalog: [raw.url] })
  })
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]()
    raw[Symbol.dispose]()
  })
  const lastRequest = (): string => raw.received.at(-1) ?? ''

  test('is path and query byte by byte', async () => {
    const targets = [
      '/products/?category=%D0%A4%d1%80&min_price=1.50&q=a+b%20c',
      '/products/by-category/%D0%A5%D0%BB%D0%B5%D0%B1',
      '/products//x;a=b/%7Eu~!$&()*+,=:@',
      '/products/?a=%2F..%2F&b=/../&c&d=&=e&&f=1=2',
      '/products/?',
    ]
    for (const target of targets) {
      using client = rawClient(gateway.port, `GET /api${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
      await until('the answer is there', () => client.text().endsWith('ok'))
      // An empty query means the same as none.
      const expected = target.endsWith('/?') ? target.slice(0, -1) : target
      expect(lastRequest().split(' HTTP/1.1')[0]).toBe(`GET ${expected}`)
    }
  })

  test('is a request id where the client sent none that is one', async () => {
    await (await fetch(`${gateway.url}/api/x`, { headers: { 'x-request-id': 'mine-1' } })).text()
    expect(lastRequest()).toContain('x-request-id: mine-1\r\n')
    await (await fetch(`${gateway.url}/api/x`, { headers: { 'x-request-id': 'two words' } })).text()
    expect(lastRequest()).toMatch(/x-request-id: [0-9a-f-]{36}\r\n/)
  })

  test('is no encoding that the client did not ask for', async () => {
    using client = rawClient(gateway.port, 'GET /api/x HTTP/1.1\r\nHost: x\r\n\r\n')
    await until('the answer is there', () => client.text().endsWith('ok'))
    expect(lastRequest()).toMatch(/^accept-encoding: identity\r$/im)
  })
})

describe('a request', () => {
  test('passes with each method, and with the body as it was', async () => {
    using upstream = service(
      async (request) => new Response(`${request.method} ${await request.text()}`),
    )
    await using gateway = await startGateway({ catalog: [addressOf(upstream)] })
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await fetch(`${gateway.url}/api/x`, { method, body: `{"a":"${method} Ф"}` })
      expect(await answer.text()).toBe(`${method} {"a":"${method} Ф"}`)
    }
    for (const method of ['GET', 'DELETE', 'OPTIONS']) {
      expect(await (await fetch(`${gateway.url}/api/x`, { method })).text()).toBe(`${method} `)
    }
    const large = 'x'.repeat(1_000_000)
    const answer = await fetch(`${gateway.url}/api/x`, { method: 'POST', body: large })
    expect(await answer.text()).toBe(`POST ${large}`)
  })

  test('with another method is 405 and goes nowhere', async () => {
    let calls = 0
    using upstream = service(() => new Response(String(++calls)))
    await using gateway = await startGateway({ catalog: [addressOf(upstream)] })
    const answer = await fetch(`${gateway.url}/api/x`, { method: 'TRACE' })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toContain('GET')
    expect(calls).toBe(0)
  })

  test('of unknown length reaches the service once all of it is there', async () => {
    const bodies: string[] = []
    using upstream = service(async (request) => {
      bodies.push(`${request.headers.get('content-length')} ${await request.text()}`)
      return new Response('done')
    })
    await using gateway = await startGateway({ catalog: [addressOf(upstream)] })
    const post = 'POST /api/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
    using client = rawClient(gateway.port, `${post}3\r\none\r\n`)
    await until('the gateway waits for the rest', () => gateway.flight.receiving() === 1)
    expect(gateway.flight.waiting()).toBe(0)
    client.write('3\r\ntwo\r\n0\r\n\r\n')
    await until('the answer is there', () => client.text().endsWith('done'))
    expect(bodies).toEqual(['6 onetwo'])
    using large = rawClient(gateway.port, `${post}10001\r\n${'x'.repeat(0x10001)}\r\n`)
    await until('it is refused', () => large.text().startsWith('HTTP/1.1 413 '))
    expect(bodies).toHaveLength(1)
  })

  test('whose body is too large and never comes is refused by its service at once', async () => {
    using upstream = service(() => new Response('too large', { status: 413 }))
    await using gateway = await startGateway({ catalog: [addressOf(upstream)] })
    const head = 'POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n1'
    using client = rawClient(gateway.port, head)
    await until('it is refused', () => client.text().startsWith('HTTP/1.1 413 '))
    await until('nothing is under way', () => gateway.flight.waiting() === 0)
  })

  test('that its client gives up ends at the service too', async () => {
    using raw = await rawService(() => {})
    await using gateway = await startGateway({ catalog: [raw.url] })
    const client = rawClient(gateway.port, 'GET /api/x HTTP/1.1\r\nHost: x\r\n\r\n')
    await until('the service has it', () => raw.open() === 1)
    expect(gateway.flight.waiting()).toBe(1)
    client.destroy()
    await until('the service was told', () => raw.open() === 0)
    await until('nothing is under way', () => gateway.flight.waiting() === 0)
  })

  test('that its client gives up, in its body or before its answer, is 499', async () => {
    using raw = await rawService(() => {})
    await using gateway = await startGateway({ catalog: [raw.url] })
    const post = 'POST /api/x HTTP/1.1\r\nHost: x\r\n'
    const body = rawClient(gateway.port, `${post}Content-Length: 3\r\n\r\n1`)
    const chunks = rawClient(gateway.port, `${post}Transfer-Encoding: chunked\r\n\r\n1\r\n1\r\n`)
    const sent = rawClient(gateway.port, `${post}Content-Length: 1\r\n\r\n1`)
    const read = rawClient(gateway.port, 'GET /api/x HTTP/1.1\r\nHost: x\r\n\r\n')
    // Behind the next answer the gateway has surely seen all heads.
    expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200)
    await until('the service has two', () => raw.open() >= 2)
    for (const client of [body, chunks, sent, read]) client.destroy()
    await until('all have ended', () => gateway.statuses.length === 5)
    expect(gateway.statuses).toEqual([200, 499, 499, 499, 499])
    expect(raw.open()).toBe(0)
  })

  test('past the share of its address is 429, in flight and while its body is awaited', async () => {
    using raw = await rawService(() => {})
    const flight = { perAddress: 2 }
    const clientOf = (inbound: Inbound) => inbound.header('x-test-address') ?? ''
    await using gateway = await startGateway({
      catalog: [raw.url],
      flight,
      addressOf: clientOf,
    })
    const from = (address: string) => ({ headers: { 'x-test-address': address } })
    const head = `/api/1 HTTP/1.1\r\nHost: x\r\nX-Test-Address: 192.0.2.1\r\n`
    const clients: RawClient[] = []
    // Bodies that are awaited take nothing from the requests in flight, and the other way round.
    for (const text of [`POST ${head}Content-Length: 9\r\n\r\n`, `GET ${head}\r\n`]) {
      for (let count = 0; count < 2; count++) clients.push(rawClient(gateway.port, text))
    }
    const { flight: places } = gateway
    await until('all wait', () => places.receiving() === 2 && places.waiting() === 2)
    for (const method of ['GET', 'POST']) {
      const body = method === 'GET' ? null : 'x'
      const refused = await fetch(`${gateway.url}/api/2`, { method, body, ...from('192.0.2.1') })
      expect((await problemOf(refused)).code).toBe('rate_limited')
      expect(refused.headers.get('retry-after')).toBe('1')
    }
    // The household of an IPv6 address is one; the places of others are their own.
    using other = rawClient(gateway.port, `GET ${head.replace('192.0.2.1', '2001:db8::1')}\r\n`)
    await until('the other is under way', () => places.waiting() === 3)
    for (const client of clients) client.destroy()
    await until('the places are free', () => places.receiving() === 0 && places.waiting() === 1)
    expect(other.text()).toBe('')
    clients.push(rawClient(gateway.port, `GET ${head}\r\n`))
    await until('there is room again', () => places.waiting() === 2)
    clients.at(-1)?.destroy()
  })

  test('whose body does not come takes no place of the others, who are served as before', async () => {
    using upstream = service(async (request) => new Response(await request.text()))
    await using gateway = await startGateway({
      catalog: [addressOf(upstream)],
      flight: { maxInFlight: 5 },
    })
    const slow = Array.from({ length: 20 }, () =>
      rawClient(gateway.port, 'POST /api/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1'),
    )
    await until('as many wait as may', () => gateway.flight.receiving() === 5)
    await until('the first have made room', () => gateway.statuses.length === 15)
    expect(gateway.statuses.every((status) => status === 408)).toBe(true)
    for (let count = 0; count < 5; count++) {
      const answer = await fetch(`${gateway.url}/api/2`, { method: 'POST', body: 'quick' })
      expect([answer.status, await answer.text()]).toEqual([200, 'quick'])
      expect((await fetch(`${gateway.url}/api/2`)).status).toBe(200)
    }
    for (const client of slow) client.destroy()
  })

  test('past the limit of requests under way is 503 at once', async () => {
    using raw = await rawService(() => {})
    await using gateway = await startGateway({ catalog: [raw.url], flight: { maxInFlight: 2 } })
    using first = rawClient(gateway.port, 'GET /api/1 HTTP/1.1\r\nHost: x\r\n\r\n')
    using second = rawClient(gateway.port, 'GET /api/2 HTTP/1.1\r\nHost: x\r\n\r\n')
    await until('both are under way', () => gateway.flight.waiting() === 2)
    const answer = await fetch(`${gateway.url}/api/3`)
    expect((await problemOf(answer)).code).toBe('overloaded')
    expect(answer.headers.get('retry-after')).toBe('1')
    expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200)
    expect([first.text(), second.text()]).toEqual(['', ''])
  })
})

describe('an answer', () => {
  test('keeps status, headers and bytes, problems and compressed ones too', async () => {
    const zipped = gzipSync('{"a":1}')
    using upstream = service((request) =>
      request.url.endsWith('/zipped')
        ? new Response(zipped, {
            headers: {
              'content-encoding': 'gzip',
              'content-type': 'application/json',
              etag: '"1"',
            },
          })
        : Response.json(
            { code: 'too_many_attempts' },
            {
              status: 429,
              headers: { 'retry-after': '7', 'content-type': 'application/problem+json' },
            },
          ),
    )
    await using gateway = await startGateway({ catalog: [addressOf(upstream)] })
    const problem = await fetch(`${gateway.url}/api/x`)
    expect([problem.status, problem.headers.get('retry-after')]).toEqual([429, '7'])
    expect((await problemOf(problem)).code).toBe('too_many_attempts')
    const answer = await fetch(`${gateway.url}/api/zipped`, {
      headers: { 'accept-encoding': 'gzip' },
      decompress: false,
    })
    expect(answer.headers.get('etag')).toBe('"1"')
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(zipped)
  })

  test('without a body keeps what its headers say of one', async () => {
    using raw = await rawService((socket, received) => {
      socket.write(
        received.startsWith('HEAD')
          ? 'HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n'
          : 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n',
      )
    })
    await using gateway = await startGateway({ catalog: [raw.url] })
    const head = await fetch(`${gateway.url}/api/x`, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '1234'])
    const unchanged = await fetch(`${gateway.url}/api/x`, { headers: { 'if-none-match': '"x"' } })
    expect([unchanged.status, unchanged.headers.get('etag')]).toEqual([304, '"x"'])
  })

  test('of redirection is the client to follow', async () => {
    using upstream = service(() => new Response(null, { status: 307, headers: { location: '/y' } }))
    await using gateway = await startGateway({ catalog: [addressOf(upstream)] })
    const answer = await fetch(`${gateway.url}/api/x`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([307, '/y'])
  })

  test('in events arrives event by event, and ends with its client', async () => {
    const opened = Promise.withResolvers<(event: string) => void>()
    let ended = false
    using upstream = service(
      () =>
        new Response(
          new ReadableStream({
            start(controller) {
              opened.resolve((event) => controller.enqueue(encoder.encode(event)))
            },
            cancel() {
              ended = true
            },
          }),
          { headers: { 'content-type': 'text/event-stream' } },
        ),
    )
    await using gateway = await startGateway({ catalog: [addressOf(upstream)] })
    using client = rawClient(gateway.port, 'GET /api/x HTTP/1.1\r\nHost: x\r\n\r\n')
    const send = await opened.promise
    expect(gateway.flight.waiting()).toBe(1)
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      send(event)
      await until('the event is there', () => client.text().includes(event))
    }
    // It holds up no shutdown, and takes no place of the requests in flight.
    expect([gateway.flight.waiting(), gateway.flight.eventStreams()]).toEqual([0, 1])
    client.destroy()
    await until('the service was told', () => ended)
    await until('no stream is open', () => gateway.flight.eventStreams() === 0)
  })

  test('in events is ended properly when the gateway drains', async () => {
    using upstream = service(
      () =>
        new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(encoder.encode('data: 1\n\n')),
          }),
          { headers: { 'content-type': 'text/event-stream; charset=utf-8' } },
        ),
    )
    await using gateway = await startGateway({ catalog: [addressOf(upstream)] })
    using client = rawClient(gateway.port, 'GET /api/x HTTP/1.1\r\nHost: x\r\n\r\n')
    await until('the first event is there', () => client.text().includes('data: 1'))
    gateway.flight.endEventStreams()
    await until('the last chunk is there', () => client.text().endsWith('\r\n0\r\n\r\n'))
    expect(gateway.flight.eventStreams()).toBe(0)
  })

  test('of any size passes whole', async () => {
    const megabytes = new Uint8Array(5_000_000).fill(120)
    using upstream = service(() => new Response(megabytes))
    await using gateway = await startGateway({ catalog: [addressOf(upstream)] })
    const answer = await fetch(`${gateway.url}/api/x`)
    expect((await answer.arrayBuffer()).byteLength).toBe(megabytes.length)
    await until('nothing is under way', () => gateway.flight.waiting() === 0)
  })

  test('that its reader does not take ends, and makes room', async () => {
    const megabytes = new Uint8Array(20_000_000).fill(120)
    using upstream = service(() => new Response(megabytes))
    await using gateway = await startGateway({
      catalog: [addressOf(upstream)],
      flight: { readerPatience: 200 },
    })
    using client = rawClient(gateway.port, 'GET /api/x HTTP/1.1\r\nHost: x\r\n\r\n')
    client.pause()
    await until('it is under way', () => gateway.flight.waiting() === 1)
    await until('it was given up', () => gateway.flight.waiting() === 0)
    // Who reads gets all of it, however long that takes altogether.
    const answer = await fetch(`${gateway.url}/api/x`)
    expect((await answer.arrayBuffer()).byteLength).toBe(megabytes.length)
  })

  test('in events past the streams that may be open is 503, and the stream is not kept', async () => {
    let open = 0
    using upstream = service(
      () =>
        new Response(
          new ReadableStream({
            start(controller) {
              open++
              controller.enqueue(encoder.encode('data: 1\n\n'))
            },
            cancel: () => void open--,
          }),
          { headers: { 'content-type': 'text/event-stream' } },
        ),
    )
    const flight = { maxEventStreams: 1, maxInFlight: 2 }
    await using gateway = await startGateway({ catalog: [addressOf(upstream)], flight })
    using client = rawClient(gateway.port, 'GET /api/x HTTP/1.1\r\nHost: x\r\n\r\n')
    await until('one is open', () => client.text().includes('data: 1'))
    const refused = await fetch(`${gateway.url}/api/x`)
    expect((await problemOf(refused)).code).toBe('overloaded')
    expect(refused.headers.get('retry-after')).toBe('5')
    await until('the service was told', () => open === 1)
    expect([gateway.flight.waiting(), gateway.flight.eventStreams()]).toEqual([0, 1])
  })

  test('that breaks off early is 502, one that breaks off late never looks complete', async () => {
    using raw = await rawService((socket, received) => {
      if (received.includes('POST /early')) {
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart')
      } else {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n')
        setTimeout(() => socket.destroy(), 50)
      }
    })
    await using gateway = await startGateway({ catalog: [raw.url] })
    const early = await fetch(`${gateway.url}/api/early`, { method: 'POST', body: 'x' })
    expect((await problemOf(early)).code).toBe('bad_gateway')
    using late = rawClient(gateway.port, 'GET /api/late HTTP/1.1\r\nHost: x\r\n\r\n')
    await late.closed
    expect(late.text()).toContain('part')
    expect(late.text()).not.toContain('\r\n0\r\n\r\n')
    await until('nothing is under way', () => gateway.flight.waiting() === 0)
  })
})

describe('a service that fails', () => {
  test('to begin in time is 504', async () => {
    using raw = await rawService(() => {})
    await using gateway = await startGateway({ catalog: [raw.url], timeout: 100 })
    const answer = await fetch(`${gateway.url}/api/x`)
    expect(await problemOf(answer)).toMatchObject({ code: 'gateway_timeout', status: 504 })
    expect(raw.received).toHaveLength(1)
    await until('nothing is under way', () => gateway.flight.waiting() === 0)
  })

  test('is asked a second time for what only reads', async () => {
    let calls = 0
    using raw = await rawService((socket) => {
      if (++calls === 1) socket.destroy()
      else socket.write(ok('second'))
    })
    await using gateway = await startGateway({ catalog: [raw.url] })
    const answer = await fetch(`${gateway.url}/api/x`)
    expect([answer.status, await answer.text()]).toEqual([200, 'second'])
  })

  test('is never asked a second time for what may have been done', async () => {
    // Bun itself repeats PUT and DELETE where a connection that it had kept turns out closed, as
    // RFC 9110, section 9.2.2, allows; that connection led to a process that is gone.
    for (const method of ['POST', 'PATCH']) {
      using raw = await rawService((socket) => void socket.destroy())
      await using gateway = await startGateway({ catalog: [raw.url] })
      const answer = await fetch(`${gateway.url}/api/x`, { method, body: 'x' })
      expect((await problemOf(answer)).code).toBe('bad_gateway')
      expect(answer.headers.get('retry-after')).toBe('1')
      expect(raw.received).toHaveLength(1)
    }
  })

  test('to listen is 503, and the other copy takes over what only reads', async () => {
    const gone = service(() => new Response('gone'))
    using other = service(() => new Response('other'))
    await using gateway = await startGateway({ catalog: [addressOf(gone), addressOf(other)] })
    await gone.stop(true)
    for (let call = 0; call < 4; call++) {
      expect(await (await fetch(`${gateway.url}/api/x`)).text()).toBe('other')
    }
    await other.stop(true)
    const answer = await fetch(`${gateway.url}/api/x`, { method: 'POST', body: 'x' })
    const problem = await problemOf(answer)
    expect(problem).toMatchObject({ code: 'service_unavailable', status: 503 })
    expect(problem.detail).toContain('catalog')
    expect(answer.headers.get('retry-after')).toBe('1')
  })
})
