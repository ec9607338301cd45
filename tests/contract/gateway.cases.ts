/** What every gateway before the shop must do: prefixes, own pages, what it hides, and when a service is down. */
import { describe, expect, test } from 'bun:test'
import { newId } from '../../core/values/ids.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import type { Client } from '../support/client.ts'
import { badTargetsFor, goodTargets } from '../../core/http/bad-targets.fixture.ts'
import { expectProblem, expectRawProblem } from '../support/expect-problem.ts'
import { eventually, stockOf } from '../support/ledger.ts'
import { rawHead, sendRaw, type RawAnswer } from '../support/raw.ts'
import { send, type Method, type Sent } from '../support/send.ts'
import {
  Cart,
  CartLine,
  Categories,
  conform,
  Order,
  Orders,
  Page,
  Profile,
  Token,
  User,
} from '../support/shapes.ts'
import type { Shop } from '../support/shop.ts'

/** An origin whose pages may ask. */
export const origin = 'https://shop.example'

/** Settings of the shop that the cases count on. */
export const shopEnv = {
  CORS_ORIGINS: origin,
  GATEWAY_TIMEOUT_MS: '1000',
  CHECK_INTERVAL_MS: '100',
  LOGIN_FAILURES_PER_ADDRESS: '12',
  ORDER_PROCESSING_AFTER_MS: '3600000',
} as const

export interface GatewayUnderTest {
  readonly shop: Shop
  readonly client: Client
  /** Address without a slash at its end. */
  readonly url: string
}

/** A problem that says why, or for an address before the path the word of an engine that knows none. */
export function expectRefused(target: string, answer: RawAnswer): void {
  if (target.startsWith('http') && answer.status === 505) return
  expect([target, answer.status]).toEqual([target, 400])
  expectRawProblem(answer, 400)
}

