/** The way of a request through its route: order of the steps, errors, deadlines, what is observed. */
import { describe, expect, test } from 'bun:test'
import Type from 'typebox'
import { formatTraceparent } from '../resilience/trace-context.ts'
import type { SessionId, UserId } from '../values/ids.ts'
import { manualClock } from '../values/time.ts'
import { createBodyIntake } from './body-intake.ts'
import type { Authenticate, Caller } from './caller.ts'
import { ClientGone } from './client-gone.ts'
import { inboundOf, jsonOf, type Sent } from './inbound.fixture.ts'
import { compileRoute, type Observe, type PipelineOptions } from './pipeline.ts'
import { problem } from './problem.ts'
import { Reply } from './reply.ts'
import { route, type Access, type Call, type Route } from './route.ts'
import { closed } from './schemas.ts'

const person = (role: 'user' | 'admin'): Caller => ({
  kind: 'user',
  id: 'u1' as UserId,
  role,
  session: 's1' as SessionId,
})

/** Tokens are the callers' names. */
const callers: Readonly<Record<string, Caller>> = {
  user: person('user'),
  admin: person('admin'),
  cart: { kind: 'service', name: 'cart' },
  order: { kind: 'service', name: 'order' },
}
const authenticate: Authenticate = (header) => {
  const caller = callers[header ?? '']
  if (caller === undefined) throw problem('not_authenticated')
  return caller
}

const clock = manualClock(1_000_000)
const options: PipelineOptions = {
  authenticate,
  clock,
  bodies: createBodyIntake({ places: 10, patience: 60_000 }),
  addressOf: (inbound) => inbound.address,
}

const Answer = Type.Object({ message: Type.String() })
const Body = closed({ name: Type.String() })

/** A public GET route; `more` replaces what a test is about, past the types of `route()`. */
const routeOf = (more: Partial<Route>): Route => ({
  ...route({
    method: 'GET',
    path: '/thing',
    operation: 'get_thing',
    access: 'public',
    summary: 'A thing',
    success: { status: 200, schema: Answer },
    errors: [],
    handler: () => ({ message: 'done' }),
  }),
  ...more,
})

const run = (
  more: Partial<Route>,
  sent: Sent = {},
  params: Readonly<Record<string, string>> = {},
  further: Partial<PipelineOptions> = {},
): Reply | Promise<Reply> =>
  compileRoute(routeOf(more), { ...options, ...further })(inboundOf(sent), params)

const codeOf = (reply: Reply): unknown =>
  reply.status < 400 ? reply.status : jsonOf(reply)['code']

describe('an answer', () => {
  test('is there without a promise where nothing has to wait', () => {
    const params = closed({ id: Type.String() })
    const query = Type.Object({ limit: Type.Optional(Type.Integer()) })
    const handler = (call: Call): unknown => ({
      message: JSON.stringify([call.params, call.query, call.body ?? 'no body']),
    })
    const sent = { target: '/thing?limit=5', headers: { authorization: 'user' } }
    const reply = run({ access: 'user', params, query, handler }, sent, { id: '7' })
    expect(reply).toBeInstanceOf(Reply)
    expect(jsonOf(reply as Reply)).toEqual({ message: '[{"id":"7"},{"limit":5},"no body"]' })
  })

  test('is there without a promise where a step fails at once', () => {
    expect(run({ access: 'user' })).toBeInstanceOf(Reply)
  })

  test('has the status and the schema of the route', async () => {
    const reply = await run({
      success: { status: 201, schema: Answer },
      handler: async () => ({ message: 'made', password_hash: 'secret' }),
    })
    expect(reply).toEqual(
      new Reply(201, { 'content-type': 'application/json' }, '{"message":"made"}'),
    )
  })

  test('may be a reply of its own, at once or later', async () => {
    const own = new Reply(304, { etag: '"1"' }, null)
    expect(run({ handler: () => own })).toBe(own)
    expect(await run({ handler: async () => own })).toBe(own)
  })

  test('may carry further headers', () => {
    const handler = (call: Call) => call.reply({ message: 'a', more: 1 }, { etag: '"1"' })
    expect(run({ handler })).toEqual(
      new Reply(200, { 'content-type': 'application/json', etag: '"1"' }, '{"message":"a"}'),
    )
  })

  test('without a schema has no body', async () => {
    const success = { status: 204, schema: null }
    expect(await run({ success, handler: async () => null })).toEqual(new Reply(204, {}, null))
    const handler = (call: Call) => call.reply(null, { etag: '"1"' })
    expect(run({ success, handler })).toEqual(new Reply(204, { etag: '"1"' }, null))
  })
})

