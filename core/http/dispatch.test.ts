/** Dispatch: what meets no route, other methods, load shedding, and request ids on the way back. */
import { describe, expect, test } from 'bun:test'
import Type from 'typebox'
import { manualClock } from '../values/time.ts'
import { createApplication, type ApplicationOptions } from './application.ts'
import { inboundOf, jsonOf, type Sent } from './inbound.fixture.ts'
import { problem } from './problem.ts'
import { Reply } from './reply.ts'
import { route, type Method, type Route } from './route.ts'

function routeOf(method: Method, path: `/${string}`, more: Partial<Route> = {}): Route {
  const plain = route({
    method,
    path,
    operation: 'do_thing',
    access: 'public',
    summary: 'A thing',
    success: { status: 200, schema: Type.Object({ message: Type.String() }) },
    errors: [],
    handler: () => ({ message: `${method} ${path}` }),
  })
  return { ...plain, ...more }
}

const routes = [
  routeOf('GET', '/things/'),
  routeOf('POST', '/things/'),
  routeOf('GET', '/things/:id'),
  routeOf('PUT', '/things/:id'),
  routeOf('DELETE', '/only/delete'),
  routeOf('GET', '/broken', {
    handler() {
      throw new Error('disk')
    },
  }),
]

const applicationOf = (more: Partial<ApplicationOptions> = {}) =>
  createApplication({
    routes,
    authenticate() {
      throw problem('not_authenticated')
    },
    clock: manualClock(0),
    addressOf: (inbound) => inbound.address,
    maxInFlight: 10,
    corsOrigins: [],
    ...more,
  })

const plain = applicationOf()
const send = (sent: Sent, application = plain) => application.handle(inboundOf(sent)) as Reply

describe('a request', () => {
  test('meets its route, with or without a slash at its end', () => {
    expect(jsonOf(send({ target: '/things' }))).toEqual({ message: 'GET /things/' })
    expect(jsonOf(send({ target: '/things/7/', method: 'PUT' }))).toEqual({
      message: 'PUT /things/:id',
    })
  })

  test('to an unknown path is 404', () => {
    const reply = send({ target: '/nothing?x=1' })
    expect(reply.headers['content-type']).toBe('application/problem+json')
    expect(jsonOf(reply)).toMatchObject({ status: 404, code: 'not_found', instance: '/nothing' })
  })

  test.each(['/things/a%2fb', '/things/.', '/things/x\\..\\y', '/./things', '/things?x#y'])(
    'to %p is 400: two readers could understand it in two ways',
    (target) => {
      expect(jsonOf(send({ target }))).toMatchObject({ status: 400, code: 'bad_request' })
    },
  )

  test('with a broken escape in a parameter is 400', () => {
    expect(jsonOf(send({ target: '/things/%zz' }))).toMatchObject({ code: 'bad_request' })
  })

  test.each([
    ['POST', '/things/7', 'GET, PUT, HEAD, OPTIONS'],
    ['DELETE', '/things/', 'GET, POST, HEAD, OPTIONS'],
    ['GET', '/only/delete', 'DELETE, OPTIONS'],
    ['HEAD', '/only/delete', 'DELETE, OPTIONS'],
    ['PROPFIND', '/things/', 'GET, POST, HEAD, OPTIONS'],
    ['constructor', '/things/', 'GET, POST, HEAD, OPTIONS'],
  ])('%s %s is 405 with its Allow', (method, target, allow) => {
    const reply = send({ method, target })
    expect(reply.status).toBe(405)
    expect(reply.headers['allow']).toBe(allow)
    expect(jsonOf(reply)).toMatchObject({ code: 'method_not_allowed' })
  })

  test('with HEAD runs the handler of GET', () => {
    expect(jsonOf(send({ method: 'HEAD', target: '/things/' }))).toEqual({
      message: 'GET /things/',
    })
  })

  test('with OPTIONS is told the methods', () => {
    const reply = send({ method: 'OPTIONS', target: '/things/7' })
    expect(reply).toEqual(new Reply(204, { allow: 'GET, PUT, HEAD, OPTIONS' }, null))
    expect(send({ method: 'OPTIONS', target: '/nothing' }).status).toBe(404)
  })

  test('of more than 8,192 characters is 414', () => {
    const target = (length: number) => `/things/?q=${'x'.repeat(length - '/things/q='.length)}`
    expect(send({ target: target(8_192) }).status).toBe(200)
    expect(jsonOf(send({ target: target(8_193) }))).toMatchObject({ code: 'uri_too_long' })
    expect(send({ target: `/things/${'x'.repeat(9_000)}` }).status).toBe(414)
  })

  test('that meets no route is told to the owner, one that does is not', () => {
    const strays: number[] = []
    const application = applicationOf({ onStray: (status) => void strays.push(status) })
    for (const target of ['/nothing', '/things/', '/broken', '/only/delete', '/things/%zz']) {
      send({ target }, application)
    }
    expect(strays).toEqual([404, 405, 400])
  })
})

