/** The saga under duplicates, races and crashes between all of its steps. */
import { join } from 'node:path'
import { describe, expect, test } from 'bun:test'
import { alwaysWanted } from '../../core/http/wanted.ts'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { Problem } from '../../core/http/problem.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { newTrace } from '../../core/resilience/trace-context.ts'
import { newId, type ProductId, type UserId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import type { Placement } from './placing.ts'
import * as saga from './saga.fixture.ts'
import { crashingAt, leaseTime, processOf, type Shop } from './saga.fixture.ts'
import type { Stock } from './stock.ts'
import { createStockModel, type StockModel } from './stock.model.ts'
import { openSqliteOrderStore } from './store.sqlite.ts'
import type { OrderStore } from './store.ts'

const buyer = newId<UserId>()
const apples = newId<ProductId>()

interface World extends Shop {
  readonly stock: StockModel
}

function world(available: number): World {
  const clock = manualClock(1_800_000_000_000)
  const path = join(temporaryFolder('placing'), 'order.db')
  return {
    clock,
    store: openSqliteOrderStore({ path, clock }),
    stock: createStockModel(new Map([[apples, available]])),
  }
}

const placementOf = (key: string | null, quantity = 2, origin?: Placement['origin']): Placement =>
  saga.placementOf(buyer, apples, key, quantity, origin)

const place = (placing: saga.Process['placing'], placement: Placement, shop: World) =>
  saga.place({ placing }, placement, shop)

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'no error'
  } catch (error) {
    return error instanceof Problem ? error.code : String(error)
  }
}