describe('access', () => {
  const matrix: readonly (readonly [Access, string | null, number])[] = [
    ['public', null, 200],
    ['public', 'nonsense', 200],
    ['user', null, 401],
    ['user', 'nonsense', 401],
    ['user', 'user', 200],
    ['user', 'admin', 200],
    ['user', 'cart', 403],
    ['admin', null, 401],
    ['admin', 'user', 403],
    ['admin', 'admin', 200],
    ['admin', 'cart', 403],
    ['service:cart', null, 401],
    ['service:cart', 'user', 403],
    ['service:cart', 'admin', 403],
    ['service:cart', 'cart', 200],
    ['service:cart', 'order', 403],
    [['service:cart', 'service:order'], 'order', 200],
    [['service:cart', 'service:order'], 'user', 403],
  ]
  test.each(matrix)('%p answers %p with %d, whether keys are at hand or not', async (...row) => {
    const [access, authorization, status] = row
    const sent = authorization === null ? {} : { headers: { authorization } }
    expect((await run({ access }, sent)).status).toBe(status)
    const later: Authenticate = async (header) => authenticate(header)
    expect((await run({ access }, sent, {}, { authenticate: later })).status).toBe(status)
  })

  test('is decided before anything of the request is read', async () => {
    const wrong = { method: 'POST', target: '/thing?limit=x', body: '{"role":"admin"}' }
    const strict = {
      body: Body,
      query: Type.Object({ limit: Type.Integer() }),
      params: closed({ id: Type.Integer() }),
    }
    const unread = { ...wrong, bytes: () => Promise.reject(new Error('was read')) }
    expect(codeOf(await run({ access: 'user', ...strict }, unread))).toBe('not_authenticated')
    const asUser = { ...unread, headers: { authorization: 'user' } }
    expect(codeOf(await run({ access: 'admin', ...strict }, asUser))).toBe('forbidden')
    const asAdmin = { ...wrong, headers: { authorization: 'admin' } }
    expect(codeOf(await run({ access: 'admin', ...strict }, asAdmin))).toBe('validation_failed')
  })

  test('gives the handler its caller, and a public one none that it does not ask for', () => {
    const seen: unknown[] = []
    const handler = (call: Call) => {
      seen.push(call.caller)
      return { message: '' }
    }
    const headers = { authorization: 'admin' }
    void run({ access: 'admin', handler }, { headers })
    void run({ handler }, { headers })
    expect(seen).toEqual([callers['admin'], null])
  })

  test('on a public route is told on demand; a bad token is 401 and not nobody', () => {
    const handler = (call: Call) => ({ message: JSON.stringify(call.identify()) })
    expect(jsonOf(run({ handler }) as Reply)).toEqual({ message: 'null' })
    const known = run({ handler }, { headers: { authorization: 'cart' } }) as Reply
    expect(jsonOf(known)).toEqual({ message: '{"kind":"service","name":"cart"}' })
    const bad = run({ handler }, { headers: { authorization: 'x' } }) as Reply
    expect(bad.status).toBe(401)
    expect(bad.headers['www-authenticate']).toBe('Bearer')
  })
})

