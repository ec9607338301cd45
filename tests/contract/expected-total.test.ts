/** A buyer orders what he has seen: all three ways to order, with a price or a cart that changed meanwhile. */
import { afterAll, afterEach, describe, expect, test } from 'bun:test'
import { newId, type UserId } from '../../core/values/ids.ts'
import { clientOf } from '../support/client.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { eventually, expectStockInvariant, stockOf } from '../support/ledger.ts'
import type { Answered, Sent } from '../support/send.ts'
import { conform, Order, Orders } from '../support/shapes.ts'
import { startShop } from '../support/shop.ts'

const shop = await startShop({ products: 8, env: { ORDER_PROCESSING_AFTER_MS: '3600000' } })
afterAll(shop.stop)
afterEach(() => expectStockInvariant(shop))

const client = clientOf(shop)
const admin = client.tokens.admin()

const changePrice = (id: string, price: number) =>
  client.call('catalog', 'PUT', `/products/${id}`, { json: { price }, token: admin })

/** A buyer whose cart holds two pieces of a product at 20.00, and has shown them to him. */
async function buyerWithCart() {
  const token = client.tokens.user(newId<UserId>())
  const { product_id } = await client.createProduct({ price: 20, stock_count: 4 })
  const lines = [{ product_id, quantity: 2 }]
  await client.call('cart', 'POST', '/cart/items', { token, json: lines[0] })
  const cart = async () => {
    const answer = await client.get('cart', '/cart/', token)
    return answer.json() as { total: number; revision: string; items: unknown[] }
  }
  const orders = async () => conform(Orders, (await client.get('order', '/orders/', token)).json())
  return { token, product_id, lines, cart, orders }
}
type Buyer = Awaited<ReturnType<typeof buyerWithCart>>

/** How one orders: `json` is what the body says of the total. */
type Way = (buyer: Buyer, json: object, sent?: Sent) => Promise<Answered>

const checkout: Way = ({ token }, json, sent) =>
  client.call('cart', 'POST', '/cart/checkout', { token, json, ...sent })
const checkoutOfUser: Way = ({ token }, json, sent) =>
  client.call('user', 'POST', '/users/me/orders', { token, json, ...sent })
const direct: Way = ({ token, lines }, json, sent) => {
  const items = lines.map((line) => ({ ...line, name: 'x', price: 20 }))
  return client.call('order', 'POST', '/orders/', { token, json: { items, ...json }, ...sent })
}
const checkouts: [string, Way][] = [
  ['POST /cart/checkout', checkout],
  ['POST /users/me/orders', checkoutOfUser],
]
const ways: [string, Way][] = [...checkouts, ['POST /orders/', direct]]

