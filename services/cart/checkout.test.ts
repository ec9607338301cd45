/** Checkouts under double clicks, duplicates, edits meanwhile and an order service that fails. */
import { describe, expect, test } from 'bun:test'
import { Problem, problem } from '../../core/http/problem.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { newId, orderIdFor, type ProductId, type UserId } from '../../core/values/ids.ts'
import { idleAfter, type Checkouts } from './checkout.ts'
import { createShop, life, outcomeOf } from './shop.model.ts'

const apples = newId<ProductId>()
const pears = newId<ProductId>()

describe('a checkout', () => {
  test('orders what the cart holds and empties it', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    await shop.add(pears, 1)
    const answer = await shop.checkout(shop.processOf())
    expect(answer).toMatchObject({ status: 200, replayed: false })
    expect(shop.orders.made.size).toBe(1)
    expect(await shop.linesNow()).toEqual([])
    await shop.expectSettled()
  })

  test('of an empty, an expired and no cart is refused, and without a key costs no call', async () => {
    const shop = createShop()
    const process = shop.processOf()
    expect(await outcomeOf(shop.checkout(process))).toBe('cart_empty')
    await shop.add(apples, 1)
    shop.clock.advance(life)
    expect(await outcomeOf(shop.checkout(process))).toBe('cart_empty')
    expect(shop.orders.lookups()).toBe(0)
    expect(await outcomeOf(shop.checkout(process, 'k'))).toBe('cart_empty')
    expect(shop.orders.lookups()).toBe(1)
    expect(shop.orders.calls()).toBe(0)
  })

  test('clicked three times at once makes one order and answers it three times', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const process = shop.processOf()
    const answers = await Promise.all([1, 2, 3].map(() => shop.checkout(process)))
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(1)
    expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1)
    expect(shop.orders.calls()).toBe(1)
    await shop.expectSettled()
  })

  test('clicked at once in two processes makes one order', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const processes = [shop.processOf(), shop.processOf(), shop.processOf()]
    const answers = await Promise.all(processes.map((process) => shop.checkout(process)))
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(1)
    expect(shop.orders.made.size).toBe(1)
    await shop.expectSettled()
  })

  test('that came second answers the first one’s order, even if that is over by then', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const release = shop.orders.hold()
    const first = shop.checkout(shop.processOf())
    await until(() => shop.orders.calls() === 1)
    const slow = shop.processOf({
      ...shop.store,
      // It read the cart before the first one opened, and hears of that when all is done.
      load: async (user) => ({ ...(await shop.store.load(user)), open: null }),
      async openCheckout(checkout) {
        const opening = await shop.store.openCheckout(checkout)
        release()
        await first
        return opening
      },
    })
    const second = await shop.checkout(slow)
    expect(second).toEqual({ ...(await first), replayed: true })
    await shop.expectSettled()
  })

  test('leaves in the cart what is added while it runs', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const process = shop.processOf()
    const release = shop.orders.hold()
    const first = shop.checkout(process)
    await until(() => shop.orders.calls() === 1)
    await shop.add(apples, 1)
    await shop.add(pears, 4)
    const second = shop.checkout(process)
    release()
    expect((await second).body).toBe((await first).body)
    expect(quantities(await shop.linesNow())).toEqual([
      [apples, 1],
      [pears, 4],
    ])
    await shop.expectSettled()

    expect((await shop.checkout(process)).body).not.toBe((await first).body)
    expect(shop.orders.made.size).toBe(2)
    await shop.expectSettled()
  })

  test('keeps the cart and the answer when the stock is short', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    shop.orders.sellOut()
    const process = shop.processOf()
    const first = await shop.checkout(process, 'k')
    const again = await shop.checkout(process, 'k')
    expect(first).toMatchObject({ status: 409, replayed: false })
    expect(again).toEqual({ ...first, replayed: true })
    expect(shop.orders.calls()).toBe(1)
    // Another key, or none, tries anew.
    expect((await shop.checkout(process)).body).not.toBe(first.body)
    expect(shop.orders.calls()).toBe(2)
    await shop.expectSettled()
  })
})