describe('a request whose body is awaited', () => {
  test('is not in flight, however many there are, and in flight once its body is there', async () => {
    const posted = Promise.withResolvers<object>()
    const application = applicationOf({
      routes: [
        routeOf('POST', '/things/', { body: Type.Object({}), handler: () => posted.promise }),
        routeOf('GET', '/slow', { handler: async () => ({ message: 'done' }) }),
      ],
      maxInFlight: 2,
    })
    const bodies: PromiseWithResolvers<Uint8Array>[] = []
    const bytes = () => {
      const body = Promise.withResolvers<Uint8Array>()
      bodies.push(body)
      return body.promise
    }
    const headers = { 'content-type': 'application/json' }
    const post = () =>
      application.handle(inboundOf({ method: 'POST', target: '/things/', bytes, headers }))
    const replies: (Reply | Promise<Reply>)[] = []
    for (let count = 0; count < 5; count++) {
      replies.push(post())
      // Each comes in a turn of its own, as from a socket.
      await new Promise((turn) => setImmediate(turn))
    }
    // The longest waiting made room for the later ones.
    for (const reply of replies.slice(0, 3)) expect((await reply).status).toBe(408)
    expect([application.inFlight(), application.receiving()]).toEqual([0, 2])
    expect((await application.handle(inboundOf({ target: '/slow' }))).status).toBe(200)
    bodies[4]?.resolve(Buffer.from('{}'))
    while (application.receiving() === 2) await new Promise((turn) => setImmediate(turn))
    expect([application.inFlight(), application.receiving()]).toEqual([1, 1])
    posted.resolve({ message: 'done' })
    expect((await replies[4])?.status).toBe(200)
    expect([application.inFlight(), application.receiving()]).toEqual([0, 1])
  })
})

describe('past the requests that may be in flight', () => {
  function busy() {
    const gates: PromiseWithResolvers<object>[] = []
    const waiting = routeOf('GET', '/slow', {
      handler() {
        const gate = Promise.withResolvers<object>()
        gates.push(gate)
        return gate.promise
      },
    })
    const application = applicationOf({
      routes: [...routes, waiting, routeOf('GET', '/health', { neverShed: true })],
      maxInFlight: 2,
    })
    const slow = () => application.handle(inboundOf({ target: '/slow' })) as Promise<Reply>
    return { application, gates, slow }
  }

  test('new ones get 503 at once, health does not, and places come free again', async () => {
    const { application, gates, slow } = busy()
    const first = [slow(), slow()]
    expect(application.inFlight()).toBe(2)
    const shed = send({ target: '/slow' }, application)
    expect(shed).toBeInstanceOf(Reply)
    expect(jsonOf(shed)).toMatchObject({ code: 'overloaded', status: 503 })
    expect(shed.headers['retry-after']).toBe('1')
    expect(send({ target: '/things/' }, application).status).toBe(503)
    expect(send({ target: '/health' }, application).status).toBe(200)
    expect(gates).toHaveLength(2)

    for (const gate of gates) gate.resolve({ message: 'late' })
    expect((await Promise.all(first)).map((reply) => reply.status)).toEqual([200, 200])
    expect(application.inFlight()).toBe(0)
    expect(send({ target: '/things/' }, application).status).toBe(200)
  })

  test('a request that fails gives its place back', async () => {
    const { application, gates, slow } = busy()
    const failing = slow()
    gates[0]?.reject(new Error('disk'))
    expect((await failing).status).toBe(500)
    expect(application.inFlight()).toBe(0)
  })
})