describe('a body', () => {
  const handler = (call: Call) => ({ message: JSON.stringify(call.body) ?? 'undefined' })
  const post = (sent: Sent, more: Partial<Route> = {}, further: Partial<PipelineOptions> = {}) =>
    run({ method: 'POST', body: Body, handler, ...more }, { method: 'POST', ...sent }, {}, further)

  test('reaches the handler when it has its shape', async () => {
    expect(jsonOf(await post({ body: '{"name":"a"}' }))['message']).toBe('{"name":"a"}')
  })

  test.each([
    ['{"name":1}', {}, 'validation_failed'],
    ['{', {}, 'validation_failed'],
    ['{"name":"a"}', { 'content-type': 'text/plain' }, 'unsupported_media_type'],
    ['name=a', { 'content-type': 'application/x-www-form-urlencoded' }, 'unsupported_media_type'],
    ['', {}, 'validation_failed'],
  ])('of %p with the headers %p is refused', async (body, headers, code) => {
    expect(codeOf(await post({ body, headers }))).toBe(code)
  })

  test('may be a form where the route says so', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' }
    const reply = await post({ body: 'name=a+b', headers }, { accepts: ['json', 'form'] })
    expect(jsonOf(reply)['message']).toBe('{"name":"a b"}')
  })

  test('past 64 KiB, or past the limit of its route, is 413', async () => {
    const body = (length: number) => JSON.stringify({ name: 'x'.repeat(length - 11) })
    expect(codeOf(await post({ body: body(65_536) }))).toBe(200)
    expect(codeOf(await post({ body: body(65_537) }))).toBe('payload_too_large')
    expect(codeOf(await post({ body: body(20) }, { bodyLimit: 20 }))).toBe(200)
    expect(codeOf(await post({ body: body(21) }, { bodyLimit: 20 }))).toBe('payload_too_large')
  })

  test('may be absent where the route says so, whatever its content type', async () => {
    expect(jsonOf(await post({}, { bodyOptional: true }))['message']).toBe('undefined')
    const wrong = await post({ body: '{"name":1}' }, { bodyOptional: true })
    expect(codeOf(wrong)).toBe('validation_failed')
    expect(codeOf(await post({}))).toBe('unsupported_media_type')
  })

  test.each(['if-match', 'if-none-match', 'if-unmodified-since'])(
    'with the precondition %s is refused where the route does not honour it',
    async (name) => {
      const sent = { body: '{"name":"a"}', headers: { [name]: '"1"' } }
      expect(codeOf(await post(sent))).toBe('precondition_unsupported')
      const honoured = { headers: ['if-match', 'if-none-match'] } as const
      const code = name === 'if-unmodified-since' ? 'precondition_unsupported' : 200
      expect(codeOf(await post(sent, honoured))).toBe(code)
    },
  )

  test('that does not arrive in time ends the request and the connection', async () => {
    const bytes = () => new Promise<Uint8Array>(() => {})
    const reply = await post(
      { bytes },
      {},
      { bodies: createBodyIntake({ places: 1, patience: 1 }) },
    )
    expect(codeOf(reply)).toBe('body_timeout')
    expect(reply.headers['connection']).toBe('close')
  })
})