describe('an idempotency key', () => {
  test('used 100 times at once makes one order and gets equal bytes', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const processes = [shop.processOf(), shop.processOf()] as const
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => shop.checkout(processes[n % 2 === 0 ? 0 : 1], 'k')),
    )
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(1)
    expect([...shop.orders.made.keys()]).toEqual([orderIdFor(shop.user, 'checkout', 'k')])
    await shop.expectSettled()
  })

  test('is looked up before anything else, whatever the cart holds by then', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const process = shop.processOf()
    const first = await shop.checkout(process, 'k')
    expect(await shop.checkout(process, 'k')).toEqual({ ...first, replayed: true })
    await shop.add(pears, 1)
    expect(await shop.checkout(shop.processOf(), 'k')).toEqual({ ...first, replayed: true })
    expect(quantities(await shop.linesNow())).toEqual([[pears, 1]])
    await shop.expectSettled()
  })

  test('with another body is refused, while its checkout is open and after', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const process = shop.processOf()
    const release = shop.orders.hold()
    const first = shop.checkout(process, 'k')
    await until(() => shop.orders.calls() === 1)
    const other = { fingerprint: 'other' }
    expect(await outcomeOf(shop.checkout(process, 'k', other))).toBe('idempotency_key_reused')
    release()
    await first
    expect(await outcomeOf(shop.checkout(process, 'k', other))).toBe('idempotency_key_reused')
    await shop.expectSettled()
  })

  test('waits for the checkout of another key and then has its own', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const process = shop.processOf()
    const release = shop.orders.hold()
    const first = shop.checkout(process, 'a')
    await until(() => shop.orders.calls() === 1)
    await shop.add(pears, 1)
    const second = shop.checkout(process, 'b')
    const empty = outcomeOf(shop.checkout(process, 'c'))
    release()
    expect((await second).body).not.toBe((await first).body)
    expect(await empty).toBe('cart_empty')
    expect(shop.orders.made.size).toBe(2)
    await shop.expectSettled()
  })

  test('gives up waiting at its own deadline with 409', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const process = shop.processOf()
    const release = shop.orders.hold()
    const first = shop.checkout(process, 'k')
    await until(() => shop.orders.calls() === 1)
    const impatient = shop.checkout(process, 'k', { deadline: deadlineIn(1) })
    const refusal = await impatient.catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(Problem)
    expect(refusal).toMatchObject({ code: 'request_in_progress', headers: { 'retry-after': '1' } })
    release()
    expect((await first).status).toBe(200)
    await shop.expectSettled()
  })

  test('after its day answers the old order as it is now, and leaves the cart alone', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const process = shop.processOf()
    await shop.checkout(process, 'k')
    shop.clock.advance(24 * 60 * 60 * 1000)
    shop.orders.forgetAnswers()
    await shop.add(pears, 3)
    expect(await shop.checkout(process, 'k')).toMatchObject({
      status: 200,
      replayed: true,
      body: expect.stringContaining('DELIVERED'),
    })
    expect(quantities(await shop.linesNow())).toEqual([[pears, 3]])
    expect(shop.orders.made.size).toBe(1)
    await shop.expectSettled()
  })

  describe('whose answer has had its day, over a cart that is empty now,', () => {
    async function aDayLater() {
      const shop = createShop()
      await shop.add(apples, 2)
      const process = shop.processOf()
      const first = await shop.checkout(process, 'k')
      shop.clock.advance(24 * 60 * 60 * 1000)
      return { shop, process, first }
    }

    test('answers the order as it is now, and keeps nothing of it', async () => {
      const { shop, process } = await aDayLater()
      shop.orders.forgetAnswers()
      for (const lookups of [1, 2]) {
        expect(await shop.checkout(process, 'k')).toMatchObject({
          status: 200,
          replayed: true,
          body: expect.stringContaining('DELIVERED'),
        })
        expect(shop.orders.lookups()).toBe(lookups)
      }
      expect(shop.orders.calls()).toBe(1)
      expect(shop.orders.made.size).toBe(1)
      await shop.expectSettled()
    })

    test('answers the very bytes as long as the order service has them', async () => {
      const { shop, process, first } = await aDayLater()
      expect(await shop.checkout(process, 'k')).toEqual({ ...first, replayed: true })
    })

    test('is another user’s nothing, and another key’s', async () => {
      const { shop, process } = await aDayLater()
      const user = newId<UserId>()
      expect(await outcomeOf(shop.checkout(process, 'k', { user }))).toBe('cart_empty')
      expect(await outcomeOf(shop.checkout(process, 'K'))).toBe('cart_empty')
    })

    test('answers its refusal for stock', async () => {
      const shop = createShop()
      await shop.add(apples, 2)
      shop.orders.sellOut()
      const process = shop.processOf()
      const first = await shop.checkout(process, 'k')
      shop.clock.advance(life)
      expect(await shop.checkout(process, 'k')).toEqual({ ...first, replayed: true })
    })

    test('is not called an empty cart’s while nobody can say', async () => {
      const { shop, process } = await aDayLater()
      shop.orders.script('refused', 'running')
      expect(await outcomeOf(shop.checkout(process, 'k'))).toBe('service_unavailable')
      expect(await outcomeOf(shop.checkout(process, 'k'))).toBe('request_in_progress')
      expect(await outcomeOf(shop.checkout(process, 'k'))).toBe('200')
    })
  })
})

