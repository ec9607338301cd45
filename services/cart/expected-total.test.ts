/** Checkouts of what the buyer has seen: at that total, of that revision of the cart, or not at all. */
import { describe, expect, test } from 'bun:test'
import { newId, type CheckoutId, type ProductId, type Revision } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { idleAfter } from './checkout.ts'
import { createShop, outcomeOf } from './shop.model.ts'

const apples = newId<ProductId>()
/** What the model's orders cost, and what they do not cost. */
const right = { expectedTotal: minor(100) }
const wrong = { expectedTotal: minor(90) }

const revisionOf = async (shop: ReturnType<typeof createShop>): Promise<Revision> => {
  const { cart } = await shop.store.load(shop.user)
  if (cart === null) throw new Error('There is no cart.')
  return cart.revision
}

describe('a checkout at an expected total', () => {
  test('orders at that total', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    expect((await shop.checkout(shop.processOf(), null, right)).status).toBe(200)
    await shop.expectSettled()
  })

  test('at another total keeps the cart and leaves the key free for the right one', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const process = shop.processOf()
    const refused = await shop.checkout(process, 'k', { ...wrong, fingerprint: 'at 90' })
    expect(refused).toMatchObject({ status: 409, replayed: false })
    expect(refused.body).toContain('price_changed')
    await shop.expectSettled()
    expect(await shop.checkout(process, 'k', { ...right, fingerprint: 'at 100' })).toMatchObject({
      status: 200,
    })
    await shop.expectSettled()
  })

  test('that a crash cut short is resumed at the same total by the sweeper', async () => {
    for (const [expected, orders] of [
      [right, 1],
      [wrong, 0],
    ] as const) {
      const shop = createShop()
      await shop.add(apples, 2)
      shop.orders.script('request lost')
      await outcomeOf(shop.checkout(shop.processOf(), null, expected))
      shop.clock.advance(idleAfter)
      await shop.processOf().sweep()
      expect(shop.orders.made.size).toBe(orders)
      await shop.expectSettled()
    }
  })

  test('clicked three times makes one order, and three refusals where the total is another one', async () => {
    for (const [expected, status] of [
      [right, 200],
      [wrong, 409],
    ] as const) {
      const shop = createShop()
      await shop.add(apples, 2)
      const process = shop.processOf()
      const answers = await Promise.all([1, 2, 3].map(() => shop.checkout(process, null, expected)))
      expect(answers.map((answer) => answer.status)).toEqual([status, status, status])
      expect(shop.orders.made.size).toBe(status === 200 ? 1 : 0)
      await shop.expectSettled()
    }
  })

  test('beside one without a total: that one orders, whichever came first', async () => {
    for (const order of [
      [wrong, {}],
      [{}, wrong],
    ]) {
      const shop = createShop()
      await shop.add(apples, 2)
      const process = shop.processOf()
      const codes = await Promise.all(
        order.map((changes) => outcomeOf(shop.checkout(process, null, changes))),
      )
      // Who named a total never gets the order of somebody who named none.
      const named = codes[order.indexOf(wrong)]
      expect(['409', 'cart_empty']).toContain(named ?? '')
      expect(codes[order.findIndex((changes) => changes !== wrong)]).toBe('200')
      expect(shop.orders.made.size).toBe(1)
      await shop.expectSettled()
    }
  })
})

describe('a checkout with If-Match', () => {
  test('orders the cart that was read, and any cart for an asterisk', async () => {
    for (const tags of [
      async (shop: ReturnType<typeof createShop>) => [await revisionOf(shop)],
      () => ['*'],
    ]) {
      const shop = createShop()
      await shop.add(apples, 2)
      const ifMatch = await tags(shop)
      expect((await shop.checkout(shop.processOf(), null, { ifMatch })).status).toBe(200)
      await shop.expectSettled()
    }
  })

  test('orders nothing when a line was added since, and calls nobody', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const ifMatch = [await revisionOf(shop)]
    await shop.add(apples, 1)
    expect(await outcomeOf(shop.checkout(shop.processOf(), 'k', { ifMatch }))).toBe('cart_changed')
    expect(shop.orders.calls()).toBe(0)
    await shop.expectSettled()
  })

  test('of no cart, or of none that is named, is refused', async () => {
    const shop = createShop()
    const process = shop.processOf()
    expect(await outcomeOf(shop.checkout(process, null, { ifMatch: ['*'] }))).toBe('cart_changed')
    await shop.add(apples, 2)
    expect(await outcomeOf(shop.checkout(process, null, { ifMatch: [] }))).toBe('cart_changed')
    await shop.expectSettled()
  })

  test('answers the order that its key stands for, though the cart has moved by it', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const ifMatch = [await revisionOf(shop)]
    const process = shop.processOf()
    const first = await shop.checkout(process, 'k', { ifMatch })
    expect(await shop.checkout(process, 'k', { ifMatch })).toEqual({ ...first, replayed: true })
    await shop.expectSettled()
  })

  test('does not get the order of an open checkout of another cart than it read', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const process = shop.processOf()
    const release = shop.orders.hold()
    const first = shop.checkout(process)
    while (shop.orders.calls() === 0) await new Promise((resolve) => setImmediate(resolve))
    const other = { ifMatch: [newId<CheckoutId>()] }
    const second = outcomeOf(shop.checkout(process, null, other))
    release()
    expect((await first).status).toBe(200)
    expect(await second).toBe('cart_changed')
    await shop.expectSettled()
  })
})
