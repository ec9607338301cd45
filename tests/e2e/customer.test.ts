/** A customer's story through the gateway, from registration to delivery, on the types of the API. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { newId } from '../../core/values/ids.ts'
import { apiAt, good, problemOf, signIn, type Api } from '../support/api.ts'
import { eventually } from '../support/ledger.ts'
import { startShop } from '../support/shop.ts'

const shop = await startShop({ gateway: true, products: 160 })
afterAll(shop.stop)
const gateway = shop.urls.gateway
const visitor = apiAt(gateway)
const category = 'Фрукты'

async function somebodyNew(): Promise<Api> {
  const username = `buyer-${newId()}`
  const password = 'correct horse'
  const registered = await good(
    visitor.user.POST('/users/register', { body: { username, password, full_name: 'Анна' } }),
  )
  expect(registered).toMatchObject({ username, is_admin: false, total_spent: 0 })
  return signIn(gateway, username, password)
}

const page = (query: { cursor?: string; limit?: number; q?: string }) =>
  good(visitor.catalog.GET('/products/', { params: { query: { category, ...query } } }))

const product = (id: string) =>
  good(visitor.catalog.GET('/products/{id}', { params: { path: { id } } }))

describe('a visitor', () => {
  test('finds the categories and pages through one of them', async () => {
    const categories = await good(visitor.catalog.GET('/products/categories/list'))
    expect(categories).toHaveLength(8)
    const expected = categories.find(({ name }) => name === category)?.product_count
    const seen = new Set<string>()
    let cursor: string | null | undefined = ''
    while (typeof cursor === 'string') {
      const { items, total, next_cursor } = await page({ cursor, limit: 7 })
      expect(total).toBe(expected ?? 0)
      for (const { product_id } of items) seen.add(product_id)
      cursor = next_cursor
    }
    expect(seen.size).toBe(expected ?? 0)
  })

  test('searches by the beginning of a word', async () => {
    const { items } = await page({ q: 'яблок' })
    expect(items.length).toBeGreaterThan(0)
    for (const { name } of items) expect(name.toLowerCase()).toContain('яблок')
  })

  test('is not sent again what is known', async () => {
    const path = { id: (await page({})).items[0]?.product_id ?? '' }
    const first = await visitor.catalog.GET('/products/{id}', { params: { path } })
    const etag = first.response.headers.get('etag') ?? ''
    const header = { 'If-None-Match': etag }
    const again = await visitor.catalog.GET('/products/{id}', { params: { path, header } })
    expect([again.response.status, again.data]).toEqual([304, undefined])
  })

  test('has no cart', async () => {
    expect(await problemOf(visitor.cart.GET('/cart/'))).toMatchObject({
      status: 401,
      code: 'not_authenticated',
    })
  })
})

describe('a customer', () => {
  let anna: Api
  let apples: { readonly product_id: string; readonly price: number }
  let pears: typeof apples
  beforeAll(async () => {
    anna = await somebodyNew()
    const { items } = await page({ limit: 2 })
    const [first, second] = items
    if (first === undefined || second === undefined) throw new Error('The shop is empty.')
    apples = first
    pears = second
  })

  const checkout = (key: string) =>
    anna.cart.POST('/cart/checkout', { params: { header: { 'Idempotency-Key': key } } })

  test('fills the cart and changes it', async () => {
    for (const { product_id } of [apples, pears, apples]) {
      await good(anna.cart.POST('/cart/items', { body: { product_id, quantity: 2 } }))
    }
    await good(
      anna.cart.PUT('/cart/items/{id}', {
        params: { path: { id: pears.product_id } },
        body: { quantity: 1 },
      }),
    )
    const { items, total } = await good(anna.cart.GET('/cart/'))
    expect(items.map(({ product_id, quantity }) => [product_id, quantity])).toEqual([
      [apples.product_id, 4],
      [pears.product_id, 1],
    ])
    expect(total).toBeCloseTo(4 * apples.price + pears.price, 2)
    expect(await good(anna.user.GET('/users/me/cart'))).toMatchObject({ total })
  })

  test('orders it once, however often the button is pressed', async () => {
    const before = (await product(apples.product_id)).stock_count
    const key = `click-${newId()}`
    const answers = await Promise.all([checkout(key), checkout(key), checkout(key)])
    const orders = answers.map(({ data }) => data)
    expect(new Set(orders.map((order) => order?.id)).size).toBe(1)
    const again = await checkout(key)
    expect(again.response.headers.get('idempotency-replayed')).toBe('true')
    expect(again.data).toEqual(orders[0])

    expect((await product(apples.product_id)).stock_count).toBe(before - 4)
    expect(await good(anna.cart.GET('/cart/'))).toMatchObject({ items: [], total: 0 })
    expect(await good(anna.order.GET('/orders/'))).toHaveLength(1)
    expect(await problemOf(checkout(`click-${newId()}`))).toMatchObject({ code: 'cart_empty' })
  })

  test('hears of every step until it is delivered', async () => {
    const [order] = await good(anna.order.GET('/orders/'))
    const id = order?.id ?? ''
    const stream = await good(
      anna.user.GET('/users/me/notifications', {
        params: { query: { last_event_id: 0 } },
        parseAs: 'stream',
      }),
    )
    expect(await statusesOf(stream, id, 4)).toEqual([
      'CREATED',
      'PROCESSING',
      'SHIPPING',
      'DELIVERED',
    ])
    const delivered = await good(anna.order.GET('/orders/{id}', { params: { path: { id } } }))
    expect(delivered.status).toBe('DELIVERED')
    const cancel = anna.order.PUT('/orders/{id}/cancel', { params: { path: { id } } })
    expect(await problemOf(cancel)).toMatchObject({ status: 409, code: 'order_move_refused' })
  })

  test('sees it in the profile with what was spent', async () => {
    const profile = await good(anna.user.GET('/users/me/profile'))
    const [order] = profile.orders
    expect(profile).toMatchObject({ degraded: [], current_cart_total: 0 })
    expect(profile.total_spent).toBe(order?.total ?? 0)
    expect((await good(anna.user.GET('/users/me/total-spent'))).total_spent).toBe(order?.total ?? 0)
  })

  test('orders directly, and cancels: stock and money come back', async () => {
    const before = (await product(pears.product_id)).stock_count
    const spent = (await good(anna.user.GET('/users/me/total-spent'))).total_spent
    const items = [{ product_id: pears.product_id, quantity: 3 }]
    const { id } = await good(anna.order.POST('/orders/', { body: { items } }))
    expect((await product(pears.product_id)).stock_count).toBe(before - 3)
    const cancelled = await good(
      anna.order.PUT('/orders/{id}/cancel', { params: { path: { id } } }),
    )
    expect(cancelled.order.status).toBe('CANCELLED')
    await eventually('the stock is back', async () => {
      return (await product(pears.product_id)).stock_count === before
    })
    expect((await good(anna.user.GET('/users/me/total-spent'))).total_spent).toBe(spent)
  })

  test('is told what is short, and nothing is taken', async () => {
    const { stock_count } = await product(apples.product_id)
    const wanted = Array.from({ length: Math.ceil((stock_count + 1) / 999) }, () => ({
      product_id: apples.product_id,
      quantity: 999,
    }))
    const problem = await problemOf(anna.order.POST('/orders/', { body: { items: wanted } }))
    expect(problem).toMatchObject({
      code: 'out_of_stock',
      lines: [{ product_id: apples.product_id, available: stock_count }],
    })
    expect((await product(apples.product_id)).stock_count).toBe(stock_count)
  })

  test('sees nobody else’s orders', async () => {
    const [order] = await good(anna.order.GET('/orders/'))
    const other = await somebodyNew()
    const asked = other.order.GET('/orders/{id}', { params: { path: { id: order?.id ?? '' } } })
    expect(await problemOf(asked)).toMatchObject({ status: 404, code: 'order_not_found' })
    expect(await good(other.order.GET('/orders/'))).toEqual([])
  })

  test('signs out everywhere at once', async () => {
    const { response } = await anna.user.POST('/logout')
    expect(response.status).toBe(204)
    await eventually('every service refuses the session', async () => {
      const answers = await Promise.all([
        anna.user.GET('/users/me'),
        anna.cart.GET('/cart/'),
        anna.order.GET('/orders/'),
      ])
      return answers.every((answer) => answer.response.status === 401)
    })
  })
})

/** Statuses of one order in the order of their events, until there are `count` of them. */
async function statusesOf(
  stream: ReadableStream<Uint8Array>,
  order: string,
  count: number,
): Promise<readonly string[]> {
  const statuses: string[] = []
  const decoder = new TextDecoder()
  let text = ''
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true })
    const events = text.split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1]
      if (data === undefined) continue
      const { order_id, status } = JSON.parse(data) as { order_id: string; status: string }
      if (order_id === order) statuses.push(status)
    }
    if (statuses.length >= count) break
  }
  return statuses
}