export function gatewayCases({ shop, client, url }: GatewayUnderTest): void {
  const prefixes: Readonly<Record<ServiceName, string>> = {
    catalog: '/api',
    cart: '/cart-api',
    order: '/order-api',
    user: '/user-api',
  }
  const ask = (method: Method, path: string, sent?: Sent) => send(method, url + path, sent)
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    ask('GET', path, { headers })

  describe('prefixes', () => {
    test('lead through a whole purchase', async () => {
      const username = `shopper-${newId()}`
      const password = 'correct horse'
      const registration = { username, password, full_name: 'Gateway Buyer' }
      const registered = await ask('POST', '/user-api/users/register', { json: registration })
      const { id } = conform(User, registered.json())
      const signedIn = await ask('POST', '/user-api/token', { form: { username, password } })
      const { access_token: token } = conform(Token, signedIn.json())

      const categories = conform(Categories, (await get('/api/products/categories/list')).json())
      const category = encodeURIComponent(categories[0]?.name ?? '')
      const page = conform(Page, (await get(`/api/products/?category=${category}`)).json())
      const product_id = page.items[0]?.product_id ?? ''

      const json = { product_id, quantity: 2 }
      const added = await ask('POST', '/cart-api/cart/items', { json, token })
      const line = conform(CartLine, added.json())
      const cart = conform(Cart, (await ask('GET', '/cart-api/cart/', { token })).json())
      expect(cart.items).toEqual([line])

      const headers = { 'idempotency-key': `purchase-${newId()}` }
      const placed = await ask('POST', '/user-api/users/me/orders', { token, headers })
      expect(placed.status).toBe(200)
      const order = conform(Order, placed.json())
      expect(order).toMatchObject({ user_id: id, total: line.total_price })
      const again = await ask('POST', '/user-api/users/me/orders', { token, headers })
      expect([again.text, again.headers.get('idempotency-replayed')]).toEqual([placed.text, 'true'])

      const orders = await ask('GET', '/order-api/orders/', { token })
      expect(conform(Orders, orders.json())).toEqual([order])
      const profile = await ask('GET', '/user-api/users/me/profile', { token })
      expect(conform(Profile, profile.json())).toMatchObject({
        total_spent: order.total,
        degraded: [],
      })
      expect((await stockOf(shop, product_id)).reserved).toBe(2)
    })
    test.each([...serviceNames])(
      '%s has its probes, its root and its description',
      async (name) => {
        for (const probe of ['live', 'ready', 'startup']) {
          expect((await get(`${prefixes[name]}/health/${probe}`)).status).toBe(200)
        }
        for (const path of [prefixes[name], `${prefixes[name]}/`]) {
          expect((await get(path)).json()).toEqual((await client.get(name, '/')).json())
        }
        expect((await get(`${prefixes[name]}/openapi.json`)).json()).toEqual(
          (await client.get(name, '/openapi.json')).json(),
        )
      },
    )
    test('answers are those of the service, errors included', async () => {
      for (const [through, name, path] of [
        ['/api', 'catalog', '/system/health'],
        ['/api', 'catalog', `/products/${newId()}`],
        ['/api', 'catalog', '/products/7'],
        ['/api', 'catalog', '/products/'],
        ['/cart-api', 'cart', '/cart/'],
        ['/order-api', 'order', '/orders/statuses/list'],
        ['/user-api', 'user', '/.well-known/jwks.json'],
      ] as const) {
        const headers = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00' }
        const [direct, passed] = [
          await client.call(name, 'GET', path, { headers }),
          await get(through + path, headers),
        ]
        expect([passed.status, passed.text]).toEqual([direct.status, direct.text])
        for (const header of ['content-type', 'www-authenticate', 'cache-control', 'etag']) {
          expect([header, passed.headers.get(header)]).toEqual([header, direct.headers.get(header)])
        }
      }
    })
    test('methods, conditions and request ids pass', async () => {
      const path = '/api/products/categories/list'
      const first = await get(path)
      const known = await get(path, { 'if-none-match': first.headers.get('etag') ?? '' })
      expect([known.status, known.text]).toEqual([304, ''])
      const head = await ask('HEAD', path)
      expect([head.status, head.text]).toEqual([200, ''])
      expect(head.headers.get('etag')).toBe(first.headers.get('etag'))
      const options = await ask('OPTIONS', path)
      expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS'])
      const patch = await ask('PATCH', path)
      expectProblem(patch, 405, 'method_not_allowed')
      expect(patch.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
      const id = `through-${newId()}`
      expect((await get(path, { 'x-request-id': id })).headers.get('x-request-id')).toBe(id)
    })
    test('an admin’s writes pass with their bodies, also past what is read whole', async () => {
      const token = client.tokens.admin()
      const json = { name: 'Дыня', category: 'Бахча', price: 1.5, stock_count: 3 }
      const made = await ask('POST', '/api/products/', { json, token })
      expect(made.status).toBe(201)
      const description = 'x'.repeat(70_000)
      const large = await ask('POST', '/api/products/', { json: { ...json, description }, token })
      expectProblem(large, 413, 'payload_too_large')
    })
    test('a category that no path could name is refused when it is made', async () => {
      const token = client.tokens.admin()
      const make = (category: string) =>
        ask('POST', '/api/products/', {
          json: { name: 'Чай', category, price: 1.5, stock_count: 3 },
          token,
        })
      for (const category of ['Чай/Кофе', 'Чай\\Кофе', '.', '..']) {
        expectProblem(await make(category), 422, 'validation_failed')
        // One of before would still be found by the query.
        const query = `?category=${encodeURIComponent(category)}`
        expect((await get(`/api/products/${query}`)).status).toBe(200)
      }
      const category = `Чай; 100% «сила»? #${newId().slice(0, 8)}`
      expect((await make(category)).status).toBe(201)
      const path = `/api/products/by-category/${encodeURIComponent(category)}`
      expect((await get(path)).json()).toMatchObject([{ name: 'Чай' }])
    })
    test('pages of the allowed origin may ask', async () => {
      const allowed = await get('/api/products/categories/list', { origin })
      expect(allowed.headers.get('access-control-allow-origin')).toBe(origin)
      const other = await get('/api/products/categories/list', { origin: 'https://evil.example' })
      expect(other.headers.get('access-control-allow-origin')).toBeNull()
      const preflight = await ask('OPTIONS', '/cart-api/cart/items', {
        headers: { origin, 'access-control-request-method': 'POST' },
      })
      expect(preflight.status).toBe(204)
      expect(preflight.headers.get('access-control-allow-methods')).toContain('POST')
    })
    test('and read what the gateway answers itself', async () => {
      for (const [path, status] of [
        ['/nowhere', 404],
        ['/api/metrics', 404],
        ['/api/x%2fy', 400],
        ['/order-api/x%5cy', 400],
      ] as const) {
        const answer = await get(path, { origin })
        expect([path, answer.status]).toEqual([path, status])
        expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
        expect(answer.headers.get('access-control-expose-headers')).toContain('RateLimit-Policy')
        expect(answer.headers.get('vary')).toContain('Origin')
        const other = await get(path, { origin: 'https://evil.example' })
        expect(other.headers.get('access-control-allow-origin')).toBeNull()
      }
    })
    test('no answer is guessed at, framed, or kept by a cache of others', async () => {
      const { token } = await client.register()
      for (const [path, sent, kept] of [
        ['/cart-api/cart/', { token }, 'no-store'],
        ['/user-api/users/me', { token }, 'no-store'],
        ['/order-api/orders/', {}, 'no-store'],
        ['/nowhere', {}, 'no-store'],
        ['/api/products/categories/list', {}, 'no-cache'],
      ] as const) {
        const { headers } = await ask('GET', path, sent)
        expect([path, headers.get('cache-control')]).toEqual([path, kept])
        expect(headers.get('x-content-type-options')).toBe('nosniff')
        expect(headers.get('x-frame-options')).toBe('DENY')
        expect(headers.get('referrer-policy')).toBe('no-referrer')
      }
    })
  })

  describe('own pages', () => {
    test('/ leads to the documentation', async () => {
      const answer = await get('/')
      expect([answer.status, answer.headers.get('location')]).toEqual([302, '/docs/'])
    })
    test('/docs/ is a page', async () => {
      const answer = await get('/docs/')
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toStartWith('text/html')
      const bare = await get('/docs')
      expect([bare.status, bare.headers.get('location')]).toEqual([302, '/docs/'])
      const etag = answer.headers.get('etag') ?? ''
      expect((await get('/docs/', { 'if-none-match': etag })).status).toBe(304)
      expectProblem(await get('/docs/no-such-page'), 404, 'not_found')
    })
    test('/profiles/ is a page', async () => {
      const answer = await get('/profiles/')
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toStartWith('text/html')
      expectProblem(await get('/profiles/none.html'), 404, 'not_found')
    })
    test('its probes are its own', async () => {
      for (const probe of ['', '/live', '/ready', '/startup']) {
        const answer = await get(`/health${probe}`)
        expect(answer.status).toBe(200)
        expect(answer.json()).toMatchObject({ status: 'ok' })
      }
    })
    test.each([
      '/nowhere',
      '/apis/',
      '/api2/products/',
      '/API/products/',
      '/cart/',
      '/users/me',
      '/x',
    ])('%s is 404', async (path) => {
      expectProblem(await get(path), 404, 'not_found', path)
    })
    test('they are read only', async () => {
      for (const path of ['/', '/docs/', '/profiles/', '/health/live']) {
        const answer = await ask('POST', path, { json: {} })
        expectProblem(answer, 405, 'method_not_allowed')
        expect(answer.headers.get('allow')).toContain('GET')
      }
      const head = await ask('HEAD', '/docs/')
      expect([head.status, head.text]).toEqual([200, ''])
    })
  })

  describe('what is not for the outside', () => {
    test.each([...serviceNames])('%s: no metrics, nothing internal', async (name) => {
      const inside = ['/metrics', '/metrics/', '/internal', '/internal/', '/internal/anything']
      for (const path of inside) {
        expectProblem(await get(prefixes[name] + path), 404, 'not_found')
      }
    })
    test.each([...serviceNames])('%s: no disguise of a path leads there', async (name) => {
      const port = Number(new URL(url).port)
      const targets = ['metrics', 'internal/revocations'].flatMap((aim) =>
        badTargetsFor(prefixes[name], aim),
      )
      for (const target of targets) {
        expectRefused(target, await sendRaw(port, rawHead('GET', target)))
      }
      for (const target of goodTargets) {
        const { status } = await sendRaw(port, rawHead('GET', prefixes[name] + target))
        expect([target, status]).not.toEqual([target, 400])
      }
    })
    test('and what slips past a gateway’s rules is not there at the service', async () => {
      // Who asks a service directly is inside: a gateway says of all that it passes on that it is not.
      const direct = (name: ServiceName, path: string, headers = {}) =>
        send('GET', shop.urls[name] + path, { headers })
      for (const name of serviceNames) {
        expect((await direct(name, '/metrics')).status).toBe(200)
        expectProblem(await direct(name, '/metrics', { 'x-gateway': '1' }), 404, 'not_found')
      }
      const headers = { 'x-gateway': 'no' }
      expect((await get('/api/products/categories/list', headers)).status).toBe(200)
    })
    test('headers that speak of who one is say nothing', async () => {
      const { id, token } = await client.register()
      const headers = { 'x-user-id': id, admin: 'true', 'x-user-role': 'admin', 'x-admin': '1' }
      expectProblem(await get('/cart-api/cart/', headers), 401, 'not_authenticated')
      expectProblem(await get('/api/products/', headers), 403, 'category_required')
      const asUser = await ask('GET', '/order-api/orders/?all=true', { token, headers })
      expectProblem(asUser, 403, 'forbidden')
    })
    test('a client cannot choose the address that log-ins are limited by', async () => {
      let limited = 0
      for (let guess = 0; guess < 16; guess++) {
        const answer = await ask('POST', '/user-api/token', {
          form: { username: `nobody-${guess}`, password: 'wrong one' },
          headers: { 'x-forwarded-for': `203.0.113.${guess}`, 'x-real-ip': `203.0.113.${guess}` },
        })
        if (answer.status === 401) continue
        expectProblem(answer, 429, 'too_many_attempts')
        limited++
      }
      expect(limited).toBe(4)
    })
  })

  describe('while a service is down', () => {
    test.each([...serviceNames])('%s is 503 and the others go on', async (name) => {
      await shop.kill(name)
      const path = `${prefixes[name]}/openapi.json`
      for (const method of ['GET', 'HEAD', 'POST'] as const) {
        const answer = await ask(method, path, { headers: { origin } })
        expect([502, 503]).toContain(answer.status)
        expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
        expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
        if (method !== 'HEAD') expectProblem(answer, answer.status)
      }
      const preflight = await ask('OPTIONS', path, {
        headers: { origin, 'access-control-request-method': 'POST' },
      })
      expect(preflight.status).toBe(204)
      expect((await get('/health/ready')).status).toBe(200)
      for (const other of serviceNames) {
        if (other === name) continue
        expect((await get(`${prefixes[other]}/health/live`)).status).toBe(200)
      }
      await shop.start(name)
      await eventually('it is back', async () => (await get(path)).status === 200)
    })
    test('one that hangs is an error and not a wait without end', async () => {
      shop.signal('catalog', 'SIGSTOP')
      const answer = await get('/api/products/categories/list')
      expect([502, 503, 504]).toContain(answer.status)
      expectProblem(answer, answer.status)
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
      shop.signal('catalog', 'SIGCONT')
      await eventually(
        'it is back',
        async () => (await get('/api/products/categories/list')).status === 200,
      )
    })
  })
}
