/** The cart's rows of the HTTP contract, against running services. */
import { afterAll, afterEach, describe, expect, test } from 'bun:test'
import Type, { type Static } from 'typebox'
import { newId, type UserId } from '../../core/values/ids.ts'
import { caughtUp } from '../support/caught-up.ts'
import { clientOf } from '../support/client.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { eventually, expectStockInvariant, stockOf } from '../support/ledger.ts'
import type { Method, Sent } from '../support/send.ts'
import { Cart, CartLine, conform, Message, Order, Orders } from '../support/shapes.ts'
import { startShop } from '../support/shop.ts'

const shop = await startShop({ products: 8, env: { ORDER_PROCESSING_AFTER_MS: '3600000' } })
afterAll(shop.stop)
afterEach(() => expectStockInvariant(shop))

const client = clientOf(shop)
const admin = client.tokens.admin()

const exact = { additionalProperties: false }
const { id: Uuid, updated_at: Moment } = Order.properties
const Views = Type.Array(Type.Object({ product_id: Uuid, viewed_at: Moment }, exact))
const Carts = Type.Array(
  Type.Object({ ...Cart.properties, user_id: Uuid, revision: Uuid, updated_at: Moment }, exact),
)

/** Somebody with an empty cart, and what they can do with it. */
function shopper() {
  const id = newId<UserId>()
  const token = client.tokens.user(id)
  const call = (method: Method, path: string, sent: Sent = {}) =>
    client.call('cart', method, path, { token, ...sent })
  return {
    id,
    token,
    call,
    add: (product_id: string, quantity: number) =>
      call('POST', '/cart/items', { json: { product_id, quantity } }),
    put: (which: string, quantity: number) =>
      call('PUT', `/cart/items/${which}`, { json: { quantity } }),
    remove: (which: string) => call('DELETE', `/cart/items/${which}`),
    look: (product: string) => call('POST', `/products/${product}/view`),
    async views(): Promise<Static<typeof Views>> {
      return conform(Views, (await call('GET', '/products/recent-views')).json())
    },
    checkout: (headers: Sent['headers'] = {}) => call('POST', '/cart/checkout', { headers }),
    async cart(): Promise<Cart> {
      const answer = await call('GET', '/cart/')
      expect(answer.status).toBe(200)
      return conform(Cart, answer.json())
    },
    async orders(): Promise<readonly Order[]> {
      return conform(Orders, (await client.get('order', '/orders/', token)).json())
    },
  }
}
type Shopper = ReturnType<typeof shopper>

async function line(buyer: Shopper, product: string, quantity: number): Promise<CartLine> {
  const answer = await buyer.add(product, quantity)
  expect(answer.status).toBe(200)
  return conform(CartLine, answer.json())
}

const setStock = (product: string, stock_count: number) =>
  client.call('catalog', 'PUT', `/products/${product}`, { json: { stock_count }, token: admin })