describe('an order service that fails', () => {
  test('and was not reached leaves cart and key as they were', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const process = shop.processOf()
    shop.orders.script('refused')
    expect(await outcomeOf(shop.checkout(process, 'k'))).toBe('service_unavailable')
    expect(quantities(await shop.linesNow())).toEqual([[apples, 2]])
    await shop.expectSettled()
    // The key is free: even another body may take it.
    const answer = await shop.checkout(process, 'k', { fingerprint: 'other' })
    expect(answer).toMatchObject({ status: 200, replayed: false })
    await shop.expectSettled()
  })

  for (const mishap of ['request lost', 'answer lost'] as const) {
    test(`${mishap}: the checkout stays open and the next request finds its one order`, async () => {
      const shop = createShop()
      await shop.add(apples, 2)
      const process = shop.processOf()
      shop.orders.script(mishap)
      expect(await outcomeOf(shop.checkout(process))).toBe('outcome_unknown')
      expect((await shop.store.load(shop.user)).open).not.toBeNull()
      await shop.add(pears, 1)
      expect(await shop.checkout(process)).toMatchObject({ status: 200, replayed: true })
      expect(quantities(await shop.linesNow())).toEqual([[pears, 1]])
      expect(shop.orders.made.size).toBe(1)
      await shop.expectSettled()
    })

    test(`${mishap}: the sweeper settles it, and the key then answers the order`, async () => {
      const shop = createShop()
      await shop.add(apples, 2)
      const process = shop.processOf()
      shop.orders.script(mishap, 'refused')
      expect(await outcomeOf(shop.checkout(process, 'k'))).toBe('outcome_unknown')
      expect(await process.sweep()).toBe(0)
      shop.clock.advance(idleAfter)
      // Not reached now is not the same as never reached: the row has to stay.
      expect(await process.sweep()).toBe(1)
      expect((await shop.store.load(shop.user)).open?.attempt).toBe(2)
      expect(await process.sweep()).toBe(0)
      shop.clock.advance(idleAfter)
      expect(await process.sweep()).toBe(1)
      await shop.expectSettled()
      expect(await shop.checkout(process, 'k')).toMatchObject({ status: 200, replayed: true })
      expect(shop.orders.made.size).toBe(1)
    })
  }

  test('a request with another key meanwhile learns that its own order was not begun', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const process = shop.processOf()
    shop.orders.script('request lost', 'request lost')
    await outcomeOf(shop.checkout(process, 'a'))
    expect(await outcomeOf(shop.checkout(process, 'b'))).toBe('service_unavailable')
    expect(await outcomeOf(shop.checkout(process, 'a'))).toBe('200')
    expect(await outcomeOf(shop.checkout(process, 'b'))).toBe('cart_empty')
    await shop.expectSettled()
  })

  test('is not to blame when the end cannot be written: the row stays and tells it later', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const broken = shop.processOf({
      ...shop.store,
      closeCheckout: async () => {
        throw problem('store_unavailable')
      },
    })
    expect(await outcomeOf(shop.checkout(broken, 'k'))).toBe('outcome_unknown')
    expect(await outcomeOf(shop.checkout(shop.processOf(), 'k'))).toBe('200')
    expect(shop.orders.made.size).toBe(1)
    await shop.expectSettled()
  })

  test('that already drives the order is waited for', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const process = shop.processOf()
    shop.orders.script('running')
    expect(await outcomeOf(shop.checkout(process))).toBe('request_in_progress')
    expect(await outcomeOf(shop.checkout(process))).toBe('200')
    await shop.expectSettled()
  })

  test('that refuses for good passes its answer on and does not block the cart', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const process = shop.processOf()
    shop.orders.script('impossible')
    expect(await outcomeOf(shop.checkout(process, 'k'))).toBe('422')
    await shop.expectSettled()
    expect(await outcomeOf(shop.checkout(process, 'k'))).toBe('200')
    await shop.expectSettled()
  })

  test('does not give up a checkout that another process has begun to drive', async () => {
    const shop = createShop()
    await shop.add(apples, 2)
    const release = shop.orders.hold()
    shop.orders.script('refused', 'answer lost')
    const first = outcomeOf(shop.checkout(shop.processOf(), 'k'))
    await until(() => shop.orders.calls() === 1)
    const second = outcomeOf(shop.checkout(shop.processOf(), 'k'))
    await until(() => shop.orders.calls() === 2)
    release()
    expect(await Promise.all([first, second])).toEqual(['outcome_unknown', 'outcome_unknown'])
    expect(await outcomeOf(shop.checkout(shop.processOf(), 'k'))).toBe('200')
    expect(shop.orders.made.size).toBe(1)
    await shop.expectSettled()
  })
})

