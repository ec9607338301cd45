/** Many at once: the last units, one key, a nervous finger, a cancellation against the timer. */
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from 'bun:test'
import {
  addToCart,
  bought,
  checkout,
  createBuyer,
  createProduct,
  inParallel,
  order,
  stubbornly,
  type Answer,
  type Buyer,
} from '../support/buyers.ts'
import {
  expectStockFollowsOrders,
  expectStockInvariant,
  openCheckouts,
  orderRecords,
  settled,
  stockOf,
  visibleOrders,
} from '../support/ledger.ts'
import { startShop, type Shop } from '../support/shop.ts'

// Three nodes and two copies of each service on two processors take their time.
setDefaultTimeout(150_000)

let shop: Shop
beforeAll(async () => {
  shop = await startShop({
    envOf: { order: { ORDER_PROCESSING_AFTER_MS: '600', ORDER_SHIPPING_AFTER_MS: '600' } },
  })
}, 240_000)
afterAll(() => shop?.stop(), 60_000)
// What one race leaves to be done is not a part of the next.
beforeEach(() => settled(shop), 150_000)

/** Where the store is slow a client may not hear in time, and asks again with the same key. */
const insist = (ask: () => Promise<Answer>): Promise<Answer> => stubbornly(ask, 120_000)

/** Carts are filled before they race, by so many buyers at a time. */
const filling = 40

const codeOf = (answer: Answer): string => (JSON.parse(answer.text) as { code: string }).code

describe('the last units', () => {
  test('200 buyers at once for 50 units: 50 orders, 150 clear refusals', async () => {
    const product = await createProduct(shop, 50)
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => {
        const buyer = createBuyer(shop)
        const items = [{ product_id: product, quantity: 1 }]
        return insist(() => order(shop, buyer, items, 'once'))
      }),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(50)
    const refused = answers.filter(({ status }) => status === 409)
    expect(refused).toHaveLength(150)
    for (const answer of refused) {
      expect(JSON.parse(answer.text)).toMatchObject({
        code: 'out_of_stock',
        lines: [{ product_id: product, requested: 1 }],
      })
    }
    expect(await stockOf(shop, product)).toMatchObject({ stocked: 50, available: 0 })
    await expectStockInvariant(shop)
  })

  test('200 carts at once for 50 units: 50 orders, 150 carts as they were', async () => {
    const product = await createProduct(shop, 50)
    const buyers = Array.from({ length: 200 }, () => createBuyer(shop))
    const line = { product_id: product, quantity: 1 }
    const added = await inParallel(buyers.length, filling, (at) =>
      addToCart(shop, buyers[at] as Buyer, line),
    )
    expect(added.filter(({ status }) => status !== 200)).toEqual([])
    const answers = await Promise.all(
      buyers.map((buyer) => insist(() => checkout(shop, buyer, 'once'))),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(50)
    expect(
      answers.filter((answer) => answer.status === 409 && codeOf(answer) === 'out_of_stock'),
    ).toHaveLength(150)
    const carts = await Promise.all(
      buyers.map((buyer) => insist(() => buyer.call(shop.urls.cart, 'GET', '/cart/'))),
    )
    carts.forEach((cart, at) => {
      const { items } = JSON.parse(cart.text) as { items: unknown[] }
      expect(items).toHaveLength(answers[at]?.status === 200 ? 0 : 1)
    })
    expect((await stockOf(shop, product)).available).toBe(0)
    await expectStockInvariant(shop)
  })
})

describe('one idempotency key', () => {
  test('100 equal checkouts at once: one order, 100 byte-equal answers', async () => {
    const product = await createProduct(shop, 1_000)
    const buyer = createBuyer(shop)
    await addToCart(shop, buyer, { product_id: product, quantity: 3 })
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => insist(() => checkout(shop, buyer, 'once'))),
    )
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(bought(answers[0] as Answer).items).toMatchObject([{ product_id: product, quantity: 3 }])
    expect((await stockOf(shop, product)).available).toBe(997)
    expect((await visibleOrders(shop)).filter((each) => each.user_id === buyer.id)).toHaveLength(1)

    const later = await checkout(shop, buyer, 'once')
    expect(later.text).toBe(answers[0]?.text ?? '')
    expect(later.headers.get('idempotency-replayed')).toBe('true')
  })

  test('100 equal direct orders at once: one order, 100 byte-equal answers; another body is 422', async () => {
    const product = await createProduct(shop, 1_000)
    const buyer = createBuyer(shop)
    const items = [{ product_id: product, quantity: 2 }]
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => insist(() => order(shop, buyer, items, 'once'))),
    )
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(bought(answers[0] as Answer).total).toBe(20)
    expect(answers.filter(({ headers }) => headers.has('idempotency-replayed'))).toHaveLength(99)
    const other = await order(shop, buyer, [{ product_id: product, quantity: 3 }], 'once')
    expect(other.status).toBe(422)
    expect(codeOf(other)).toBe('idempotency_key_reused')
    expect((await stockOf(shop, product)).available).toBe(998)
  })

  test('a refusal for stock is kept as well', async () => {
    const product = await createProduct(shop, 1)
    const buyer = createBuyer(shop)
    const items = [{ product_id: product, quantity: 2 }]
    const first = await order(shop, buyer, items, 'short')
    const again = await order(shop, buyer, items, 'short')
    expect(first.status).toBe(409)
    expect(again.text).toBe(first.text)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
  })
})

