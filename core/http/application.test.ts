/** Routes as one handle: order of the steps, errors, shedding, CORS, methods. */
import { describe, expect, test } from 'bun:test'
import Type from 'typebox'
import type { SessionId, UserId } from '../values/ids.ts'
import { manualClock } from '../values/time.ts'
import { createApplication, type ApplicationOptions } from './application.ts'
import type { Caller } from './caller.ts'
import type { Inbound } from './engine/engine.ts'
import { problem } from './problem.ts'
import { Reply } from './reply.ts'
import { route, type Route } from './route.ts'
import { closed } from './schemas.ts'

interface Sent {
  readonly method?: string
  readonly path: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

function inbound({ method = 'GET', path, query = '', headers = {}, body = '' }: Sent): Inbound {
  const bytes = new TextEncoder().encode(body)
  return {
    method,
    path,
    query,
    header: (name) => headers[name] ?? null,
    headers: () => Object.entries(headers),
    async bytes(limit) {
      if (bytes.byteLength > limit) throw problem('payload_too_large', { values: { limit } })
      return bytes
    },
    stream: () => null,
    address: '192.0.2.1',
    signal: new AbortController().signal,
  }
}

const user: Caller = { kind: 'user', id: 'u' as UserId, role: 'user', session: 's' as SessionId }
const callers: Readonly<Record<string, Caller>> = {
  user,
  admin: { ...user, role: 'admin' },
  cart: { kind: 'service', name: 'cart' },
  order: { kind: 'service', name: 'order' },
}

function application(routes: readonly Route[], options: Partial<ApplicationOptions> = {}) {
  return createApplication({
    routes,
    authenticate(authorization) {
      const caller = callers[authorization ?? '']
      if (caller === undefined) throw problem('not_authenticated')
      return caller
    },
    clock: manualClock(0),
    addressOf: (each) => each.address,
    maxInFlight: 100,
    corsOrigins: [],
    ...options,
  })
}

const Thing = Type.Object({ id: Type.String() })

const get = (
  path: `/${string}`,
  handler: () => unknown,
  more: Partial<Parameters<typeof route>[0]> = {},
): Route =>
  route({
    method: 'GET',
    path,
    operation: 'get_thing',
    access: 'public',
    summary: 'A thing',
    success: { status: 200, schema: Thing },
    errors: [],
    ...more,
    handler,
  } as Parameters<typeof route>[0])

const post = (handler: (call: { body: unknown }) => unknown = () => ({ id: 'made' })): Route =>
  route({
    method: 'POST',
    path: '/things/',
    operation: 'make_thing',
    access: 'admin',
    summary: 'Makes a thing',
    body: closed({ name: Type.String() }),
    success: { status: 201, schema: Thing },
    errors: [],
    handler: (call) => handler(call) as { id: string },
  })

const json = { 'content-type': 'application/json', authorization: 'admin' }

async function answer(app: ReturnType<typeof application>, sent: Sent) {
  const reply = await app.handle(inbound(sent))
  const text = reply.body as string | null
  return {
    status: reply.status,
    headers: reply.headers,
    body: text === null ? null : (JSON.parse(text) as Record<string, unknown>),
  }
}

describe('a request', () => {
  test('is answered without a promise when the handler has its answer at hand', () => {
    const app = application([get('/things/:id', () => ({ id: 'x', secret: 1 }))])
    const reply = app.handle(inbound({ path: '/things/x' }))
    expect(reply).toBeInstanceOf(Reply)
    // What the schema does not name stays inside.
    expect((reply as Reply).body).toBe('{"id":"x"}')
  })

  test('meets authentication before validation', async () => {
    const app = application([post()])
    const bad = { method: 'POST', path: '/things/', body: '{' }
    expect((await answer(app, bad)).status).toBe(401)
    expect(
      (await answer(app, { ...bad, headers: { ...json, authorization: 'user' } })).status,
    ).toBe(403)
    expect((await answer(app, { ...bad, headers: json })).status).toBe(422)
  })

  test('of the right shape is served, and of a wrong one is told what is wrong', async () => {
    const app = application([post(({ body }) => ({ id: (body as { name: string }).name }))])
    const sent = { method: 'POST', path: '/things/', headers: json }
    expect(await answer(app, { ...sent, body: '{"name":"n"}' })).toMatchObject({
      status: 201,
      body: { id: 'n' },
    })
    expect(await answer(app, { ...sent, body: '{"name":1,"role":"admin"}' })).toMatchObject({
      status: 422,
      body: {
        code: 'validation_failed',
        errors: expect.arrayContaining([{ path: '/role', message: 'is not a known field' }]),
      },
    })
    expect(
      (
        await answer(app, {
          ...sent,
          headers: { ...json, 'content-type': 'text/plain' },
          body: '{}',
        })
      ).status,
    ).toBe(415)
    expect((await answer(app, { ...sent, body: `{"name":"${'x'.repeat(70_000)}"}` })).status).toBe(
      413,
    )
  })

  test('for a service is open to the named services alone', async () => {
    const app = application([get('/internal/x', () => ({ id: 'x' }), { access: ['service:cart'] })])
    const as = async (authorization: string) =>
      (await answer(app, { path: '/internal/x', headers: { authorization } })).status
    expect(await as('cart')).toBe(200)
    expect([await as('order'), await as('user'), await as('admin'), await as('nobody')]).toEqual([
      403, 403, 403, 401,
    ])
  })
})

describe('an error', () => {
  test('that nobody expected says nothing of itself, thrown or rejected', async () => {
    const thrown = () => {
      throw new Error('SELECT secret FROM /etc/passwd')
    }
    const app = application([
      get('/thrown', thrown),
      get('/rejected', () => Promise.reject(new Error('secret'))),
    ])
    for (const path of ['/thrown', '/rejected']) {
      const { status, body } = await answer(app, { path })
      expect(status).toBe(500)
      expect(body).toMatchObject({ code: 'internal_error', instance: path })
      expect(JSON.stringify(body)).not.toContain('secret')
    }
  })

  test('is told to the observer with its status, once', async () => {
    const seen: unknown[] = []
    const app = application([get('/x', () => Promise.reject(problem('order_not_found')))], {
      observe: (each) => (status, _milliseconds, _request, error) =>
        void seen.push([each.operation, status, (error as Error).message]),
    })
    await answer(app, { path: '/x' })
    expect(seen).toEqual([['get_thing', 404, 'Order not found']])
  })

  test('carries the trace and request id of its caller', async () => {
    const app = application([])
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const { headers, body } = await answer(app, {
      path: '/nowhere',
      headers: { traceparent, 'x-request-id': 'mine' },
    })
    expect(body?.['trace_id']).toBe('0af7651916cd43dd8448eb211c80319c')
    expect(headers['x-request-id']).toBe('mine')
  })
})

describe('methods and paths', () => {
  const app = application([get('/things/', () => ({ id: 'all' })), post()])

  test('an unknown path is 404, a wrong method 405 with what is allowed', async () => {
    expect((await answer(app, { path: '/nope' })).status).toBe(404)
    const wrong = await answer(app, { method: 'DELETE', path: '/things/' })
    expect([wrong.status, wrong.headers['allow']]).toEqual([405, 'GET, POST, HEAD, OPTIONS'])
    const options = await answer(app, { method: 'OPTIONS', path: '/things' })
    expect([options.status, options.headers['allow']]).toEqual([204, 'GET, POST, HEAD, OPTIONS'])
  })

  test('a slash at the end makes no difference, and HEAD is GET', async () => {
    expect((await answer(app, { path: '/things' })).status).toBe(200)
    expect((await answer(app, { method: 'HEAD', path: '/things/' })).status).toBe(200)
  })

  test('an overlong target is 414, a broken escape 400', async () => {
    expect((await answer(app, { path: `/${'a'.repeat(9_000)}` })).status).toBe(414)
    const withParameter = application([get('/things/:id', () => ({ id: 'x' }))])
    expect((await answer(withParameter, { path: '/things/%ff' })).status).toBe(400)
  })
})

describe('load shedding', () => {
  test('refuses what is past the limit at once, and lets health through', async () => {
    const gate = Promise.withResolvers<{ id: string }>()
    const app = application(
      [get('/slow', () => gate.promise), get('/health', () => ({ id: 'ok' }), { neverShed: true })],
      { maxInFlight: 2 },
    )
    const waiting = [1, 2].map(() => app.handle(inbound({ path: '/slow' })))
    expect(app.inFlight()).toBe(2)
    const refused = await answer(app, { path: '/slow' })
    expect(refused).toMatchObject({ status: 503, body: { code: 'overloaded' } })
    expect(refused.headers['retry-after']).toBe('1')
    expect((await answer(app, { path: '/health' })).status).toBe(200)
    gate.resolve({ id: 'done' })
    await Promise.all(waiting)
    expect(app.inFlight()).toBe(0)
  })
})

describe('CORS', () => {
  const origin = 'https://shop.example'
  const app = application([post()], { corsOrigins: [origin] })

  test('allows the listed origins, preflights included, errors as well', async () => {
    const preflight = await answer(app, {
      method: 'OPTIONS',
      path: '/things/',
      headers: { origin, 'access-control-request-method': 'POST' },
    })
    expect(preflight.headers['access-control-allow-origin']).toBe(origin)
    expect(preflight.headers['access-control-allow-methods']).toContain('POST')
    const refused = await answer(app, { method: 'POST', path: '/things/', headers: { origin } })
    expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([401, origin])
  })

  test('says nothing to other origins, and nothing at all where it is off', async () => {
    const stranger = {
      method: 'POST',
      path: '/things/',
      headers: { origin: 'https://evil.example' },
    }
    expect((await answer(app, stranger)).headers).not.toHaveProperty('access-control-allow-origin')
    const off = application([post()])
    expect((await answer(off, { ...stranger, headers: { origin } })).headers).not.toHaveProperty(
      'access-control-allow-origin',
    )
  })
})