describe.each(ways)('%s with expected_total', (_name, order) => {
  test('orders at that total', async () => {
    const buyer = await buyerWithCart()
    const answer = await order(buyer, { expected_total: 40 })
    expect(answer.status).toBe(200)
    expect(conform(Order, answer.json()).total).toBe(40)
  })

  test('orders nothing at another price, tells old and new, and takes the key at the new total', async () => {
    const buyer = await buyerWithCart()
    const { product_id } = buyer
    const before = await buyer.cart()
    await changePrice(product_id, 9_999)
    const key = { headers: { 'idempotency-key': newId<string>() } }
    const refused = await order(buyer, { expected_total: 40 }, key)
    const problem = expectProblem(refused, 409, 'price_changed')
    expect(problem).toMatchObject({
      expected_total: 40,
      total: 19_998,
      lines: [{ product_id, old: 20, new: 9_999 }],
    })
    expect(await buyer.orders()).toEqual([])
    expect((await buyer.cart()).items).toHaveLength(before.items.length)

    const agreed = await order(buyer, { expected_total: 19_998 }, key)
    expect(agreed.status).toBe(200)
    const made = conform(Order, agreed.json())
    expect(made.total).toBe(19_998)
    const again = await order(buyer, { expected_total: 19_998 }, key)
    expect([again.status, again.text]).toEqual([200, agreed.text])
    expect(await buyer.orders()).toEqual([made])
    expect(await stockOf(shop, product_id)).toMatchObject({ available: 2, reserved: 2 })

    // What was begun again is given back by its own reservation.
    await client.call('order', 'PUT', `/orders/${made.id}/cancel`, { token: buyer.token })
    await eventually('the stock comes back', async () => {
      const { available, reserved } = await stockOf(shop, product_id)
      return available === 4 && reserved === 0
    })
  })

  test('orders nothing that costs more than any order may', async () => {
    const buyer = await buyerWithCart()
    await changePrice(buyer.product_id, 99_999_999.99)
    await client.call('catalog', 'PUT', `/products/${buyer.product_id}`, {
      json: { stock_count: 20 },
      token: admin,
    })
    const { product_id, token } = buyer
    await client.call('cart', 'POST', '/cart/items', { token, json: { product_id, quantity: 9 } })
    const many = { ...buyer, lines: [{ product_id, quantity: 11 }] }
    const refused = await order(many, { expected_total: 1_099_999_999.89 })
    expectProblem(refused, 409, 'order_too_large')
    expect(await buyer.orders()).toEqual([])
    expect(await stockOf(shop, product_id)).toMatchObject({ sold: 0 })
    expect((await buyer.cart()).items).toHaveLength(1)
  })

  test.each([-1, 0.001, '40', null, 1e300])('of %p is 422', async (expected_total) => {
    const buyer = await buyerWithCart()
    expectProblem(await order(buyer, { expected_total }), 422, 'validation_failed')
    expect(await buyer.orders()).toEqual([])
  })
})

describe.each(checkouts)('%s with If-Match', (_name, order) => {
  const match = (tag: string): Sent => ({ headers: { 'if-match': tag } })

  test('orders the cart that was read', async () => {
    const buyer = await buyerWithCart()
    const { revision } = await buyer.cart()
    expect((await order(buyer, {}, match(`"${revision}"`))).status).toBe(200)
  })

  test('orders nothing when another device has added a line, and the cart keeps both', async () => {
    const buyer = await buyerWithCart()
    const { revision } = await buyer.cart()
    const { product_id } = await client.createProduct({ price: 1, stock_count: 1 })
    const json = { product_id, quantity: 1 }
    await client.call('cart', 'POST', '/cart/items', { token: buyer.token, json })
    expectProblem(await order(buyer, {}, match(`"${revision}"`)), 412, 'cart_changed')
    expect(await buyer.orders()).toEqual([])
    expect((await buyer.cart()).items).toHaveLength(2)
  })
})

test('a line added from another device alone changes the total, and no price', async () => {
  const buyer = await buyerWithCart()
  const { product_id } = await client.createProduct({ price: 1, stock_count: 1 })
  const json = { product_id, quantity: 1 }
  await client.call('cart', 'POST', '/cart/items', { token: buyer.token, json })
  const problem = expectProblem(await checkout(buyer, { expected_total: 40 }), 409, 'price_changed')
  expect(problem).toMatchObject({ expected_total: 40, total: 41, lines: [] })
})

test('a look at the cart is what the buyer has seen last', async () => {
  const buyer = await buyerWithCart()
  await changePrice(buyer.product_id, 30)
  while ((await buyer.cart()).total !== 60) await Bun.sleep(20)
  await changePrice(buyer.product_id, 50)
  const told = async () => {
    const refused = await checkout(buyer, { expected_total: 60 })
    return expectProblem(refused, 409, 'price_changed') as { lines?: unknown }
  }
  // Noted beside the answer to the look, so perhaps a moment later.
  while ((await told()).lines?.toString() === '') await Bun.sleep(20)
  expect((await told()).lines).toEqual([{ product_id: buyer.product_id, old: 30, new: 50 }])
})

test('orders of 1.0 go on: no body, an empty one, and whatever it costs', async () => {
  for (const [, order] of ways) {
    const buyer = await buyerWithCart()
    await changePrice(buyer.product_id, 30)
    const answer = await order(buyer, {})
    expect(answer.status).toBe(200)
    expect(conform(Order, answer.json()).total).toBe(60)
  }
})
