/** CORS: who may read answers from a page, what a preflight allows, and silence for everybody else. */
import { describe, expect, test } from 'bun:test'
import { manualClock } from '../values/time.ts'
import { createApplication } from './application.ts'
import { inboundOf, type Sent } from './inbound.fixture.ts'
import { problem } from './problem.ts'
import { Reply } from './reply.ts'
import { route, type Route } from './route.ts'

const page = 'https://shop.example'

const routeOf = (path: `/${string}`, handler: Route['handler']): Route => ({
  ...route({
    method: 'GET',
    path,
    operation: 'get_thing',
    access: 'public',
    summary: 'A thing',
    success: { status: 200, schema: null },
    errors: [],
    handler: () => null,
  }),
  handler,
})

const routes = [
  routeOf('/things/', () => null),
  routeOf('/slow', async () => null),
  routeOf('/varied', () => new Reply(200, { vary: 'Accept-Encoding' }, 'x')),
  routeOf('/broken', () => {
    throw new Error('disk')
  }),
]

const applicationFor = (corsOrigins: readonly string[]) =>
  createApplication({
    routes,
    authenticate() {
      throw problem('not_authenticated')
    },
    clock: manualClock(0),
    addressOf: (inbound) => inbound.address,
    maxInFlight: 10,
    corsOrigins,
  })

const listed = applicationFor([page])
const off = applicationFor([])

const send = async (sent: Sent, application = listed) => application.handle(inboundOf(sent))
const preflight = (origin: string): Sent => ({
  method: 'OPTIONS',
  target: '/things/',
  headers: { origin, 'access-control-request-method': 'PUT' },
})
const corsNames = ({ headers }: Reply) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'))

describe('a listed origin', () => {
  test.each(['/things/', '/slow', '/nothing', '/broken'])('may read %s', async (target) => {
    const { headers } = await send({ target, headers: { origin: page } })
    expect(headers).toMatchObject({ 'access-control-allow-origin': page, vary: 'Origin' })
    expect(headers['access-control-expose-headers']).toContain('ETag')
  })

  test('learns from a preflight what the API takes, and is never allowed credentials', async () => {
    const { status, headers } = await send(preflight(page))
    expect(status).toBe(204)
    expect(headers['access-control-allow-methods']).toBe('GET, HEAD, POST, PUT, DELETE')
    const allowed = headers['access-control-allow-headers']?.toLowerCase().split(', ')
    expect(allowed).toContain('authorization')
    expect(allowed).toContain('idempotency-key')
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
  })

  test('gets the plain answer to an OPTIONS that is no preflight', async () => {
    const reply = await send({ method: 'OPTIONS', target: '/things/', headers: { origin: page } })
    expect(reply.headers).not.toHaveProperty('access-control-allow-methods')
    expect(reply.headers['allow']).toBe('GET, HEAD, OPTIONS')
  })

  test('adds to what an answer varies by already', async () => {
    const reply = await send({ target: '/varied', headers: { origin: page } })
    expect(reply.headers['vary']).toBe('Accept-Encoding, Origin')
  })
})

describe('nothing is said', () => {
  test.each([
    'https://evil.example',
    'null',
    `${page}.evil.example`,
    page.toUpperCase(),
    `${page}:8443`,
    '*',
    '',
  ])('to the origin %p', async (origin) => {
    expect(corsNames(await send({ target: '/things/', headers: { origin } }))).toEqual([])
    expect(corsNames(await send(preflight(origin)))).toEqual([])
  })

  test('where no origin was sent', async () => {
    expect(corsNames(await send({ target: '/things/' }))).toEqual([])
  })

  test('where no origin is listed', async () => {
    expect(corsNames(await send({ target: '/things/', headers: { origin: page } }, off))).toEqual(
      [],
    )
    expect(corsNames(await send(preflight(page), off))).toEqual([])
  })
})

test('a star lets every origin read', async () => {
  const origin = 'https://any.example'
  const reply = await send({ target: '/things/', headers: { origin } }, applicationFor(['*']))
  expect(reply.headers['access-control-allow-origin']).toBe(origin)
})
