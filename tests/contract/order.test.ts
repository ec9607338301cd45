/** The order service's rows of the HTTP contract, against running services. */
import { afterAll, describe, expect, test } from 'bun:test'
import { newId, nilId, type UserId } from '../../core/values/ids.ts'
import { clientOf } from '../support/client.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { eventually, stockOf } from '../support/ledger.ts'
import type { Sent } from '../support/send.ts'
import { Cancelled, conform, Message, Order, Orders } from '../support/shapes.ts'
import { startShop } from '../support/shop.ts'

// Orders stay where a test puts them: these timers never end by themselves.
const never = '3600000'
const shop = await startShop({
  processes: ['catalog', 'order', 'user'],
  products: 8,
  env: { ORDER_PROCESSING_AFTER_MS: never, ORDER_SHIPPING_AFTER_MS: never },
})
afterAll(shop.stop)

const client = clientOf(shop)
const admin = client.tokens.admin()
const somebody = (): { id: UserId; token: string } => {
  const id = newId<UserId>()
  return { id, token: client.tokens.user(id) }
}

interface Line {
  readonly product_id: string
  readonly quantity: number
}

const post = (token: string | undefined, json: unknown, headers: Sent['headers'] = {}) =>
  client.call('order', 'POST', '/orders/', { json, token, headers })
const order = async (token: string, items: readonly Line[]): Promise<Order> => {
  const answer = await post(token, { items })
  expect(answer.status).toBe(200)
  return conform(Order, answer.json())
}
const read = (path: string, token?: string) => client.get('order', path, token)
const cancel = (id: string, token?: string) =>
  client.call('order', 'PUT', `/orders/${id}/cancel`, { token })
const move = (id: string, status: string, token: string | undefined = admin) =>
  client.call('order', 'PUT', `/orders/${id}/status?status=${status}`, { token })

describe('POST /orders/', () => {
  test('orders at the catalog’s names and prices, whatever the client says of them', async () => {
    const { id, token } = somebody()
    const product = await client.createProduct({ price: 19.99, stock_count: 10 })
    const answer = await post(token, {
      items: [{ product_id: product.product_id, quantity: 3, name: 'Дар', price: 0.01 }],
      total: 0.03,
    })
    expect(answer.status).toBe(200)
    const placed = conform(Order, answer.json())
    expect(placed).toMatchObject({
      user_id: id,
      status: 'CREATED',
      total: 59.97,
      items: [{ product_id: product.product_id, name: product.name, price: 19.99, quantity: 3 }],
    })
    expect(await stockOf(shop, product.product_id)).toMatchObject({ available: 7, reserved: 3 })
    expect((await read(`/orders/${placed.id}`, token)).json()).toEqual(placed)
  })
  test('a user id in the body changes nothing', async () => {
    const { id, token } = somebody()
    const { product_id } = await client.createProduct()
    const answer = await post(token, { items: [{ product_id, quantity: 1 }], user_id: newId() })
    if (answer.status === 200) expect(answer.json()).toMatchObject({ user_id: id })
    else expectProblem(answer, 422, 'validation_failed')
  })
  test('merges equal products', async () => {
    const { token } = somebody()
    const { product_id } = await client.createProduct({ stock_count: 9 })
    const { items } = await order(token, [
      { product_id, quantity: 2 },
      { product_id: product_id.toUpperCase(), quantity: 3 },
    ])
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({ product_id, quantity: 5 })
  })
  test('more than in stock is 409 with the short lines, and nothing is reserved', async () => {
    const { token } = somebody()
    const [plenty, scarce] = [
      await client.createProduct({ stock_count: 50 }),
      await client.createProduct({ stock_count: 2 }),
    ]
    const unknown = newId()
    const answer = await post(token, {
      items: [
        { product_id: plenty.product_id, quantity: 5 },
        { product_id: scarce.product_id, quantity: 3 },
        { product_id: unknown, quantity: 1 },
      ],
    })
    const problem = expectProblem(answer, 409, 'out_of_stock', '/orders/')
    expect(problem.detail).toBe('Not enough items in stock')
    expect(problem.lines).toEqual([
      { product_id: scarce.product_id, requested: 3, available: 2 },
      { product_id: unknown, requested: 1, available: 0 },
    ])
    expect(await stockOf(shop, plenty.product_id)).toMatchObject({ available: 50, reserved: 0 })
    expect(await stockOf(shop, scarce.product_id)).toMatchObject({ available: 2, reserved: 0 })
    expect((await read('/orders/', token)).json()).toEqual([])
  })
  test('a deleted product is out of stock', async () => {
    const { token } = somebody()
    const { product_id } = await client.createProduct()
    await client.call('catalog', 'DELETE', `/products/${product_id}`, { token: admin })
    const answer = await post(token, { items: [{ product_id, quantity: 1 }] })
    expect(expectProblem(answer, 409, 'out_of_stock').lines).toEqual([
      { product_id, requested: 1, available: 0 },
    ])
  })
  test('takes 100 lines and not one more', async () => {
    const { token } = somebody()
    const products = await Promise.all(
      Array.from({ length: 101 }, () => client.createProduct({ stock_count: 1 })),
    )
    const items = products.map(({ product_id }) => ({ product_id, quantity: 1 }))
    expectProblem(await post(token, { items }), 422, 'validation_failed')
    expect((await order(token, items.slice(0, 100))).items).toHaveLength(100)
  })
  test('401 without a token', async () => {
    expectProblem(await post(undefined, { items: [] }), 401, 'not_authenticated')
  })
  test.each([
    ['no items', {}],
    ['an empty list', { items: [] }],
    ['a quantity of zero', { items: [{ product_id: newId(), quantity: 0 }] }],
    ['half a piece', { items: [{ product_id: newId(), quantity: 0.5 }] }],
    ['a product that is no UUID', { items: [{ product_id: '7', quantity: 1 }] }],
    ['an unknown field', { items: [{ product_id: newId(), quantity: 1 }], status: 'DELIVERED' }],
    ['an unknown field of a line', { items: [{ product_id: newId(), quantity: 1, free: true }] }],
  ])('refuses %s', async (_what, json) => {
    expectProblem(await post(somebody().token, json), 422, 'validation_failed')
  })
})