describe('GET /cart/', () => {
  test('is empty at first', async () => {
    expect(await shopper().cart()).toEqual({ items: [], total: 0 })
  })
  test('shows the lines with the catalog’s names and prices, and their total', async () => {
    const buyer = shopper()
    const [pear, plum] = [
      await client.createProduct({ name: 'Груша', price: 0.1 }),
      await client.createProduct({ name: 'Слива', price: 0.2 }),
    ]
    const lines = [await line(buyer, pear.product_id, 1), await line(buyer, plum.product_id, 3)]
    const { items, total } = await buyer.cart()
    expect(items).toEqual(lines)
    expect(total).toBe(0.7)
  })
  test('follows the catalog’s price', async () => {
    const buyer = shopper()
    const { product_id } = await client.createProduct({ price: 10 })
    await line(buyer, product_id, 2)
    const json = { price: 12.5 }
    await client.call('catalog', 'PUT', `/products/${product_id}`, { json, token: admin })
    await caughtUp(shop)
    await eventually('the new price shows', async () => (await buyer.cart()).total === 25)
    expect((await buyer.cart()).items[0]).toMatchObject({ price: 12.5, total_price: 25 })
  })
  test('is one’s own and nobody else’s', async () => {
    const [mine, other] = [shopper(), shopper()]
    const { product_id } = await client.createProduct()
    const { id } = await line(mine, product_id, 2)
    expect((await other.cart()).items).toEqual([])
    expectProblem(await other.put(id, 1), 404, 'cart_item_not_found')
    expectProblem(await other.remove(id), 404, 'cart_item_not_found')
    expectProblem(await other.checkout(), 400, 'cart_empty')
    expect((await other.call('DELETE', '/cart/')).status).toBe(200)
    expect((await mine.cart()).items[0]?.quantity).toBe(2)
  })
  test('answers the same with and without its slash; nobody gets 401', async () => {
    const buyer = shopper()
    const { product_id } = await client.createProduct()
    await line(buyer, product_id, 1)
    expect((await buyer.call('GET', '/cart')).json()).toEqual(await buyer.cart())
    const head = await buyer.call('HEAD', '/cart/')
    expect([head.status, head.text]).toEqual([200, ''])
    expectProblem(await client.get('cart', '/cart/'), 401, 'not_authenticated')
  })
})

describe('POST /cart/items', () => {
  test('answers the line; adding again adds the quantity', async () => {
    const buyer = shopper()
    const product = await client.createProduct({ price: 2.5 })
    const first = await line(buyer, product.product_id, 2)
    expect(first).toMatchObject({
      product_id: product.product_id,
      name: product.name,
      price: 2.5,
      quantity: 2,
      total_price: 5,
    })
    const again = await line(buyer, product.product_id.toUpperCase(), 3)
    expect(again).toEqual({ ...first, quantity: 5, total_price: 12.5 })
    expect((await buyer.cart()).items).toEqual([again])
  })
  test('more than in stock is 409, also in two steps', async () => {
    const buyer = shopper()
    const { product_id } = await client.createProduct({ stock_count: 3 })
    const problem = expectProblem(await buyer.add(product_id, 4), 409, 'out_of_stock')
    expect(problem.detail).toBe('Not enough items in stock')
    await line(buyer, product_id, 2)
    expectProblem(await buyer.add(product_id, 2), 409, 'out_of_stock')
    expect((await buyer.cart()).items[0]?.quantity).toBe(2)
  })
  test('an unknown and a deleted product are 404', async () => {
    const buyer = shopper()
    const problem = expectProblem(await buyer.add(newId(), 1), 404, 'product_not_found')
    expect(problem.detail).toBe('Product not found')
    const { product_id } = await client.createProduct()
    await client.call('catalog', 'DELETE', `/products/${product_id}`, { token: admin })
    expectProblem(await buyer.add(product_id, 1), 404, 'product_not_found')
  })
  test('holds 99 of one product and not one more', async () => {
    const buyer = shopper()
    const { product_id } = await client.createProduct({ stock_count: 500 })
    await line(buyer, product_id, 99)
    expectProblem(await buyer.add(product_id, 1), 409, 'quantity_limit')
    expect((await buyer.cart()).items[0]?.quantity).toBe(99)
  })
  test('holds 100 lines and not one more', async () => {
    const buyer = shopper()
    const products = await Promise.all(Array.from({ length: 101 }, () => client.createProduct()))
    for (const { product_id } of products.slice(0, 100)) await line(buyer, product_id, 1)
    expectProblem(await buyer.add(products[100]?.product_id ?? '', 1), 409, 'cart_full')
    expect((await buyer.cart()).items).toHaveLength(100)
  })
  test('many at once lose nothing', async () => {
    const buyer = shopper()
    const { product_id } = await client.createProduct({ stock_count: 50 })
    const answers = await Promise.all(Array.from({ length: 20 }, () => buyer.add(product_id, 1)))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect((await buyer.cart()).items[0]?.quantity).toBe(20)
  })
  test.each([
    ['nothing', {}],
    ['no quantity', { product_id: newId() }],
    ['a quantity of zero', { product_id: newId(), quantity: 0 }],
    ['a quantity of 100', { product_id: newId(), quantity: 100 }],
    ['half a piece', { product_id: newId(), quantity: 1.5 }],
    ['a product that is no UUID', { product_id: 'pear', quantity: 1 }],
    ['a price', { product_id: newId(), quantity: 1, price: 0.01 }],
    ['a user', { product_id: newId(), quantity: 1, user_id: newId() }],
  ])('refuses %s', async (_what, json) => {
    const answer = await shopper().call('POST', '/cart/items', { json })
    expectProblem(answer, 422, 'validation_failed')
  })
})