describe('an error', () => {
  test('of a client that has gone is 499, whatever waited for it', async () => {
    const gone = () => Promise.reject(new ClientGone(new Error('reset')))
    const observed: [number, unknown][] = []
    const further = {
      observe: (): Observe => (status, _milliseconds, _request, error) =>
        void observed.push([status, error]),
    }
    await run({ handler: gone }, {}, {}, further)
    await run({ method: 'POST', body: Body }, { method: 'POST', bytes: gone }, {}, further)
    expect(observed).toEqual([
      [499, expect.any(ClientGone)],
      [499, expect.any(ClientGone)],
    ])
  })

  test('that is a problem is its document, at once or later', async () => {
    const refuse = () =>
      problem('out_of_stock', { extra: { lines: [1] }, headers: { 'x-more': '1' } })
    const sent = {
      target: '/thing?x=1',
      headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` },
    }
    const thrown = () => {
      throw refuse()
    }
    const replies = [
      await run({ handler: thrown }, sent),
      await run({ handler: () => Promise.reject(refuse()) }, sent),
    ]
    for (const reply of replies) {
      expect(reply.status).toBe(409)
      expect(reply.headers).toMatchObject({
        'content-type': 'application/problem+json',
        'x-more': '1',
        'x-request-id': expect.stringMatching(/^[\da-f-]{36}$/),
      })
      expect(jsonOf(reply)).toMatchObject({
        code: 'out_of_stock',
        instance: '/thing',
        trace_id: 'a'.repeat(32),
        lines: [1],
      })
    }
  })

  test.each([
    new Error('SELECT * FROM users at db.internal:9042'),
    new TypeError('SELECT of undefined'),
    'SELECT as text',
    { message: 'SELECT', status: 418, headers: { 'x-secret': 'SELECT' } },
    undefined,
    null,
  ])('that is not a problem says nothing of itself: %#', async (error) => {
    const thrown = () => {
      throw error
    }
    const rejected = async () => thrown()
    for (const handler of [thrown, rejected]) {
      const reply = await run({ handler })
      expect(reply.status).toBe(500)
      expect(jsonOf(reply)).toMatchObject({
        code: 'internal_error',
        detail: 'The server failed to handle the request',
      })
      expect(JSON.stringify(reply)).not.toMatch(/SELECT|internal:9042|\.ts|stack|cause/)
    }
  })

  test('of the serializer is an answer as well', async () => {
    expect(codeOf(await run({ handler: () => undefined }))).toBe('internal_error')
    expect(codeOf(await run({ handler: async () => undefined }))).toBe('internal_error')
  })

  test('of the authentication is an answer as well', async () => {
    const broken: readonly Authenticate[] = [
      () => {
        throw new Error('keys')
      },
      () => Promise.reject(new Error('keys')),
    ]
    for (const each of broken) {
      expect(codeOf(await run({ access: 'user' }, {}, {}, { authenticate: each }))).toBe(
        'internal_error',
      )
    }
  })
})

describe('identifiers', () => {
  const handler = (call: Call) => ({
    message: `${call.requestId} ${formatTraceparent(call.trace)}`,
  })
  const told = (headers: Readonly<Record<string, string>>) =>
    String(jsonOf(run({ handler }, { headers }) as Reply)['message'])

  test('are taken over from the caller', () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    expect(told({ 'x-request-id': 'abc', traceparent })).toBe(`abc ${traceparent}`)
  })

  test.each(['', 'a b', 'a\nb', 'ж', 'x'.repeat(129)])('are made where %p was sent', (id) => {
    expect(told({ 'x-request-id': id, traceparent: id })).toMatch(
      /^[\da-f]{8}-[\da-f-]{27} 00-[\da-f]{32}-[\da-f]{16}-00$/,
    )
  })

  test('stay the same throughout a request', () => {
    const twice = (call: Call) => ({
      message: String(call.requestId === call.requestId && call.trace === call.trace),
    })
    expect(jsonOf(run({ handler: twice }) as Reply)['message']).toBe('true')
  })
})

describe('the deadline', () => {
  const handler = (call: Call) => ({ message: String(call.deadline.remaining()) })
  const left = (headers: Readonly<Record<string, string>>, budget?: number) =>
    Number(
      jsonOf(run({ handler, ...(budget !== undefined && { budget }) }, { headers }) as Reply)[
        'message'
      ],
    )

  test('is the budget of the route, 2,000 ms unless stated', () => {
    expect(left({})).toBe(2_000)
    expect(left({}, 300)).toBe(300)
  })

  test('is shortened by the caller and never lengthened', () => {
    expect(left({ 'x-request-deadline': '150' }, 300)).toBe(150)
    expect(left({ 'x-request-deadline': '0' }, 300)).toBe(0)
    expect(left({ 'x-request-deadline': '9999' }, 300)).toBe(300)
    expect(left({ 'x-request-deadline': '-1' }, 300)).toBe(300)
    expect(left({ 'x-request-deadline': 'never' }, 300)).toBe(300)
  })

  test('runs while the body arrives', async () => {
    const reply = await run(
      { method: 'POST', body: Body, handler, budget: 300 },
      {
        body: '{"name":"a"}',
        async bytes() {
          clock.advance(100)
          return new TextEncoder().encode('{"name":"a"}')
        },
      },
    )
    expect(jsonOf(reply)['message']).toBe('200')
  })
})

describe('the observer', () => {
  interface Seen {
    readonly status: number
    readonly milliseconds: number
    readonly error: unknown
    readonly requestId: string
  }
  function observed(more: Partial<Route>, sent: Sent = {}) {
    const seen: Seen[] = []
    const observe: Observe = (status, milliseconds, { requestId }, error) =>
      void seen.push({ status, milliseconds, error, requestId })
    return { seen, reply: run(more, sent, {}, { observe: () => observe }) }
  }

  test('is told of each request once, at once or when its answer is there', async () => {
    const { seen, reply } = observed({}, { headers: { 'x-request-id': 'r1' } })
    expect(reply).toBeInstanceOf(Reply)
    expect(seen).toMatchObject([{ status: 200, error: undefined, requestId: 'r1' }])
    expect(seen[0]?.milliseconds).toBeGreaterThanOrEqual(0)

    const gate = Promise.withResolvers<object>()
    const later = observed({ handler: () => gate.promise })
    expect(later.seen).toEqual([])
    gate.resolve({ message: 'late' })
    await later.reply
    expect(later.seen).toMatchObject([{ status: 200, error: undefined }])
  })

  test('gets the error itself, which the client does not', async () => {
    const error = new Error('disk')
    const thrown = () => {
      throw error
    }
    for (const handler of [thrown, () => Promise.reject(error)]) {
      const { seen, reply } = observed({ handler })
      expect(JSON.stringify(await reply)).not.toContain('disk')
      expect(seen).toHaveLength(1)
      expect(seen[0]).toMatchObject({ status: 500 })
      expect(seen[0]?.error).toBe(error)
    }
  })

  test('is told of requests that a step refuses', () => {
    expect(observed({ access: 'user' }).seen).toMatchObject([{ status: 401 }])
  })

  test('is bound once per route', () => {
    let bound = 0
    const bind = () => {
      bound++
      return () => {}
    }
    const handle = compileRoute(routeOf({}), { ...options, observe: bind })
    void handle(inboundOf(), {})
    void handle(inboundOf(), {})
    expect(bound).toBe(1)
  })

  test('is told once of an answer from memory, and of one that memory passes on', () => {
    const page = new Reply(200, {}, 'page')
    const hit = observed({ cached: () => page })
    expect(hit.reply).toBe(page)
    expect(hit.seen).toMatchObject([{ status: 200, error: undefined }])
    expect(observed({ cached: () => null }).seen).toMatchObject([{ status: 200 }])
    const error = new Error('disk')
    const failed = observed({
      cached() {
        throw error
      },
    })
    expect(codeOf(failed.reply as Reply)).toBe('internal_error')
    expect(failed.seen).toMatchObject([{ status: 500, error }])
  })
})

describe('an answer from memory', () => {
  const page = new Reply(200, {}, 'page')
  const query = Type.Object({ limit: Type.Optional(Type.Integer()) })

  test('comes before parsing, authentication and handler', () => {
    const handler = () => {
      throw new Error('was asked')
    }
    const reply = run({ cached: () => page, query, handler }, { target: '/thing?limit=x' })
    expect(reply).toBe(page)
  })

  test('that is not there leaves everything to the handler', () => {
    const cached = () => null
    expect(codeOf(run({ cached, query }, { target: '/thing?limit=x' }) as Reply)).toBe(
      'validation_failed',
    )
    expect(jsonOf(run({ cached, query }) as Reply)).toEqual({ message: 'done' })
  })
})