describe('Idempotency-Key', () => {
  const key = () => ({ 'idempotency-key': `key-${newId()}` })

  test('replays the first answer byte for byte', async () => {
    const { token } = somebody()
    const { product_id } = await client.createProduct({ stock_count: 10 })
    const [headers, body] = [key(), { items: [{ product_id, quantity: 2 }] }]
    const first = await post(token, body, headers)
    expect(first.status).toBe(200)
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    const { id } = conform(Order, first.json())
    await cancel(id, token)
    const again = await post(token, body, headers)
    expect([again.status, again.text]).toEqual([200, first.text])
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(conform(Orders, (await read('/orders/', token)).json())).toHaveLength(1)
  })
  test('replays a refusal for stock as well', async () => {
    const { token } = somebody()
    const { product_id } = await client.createProduct({ stock_count: 1 })
    const [headers, body] = [key(), { items: [{ product_id, quantity: 2 }] }]
    const first = await post(token, body, headers)
    expectProblem(first, 409, 'out_of_stock')
    await client.call('catalog', 'PUT', `/products/${product_id}`, {
      json: { stock_count: 9 },
      token: admin,
    })
    const again = await post(token, body, headers)
    expect([again.status, again.text]).toEqual([409, first.text])
    expect(again.headers.get('content-type')).toBe('application/problem+json')
    expect(again.headers.get('idempotency-replayed')).toBe('true')
  })
  test('with another body is 422', async () => {
    const { token } = somebody()
    const { product_id } = await client.createProduct({ stock_count: 10 })
    const headers = key()
    await post(token, { items: [{ product_id, quantity: 1 }] }, headers)
    const other = await post(token, { items: [{ product_id, quantity: 2 }] }, headers)
    expectProblem(other, 422, 'idempotency_key_reused')
    expect(await stockOf(shop, product_id)).toMatchObject({ available: 9 })
  })
  test('is each user’s own', async () => {
    const { product_id } = await client.createProduct({ stock_count: 10 })
    const [headers, body] = [key(), { items: [{ product_id, quantity: 1 }] }]
    const [mine, theirs] = [
      await post(somebody().token, body, headers),
      await post(somebody().token, body, headers),
    ]
    expect([mine.status, theirs.status]).toEqual([200, 200])
    expect(conform(Order, mine.json()).id).not.toBe(conform(Order, theirs.json()).id)
  })
  test('is freed by a refused shape', async () => {
    const { token } = somebody()
    const { product_id } = await client.createProduct()
    const headers = key()
    expectProblem(await post(token, { items: [] }, headers), 422, 'validation_failed')
    expect((await post(token, { items: [{ product_id, quantity: 1 }] }, headers)).status).toBe(200)
  })
  test('many at once make one order', async () => {
    const { token } = somebody()
    const { product_id } = await client.createProduct({ stock_count: 50 })
    const [headers, body] = [key(), { items: [{ product_id, quantity: 1 }] }]
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(token, body, headers)))
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(await stockOf(shop, product_id)).toMatchObject({ available: 49, reserved: 1 })
  })
  test('tells the cart which order a checkout’s key stands for, and makes none', async () => {
    const { id: user_id } = somebody()
    const { product_id } = await client.createProduct({ stock_count: 5 })
    const cart = client.tokens.service('cart', 'order')
    const ask = (path: string, json: object) =>
      client.call('order', 'POST', path, { token: cart, json })
    const wanted = { user_id, idempotency_key: `key-${newId()}` }
    expectProblem(await ask('/internal/orders/find', wanted), 404, 'order_not_found')
    const items = [{ product_id, quantity: 1 }]
    const first = await ask('/internal/orders', { ...wanted, checkout_id: newId(), items })
    expect(first.status).toBe(200)
    const found = await ask('/internal/orders/find', wanted)
    expect([found.status, found.text]).toEqual([200, first.text])
    expect(found.headers.get('idempotency-replayed')).toBe('true')
    for (const other of [{ user_id: newId() }, { idempotency_key: 'other' }]) {
      const answer = await ask('/internal/orders/find', { ...wanted, ...other })
      expectProblem(answer, 404, 'order_not_found')
    }
    expect(await stockOf(shop, product_id)).toMatchObject({ available: 4, reserved: 1 })
  })
  test.each(['', 'x'.repeat(256), 'two words', 'ключ'])('refuses %j', async (bad) => {
    const { token } = somebody()
    const { product_id } = await client.createProduct()
    const encoded = Buffer.from(bad).toString('latin1')
    const body = { items: [{ product_id, quantity: 1 }] }
    const answer = await post(token, body, { 'idempotency-key': encoded })
    expectProblem(answer, 422, 'validation_failed')
  })
})

