/** What is asked of cart and order service, and what of their answers reaches the user. */
import { describe, expect, test } from 'bun:test'
import type { Answer, ServiceClient, ServiceRequest } from '../../core/clients/service-client.ts'
import { UpstreamFailure } from '../../core/clients/service-client.ts'
import { Problem } from '../../core/http/problem.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { newTrace } from '../../core/resilience/trace-context.ts'
import { newId, type UserId } from '../../core/values/ids.ts'
import { millis } from '../../core/values/time.ts'
import { createCarts, createOrders } from './peers.ts'
import { createProfiles } from './profile.ts'
import type { User } from './users.ts'

const user: User = {
  id: newId<UserId>(),
  username: 'anna',
  fullName: 'Anna',
  phone: null,
  role: 'user',
  createdAt: millis(1_800_000_000_000),
}

const within = () => ({ deadline: deadlineIn(2_000), trace: newTrace() })

const answer = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { status, text, json: () => JSON.parse(text), header: (name) => headers[name] ?? null }
}

/** A peer that gives these answers in turn, or fails. */
function peer(...answers: (Answer | Error)[]) {
  const requests: ServiceRequest[] = []
  const client: ServiceClient = {
    async call(request) {
      requests.push(request)
      const next = answers[Math.min(requests.length, answers.length) - 1]
      if (next === undefined || next instanceof Error) throw next ?? new Error('no answer is set')
      return next
    },
  }
  return { client, requests }
}

const down = (name: 'cart' | 'order', sent: 'no' | 'unknown' = 'no') =>
  new UpstreamFailure(name, sent, new Error('refused'))

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof Problem ? error.code : String(error)),
  )

const wish = (key: string | null) => ({ key, ifMatch: null, expectedTotal: undefined })

describe('a checkout', () => {
  test('hands on the total and the cart that its buyer saw', async () => {
    const { client, requests } = peer(answer(412, '{"code":"cart_changed"}'))
    const seen = { key: null, ifMatch: '"r"', expectedTotal: 131.8 }
    const reply = await createCarts(client).checkout(user.id, seen, within())
    expect([reply.status, reply.body]).toEqual([412, '{"code":"cart_changed"}'])
    expect(requests[0]?.body).toEqual({
      user_id: user.id,
      idempotency_key: null,
      expected_total: 131.8,
      if_match: '"r"',
    })
  })

  test('asks once, with user and key in the body, and never as repeatable', async () => {
    const { client, requests } = peer(answer(200, '{"id":1}'))
    await createCarts(client).checkout(user.id, wish('key-1'), within())
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({
      path: '/internal/checkout',
      body: { user_id: user.id, idempotency_key: 'key-1' },
      idempotent: false,
    })
  })

  test('passes the answer through byte for byte, status and replay mark included', async () => {
    const order = '{"id":"x",  "total":10.50}'
    const cases = [
      [answer(200, order, { 'idempotency-replayed': 'true', server: 'inner' }), 'application/json'],
      [answer(409, '{"code":"out_of_stock","lines":[1]}'), 'application/problem+json'],
      [answer(400, '{"code":"cart_empty"}'), 'application/problem+json'],
      [answer(409, '{}', { 'retry-after': '2' }), 'application/problem+json'],
    ] as const
    for (const [given, type] of cases) {
      const reply = await createCarts(peer(given).client).checkout(user.id, wish(null), within())
      expect([reply.status, reply.body]).toEqual([given.status, given.text])
      const { 'content-type': contentType, ...others } = reply.headers
      expect(contentType).toBe(type)
      const passed = ['idempotency-replayed', 'retry-after']
      for (const name of passed) expect(others[name] ?? null).toBe(given.header(name))
      expect(Object.keys(others).filter((name) => !passed.includes(name))).toEqual([])
    }
  })

  test('that may have happened is told so, one that cannot have is told that the cart is down', async () => {
    const checkout = (error: Error) =>
      codeOf(createCarts(peer(error).client).checkout(user.id, wish('k'), within()))
    expect(await checkout(down('cart', 'unknown'))).toBe('outcome_unknown')
    expect(await checkout(down('cart', 'no'))).toBe('service_unavailable')
  })

  test('never shows the user a refusal that was meant for this service', async () => {
    for (const status of [401, 403, 404, 302]) {
      const { client } = peer(answer(status, '{"code":"not_authenticated"}'))
      expect(await codeOf(createCarts(client).checkout(user.id, wish(null), within()))).toBe(
        'service_unavailable',
      )
    }
  })
})

describe('an answer that is none', () => {
  const broken = [
    answer(401, {}),
    answer(200, 'no JSON'),
    answer(200, {}),
    answer(200, { total: 'x' }),
    answer(200, { spending: [] }),
  ]
  test('counts as the peer being down, never as the client’s mistake', async () => {
    for (const each of broken) {
      const { client } = peer(each)
      const calls = [
        createCarts(client).total(user.id, within()),
        createCarts(client).cart(user.id, within()),
        createOrders(client).totalSpent(user.id, within()),
        createOrders(client).list(user.id, { limit: 10 }, within()),
      ]
      // All are awaited at once: a call that fails while another is looked at would be nobody's.
      for (const code of await Promise.all(calls.map(codeOf)))
        expect(code).toBe('service_unavailable')
    }
  })

  test('a cursor that the order service refuses is the client’s mistake', async () => {
    const { client } = peer(answer(400, { code: 'bad_request' }))
    const list = createOrders(client).list(user.id, { limit: 10, cursor: 'nonsense' }, within())
    expect(await codeOf(list)).toBe('bad_request')
  })
})