describe('placing an order', () => {
  test('reserves the stock and answers the created order', async () => {
    const shop = world(10)
    const { placing } = processOf(shop, shop.store, shop.stock)
    const placement = placementOf('k')
    const placed = await place(placing, placement, shop)
    if (placed.kind !== 'answer') throw new Error('Expected a first answer.')
    expect(placed).toMatchObject({ replayed: false, answer: { status: 200 } })
    expect(JSON.parse(placed.answer.body)).toMatchObject({
      id: placement.orderId,
      status: 'CREATED',
      total: 2,
      items: [{ product_id: apples, quantity: 2, price: 1 }],
    })
    expect(shop.stock.available.get(apples)).toBe(8)
    shop.stock.expectInvariant()
  })

  test('answers 409 with the short lines, keeps that answer and reserves nothing', async () => {
    const shop = world(1)
    const { placing } = processOf(shop, shop.store, shop.stock)
    const first = await place(placing, placementOf('k'), shop)
    const second = await place(placing, placementOf('k'), shop)
    if (first.kind !== 'answer' || second.kind !== 'answer') throw new Error('Expected answers.')
    expect(first.answer.status).toBe(409)
    expect(JSON.parse(first.answer.body)).toMatchObject({
      code: 'out_of_stock',
      lines: [{ product_id: apples, requested: 2, available: 1 }],
    })
    expect(second.answer).toEqual(first.answer)
    expect(second.replayed).toBe(true)
    expect(shop.stock.available.get(apples)).toBe(1)
  })

  test('100 equal requests with one key make one order and get equal bytes', async () => {
    const shop = world(1_000)
    const { placing } = processOf(shop, shop.store, shop.stock)
    const all = await Promise.all(
      Array.from({ length: 100 }, () => place(placing, placementOf('k'), shop)),
    )
    const bodies = new Set(
      all.map((each) => (each.kind === 'answer' ? each.answer.body : each.kind)),
    )
    expect(bodies.size).toBe(1)
    expect(all.filter((each) => each.kind === 'answer' && !each.replayed)).toHaveLength(1)
    expect(shop.stock.available.get(apples)).toBe(998)
    expect(await shop.store.spending(buyer)).toBe(minor(200))
  })

  test('the same key with another body is refused, before and after the order is made', async () => {
    const shop = world(10)
    const { placing } = processOf(shop, shop.store, shop.stock)
    const running = place(placing, placementOf('k', 2), shop)
    expect(await codeOf(place(placing, placementOf('k', 3), shop))).toBe('idempotency_key_reused')
    await running
    expect(await codeOf(place(placing, placementOf('k', 3), shop))).toBe('idempotency_key_reused')
    expect(shop.stock.available.get(apples)).toBe(8)
  })

  test('200 buyers at once for 50 units make exactly 50 orders', async () => {
    const shop = world(50)
    const { placing } = processOf(shop, shop.store, shop.stock)
    const all = await Promise.all(
      Array.from({ length: 200 }, () => place(placing, placementOf(null, 1), shop)),
    )
    const statuses = all.map((each) => (each.kind === 'answer' ? each.answer.status : 0))
    expect(statuses.filter((status) => status === 200)).toHaveLength(50)
    expect(statuses.filter((status) => status === 409)).toHaveLength(150)
    expect(shop.stock.available.get(apples)).toBe(0)
    shop.stock.expectInvariant()
  })

  test('a day later the same key answers the order as it is now and makes no second one', async () => {
    const shop = world(10)
    const { placing } = processOf(shop, shop.store, shop.stock)
    await place(placing, placementOf('k'), shop)
    shop.clock.advance(86_400_000)
    const later = await place(placing, placementOf('k'), shop)
    expect(later).toMatchObject({ kind: 'current', order: { status: 'CREATED' } })
    expect(shop.stock.available.get(apples)).toBe(8)
  })

  test('an order is found by its id as a retry would find it, and none is made by looking', async () => {
    const shop = world(10)
    const { placing } = processOf(shop, shop.store, shop.stock)
    const { orderId } = placementOf('k')
    const find = () => placing.find(orderId, deadlineIn(8_000, shop.clock), newTrace())
    expect(await find()).toBeNull()
    expect(await shop.store.find(orderId)).toBeNull()
    const first = await place(placing, placementOf('k'), shop)
    if (first.kind !== 'answer') throw new Error('Expected a first answer.')
    expect(await find()).toEqual({ ...first, replayed: true })
    shop.clock.advance(86_400_000)
    expect(await find()).toMatchObject({ kind: 'current', order: { id: orderId } })
    expect(shop.stock.available.get(apples)).toBe(8)
  })

  test('an order that was left half placed is settled by whoever looks for it', async () => {
    const shop = world(10)
    const down: Stock = { ...shop.stock, reserve: () => Promise.reject(new Error('down')) }
    const broken = processOf(shop, shop.store, down)
    await codeOf(place(broken.placing, placementOf('k'), shop))
    const { placing } = processOf(shop, shop.store, shop.stock)
    const look = placing.find(placementOf('k').orderId, deadlineIn(8_000, shop.clock), newTrace())
    expect(await look).toMatchObject({ kind: 'answer', answer: { status: 200 } })
    shop.stock.expectInvariant()
  })

  test('while the catalog is down the outcome is unknown, and a retry with the key settles it', async () => {
    const shop = world(10)
    const down: Stock = { ...shop.stock, reserve: () => Promise.reject(new Error('down')) }
    const broken = processOf(shop, shop.store, down)
    expect(await codeOf(place(broken.placing, placementOf('k'), shop))).toBe('outcome_unknown')
    const { placing } = processOf(shop, shop.store, shop.stock)
    const retried = await place(placing, placementOf('k'), shop)
    expect(retried).toMatchObject({ kind: 'answer', answer: { status: 200 } })
    expect(shop.stock.available.get(apples)).toBe(8)
  })

  test('a renewal that arrives after the lease was let go keeps nobody waiting', async () => {
    const shop = world(10)
    let owner = ''
    const down: Stock = { ...shop.stock, reserve: () => Promise.reject(new Error('down')) }
    const watched: OrderStore = {
      ...shop.store,
      insertPending(order) {
        owner = order.lease.owner
        return shop.store.insertPending(order)
      },
    }
    const placement = placementOf('k')
    const broken = processOf(shop, watched, down)
    expect(await codeOf(place(broken.placing, placement, shop))).toBe('outcome_unknown')
    const late = millis(shop.clock.now() + 2 * leaseTime)
    expect(await shop.store.renewLease(placement.orderId, owner, late)).toBe(false)
    shop.clock.advance(500)
    const { placing } = processOf(shop, shop.store, shop.stock)
    expect(await placing.sweep()).toBe(1)
    expect((await shop.store.find(placement.orderId))?.kind).toBe('order')
  })

  test('an order past the largest total is refused, gives its stock back and leaves the key free', async () => {
    const most = 999_999_999
    const shop = world(3 * most)
    const { placing, outbox } = processOf(shop, shop.store, shop.stock)
    const refused = await place(placing, placementOf('k', most + 1), shop)
    if (refused.kind !== 'answer') throw new Error('Expected an answer.')
    expect(JSON.parse(refused.answer.body)).toMatchObject({ code: 'order_too_large', status: 409 })
    await outbox.idle()
    expect(shop.stock.available.get(apples)).toBe(3 * most)
    const made = await place(placing, placementOf('k', most), shop)
    expect(made).toMatchObject({ kind: 'answer', answer: { status: 200 } })
    expect(await shop.store.spending(buyer)).toBe(minor(100 * most))
    shop.stock.expectInvariant()
  })

  test('an owner that lost its lease answers what the new owner stored', async () => {
    const shop = world(10)
    const gate = Promise.withResolvers<void>()
    const slow: Stock = {
      ...shop.stock,
      reserve: async (...args) => {
        const outcome = await shop.stock.reserve(...args)
        await gate.promise
        return outcome
      },
    }
    const late = place(processOf(shop, shop.store, slow).placing, placementOf('k'), shop)
    await new Promise((resolve) => setTimeout(resolve, 20))
    shop.clock.advance(leaseTime)
    const { placing } = processOf(shop, shop.store, shop.stock)
    const taken = await place(placing, placementOf('k'), shop)
    gate.resolve()
    const answered = await late
    if (taken.kind !== 'answer' || answered.kind !== 'answer') throw new Error('Expected answers.')
    expect(answered.answer).toEqual(taken.answer)
    expect(await shop.store.spending(buyer)).toBe(minor(200))
    shop.stock.expectInvariant()
  })

  test('a reservation that arrives after its order was given up takes nothing', async () => {
    const shop = world(10)
    const reached = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const slow: Stock = {
      ...shop.stock,
      reserve: async (...args) => {
        reached.resolve()
        await gate.promise
        return shop.stock.reserve(...args)
      },
    }
    const placement = placementOf(null)
    const late = place(processOf(shop, shop.store, slow).placing, placement, shop)
    await reached.promise
    shop.clock.advance(leaseTime)
    const { placing, outbox } = processOf(shop, shop.store, shop.stock)
    expect(await placing.sweep()).toBe(1)
    await outbox.idle()
    gate.resolve()
    expect(await codeOf(late)).toBe('outcome_unknown')
    expect(shop.stock.available.get(apples)).toBe(10)
    expect((await shop.store.find(placement.orderId))?.kind).toBe('rejected')
    shop.stock.expectInvariant()
  })
})

