/** Who may call what: every route of every service, by its access rule alone, against running services. */
import { afterAll, describe, expect, test } from 'bun:test'
import type { Access } from '../core/http/route.ts'
import { newId, type UserId } from '../core/values/ids.ts'
import { serviceNames, type ServiceName } from '../core/values/service-name.ts'
import { caughtUp } from './support/caught-up.ts'
import { clientOf } from './support/client.ts'
import { expectProblem } from './support/expect-problem.ts'
import { forgedAuthorizations } from './support/forged-tokens.ts'
import { eventually } from './support/ledger.ts'
import { allRoutes, filled, ownRoutesOf, type ServiceRoute } from './support/route-tables.ts'
import type { Answered, Sent } from './support/send.ts'
import { Cart, conform, Order } from './support/shapes.ts'
import { startShop } from './support/shop.ts'

const shop = await startShop({ products: 8 })
afterAll(shop.stop)

const client = clientOf(shop)
const { tokens } = client
const [one, two] = [await client.register(), await client.register()]
const adminName = `admin_${newId()}`
const pretender = await client.register({ username: adminName, password: 'let me in' })
const pretenderToken = (await client.login(adminName, pretender.password)).access_token
const admin = await demoAdminId()
const session = await client.login(two.username, two.password)

/** The one admin whom the user service knows. */
async function demoAdminId(): Promise<UserId> {
  const answer = await client.get('user', '/users/me', await client.demoAdmin())
  return (answer.json() as { id: UserId }).id
}

const headersThatMeanNothing = {
  'x-user-id': admin,
  'x-user-role': 'admin',
  'x-admin': 'true',
  'x-service': 'order',
  'x-service-name': 'order',
  'x-forwarded-user': 'admin',
  'x-authenticated-userid': admin,
  admin: 'true',
  role: 'admin',
  cookie: `access_token=${tokens.admin(admin)}; token=${tokens.admin(admin)}`,
}

type Outcome = 'allowed' | 401 | 403

interface Principal {
  readonly name: string
  /** Made anew for each request: some routes end the session they are called in. */
  readonly sent: (service: ServiceName) => Sent
  readonly may: (access: Access) => Outcome
}

const userMay = (access: Access): Outcome =>
  access === 'public' || access === 'user' ? 'allowed' : 403
const adminMay = (access: Access): Outcome =>
  access === 'public' || access === 'user' || access === 'admin' ? 'allowed' : 403
const nobodyMay = (access: Access): Outcome => (access === 'public' ? 'allowed' : 401)
const serviceMay =
  (name: ServiceName) =>
  (access: Access): Outcome => {
    const named: readonly string[] = typeof access === 'string' ? [access] : access
    return access === 'public' || named.includes(`service:${name}`) ? 'allowed' : 403
  }

const principals: readonly Principal[] = [
  { name: 'nobody', sent: () => ({}), may: nobodyMay },
  {
    name: 'nobody with telling headers',
    sent: () => ({ headers: headersThatMeanNothing }),
    may: nobodyMay,
  },
  { name: 'a user', sent: () => ({ token: tokens.user(one.id) }), may: userMay },
  { name: 'another user', sent: () => ({ token: tokens.user(two.id) }), may: userMay },
  {
    name: 'a user with telling headers',
    sent: () => ({ token: tokens.user(one.id), headers: headersThatMeanNothing }),
    may: userMay,
  },
  {
    name: 'a user with a scheme in lower case',
    sent: () => ({ headers: { authorization: `bearer ${tokens.user(one.id)}` } }),
    may: userMay,
  },
  { name: 'an admin', sent: () => ({ token: tokens.admin(admin) }), may: adminMay },
  ...serviceNames.map((name) => ({
    name: `the ${name} service`,
    sent: (service: ServiceName) => ({ token: tokens.service(name, service) }),
    may: serviceMay(name),
  })),
]

const queries: Readonly<Record<string, string>> = {
  // Listing without a category has a rule of its own, which the catalog's contract test checks.
  '/products/': '?category=none',
  // Who is let in is refused for this instead of being given a stream without an end.
  '/users/me/notifications': '?last_event_id=none',
  // Who is let in is refused for this instead of having a profile taken.
  '/profiling/start': '?seconds=none',
  '/system/profiling/start': '?seconds=none',
}

/** Asks for the route; what comes after the access check finds nothing to act on. */
async function ask(route: ServiceRoute, sent: Sent): Promise<Answered> {
  const query = queries[route.path] ?? ''
  const body = route.body === undefined ? {} : { json: {} }
  const path = filled(route.path, newId()) + query
  const answer = await client.call(route.service, route.method, path, { ...body, ...sent })
  if (route.access !== 'public' || route.method !== 'GET') expectUnstored(route, answer)
  return answer
}