describe('a request id', () => {
  const idOf = (target: string, id: string) =>
    send({ target, headers: { 'x-request-id': id } }).headers['x-request-id']

  test('comes back with answers and errors', () => {
    expect(idOf('/things/', 'abc-1')).toBe('abc-1')
    expect(idOf('/nothing', 'abc-2')).toBe('abc-2')
    expect(idOf('/broken', 'abc-3')).toBe('abc-3')
    expect(idOf('/things/', 'x'.repeat(128))).toHaveLength(128)
  })

  test('comes back with answers that take time', async () => {
    const slow = routeOf('GET', '/slow', { handler: async () => ({ message: '' }) })
    const { handle } = applicationOf({ routes: [slow] })
    const reply = await handle(inboundOf({ target: '/slow', headers: { 'x-request-id': 'abc' } }))
    expect(reply.headers['x-request-id']).toBe('abc')
  })

  test.each(['', 'a b', 'a\r\nset-cookie: x', 'ж', 'x'.repeat(129)])('of %p does not', (id) => {
    expect(idOf('/things/', id)).toBeUndefined()
    expect(idOf('/nothing', id)).toMatch(/^[\da-f-]{36}$/)
  })

  test('is made for errors alone', () => {
    expect(send({ target: '/things/' }).headers).not.toHaveProperty('x-request-id')
    expect(send({ target: '/nothing' }).headers['x-request-id']).toMatch(/^[\da-f-]{36}$/)
  })

  test('leaves an answer that is kept as it is', () => {
    const kept = new Reply(200, { etag: '"1"' }, 'page')
    const application = applicationOf({ routes: [routeOf('GET', '/kept', { cached: () => kept })] })
    const headers = { 'x-request-id': 'abc' }
    expect(send({ target: '/kept', headers }, application).headers['x-request-id']).toBe('abc')
    expect(kept.headers).toEqual({ etag: '"1"' })
  })
})

describe('through a gateway', () => {
  const mixed = applicationOf({
    routes: [
      routeOf('GET', '/metrics', { inside: true }),
      routeOf('GET', '/internal/things', { access: 'service:cart' }),
      routeOf('POST', '/internal/shared', { access: ['service:cart', 'service:order'] }),
      routeOf('GET', '/both', { access: 'service:cart' }),
      routeOf('PUT', '/both'),
      routeOf('GET', '/open'),
    ],
  })
  const statusOf = (method: string, target: string, headers = {}): number =>
    send({ method, target, headers }, mixed).status
  const through = { 'x-gateway': '1' }

  test.each([
    ['GET', '/metrics', 200],
    ['HEAD', '/metrics', 200],
    ['POST', '/metrics', 405],
    ['OPTIONS', '/metrics', 204],
    ['GET', '/internal/things', 401],
    ['POST', '/internal/shared', 401],
    ['OPTIONS', '/internal/shared', 204],
    ['GET', '/both', 401],
  ])('there is no %s %s, which answers %d from inside', (method, target, inside) => {
    expect(statusOf(method, target)).toBe(inside)
    expect(statusOf(method, target, through)).toBe(404)
    expect(statusOf(method, target, { 'x-gateway': '' })).toBe(404)
  })

  test('everything else is as it is', () => {
    expect(statusOf('GET', '/open', through)).toBe(200)
    expect(statusOf('PUT', '/both', through)).toBe(200)
    expect(statusOf('DELETE', '/both', through)).toBe(405)
  })
})