describe('a crash between any two steps', () => {
  const cases = [
    { title: 'with a key', key: 'k', origin: { kind: 'direct' as const }, available: 10 },
    {
      title: 'of a cart checkout without a key',
      key: null,
      origin: { kind: 'cart' as const, checkoutId: newId<never>() },
      available: 10,
    },
    {
      title: 'direct and without a key',
      key: null,
      origin: { kind: 'direct' as const },
      available: 10,
    },
    {
      title: 'for which the stock is short',
      key: 'k',
      origin: { kind: 'direct' as const },
      available: 1,
    },
  ]
  for (const { title, key, origin, available } of cases) {
    test(`leaves one outcome for an order ${title}`, async () => {
      let crashes = 0
      for (let step = 1; step <= 8; step++) {
        for (const effect of ['before', 'after'] as const) {
          const shop = world(available)
          const crashing = crashingAt(shop, step, effect)
          const doomed = processOf(shop, crashing.store, crashing.stock)
          const placement = placementOf(key, 2, origin)
          const acknowledged = await place(doomed.placing, placement, shop).then(
            (placed) => placed,
            () => null,
          )
          await doomed.outbox.idle()
          if (crashing.crashed()) crashes++

          // A new process over what the dead one left behind.
          shop.clock.advance(leaseTime)
          const { placing, outbox } = processOf(shop, shop.store, shop.stock)
          await placing.sweep()
          shop.clock.advance(5_000)
          await outbox.sweep()
          await outbox.idle()

          const row = await shop.store.find(placement.orderId)
          shop.stock.expectInvariant()
          expect(row?.kind).not.toBe('pending')
          const made = row?.kind === 'order'
          expect(shop.stock.stateOf(placement.orderId)).toBe(
            made ? 'reserved' : row === null ? undefined : 'released',
          )
          expect(shop.stock.available.get(apples)).toBe(available - (made ? 2 : 0))
          expect(await shop.store.spending(buyer)).toBe(minor(made ? 200 : 0))
          expect(await shop.store.undelivered(placement.orderId)).toEqual([])
          if (acknowledged?.kind === 'answer') {
            expect(made).toBe(acknowledged.answer.status === 200)
          }

          // What is known to somebody is never rolled back, and asking again changes nothing.
          const known = key !== null || origin.kind === 'cart'
          if (known && row !== null) expect(made).toBe(available >= 2)
          if (known) {
            const again = await place(placing, placement, shop)
            expect(again.kind === 'answer' && again.answer.status).toBe(available >= 2 ? 200 : 409)
            shop.stock.expectInvariant()
            expect(
              await shop.store.listOfUser(buyer, {
                limit: 9,
                after: null,
                restedAfter: null,
                wanted: alwaysWanted,
              }),
            ).toHaveLength(available >= 2 ? 1 : 0)
          }
          await shop.store.close()
        }
      }
      // Each case really was cut at several places.
      expect(crashes).toBeGreaterThanOrEqual(8)
    })
  }
})
