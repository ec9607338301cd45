/** The real nginx before two copies of a service: what it passes, repeats, refuses, limits and writes down. */
import { createServer, type Socket } from 'node:net'
import { afterAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { rawService } from '../services/gateway/gateway.fixture.ts'
import { expectRawProblem } from './support/expect-problem.ts'
import { eventually } from './support/ledger.ts'
import { productionProfile } from '../infra/nginx/files.ts'
import { hostOf, startNginx } from './support/nginx.ts'
import { sendRaw } from './support/raw.ts'
import { testsNeed } from './support/tools.ts'

setDefaultTimeout(60_000)

interface Seen {
  readonly copy: string
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: number
}

const large = JSON.stringify({ text: 'Молоко '.repeat(400) })

/** Says what it was asked; the last part of the path chooses anything else. */
function stub(copy: string) {
  return Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url)
      if (pathname.endsWith('/events')) return events()
      if (pathname.endsWith('/users/me/notifications')) return events()
      if (pathname.endsWith('/large')) {
        return new Response(large, { headers: { 'content-type': 'application/json', etag: '"1"' } })
      }
      if (pathname.endsWith('/compressed')) {
        return new Response(Bun.gzipSync(large), {
          headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        })
      }
      if (pathname.endsWith('/steering')) {
        return new Response('own', { headers: { 'x-accel-redirect': '/problems/500' } })
      }
      return Response.json({
        copy,
        method: request.method,
        target: request.url.slice(request.url.indexOf('/', 8)),
        headers: Object.fromEntries(request.headers),
        bytes: (await request.arrayBuffer()).byteLength,
      } satisfies Seen)
    },
  })
}

let release = (): void => {}