/** A cache in between would hand the answer to somebody else. */
function expectUnstored({ service, method, path }: ServiceRoute, { headers }: Answered): void {
  const stored = headers.get('cache-control')
  expect([service, method, path, stored]).toEqual([service, method, path, 'no-store'])
}

function outcomeOf(answer: Answered): Outcome {
  if (answer.status === 401) {
    expectProblem(answer, 401, 'not_authenticated')
    return 401
  }
  if (answer.status === 403) {
    expectProblem(answer, 403, 'forbidden')
    return 403
  }
  expect(answer.status).toBeLessThan(500)
  return 'allowed'
}

const profilingCalls = (path: string): readonly string[] => [
  `GET ${path}/status`,
  `GET ${path}/profiles`,
  `GET ${path}/profiles/:file/stats`,
  `POST ${path}/start`,
]

/** As the contract's "Who" column has it; a new route must be entered here on purpose. */
const rules: Readonly<Record<ServiceName, Readonly<Record<string, readonly string[]>>>> = {
  catalog: {
    public: [
      'GET /system/health',
      'GET /products/',
      'GET /products/by-category/:category',
      'GET /products/categories/list',
      'GET /products/:id',
    ],
    admin: [
      'POST /products/',
      'PUT /products/:id',
      'DELETE /products/:id',
      ...profilingCalls('/system/profiling'),
    ],
    'service:order': [
      'POST /internal/reservations',
      'POST /internal/reservations/:order_id/commit',
      'POST /internal/reservations/:order_id/release',
      'POST /internal/reservations/forget',
    ],
    'service:cart': ['POST /internal/products/lookup'],
  },
  cart: {
    user: [
      'GET /cart/',
      'POST /cart/items',
      'PUT /cart/items/:id',
      'DELETE /cart/items/:id',
      'DELETE /cart/',
      'POST /cart/checkout',
      'POST /products/:id/view',
      'GET /products/recent-views',
    ],
    admin: ['GET /carts/', ...profilingCalls('/profiling')],
    'service:user': ['POST /internal/cart', 'POST /internal/checkout'],
  },
  order: {
    public: ['GET /orders/statuses/list'],
    user: ['GET /orders/', 'POST /orders/', 'GET /orders/:id', 'PUT /orders/:id/cancel'],
    admin: ['PUT /orders/:id/status', ...profilingCalls('/profiling')],
    'service:cart': ['POST /internal/orders', 'POST /internal/orders/find'],
    'service:user': ['POST /internal/orders/list', 'POST /internal/spending'],
  },
  user: {
    public: ['POST /users/register', 'POST /token', 'GET /.well-known/jwks.json'],
    user: [
      'POST /logout',
      'POST /logout-all',
      'GET /users/me',
      'PUT /users/me',
      'GET /users/me/profile',
      'GET /users/me/orders',
      'POST /users/me/orders',
      'GET /users/me/cart',
      'GET /users/me/total-spent',
      'GET /users/me/notifications',
      'POST /users/me/password',
    ],
    admin: profilingCalls('/profiling'),
    'service:order': ['POST /users/notify/order-status'],
    'service:catalog,service:cart,service:order': ['GET /internal/revocations'],
  },
}

describe('the access rules', () => {
  test.each([...serviceNames])('of %s are the contract’s', (service) => {
    const found: Record<string, string[]> = {}
    for (const { access, method, path } of ownRoutesOf(service)) {
      const calls = (found[String(access)] ??= [])
      calls.push(`${method} ${path}`)
      calls.sort()
    }
    const expected = Object.entries(rules[service]).map(([access, calls]) => [
      access,
      [...calls].sort(),
    ])
    expect(found).toEqual(Object.fromEntries(expected))
  })
  test('internal paths are for services, and for no one else', () => {
    for (const { path, access } of allRoutes) {
      const forServices = String(access).startsWith('service:')
      if (path.startsWith('/internal/')) expect([path, forServices]).toEqual([path, true])
    }
  })
})

const labelled = allRoutes.map((route) => [`${route.service} ${route.method} ${route.path}`, route])

describe.each(labelled as [string, ServiceRoute][])('%s', (_label, route) => {
  test('lets in whom its rule names and no one else', async () => {
    const outcomes = await Promise.all(
      principals.map(async ({ name, sent }) => {
        return [name, outcomeOf(await ask(route, sent(route.service)))] as const
      }),
    )
    expect(outcomes).toEqual(principals.map(({ name, may }) => [name, may(route.access)]))
  })

  if (route.access === 'public') return
  test('is closed to every token that is wrong in any way', async () => {
    const forged = Object.entries({
      ...forgedAuthorizations(shop.keysDir, route.service),
      'a refresh token': `Bearer ${session.refresh_token}`,
    })
    const outcomes = await Promise.all(
      forged.map(async ([wrong, authorization]) => {
        return [wrong, outcomeOf(await ask(route, { headers: { authorization } }))] as const
      }),
    )
    expect(outcomes).toEqual(forged.map(([wrong]) => [wrong, 401]))
  })

  if (route.access !== 'admin') return
  test('is closed to a user whose name begins with admin_', async () => {
    expectProblem(await ask(route, { token: pretenderToken }), 403, 'forbidden')
    expectProblem(
      await ask(route, { token: pretenderToken, headers: headersThatMeanNothing }),
      403,
      'forbidden',
    )
  })
})

