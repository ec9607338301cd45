/** A cart's whole way to its order on a real node, cut off or left in doubt at every write of the store. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  faultyKeyspace,
  withEvery,
  type FaultyKeyspace,
} from '../../core/cassandra/faulty-keyspace.fixture.ts'
import { openKeyspace, type Keyspace } from '../../core/cassandra/keyspace.ts'
import {
  hasCassandra,
  testKeyspace,
  type TestKeyspace,
} from '../../core/cassandra/keyspace.fixture.ts'
import { newId, type ProductId } from '../../core/values/ids.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { idleAfter } from './checkout.ts'
import { createShop, outcomeOf, type Shop } from './shop.model.ts'
import { migrations, openCassandraCartStore } from './store.cassandra.ts'
import type { CartStore } from './store.ts'

const patience = 600_000
const apples = newId<ProductId>()
const quantity = 2

/**
 * What becomes of a checkout: an order; a refusal for lack of stock; nothing, as the order service was
 * not reached; an order that only a sweeper finds.
 */
const ends = ['made', 'rejected', 'abandoned', 'resumed'] as const
type End = (typeof ends)[number]

/** The conditional writes that make each way. */
const writesOf: Readonly<Record<End, readonly string[]>> = {
  made: ['save_cart', 'touch_cart', 'open_checkout', 'close_checkout'],
  rejected: ['save_cart', 'touch_cart', 'open_checkout', 'close_checkout'],
  abandoned: ['save_cart', 'touch_cart', 'open_checkout', 'abandon_checkout'],
  resumed: ['save_cart', 'touch_cart', 'open_checkout', 'claim_checkout', 'close_checkout'],
}

/** What the buyer is told when all goes well. */
const answers: Readonly<Record<End, string>> = {
  made: '200',
  rejected: '409',
  abandoned: 'service_unavailable',
  resumed: '200',
}

describe.skipIf(!hasCassandra)('a checkout on Cassandra', () => {
  // One clock for all of them: the store's floor of looked-at hints only rises.
  const clock = manualClock(1_800_000_000_000)
  let home: TestKeyspace
  let faulty: FaultyKeyspace
  let healthy: FaultyKeyspace
  const opened: Keyspace[] = []

  beforeAll(async () => {
    home = await testKeyspace(migrations)
    faulty = faultyKeyspace(home.keyspace)
    const second = await openKeyspace(home.options)
    opened.push(second)
    healthy = faultyKeyspace(second)
  }, patience)
  afterAll(async () => {
    await Promise.all(opened.map((keyspace) => keyspace.close()))
    await home?.remove()
  }, patience)

  const open = ({ keyspace }: FaultyKeyspace): Promise<CartStore> =>
    openCassandraCartStore({ keyspace, clock, life: millis(7 * 86_400_000) })

  /** One process takes a cart to its end, as far as it gets; says what the buyer is told. */
  async function go(shop: Shop, end: End, key: string): Promise<string> {
    if (end === 'rejected') shop.orders.sellOut()
    if (end === 'abandoned') shop.orders.script('refused')
    if (end === 'resumed') shop.orders.script('answer lost')
    await shop.add(apples, quantity)
    const { cart } = await shop.store.load(shop.user)
    if (cart === null) throw new Error('A cart that was saved is not there.')
    const look = { at: clock.now(), lines: cart.lines }
    expect(await shop.store.touch(shop.user, cart.revision, look)).toBe(true)
    const process = shop.processOf()
    if (end === 'resumed') {
      await outcomeOf(shop.checkout(process, key))
      clock.advance(idleAfter)
      await process.sweep()
    }
    return outcomeOf(shop.checkout(process, key))
  }

  /** What another process makes of whatever lies about, until nothing is under way. */
  async function sweep(shop: Shop, store: CartStore): Promise<void> {
    const process = shop.processOf(store)
    for (let turn = 0; turn < 3; turn++) {
      clock.advance(idleAfter)
      await process.sweep()
    }
  }

  /** Pieces are in the cart or in the one order, and no checkout is open. */
  async function expectInvariant(shop: Shop, store: CartStore): Promise<number> {
    const { cart, open: checkout } = await store.load(shop.user)
    expect(checkout).toBeNull()
    expect(await store.openCheckouts(clock.now())).toEqual({ count: 0, oldest: millis(0) })
    expect(shop.orders.made.size).toBeLessThanOrEqual(1)
    const ordered = [...shop.orders.made.values()].flatMap(({ lines }) => lines)
    const all = [...ordered, ...(cart?.lines ?? [])]
    return all.reduce((sum, line) => sum + line.quantity, 0)
  }

  for (const end of ends) {
    for (const effect of ['before', 'after'] as const) {
      test(
        `that is to be ${end} survives a crash ${effect} every write`,
        async () => {
          const names = await withEvery(
            faulty,
            (at) => ({ kind: 'crash', at, effect }),
            () => open(faulty),
            async (dying, at) => {
              const shop = createShop({ clock, store: dying })
              const key = `key ${at}`
              const told = await go(shop, end, key).catch(() => 'crash')

              const store = await open(healthy)
              await sweep(shop, store)
              const pieces = await expectInvariant(shop, store)
              const { cart } = await store.load(shop.user)
              // A cart whose making was not acknowledged is there or is not.
              if (told !== 'crash') expect(cart).not.toBeNull()
              expect(pieces).toBe(cart === null ? 0 : quantity)
              if (told === '200') expect(shop.orders.made.size).toBe(1)

              // The buyer asks the other copy until he is told.
              const final = cart === null ? 'cart_empty' : end === 'rejected' ? '409' : '200'
              const survivor = shop.processOf(store)
              let again = ''
              for (let turn = 0; turn < 3 && again !== final; turn++) {
                again = await outcomeOf(shop.checkout(survivor, key))
              }
              expect(again).toBe(final)
              expect(shop.orders.made.size).toBe(final === '200' ? 1 : 0)
              expect(await expectInvariant(shop, store)).toBe(pieces)
            },
          )
          for (const name of writesOf[end]) expect(names).toContain(name)
        },
        patience,
      )
    }

    for (const outcome of ['done', 'lost', 'late'] as const) {
      test(
        `that is to be ${end} has one outcome when an answer is lost and the write is ${outcome}`,
        async () => {
          const names = await withEvery(
            faulty,
            (at) => ({ kind: 'doubt', at, outcome }),
            () => open(faulty),
            async (store, at) => {
              const shop = createShop({ clock, store })
              expect(await go(shop, end, `key ${at}`)).toBe(answers[end])
              await faulty.quiet()
              const isOrdered = end === 'made' || end === 'resumed'
              expect(shop.orders.made.size).toBe(isOrdered ? 1 : 0)
              // Nothing is left to be done by a sweeper.
              const calls = shop.orders.calls()
              await sweep(shop, store)
              expect(shop.orders.calls()).toBe(calls)
              expect(await expectInvariant(shop, store)).toBe(quantity)
              expect(await shop.linesNow()).toHaveLength(isOrdered ? 0 : 1)
            },
          )
          for (const name of writesOf[end]) expect(names).toContain(name)
        },
        patience,
      )
    }
  }
})