describe('GET /orders/', () => {
  test('lists one’s own, newest first, in pages', async () => {
    const { token } = somebody()
    const { product_id } = await client.createProduct({ stock_count: 50 })
    const placed: string[] = []
    for (let count = 0; count < 5; count++) {
      placed.unshift((await order(token, [{ product_id, quantity: 1 }])).id)
    }
    const all = conform(Orders, (await read('/orders/', token)).json())
    expect(all.map(({ id }) => id)).toEqual(placed)

    const paged: string[] = []
    let path: string | undefined = '/orders/?limit=2'
    while (path !== undefined) {
      const answer = await read(path, token)
      expect(answer.status).toBe(200)
      paged.push(...conform(Orders, answer.json()).map(({ id }) => id))
      const next: string | undefined = /<([^>]*)>; rel="next"/.exec(
        answer.headers.get('link') ?? '',
      )?.[1]
      // The link is relative to the page it came with (RFC 8288, section 3.2).
      path = next && new URL(next, `${shop.urls.order}/orders/`).href.slice(shop.urls.order.length)
    }
    expect(paged).toEqual(placed)
  })
  test('is everybody’s for an admin who asks for all', async () => {
    const [one, two] = [somebody(), somebody()]
    const { product_id } = await client.createProduct({ stock_count: 50 })
    const placed = [
      await order(one.token, [{ product_id, quantity: 1 }]),
      await order(two.token, [{ product_id, quantity: 1 }]),
    ]
    const all = conform(Orders, (await read('/orders/?all=true', admin)).json())
    for (const each of placed) expect(all).toContainEqual(each)
    expect((await read('/orders/', admin)).json()).toEqual([])
    expectProblem(await read('/orders/?all=true', one.token), 403, 'forbidden')
    expect(conform(Orders, (await read('/orders/?all=false', one.token)).json())).toHaveLength(1)
  })
  test.each(['limit=0', 'limit=101', 'limit=x', 'all=yes'])('refuses ?%s', async (query) => {
    expectProblem(await read(`/orders/?${query}`, somebody().token), 422, 'validation_failed')
  })
  // The last one is a place 30,000 years from now.
  const farAhead = Buffer.from(`999999999999999.${nilId}`).toString('base64url')
  test.each(['x', 'MS54', '../..', '%00', farAhead])('a cursor %j is 400', async (cursor) => {
    const answer = await read(`/orders/?cursor=${cursor}`, somebody().token)
    expectProblem(answer, 400, 'bad_request')
  })
  test('answers the same with and without its slash', async () => {
    const { token } = somebody()
    expect((await read('/orders', token)).text).toBe((await read('/orders/', token)).text)
    expectProblem(await read('/orders'), 401, 'not_authenticated')
  })
})