describe('PUT /cart/items/{id}', () => {
  test('sets the quantity by line id and by product id', async () => {
    const buyer = shopper()
    const { product_id } = await client.createProduct({ price: 3, stock_count: 20 })
    const made = await line(buyer, product_id, 2)
    for (const [id, quantity] of [
      [made.id, 5],
      [product_id, 7],
      [made.id.toUpperCase(), 1],
    ] as const) {
      const answer = await buyer.put(id, quantity)
      expect(answer.status).toBe(200)
      const changed = conform(CartLine, answer.json())
      expect(changed).toEqual({ ...made, quantity, total_price: 3 * quantity })
      expect((await buyer.cart()).items).toEqual([changed])
    }
  })
  test('404 for a line that is not there, 409 past the stock, 422 for the shape', async () => {
    const buyer = shopper()
    const { product_id } = await client.createProduct({ stock_count: 3 })
    const problem = expectProblem(await buyer.put(product_id, 1), 404, 'cart_item_not_found')
    expect(problem.detail).toBe('Item not found in cart')
    await line(buyer, product_id, 1)
    expectProblem(await buyer.put(product_id, 4), 409, 'out_of_stock')
    for (const quantity of [0, -1, 100, 1.5]) {
      expectProblem(await buyer.put(product_id, quantity), 422, 'validation_failed')
    }
    expectProblem(await buyer.put('7', 1), 422, 'validation_failed')
    expect((await buyer.cart()).items[0]?.quantity).toBe(1)
  })
})

describe('DELETE', () => {
  test('/cart/items/{id} takes a line out by either id', async () => {
    const buyer = shopper()
    const [one, two] = [await client.createProduct(), await client.createProduct()]
    const first = await line(buyer, one.product_id, 1)
    await line(buyer, two.product_id, 1)
    for (const id of [first.id, two.product_id]) {
      const answer = await buyer.remove(id)
      expect(answer.status).toBe(200)
      conform(Message, answer.json())
      expectProblem(await buyer.remove(id), 404, 'cart_item_not_found')
    }
    expect((await buyer.cart()).items).toEqual([])
    expectProblem(await buyer.remove('7'), 422, 'validation_failed')
  })
  test('/cart/ takes everything out, and an empty cart stays empty', async () => {
    const buyer = shopper()
    const { product_id } = await client.createProduct()
    await line(buyer, product_id, 1)
    for (const path of ['/cart/', '/cart']) {
      const answer = await buyer.call('DELETE', path)
      expect(answer.status).toBe(200)
      expect(answer.json()).toEqual({ message: 'Cart cleared' })
      expect(await buyer.cart()).toMatchObject({ items: [], total: 0 })
    }
  })
})