test('the sweeper leaves a checkout to the request that drives it', async () => {
  const shop = createShop()
  await shop.add(apples, 2)
  const process = shop.processOf()
  const release = shop.orders.hold()
  const first = shop.checkout(process)
  await until(() => shop.orders.calls() === 1)
  shop.clock.advance(idleAfter)
  expect(await process.sweep()).toBe(0)
  release()
  await first
  expect(shop.orders.calls()).toBe(1)
  await shop.expectSettled()
})

test('checkouts that are being driven do not keep the sweeper from those that are not', async () => {
  const shop = createShop()
  const [busy, other] = [shop.processOf(), shop.processOf()]
  const release = shop.orders.hold()
  const driven = Array.from({ length: 70 }, async () => {
    const user = newId<UserId>()
    await shop.add(apples, 1, user)
    return shop.checkout(busy, null, { user })
  })
  await until(() => shop.orders.calls() === driven.length)
  shop.clock.advance(1)
  await shop.add(pears, 1)
  const left = shop.checkout(other)
  await until(() => shop.orders.calls() === driven.length + 1)
  shop.clock.advance(idleAfter)
  const sweep = busy.sweep()
  await until(() => shop.orders.calls() === driven.length + 2)
  release()
  expect(await sweep).toBe(1)
  await Promise.all([...driven, left])
  await shop.expectSettled()
})

test('where checkouts take long, sweepers leave them alone for longer', async () => {
  const shop = createShop()
  const [slow, other] = [shop.processOf(), shop.processOf()]
  /** A checkout that waits for the order service until it is released. */
  const begin = async (process: Checkouts) => {
    await shop.add(apples, 1)
    const release = shop.orders.hold()
    const before = shop.orders.calls()
    const driven = shop.checkout(process)
    await until(() => shop.orders.calls() === before + 1)
    return { release, driven }
  }
  for (let count = 0; count < 10; count++) {
    const { release, driven } = await begin(slow)
    shop.clock.advance(1_400)
    release()
    await driven
  }
  const { release, driven } = await begin(other)
  const before = shop.orders.calls()
  shop.clock.advance(idleAfter)
  expect(await slow.sweep()).toBe(0)
  shop.clock.advance(idleAfter)
  const sweep = slow.sweep()
  await until(() => shop.orders.calls() === before + 1)
  release()
  expect(await sweep).toBe(1)
  await driven
  await shop.expectSettled()
})

test('a checkout that is not admitted has begun nothing', async () => {
  const shop = createShop()
  await shop.add(apples, 2)
  const refusing = shop.processOf(shop.store, shop.orders, async () => {
    throw problem('overloaded', { retryAfter: 1 })
  })
  expect(await outcomeOf(shop.checkout(refusing, 'k'))).toBe('overloaded')
  expect(shop.orders.calls()).toBe(0)
  expect((await shop.store.load(shop.user)).open).toBeNull()
  // Who joins what another one has begun needs no place.
  const release = shop.orders.hold()
  const first = shop.checkout(shop.processOf(), 'k')
  await until(() => shop.orders.calls() === 1)
  const second = shop.checkout(refusing, 'k')
  release()
  expect((await first).body).toBe((await second).body)
  expect(shop.orders.made.size).toBe(1)
  await shop.expectSettled()
})

test('one sweep settles all that a crash has left, however many', async () => {
  const shop = createShop()
  const process = shop.processOf()
  const shoppers = Array.from({ length: 150 }, () => newId<UserId>())
  for (const user of shoppers) {
    await shop.add(apples, 1, user)
    shop.orders.script('answer lost')
    expect(await outcomeOf(shop.checkout(process, null, { user }))).toBe('outcome_unknown')
  }
  shop.clock.advance(idleAfter)
  expect(await process.sweep()).toBe(shoppers.length)
  expect((await shop.store.openCheckouts(shop.clock.now())).count).toBe(0)
  expect(shop.orders.made.size).toBe(shoppers.length)
})

const quantities = (lines: readonly { productId: ProductId; quantity: number }[]) =>
  lines.map((line) => [line.productId, line.quantity] as const)

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