describe('GET /orders/{id}', () => {
  test('is for its owner and for admins; for anybody else there is none', async () => {
    const [owner, other] = [somebody(), somebody()]
    const { product_id } = await client.createProduct()
    const placed = await order(owner.token, [{ product_id, quantity: 1 }])
    const path = `/orders/${placed.id}`
    for (const token of [owner.token, admin]) {
      const answer = await read(path, token)
      expect(conform(Order, answer.json())).toEqual(placed)
    }
    expectProblem(await read(path, other.token), 404, 'order_not_found', path)
    expectProblem(await read(path), 401, 'not_authenticated')
    expect((await read(`/orders/${placed.id.toUpperCase()}`, owner.token)).json()).toEqual(placed)
  })
  test('404 and 422', async () => {
    const { token } = somebody()
    expectProblem(await read(`/orders/${newId()}`, token), 404, 'order_not_found')
    expectProblem(await read('/orders/1', token), 422, 'validation_failed')
  })
})

describe('PUT /orders/{id}/status', () => {
  const place = async (): Promise<Order> => {
    const { product_id } = await client.createProduct()
    return order(somebody().token, [{ product_id, quantity: 1 }])
  }

  test('walks the state machine and no other way', async () => {
    const { id } = await place()
    expectProblem(await move(id, 'SHIPPING'), 409, 'order_move_refused')
    expectProblem(await move(id, 'DELIVERED'), 409, 'order_move_refused')
    for (const status of ['PROCESSING', 'SHIPPING', 'DELIVERED']) {
      const answer = await move(id, status)
      expect(answer.status).toBe(200)
      conform(Message, answer.json())
      expect((await read(`/orders/${id}`, admin)).json()).toMatchObject({ status })
      expectProblem(await move(id, 'CREATED'), 409, 'order_move_refused')
    }
    expectProblem(await move(id, 'CANCELLED'), 409, 'order_move_refused')
  })
  test.each(['', 'LOST', 'PENDING', 'REJECTED', 'created'])(
    'an unknown status %j is 400',
    async (status) => {
      const { id } = await place()
      expectProblem(await move(id, status), 400, 'order_status_unknown')
    },
  )
  test('401, 403, 404 and 422 as everywhere', async () => {
    const { id } = await place()
    const bare = await client.call('order', 'PUT', `/orders/${id}/status?status=PROCESSING`)
    expectProblem(bare, 401, 'not_authenticated')
    expectProblem(await move(id, 'PROCESSING', somebody().token), 403, 'forbidden')
    expectProblem(await move(newId(), 'PROCESSING'), 404, 'order_not_found')
    expectProblem(await move('7', 'PROCESSING'), 422, 'validation_failed')
    const missing = await client.call('order', 'PUT', `/orders/${id}/status`, { token: admin })
    expectProblem(missing, 422, 'validation_failed')
  })
  test('delivers what was reserved: it is sold', async () => {
    const { product_id } = await client.createProduct({ stock_count: 5 })
    const { id } = await order(somebody().token, [{ product_id, quantity: 2 }])
    for (const status of ['PROCESSING', 'SHIPPING', 'DELIVERED']) await move(id, status)
    await eventually('the stock is sold', async () => (await stockOf(shop, product_id)).sold === 2)
    expect(await stockOf(shop, product_id)).toEqual({
      stocked: 5,
      available: 3,
      reserved: 0,
      sold: 2,
    })
  })
})