describe('POST /cart/checkout', () => {
  test('orders what the cart holds and empties it', async () => {
    const buyer = shopper()
    const [pear, plum] = [
      await client.createProduct({ price: 10.1, stock_count: 5 }),
      await client.createProduct({ price: 0.2, stock_count: 5 }),
    ]
    await line(buyer, pear.product_id, 2)
    await line(buyer, plum.product_id, 1)
    const answer = await buyer.checkout()
    expect(answer.status).toBe(200)
    const order = conform(Order, answer.json())
    expect(order).toMatchObject({ user_id: buyer.id, status: 'CREATED', total: 20.4 })
    expect(order.items).toEqual([
      { product_id: pear.product_id, name: pear.name, price: 10.1, quantity: 2 },
      { product_id: plum.product_id, name: plum.name, price: 0.2, quantity: 1 },
    ])
    expect(await buyer.orders()).toEqual([order])
    expect(await buyer.cart()).toMatchObject({ items: [], total: 0 })
    expect(await stockOf(shop, pear.product_id)).toMatchObject({ available: 3, reserved: 2 })
  })
  test('takes an empty body, an empty object, and nothing else', async () => {
    const buyer = shopper()
    const { product_id } = await client.createProduct()
    await line(buyer, product_id, 1)
    const typed = { 'content-type': 'application/json' }
    for (const json of [{ price: 1 }, [], { user_id: newId() }]) {
      const answer = await buyer.call('POST', '/cart/checkout', { json })
      expectProblem(answer, 422, 'validation_failed')
    }
    expect((await buyer.call('POST', '/cart/checkout', { headers: typed })).status).toBe(200)
    await line(buyer, product_id, 1)
    expect((await buyer.call('POST', '/cart/checkout', { json: {} })).status).toBe(200)
  })
  test('an empty cart is 400', async () => {
    const problem = expectProblem(await shopper().checkout(), 400, 'cart_empty')
    expect(problem.detail).toBe('Cart is empty')
    expectProblem(await client.call('cart', 'POST', '/cart/checkout'), 401, 'not_authenticated')
  })
  test('short stock is 409 with the lines; the cart stays and nothing is reserved', async () => {
    const buyer = shopper()
    const [plenty, scarce] = [await client.createProduct(), await client.createProduct()]
    await line(buyer, plenty.product_id, 1)
    await line(buyer, scarce.product_id, 3)
    await setStock(scarce.product_id, 2)
    const before = await buyer.cart()
    const problem = expectProblem(await buyer.checkout(), 409, 'out_of_stock')
    expect(problem.lines).toEqual([{ product_id: scarce.product_id, requested: 3, available: 2 }])
    expect((await buyer.cart()).items).toEqual(before.items)
    expect(await buyer.orders()).toEqual([])
    expect(await stockOf(shop, plenty.product_id)).toMatchObject({ available: 10, reserved: 0 })
    await setStock(scarce.product_id, 3)
    expect((await buyer.checkout()).status).toBe(200)
  })
  test('a deleted product shows as unavailable and cannot be ordered', async () => {
    const buyer = shopper()
    const [kept, gone] = [await client.createProduct(), await client.createProduct()]
    await line(buyer, kept.product_id, 1)
    await line(buyer, gone.product_id, 1)
    await client.call('catalog', 'DELETE', `/products/${gone.product_id}`, { token: admin })
    await eventually('the cart knows', async () => {
      const { items } = await buyer.cart()
      return items.find((item) => item.product_id === gone.product_id)?.available === false
    })
    const problem = expectProblem(await buyer.checkout(), 409, 'out_of_stock')
    expect(problem.lines).toEqual([{ product_id: gone.product_id, requested: 1, available: 0 }])
    await buyer.remove(gone.product_id)
    expect((await buyer.checkout()).status).toBe(200)
  })
  test('a double click makes one order', async () => {
    const buyer = shopper()
    const { product_id } = await client.createProduct({ stock_count: 9 })
    await line(buyer, product_id, 2)
    const answers = await Promise.all([buyer.checkout(), buyer.checkout(), buyer.checkout()])
    const placed = answers.filter(({ status }) => status === 200)
    expect(new Set(placed.map(({ text }) => text)).size).toBe(1)
    // One that came when all was over found the cart empty.
    for (const late of answers) if (late.status !== 200) expectProblem(late, 400, 'cart_empty')
    expect(await buyer.orders()).toHaveLength(1)
    expect(await stockOf(shop, product_id)).toMatchObject({ available: 7, reserved: 2 })
  })
  test('Idempotency-Key replays the first answer, though the cart is empty now', async () => {
    const buyer = shopper()
    const { product_id } = await client.createProduct()
    await line(buyer, product_id, 1)
    const headers = { 'idempotency-key': `checkout-${newId()}` }
    const first = await buyer.checkout(headers)
    expect(first.status).toBe(200)
    await line(buyer, product_id, 4)
    const again = await buyer.checkout(headers)
    expect([again.status, again.text]).toEqual([200, first.text])
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect((await buyer.cart()).items[0]?.quantity).toBe(4)
    expect(await buyer.orders()).toHaveLength(1)
    const bad = await buyer.checkout({ 'idempotency-key': 'x'.repeat(256) })
    expectProblem(bad, 422, 'validation_failed')
  })
  test('a refusal for stock is replayed under its key, and another key tries anew', async () => {
    const buyer = shopper()
    const { product_id } = await client.createProduct({ stock_count: 5 })
    await line(buyer, product_id, 5)
    await setStock(product_id, 1)
    const headers = { 'idempotency-key': `short-${newId()}` }
    const first = await buyer.checkout(headers)
    expectProblem(first, 409, 'out_of_stock')
    await setStock(product_id, 5)
    const again = await buyer.checkout(headers)
    expect([again.status, again.text]).toEqual([409, first.text])
    expect((await buyer.checkout({ 'idempotency-key': `new-${newId()}` })).status).toBe(200)
  })
})