/** One event at once, the second when the test says so. */
function events(): Response {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(encoder.encode('data: first\n\n'))
      await new Promise<void>((resolve) => {
        release = resolve
      })
      controller.enqueue(encoder.encode('data: second\n\n'))
      controller.close()
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

const able = testsNeed('nginx')

describe.skipIf(!able)('nginx', async () => {
  if (!able) return
  const copies = [stub('a'), stub('b')] as const
  const gateway = stub('gateway')
  const host = (server: { readonly port?: number | undefined }): string =>
    `127.0.0.1:${server.port}`
  const nobody = '127.0.0.1:9'
  const behind = {
    services: {
      catalog: copies.map(host),
      cart: [host(copies[0])],
      order: [nobody],
      user: [host(copies[0])],
    },
    gateway: host(gateway),
  }
  const nginx = await startNginx(behind)
  afterAll(async () => {
    await nginx.stop()
    await Promise.all([...copies, gateway].map((each) => each.stop(true)))
  })

  const seen = async (path: string, options: RequestInit = {}): Promise<Seen> =>
    (await (await fetch(nginx.url + path, options)).json()) as Seen
  const raw = (target: string, method = 'GET') =>
    sendRaw(nginx.port, `${method} ${target} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n`)

  describe('what it passes on', () => {
    test('goes to both copies in turn', async () => {
      const asked = await Promise.all(Array.from({ length: 20 }, () => seen('/api/products/')))
      const counts = ['a', 'b'].map((name) => asked.filter(({ copy }) => copy === name).length)
      expect(Math.min(...counts)).toBeGreaterThanOrEqual(5)
    })
    test.each([
      ['/api', '/'],
      ['/api/', '/'],
      ['/api?limit=1', '/?limit=1'],
      ['/api/products/?q=a%20b&q=%2F', '/products/?q=a%20b&q=%2F'],
      ['/api/products/%D0%A4', '/products/%D0%A4'],
      ['/api//products//', '//products//'],
      ['/cart-api/cart/', '/cart/'],
    ])('%s is asked for as %s', async (sent, received) => {
      expect(JSON.parse((await raw(sent)).body)).toMatchObject({ target: received })
    })
    test.each(['/', '/docs/', '/swagger/x', '/profiles/', '/health/live', '/metrics', '/apis'])(
      '%s is the gateway’s',
      async (path) => {
        expect(await seen(path)).toMatchObject({ copy: 'gateway', target: path })
      },
    )
    test('carries what the connection says of the client, and nothing that the client made up', async () => {
      const { headers } = await seen('/cart-api/cart/', {
        headers: {
          'x-forwarded-for': '203.0.113.1',
          'x-forwarded-proto': 'https',
          'x-forwarded-host': 'evil.example',
          'x-real-ip': '203.0.113.1',
          'x-user-id': '7',
          'x-user-role': 'admin',
          'x-admin': '1',
          admin: 'true',
          'x-request-deadline': '1',
          forwarded: 'for=203.0.113.1',
          te: 'trailers',
          'proxy-authorization': 'Basic x',
          authorization: 'Bearer kept',
        },
      })
      expect(headers).toMatchObject({
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'http',
        'x-forwarded-host': hostOf(nginx.url),
        authorization: 'Bearer kept',
      })
      for (const name of ['x-real-ip', 'x-user-id', 'x-user-role', 'x-admin', 'admin', 'te']) {
        expect([name, headers[name]]).toEqual([name, undefined])
      }
      expect(Object.keys(headers)).not.toContain('x-request-deadline')
      expect(Object.keys(headers)).not.toContain('forwarded')
      expect(Object.keys(headers)).not.toContain('proxy-authorization')
    })
    test('has a request id and a trace, the client’s where they are such', async () => {
      const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
      const given = await seen('/api/x', { headers: { 'x-request-id': 'mine', traceparent } })
      expect(given.headers).toMatchObject({ 'x-request-id': 'mine', traceparent })
      const broken = await seen('/api/x', {
        headers: { 'x-request-id': 'not one', traceparent: `00-${'0'.repeat(32)}-x-01` },
      })
      expect(broken.headers['x-request-id']).toMatch(/^[\da-f]{32}$/)
      expect(broken.headers['traceparent']).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/)
    })
    test('asks for a trace in its client’s name only where anybody may', async () => {
      await using own = await startNginx({ ...behind, anybodyTraces: false })
      const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
      const answer = await fetch(`${own.url}/api/x`, { headers: { traceparent } })
      const { headers } = (await answer.json()) as Seen
      expect(headers['traceparent']).toBe(traceparent.replace(/01$/, '00'))
    })
    test('events come one by one', async () => {
      const answer = await fetch(`${nginx.url}/user-api/users/me/notifications`)
      const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
      const text = async () => new TextDecoder().decode((await reader.read()).value)
      expect(await text()).toBe('data: first\n\n')
      release()
      expect(await text()).toBe('data: second\n\n')
      await reader.cancel()
    })
    test('is compressed once', async () => {
      const headers = { 'accept-encoding': 'gzip' }
      for (const path of ['/api/large', '/api/compressed']) {
        const answer = await fetch(nginx.url + path, { headers })
        expect(answer.headers.get('content-encoding')).toBe('gzip')
        expect(await answer.text()).toBe(large)
      }
      const plain = await fetch(`${nginx.url}/api/large`, {
        headers: { 'accept-encoding': 'identity' },
      })
      expect([plain.headers.get('content-encoding'), plain.headers.get('etag')]).toEqual([
        null,
        '"1"',
      ])
    })
    test('says once what browsers may do', async () => {
      const { headers } = await fetch(`${nginx.url}/api/x`)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('server')).toBe('nginx')
    })
    test('does not steer nginx', async () => {
      const answer = await fetch(`${nginx.url}/api/steering`)
      expect([answer.status, await answer.text()]).toEqual([200, 'own'])
    })
  })

  describe('what it refuses', () => {
    test.each([
      '/api/..%2finternal/x',
      '/api/%2e%2e/internal/x',
      '/api/../internal/x',
      '/../etc/passwd',
      '/..%2f..%2fetc/passwd',
      '/%2e%2e%5cwindows',
      '/api/x%5cy',
      '/api/./x',
      '/api/x/..;/y',
      '/api/x#y',
      '/api/x%00y',
      '/api/x%0d%0ay',
      '/api/%zz',
      '/docs/..%2f..%2fpackage.json',
    ])('%s is a problem document', async (target) => {
      expectRawProblem(await raw(target), 400)
    })
    test.each([
      '/api/internal/reservations',
      '/api//internal/x',
      '/api/%69nternal/x',
      '/api/INTERNAL/x',
      '/api/;x/internal',
      '/api/internal;x=1/y',
      '/api/%20metrics',
      '/user-api/metrics',
      '/user-api/metrics/',
    ])('%s leads nowhere', async (target) => {
      expectRawProblem(await raw(target), 404)
    })
    test.each(['TRACE', 'PURGE', 'PROPFIND'])('the method %s', async (method) => {
      expectRawProblem(await raw('/api/products/', method), 405)
    })
    test('the address of its own error pages', async () => {
      expect(JSON.parse((await raw('/problems/500')).body)).toMatchObject({ status: 404 })
    })
    test('bodies, addresses and headers past all measure', async () => {
      const body = await fetch(`${nginx.url}/api/x`, {
        method: 'POST',
        body: 'x'.repeat(1_100_000),
      })
      expect([body.status, ((await body.json()) as { code: string }).code]).toEqual([
        413,
        'payload_too_large',
      ])
      expectRawProblem(await raw(`/api/${'x'.repeat(20_000)}`), 414)
      const header = `GET /api/x HTTP/1.1\r\nHost: shop\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`
      expectRawProblem(await sendRaw(nginx.port, header), 400)
      expectRawProblem(await sendRaw(nginx.port, 'GARBAGE\r\n\r\n'), 400)
    })
    test('what could break out of the problem document', async () => {
      const { body } = await raw('/api/internal/"},{"x":"\\y?q="')
      expect(JSON.parse(body)).toMatchObject({
        instance: expect.stringMatching(/^\/api\/internal/),
      })
    })
    test('a service that is not there', async () => {
      for (const method of ['GET', 'POST', 'PUT']) {
        const answer = await raw('/order-api/orders/', method)
        expectRawProblem(answer, 502)
        expect(answer.headers['retry-after']).toBe('1')
        expect(answer.body).toContain('The order service')
      }
    })
  })

  describe('a copy that fails', () => {
    /** Takes the request and closes without an answer. */
    const dropping = () => rawService((socket: Socket) => void socket.destroy())

    test('a reading request is asked of the other copy', async () => {
      using broken = await dropping()
      await using own = await startNginx({
        ...behind,
        services: { ...behind.services, catalog: [hostOf(broken.url), host(copies[1])] },
      })
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => fetch(`${own.url}/api/x`).then((answer) => answer.status)),
      )
      expect(new Set(answers)).toEqual(new Set([200]))
      expect(broken.received.length).toBeGreaterThan(0)
    })
    test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('a %s is never sent twice', async (method) => {
      using first = await dropping()
      using second = await dropping()
      await using own = await startNginx({
        ...behind,
        services: { ...behind.services, catalog: [first, second].map(({ url }) => hostOf(url)) },
      })
      const once: RequestInit = { method, body: 'once' }
      const answer = await fetch(`${own.url}/api/x`, once)
      expect(answer.status).toBe(502)
      expect(first.received.length + second.received.length).toBe(1)
    })
    test('one that refuses connections is left out', async () => {
      await using own = await startNginx({
        ...behind,
        services: { ...behind.services, catalog: [nobody, host(copies[1])] },
      })
      for (const method of ['GET', 'POST', 'GET', 'POST', 'POST', 'GET']) {
        expect((await fetch(`${own.url}/api/x`, { method })).status).toBe(200)
      }
    })
    test('one that hangs is an error in time', async () => {
      const silent = createServer(() => {})
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
      const address = silent.address() as { readonly port: number }
      await using own = await startNginx({
        ...behind,
        services: { ...behind.services, cart: [`127.0.0.1:${address.port}`] },
        readTimeout: '300ms',
      })
      const answer = await sendRaw(
        own.port,
        'POST /cart-api/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      )
      expectRawProblem(answer, 504)
      silent.close()
    })
  })

  test('addresses and tokens are limited, probes apart, and a trusted proxy says whose request it is', async () => {
    await using own = await startNginx({
      ...behind,
      rate: 1,
      burst: 2,
      trustedProxies: ['127.0.0.0/8'],
    })
    const ask = async (path: string, client: string, more = {}): Promise<number> =>
      (await fetch(own.url + path, { headers: { 'x-forwarded-for': client, ...more } })).status
    const statuses: number[] = []
    for (let count = 0; count < 5; count++) statuses.push(await ask('/api/x', '198.51.100.1'))
    expect(statuses.slice(0, 3)).toEqual([200, 200, 200])
    expect(statuses).toContain(429)
    expect(await ask('/api/x', '198.51.100.2')).toBe(200)
    // Nothing below the health checks is one of them.
    for (const path of ['/api/health/anything', '/api/health/live/x', '/x/health']) {
      const client = `198.51.100.${10 + path.length}`
      while ((await ask('/api/x', client)) === 200);
      expect([path, await ask(path, client)]).toEqual([path, 429])
    }
    // They have a bucket of their own, which ends as well.
    expect(await ask('/api/health/ready', '198.51.100.1')).toBe(200)
    expect(await ask('/health/live', '198.51.100.1')).toBe(200)
    const probes: number[] = []
    for (let count = 0; count < 5; count++)
      probes.push(await ask('/api/health/ready', '198.51.100.1'))
    expect(probes).toContain(429)
    expect(await ask('/api/health/ready', '198.51.100.2')).toBe(200)
    // One account asks from as many addresses as it likes.
    const as = (token: string, client: string) =>
      ask('/api/x', client, { authorization: `Bearer ${token}` })
    const spread: number[] = []
    for (let count = 0; count < 5; count++) spread.push(await as('a', `203.0.113.${count}`))
    expect(spread).toContain(429)
    expect(await as('b', '203.0.113.4')).toBe(200)
  })

  test('a trusted proxy’s last entry is who is limited, an IPv6 network as one', async () => {
    await using own = await startNginx({
      ...behind,
      rate: 1,
      burst: 1,
      trustedProxies: ['127.0.0.0/8'],
    })
    const ask = async (client: string): Promise<number> =>
      (await fetch(`${own.url}/api/x`, { headers: { 'x-forwarded-for': client } })).status
    /** How many of ten get through, where one bucket lets two or three. */
    const passed = async (client: (index: number) => string): Promise<number> => {
      const statuses = []
      for (let index = 0; index < 10; index++) statuses.push(await ask(client(index)))
      return statuses.filter((status) => status === 200).length
    }
    expect(await passed((index) => `203.0.113.${index}, 198.51.100.1`)).toBeWithin(2, 4)
    expect(await passed((index) => `invented-${index},198.51.100.2`)).toBeWithin(2, 4)
    expect(await passed((index) => `2001:db8:0:1:${index}::${index}`)).toBeWithin(2, 4)
    expect(await passed((index) => `::ffff:198.51.100.1${index}`)).toBe(10)
    expect(await passed((index) => `2001:db8:${index}::1`)).toBe(10)
    expect(await passed((index) => `198.51.100.3, nonsense-${index}`)).toBeWithin(2, 4)
  })

  test('a page of a listed origin reads what is limited, and its preflights never are', async () => {
    const origin = 'https://shop.example'
    await using own = await startNginx({ ...behind, rate: 1, burst: 1, corsOrigins: [origin] })
    const ask = (method: string, headers: Readonly<Record<string, string>>) =>
      fetch(`${own.url}/api/x`, { method, headers })
    const answers = []
    for (let count = 0; count < 6; count++) answers.push(await ask('GET', { origin }))
    const limited = answers.find(({ status }) => status === 429)
    expect(limited?.headers.get('access-control-allow-origin')).toBe(origin)
    expect(limited?.headers.get('access-control-expose-headers')).toContain('Retry-After')
    const preflight = { origin, 'access-control-request-method': 'PUT' }
    for (let count = 0; count < 6; count++) {
      const asked = await ask('OPTIONS', preflight)
      expect(asked.status).toBe(204)
      expect(asked.headers.get('access-control-allow-origin')).toBe(origin)
      expect(asked.headers.get('access-control-allow-methods')).toContain('PUT')
      expect(asked.headers.get('access-control-allow-headers')).toContain('Authorization')
    }
    const other = { ...preflight, origin: 'https://evil.example' }
    expect((await ask('OPTIONS', other)).headers.get('access-control-allow-origin')).toBeNull()
  })

  test('pages of tools are there when the tools are', async () => {
    await using own = await startNginx({
      ...behind,
      jaeger: host(copies[0]),
      locust: host(copies[1]),
    })
    const at = (path: string) => fetch(own.url + path, { redirect: 'manual' })
    expect((await at('/search?limit=5')).headers.get('location')).toBe('/jaeger/search?limit=5')
    expect(await (await at('/jaeger/api/services')).json()).toMatchObject({
      copy: 'a',
      target: '/jaeger/api/services',
    })
    expect((await at('/locust')).headers.get('location')).toBe('/locust/')
    expect(await (await at('/locust/')).json()).toMatchObject({ copy: 'b', target: '/locust/' })
    expect(await seen('/locust/')).toMatchObject({ copy: 'gateway' })
  })

  test('in production addresses are limited, and no tool has a page', async () => {
    await using own = await startNginx({ ...behind, ...productionProfile })
    for (const path of ['/search', '/jaeger/api/services', '/locust', '/locust/']) {
      const answer = await fetch(own.url + path, { redirect: 'manual' })
      expect([path, await answer.json()]).toEqual([
        path,
        expect.objectContaining({ copy: 'gateway', target: path }),
      ])
    }
    const { burst } = productionProfile
    const statuses: number[] = []
    for (let count = 0; count < 3 * burst; count += 20) {
      const some = Array.from({ length: 20 }, () => fetch(`${own.url}/api/x`))
      statuses.push(...(await Promise.all(some)).map(({ status }) => status))
    }
    expect(statuses.indexOf(429)).toBeGreaterThanOrEqual(burst - 20)
  })

  describe('what it writes down', () => {
    let before = 0
    beforeEach(() => {
      before = nginx.log().length
    })
    test('one JSON line a request, with its trace and the service’s time, without query and address', async () => {
      const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00'
      const headers = { traceparent, 'x-request-id': 'find-me' }
      await fetch(`${nginx.url}/api/products/?q=secret`, { headers })
      await eventually('it is logged', () => nginx.log().length > before)
      const line = nginx.log().at(-1)
      expect(line).toMatchObject({
        service: 'nginx',
        method: 'GET',
        path: '/api/products/',
        status: 200,
        upstream: 'catalog',
        trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
        request_id: 'find-me',
      })
      expect(Number(line?.['upstream_s'])).toBeGreaterThanOrEqual(0)
      expect(JSON.stringify(line)).not.toMatch(/secret|"127\.0\.0\.1"/)
    })
    test('for the exporter, on a port of its own', async () => {
      expect(await (await fetch(nginx.statusUrl)).text()).toContain('Active connections')
      const through = await seen('/stub_status')
      expect(through.copy).toBe('gateway')
    })
  })
  test('connections to the services are kept', async () => {
    const sockets = new Set<Socket>()
    using kept = await rawService((socket) => {
      sockets.add(socket)
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    await using own = await startNginx({
      ...behind,
      services: { ...behind.services, catalog: [hostOf(kept.url)] },
    })
    for (let count = 0; count < 12; count++) await (await fetch(`${own.url}/api/x`)).text()
    await eventually('all were received', () => kept.received.length === 12)
    // One a worker process at most.
    expect(sockets.size).toBeLessThan(12)
  })
})