test('users who ask for their spending at the same time share a call', async () => {
  const others = [user.id, newId<UserId>(), newId<UserId>()]
  const spending = others.map((user_id, at) => ({ user_id, total_spent: at }))
  const { client, requests } = peer(answer(200, { spending }))
  const orders = createOrders(client)
  const told = await Promise.all(others.map((each) => orders.totalSpent(each, within())))
  expect(told).toEqual([0, 1, 2])
  expect(requests.map(({ body }) => body)).toEqual([{ user_ids: others }])
})

describe('a profile', () => {
  const summary = {
    id: newId<string>(),
    status: 'CREATED',
    total: 12.5,
    created_at: '2026-01-31T09:30:00.000Z',
  }
  const parts = {
    cart: () => answer(200, { items: [], total: 99.9, revision: 'r' }),
    orders: () => answer(200, { orders: [summary], next_cursor: null }),
    spent: () => answer(200, { spending: [{ user_id: user.id, total_spent: 12.5 }] }),
  }

  /** The order service answers two paths, so it is told apart by them. */
  function profiles(given: { cart?: Error; orders?: Error; spent?: Error } = {}) {
    const order: ServiceClient = {
      async call({ path }) {
        const name = path === '/internal/spending' ? 'spent' : 'orders'
        const failure = given[name]
        if (failure !== undefined) throw failure
        return parts[name]()
      },
    }
    const carts = createCarts(peer(given.cart ?? parts.cart()).client)
    return createProfiles({ carts, orders: createOrders(order) })
  }

  test('holds the user, the cart’s total, the orders and what was spent', async () => {
    expect(await profiles().profile(user, within())).toMatchObject({
      username: 'anna',
      is_admin: false,
      total_spent: 12.5,
      current_cart_total: 99.9,
      orders: [summary],
      degraded: [],
    })
  })

  test('names each part that is down and still answers with the others', async () => {
    const failed = { total_spent: null, current_cart_total: null, orders: [] }
    const cases = [
      [{ cart: down('cart') }, ['cart'], { current_cart_total: null, total_spent: 12.5 }],
      [{ orders: down('order') }, ['orders'], { orders: [], total_spent: 12.5 }],
      [{ spent: down('order') }, ['total_spent'], { total_spent: null, orders: [summary] }],
      [
        { cart: down('cart'), orders: down('order'), spent: down('order') },
        ['cart', 'orders', 'total_spent'],
        failed,
      ],
    ] as const
    for (const [given, degraded, expected] of cases) {
      const profile = await profiles(given).profile(user, within())
      expect(profile).toMatchObject({ username: 'anna', ...expected })
      expect(profile.degraded).toEqual([...degraded])
    }
  })

  test('a defect of ours is an error and not a degraded part', async () => {
    const broken = profiles({ cart: new TypeError('x is undefined') }).profile(user, within())
    expect(await codeOf(broken)).toBe('TypeError: x is undefined')
  })

  test('the user alone says null and why when nobody knows what was spent', async () => {
    expect(await profiles().user(user, within())).not.toHaveProperty('degraded')
    expect(await profiles({ spent: down('order') }).user(user, within())).toMatchObject({
      total_spent: null,
      degraded: ['total_spent'],
    })
  })

  test('no part is given more time than the request has, nor more than a second', async () => {
    const seen = new Map<string, number[]>()
    const client: ServiceClient = {
      async call({ path, deadline }) {
        seen.set(path, [...(seen.get(path) ?? []), deadline.remaining()])
        throw down('order')
      },
    }
    const slow = createProfiles({ carts: createCarts(client), orders: createOrders(client) })
    await slow.profile(user, { deadline: deadlineIn(60_000), trace: newTrace() })
    await slow.profile(user, { deadline: deadlineIn(100), trace: newTrace() })
    expect([...seen.values()].map(({ length }) => length)).toEqual([2, 2, 2])
    for (const [path, [first = Infinity, second = Infinity]] of seen) {
      expect(first).toBeLessThanOrEqual(1_000)
      // The question about spending is shared with other requests, so its time is not one request's.
      expect(second).toBeLessThanOrEqual(path === '/internal/spending' ? 1_000 : 100)
    }
  })

  test('nobody waits for a shared question past his own deadline', async () => {
    const silent: ServiceClient = { call: () => new Promise(() => {}) }
    const spent = createOrders(silent).totalSpent(user.id, {
      deadline: deadlineIn(20),
      trace: newTrace(),
    })
    expect(await codeOf(spent)).toBe('service_unavailable')
  })
})