test('what a public route answers to an admin alone is not kept by a cache of others', async () => {
  const readable = serviceNames
    .flatMap((name) => ownRoutesOf(name))
    .filter(({ access, method }) => access === 'public' && method === 'GET')
  const differing: string[] = []
  for (const route of readable) {
    const path = filled(route.path, newId())
    const shown = await client.get(route.service, path, tokens.admin(admin))
    const hidden = await client.get(route.service, path)
    if (shown.status === hidden.status) continue
    differing.push(`${route.service} ${route.path}`)
    expectUnstored(route, shown)
    expectUnstored(route, hidden)
  }
  expect(differing).toEqual(['catalog /products/'])
})

describe('a session that has ended', () => {
  test('opens nothing, on any service', async () => {
    const { access_token: token } = await client.login(one.username, one.password)
    const closed = allRoutes.filter(({ access }) => access === 'user' || access === 'admin')
    expect((await client.get('user', '/users/me', token)).status).toBe(200)
    await client.call('user', 'POST', '/logout', { token })
    for (const name of serviceNames) {
      const [route] = closed.filter(({ service }) => service === name)
      if (route === undefined) throw new Error(`The ${name} service has no route for users.`)
      await eventually(`${name} knows`, async () => (await ask(route, { token })).status === 401)
    }
    await caughtUp(shop)
    for (const route of closed) {
      expectProblem(await ask(route, { token }), 401, 'not_authenticated')
    }
  })
})

describe('one user’s things', () => {
  test('are not there for another, and cannot be changed', async () => {
    const { product_id } = await client.createProduct({ stock_count: 10 })
    const json = { product_id, quantity: 2 }
    const added = await client.call('cart', 'POST', '/cart/items', { json, token: one.token })
    const { id: line } = added.json() as { id: string }
    const items = [{ product_id, quantity: 1 }]
    const placed = await client.call('order', 'POST', '/orders/', {
      json: { items },
      token: one.token,
    })
    const order = conform(Order, placed.json())
    const path = `/orders/${order.id}`

    const theirs = { token: two.token }
    expectProblem(await client.get('order', path, two.token), 404, 'order_not_found')
    expectProblem(await client.call('order', 'PUT', `${path}/cancel`, theirs), 404)
    const quantity = { json: { quantity: 1 }, ...theirs }
    for (const id of [line, product_id]) {
      expectProblem(await client.call('cart', 'PUT', `/cart/items/${id}`, quantity), 404)
      expectProblem(await client.call('cart', 'DELETE', `/cart/items/${id}`, theirs), 404)
    }
    expect((await client.call('cart', 'DELETE', '/cart/', theirs)).status).toBe(200)
    expectProblem(await client.call('cart', 'POST', '/cart/checkout', theirs), 400, 'cart_empty')
    for (const [service, list] of [
      ['order', '/orders/'],
      ['order', `/orders/?user_id=${one.id}`],
      ['user', '/users/me/orders'],
      ['user', '/users/me/profile'],
      ['user', '/users/me/cart'],
      ['cart', '/cart/'],
      ['cart', `/cart/?user_id=${one.id}`],
    ] as const) {
      const answer = await client.get(service, list, two.token)
      expect(answer.status).toBe(200)
      for (const secret of [order.id, one.id, one.username, line, product_id]) {
        expect([list, answer.text.includes(secret)]).toEqual([list, false])
      }
    }
    const mine = conform(Cart, (await client.get('cart', '/cart/', one.token)).json())
    expect(mine.items.map(({ id, quantity: pieces }) => [id, pieces])).toEqual([[line, 2]])
    const still = await client.get('order', path, one.token)
    expect(conform(Order, still.json()).status).not.toBe('CANCELLED')
  })
  test('an order of another user looks exactly like one that does not exist', async () => {
    const { product_id } = await client.createProduct()
    const json = { items: [{ product_id, quantity: 1 }] }
    const placed = await client.call('order', 'POST', '/orders/', { json, token: one.token })
    const { id } = conform(Order, placed.json())
    const shown = async (order: string) => {
      const answer = await client.get('order', `/orders/${order}`, two.token)
      const { instance: _, trace_id: __, ...rest } = expectProblem(answer, 404)
      return rest
    }
    expect(await shown(id)).toEqual(await shown(newId()))
  })
})