describe('POST /products/{id}/view and GET /products/recent-views', () => {
  test('tell what was looked at, newest first, without repeats, to whoever looked', async () => {
    const buyer = shopper()
    expect(await buyer.views()).toEqual([])
    const [pear, plum] = [await client.createProduct(), await client.createProduct()]
    for (const product of [pear, plum, pear, plum, plum, pear]) {
      const answer = await buyer.look(product.product_id)
      expect(answer.status).toBe(200)
      conform(Message, answer.json())
    }
    const views = await buyer.views()
    expect(views.map((view) => view.product_id)).toEqual([pear.product_id, plum.product_id])
    expect(await shopper().views()).toEqual([])
    await buyer.look(plum.product_id.toUpperCase())
    expect((await buyer.views())[0]?.product_id).toBe(plum.product_id)
  })
  test('keep the last ten', async () => {
    const buyer = shopper()
    const products = await Promise.all(Array.from({ length: 12 }, () => client.createProduct()))
    const ids = products.map((product) => product.product_id)
    for (const id of ids) await buyer.look(id)
    const views = await buyer.views()
    expect(views.map((view) => view.product_id)).toEqual(ids.slice(2).reverse())
  })
  test('an unknown and a deleted product are 404 and leave no trace; nobody gets 401', async () => {
    const buyer = shopper()
    const gone = await client.createProduct()
    await client.call('catalog', 'DELETE', `/products/${gone.product_id}`, { token: admin })
    for (const id of [newId(), gone.product_id]) {
      expectProblem(await buyer.look(id), 404, 'product_not_found')
    }
    expectProblem(await buyer.look('7'), 422, 'validation_failed')
    expect(await buyer.views()).toEqual([])
    const kept = await client.createProduct()
    const path = `/products/${kept.product_id}/view`
    expectProblem(await client.call('cart', 'POST', path), 401, 'not_authenticated')
    expectProblem(await client.get('cart', '/products/recent-views'), 401, 'not_authenticated')
  })
})