describe('PUT /orders/{id}/cancel', () => {
  const place = async (token: string): Promise<Order> => {
    const { product_id } = await client.createProduct({ stock_count: 5 })
    return order(token, [{ product_id, quantity: 2 }])
  }

  test('gives the stock back and answers the order', async () => {
    const { token } = somebody()
    const placed = await place(token)
    const answer = await cancel(placed.id, token)
    expect(answer.status).toBe(200)
    const cancelled = conform(Cancelled, answer.json())
    expect(cancelled.order).toMatchObject({ id: placed.id, status: 'CANCELLED' })
    expect((await read(`/orders/${placed.id}`, token)).json()).toEqual(cancelled.order)
    const product = placed.items[0]?.product_id ?? ''
    await eventually(
      'the stock is back',
      async () => (await stockOf(shop, product)).available === 5,
    )
    expect(await stockOf(shop, product)).toEqual({ stocked: 5, available: 5, reserved: 0, sold: 0 })
    expectProblem(await cancel(placed.id, token), 409, 'order_move_refused')
  })
  test('is the owner’s until it ships and an admin’s until it is delivered', async () => {
    const { token } = somebody()
    const [first, second, third] = [await place(token), await place(token), await place(token)]
    await move(first.id, 'PROCESSING')
    expect((await cancel(first.id, token)).status).toBe(200)

    await move(second.id, 'PROCESSING')
    await move(second.id, 'SHIPPING')
    expectProblem(await cancel(second.id, token), 409, 'order_move_refused')
    expect((await cancel(second.id, admin)).status).toBe(200)

    for (const status of ['PROCESSING', 'SHIPPING', 'DELIVERED']) await move(third.id, status)
    expectProblem(await cancel(third.id, admin), 409, 'order_move_refused')
  })
  test('401, 404 and 422 as everywhere', async () => {
    const owner = somebody()
    const { id } = await place(owner.token)
    expectProblem(await cancel(id), 401, 'not_authenticated')
    expectProblem(await cancel(id, somebody().token), 404, 'order_not_found')
    expectProblem(await cancel(newId(), owner.token), 404, 'order_not_found')
    expectProblem(await cancel('7', owner.token), 422, 'validation_failed')
    expect((await read(`/orders/${id}`, owner.token)).json()).toMatchObject({ status: 'CREATED' })
  })
})

test('GET /orders/statuses/list names the statuses in Russian', async () => {
  const answer = await read('/orders/statuses/list')
  expect(answer.status).toBe(200)
  expect(answer.json()).toEqual({
    CREATED: 'Создан',
    PROCESSING: 'Обрабатывается',
    SHIPPING: 'Доставляется',
    DELIVERED: 'Доставлен',
    CANCELLED: 'Отменен',
  })
})

test.each([
  ['DELETE', '/orders/', 'GET, POST, HEAD, OPTIONS'],
  ['POST', '/orders/statuses/list', 'GET, HEAD, OPTIONS'],
  ['POST', `/orders/${newId()}`, 'GET, HEAD, OPTIONS'],
  ['GET', `/orders/${newId()}/cancel`, 'PUT, OPTIONS'],
] as const)('%s %s is 405 and says what is allowed', async (method, path, allowed) => {
  const answer = await client.call('order', method, path, { token: admin })
  expectProblem(answer, 405, 'method_not_allowed')
  expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(allowed.split(', ').sort())
})

describe('while the catalog is down', () => {
  test('an order is 503 with Retry-After, reading goes on, and nothing is left half done', async () => {
    const { token } = somebody()
    const { product_id } = await client.createProduct({ stock_count: 5 })
    const placed = await order(token, [{ product_id, quantity: 1 }])
    await shop.kill('catalog')
    const answer = await post(token, { items: [{ product_id, quantity: 1 }] })
    expectProblem(answer, 503)
    expect((await read(`/orders/${placed.id}`, token)).json()).toEqual(placed)
    expect((await read('/health/ready')).status).toBe(200)
    await shop.start('catalog')
    await eventually(
      'the order is given up',
      async () => (await stockOf(shop, product_id)).reserved === 1,
    )
    expect(conform(Orders, (await read('/orders/', token)).json())).toEqual([placed])
    await eventually(
      'orders are taken again',
      async () => (await post(token, { items: [{ product_id, quantity: 1 }] })).status === 200,
    )
  })
})
