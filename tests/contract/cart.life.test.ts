/** What time does to a cart, to what was looked at and to the answer kept under a key: real services. */
import { afterAll, expect, test } from 'bun:test'
import { newId, type UserId } from '../../core/values/ids.ts'
import { clientOf } from '../support/client.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { eventually, stockOf } from '../support/ledger.ts'
import { recordsOf } from '../support/readers.ts'
import type { Method, Sent } from '../support/send.ts'
import { Cancelled, Cart, conform, Order, Orders } from '../support/shapes.ts'
import { startShop, type Shop } from '../support/shop.ts'

const never = '3600000'
const shop = await startShop({ products: 8, env: { ORDER_PROCESSING_AFTER_MS: never } })
afterAll(shop.stop)

function shopperIn(place: Shop) {
  const client = clientOf(place)
  const id = newId<UserId>()
  const token = client.tokens.user(id)
  const call = (to: 'cart' | 'order', method: Method, path: string, sent: Sent = {}) =>
    client.call(to, method, path, { token, ...sent })
  return {
    id,
    client,
    call,
    async add(product_id: string, quantity: number): Promise<void> {
      const answer = await call('cart', 'POST', '/cart/items', { json: { product_id, quantity } })
      expect(answer.status).toBe(200)
    },
    checkout: (key?: string) =>
      call('cart', 'POST', '/cart/checkout', {
        headers: key === undefined ? {} : { 'idempotency-key': key },
      }),
    cart: async () => conform(Cart, (await call('cart', 'GET', '/cart/')).json()),
    orders: async () => conform(Orders, (await call('order', 'GET', '/orders/')).json()),
  }
}

const outliveAnswers = (user: UserId): Promise<void> => recordsOf(shop).outliveAnswers(user)

test('a key whose answer is gone answers the order as it is now, though the cart is empty', async () => {
  const buyer = shopperIn(shop)
  const { product_id } = await buyer.client.createProduct({ stock_count: 9 })
  await buyer.add(product_id, 2)
  const key = newId()
  const first = await buyer.checkout(key)
  const { id } = conform(Order, first.json())
  const cancelled = await buyer.call('order', 'PUT', `/orders/${id}/cancel`)
  const { order } = conform(Cancelled, cancelled.json())
  expect((await buyer.checkout(key)).text).toBe(first.text)

  await outliveAnswers(buyer.id)
  for (const _ of [1, 2]) {
    const later = await buyer.checkout(key)
    expect([later.status, later.headers.get('idempotency-replayed')]).toEqual([200, 'true'])
    expect(conform(Order, later.json())).toEqual(order)
  }
  expect(await buyer.orders()).toEqual([order])
  expectProblem(await buyer.checkout(newId()), 400, 'cart_empty')
  expectProblem(await buyer.checkout(), 400, 'cart_empty')
  expectProblem(await shopperIn(shop).checkout(key), 400, 'cart_empty')
})

test('such a key answers the same over a cart that has been filled again, and leaves that alone', async () => {
  const buyer = shopperIn(shop)
  const { product_id } = await buyer.client.createProduct({ stock_count: 9 })
  await buyer.add(product_id, 2)
  const key = newId()
  const order = conform(Order, (await buyer.checkout(key)).json())
  await outliveAnswers(buyer.id)
  await buyer.add(product_id, 3)
  const later = await buyer.checkout(key)
  expect([later.status, later.headers.get('idempotency-replayed')]).toEqual([200, 'true'])
  expect(conform(Order, later.json())).toEqual(order)
  expect((await buyer.cart()).items).toMatchObject([{ product_id, quantity: 3 }])
  expect(await buyer.orders()).toEqual([order])
  expect(await stockOf(shop, product_id)).toMatchObject({ available: 7, reserved: 2 })
})

test('a cart that nobody uses for its life is empty, then swept, and its views with it', async () => {
  const life = 1_000
  await using brief = await startShop({
    products: 8,
    envOf: { cart: { CART_LIFE_MS: String(life) } },
  })
  const buyer = shopperIn(brief)
  const { product_id } = await buyer.client.createProduct()
  const path = `/products/${product_id}/view`
  expect((await buyer.call('cart', 'POST', path)).status).toBe(200)
  await buyer.add(product_id, 2)
  const over = Date.now() + life
  await eventually('the life of the cart is over', () => Date.now() >= over)

  expect((await buyer.cart()).items).toEqual([])
  expect((await buyer.call('cart', 'GET', '/products/recent-views')).json()).toEqual([])
  expectProblem(await buyer.checkout(), 400, 'cart_empty')
  const admin = buyer.client.tokens.admin()
  expect((await buyer.client.get('cart', '/carts/', admin)).json()).toEqual([])
  await eventually('the cart goes, and its views', () => recordsOf(brief).cartGoes(buyer.id))

  // A new cart begins where there was one.
  await buyer.add(product_id, 1)
}, 180_000)