describe('GET /carts/', () => {
  test('lists all carts, priced, each once, page by page', async () => {
    const { product_id } = await client.createProduct({ price: 2.5 })
    const buyers = [shopper(), shopper(), shopper()]
    for (const buyer of buyers) await line(buyer, product_id, 2)
    const found: Static<typeof Carts>[number][] = []
    for (let path: string | undefined = '/carts/?limit=2'; path !== undefined;) {
      const answer = await client.get('cart', path, admin)
      expect(answer.status).toBe(200)
      const page = conform(Carts, answer.json())
      expect(page.length).toBeLessThanOrEqual(2)
      found.push(...page)
      const next = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1]
      path = next === undefined ? undefined : `/carts/${next}`
    }
    expect(new Set(found.map((each) => each.user_id)).size).toBe(found.length)
    for (const buyer of buyers) {
      const listed = found.find((each) => each.user_id === buyer.id)
      expect(listed).toMatchObject({ ...(await buyer.cart()), total: 5 })
    }
    expect(conform(Carts, (await client.get('cart', '/carts', admin)).json())).toEqual(found)
  })
  test('is for admins, in pages of 1 to 100', async () => {
    expectProblem(await client.get('cart', '/carts/'), 401, 'not_authenticated')
    expectProblem(await shopper().call('GET', '/carts/'), 403, 'forbidden')
    expectProblem(await client.get('cart', '/carts/?cursor=x', admin), 400, 'bad_request')
    for (const limit of ['0', '101', '1.5', 'all']) {
      const answer = await client.get('cart', `/carts/?limit=${limit}`, admin)
      expectProblem(answer, 422, 'validation_failed')
    }
  })
})

test.each([
  ['POST', '/cart/', 'GET, DELETE, HEAD, OPTIONS'],
  ['GET', '/cart/items', 'POST, OPTIONS'],
  ['GET', `/cart/items/${newId()}`, 'PUT, DELETE, OPTIONS'],
  ['GET', '/cart/checkout', 'POST, OPTIONS'],
  ['POST', '/carts/', 'GET, HEAD, OPTIONS'],
  ['GET', `/products/${newId()}/view`, 'POST, OPTIONS'],
  ['POST', '/products/recent-views', 'GET, HEAD, OPTIONS'],
] as const)('%s %s is 405 and says what is allowed', async (method, path, allowed) => {
  const answer = await shopper().call(method, path)
  expectProblem(answer, 405, 'method_not_allowed')
  expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(allowed.split(', ').sort())
})

describe('while a service is down', () => {
  test('without the order service a checkout is 503 and the cart untouched', async () => {
    const buyer = shopper()
    const { product_id } = await client.createProduct({ stock_count: 5 })
    await line(buyer, product_id, 2)
    const { items, total } = await buyer.cart()
    await shop.kill('order')
    expectProblem(await buyer.checkout(), 503, 'service_unavailable')
    // A store may have had to mark the cart, so as to tell what comes late of this checkout.
    expect(await buyer.cart()).toMatchObject({ items, total })
    // Of an empty cart with a key nobody can say now whether the key emptied it.
    const [empty, headers] = [shopper(), { 'idempotency-key': newId() }]
    expectProblem(await empty.checkout(headers), 503, 'service_unavailable')
    expectProblem(await empty.checkout(), 400, 'cart_empty')
    await shop.start('order')
    await eventually('checkouts work again', async () => (await buyer.checkout()).status === 200)
    expect(await buyer.orders()).toHaveLength(1)
    expect(await stockOf(shop, product_id)).toMatchObject({ available: 3, reserved: 2 })
  })
  test('without the catalog adding is 503, and so is a cart that was not looked at', async () => {
    const buyer = shopper()
    const { product_id } = await client.createProduct()
    await shop.kill('catalog')
    expectProblem(await buyer.add(product_id, 1), 503, 'service_unavailable')
    expectProblem(await buyer.look(product_id), 503, 'service_unavailable')
    expect(await buyer.views()).toEqual([])
    expect(await buyer.cart()).toEqual({ items: [], total: 0 })
    await shop.start('catalog')
    await eventually('adding works again', async () => {
      const answer = await buyer.add(product_id, 1)
      return answer.status === 200
    })
  })
})