describe('a nervous finger', () => {
  test('a triple click without a key makes one order', async () => {
    for (let round = 0; round < 10; round++) {
      const product = await createProduct(shop, 10)
      const buyer = createBuyer(shop)
      await addToCart(shop, buyer, { product_id: product, quantity: 1 })
      const answers = await Promise.all([1, 2, 3].map(() => checkout(shop, buyer)))
      const orders = answers
        .filter(({ status }) => status === 200)
        .map((answer) => bought(answer).id)
      expect(orders.length).toBeGreaterThan(0)
      expect(new Set(orders).size).toBe(1)
      // A click that came after the order was made met an empty cart.
      for (const answer of answers)
        if (answer.status !== 200) expect(codeOf(answer)).toBe('cart_empty')
      expect((await stockOf(shop, product)).available).toBe(9)
    }
  })

  test('click, add, click: nothing is ordered twice, and what was added stays', async () => {
    for (let round = 0; round < 10; round++) {
      const [apples, pears] = [await createProduct(shop, 100), await createProduct(shop, 100)]
      const buyer = createBuyer(shop)
      await addToCart(shop, buyer, { product_id: apples, quantity: 2 })
      const [first, added, second] = await Promise.all([
        checkout(shop, buyer),
        addToCart(shop, buyer, { product_id: pears, quantity: 1 }),
        checkout(shop, buyer),
      ])
      expect(added.status).toBe(200)
      const orders = new Map(
        [first, second]
          .filter(({ status }) => status === 200)
          .map((answer) => [bought(answer).id, bought(answer)]),
      )
      const ordered = [...orders.values()].flatMap(({ items }) => items)
      const cart = await buyer.call(shop.urls.cart, 'GET', '/cart/')
      const kept = (JSON.parse(cart.text) as { items: { product_id: string; quantity: number }[] })
        .items
      const count = (lines: readonly { product_id: string; quantity: number }[], id: string) =>
        lines.filter((line) => line.product_id === id).reduce((sum, line) => sum + line.quantity, 0)
      // What was clicked on is ordered once and gone; what was added is in the cart or in one order.
      expect(count(ordered, apples)).toBe(2)
      expect(count(kept, apples)).toBe(0)
      expect(count(ordered, pears) + count(kept, pears)).toBe(1)
    }
    await expectStockInvariant(shop)
  })
})

describe('a cancellation against the timer', () => {
  test('1,000 times: each order ends in one state, and its stock follows it', async () => {
    const product = await createProduct(shop, 5_000)
    const buyer = createBuyer(shop)
    // A conditional write costs a cluster milliseconds of the processor that all share here.
    const width = shop.store === 'cassandra' ? 50 : 200
    const outcomes = await inParallel(1_000, width, async (turn) => {
      const items = [{ product_id: product, quantity: 1 }]
      const made = bought(await insist(() => order(shop, buyer, items, `order-${turn}`)))
      // Around the moment at which the order would ship, when the owner may no longer cancel.
      await Bun.sleep(1_100 + Math.random() * 300)
      const cancelled = await buyer.call(shop.urls.order, 'PUT', `/orders/${made.id}/cancel`)
      return { id: made.id, status: cancelled.status, text: cancelled.text }
    })
    for (const { status, text } of outcomes) {
      if (status === 200) expect(JSON.parse(text)).toMatchObject({ order: { status: 'CANCELLED' } })
      else expect(JSON.parse(text)).toMatchObject({ status: 409, code: 'order_move_refused' })
    }
    await settled(shop)
    const records = new Map((await orderRecords(shop)).map((record) => [record.id, record.status]))
    const cancelled = outcomes.filter(({ status }) => status === 200)
    for (const { id, status } of outcomes) {
      expect(records.get(id)).toBe(status === 200 ? 'CANCELLED' : 'DELIVERED')
    }
    // Both sides have won, otherwise this was no race.
    expect(cancelled.length).toBeGreaterThan(0)
    expect(cancelled.length).toBeLessThan(1_000)
    expect(await stockOf(shop, product)).toEqual({
      stocked: 5_000,
      available: 4_000 + cancelled.length,
      reserved: 0,
      sold: 1_000 - cancelled.length,
    })
    const spent = await buyer.call(shop.urls.user, 'GET', '/users/me/total-spent')
    expect(JSON.parse(spent.text)).toEqual({ total_spent: 10 * (1_000 - cancelled.length) })
  }, 900_000)

  test('in the end every stock is where its order says, and no checkout is open', async () => {
    await settled(shop)
    await expectStockFollowsOrders(shop)
    expect(await openCheckouts(shop)).toBe(0)
  }, 150_000)
})
