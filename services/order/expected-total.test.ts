/** Orders at an expected total: at that total or not at all, and a refusal decides nothing for good. */
import { join } from 'node:path'
import { describe, expect, test } from 'bun:test'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { newTrace } from '../../core/resilience/trace-context.ts'
import { newId, type ProductId, type UserId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { manualClock } from '../../core/values/time.ts'
import type { Placed, Placement } from './placing.ts'
import { crashingAt, leaseTime, place, placementOf, processOf, type Shop } from './saga.fixture.ts'
import { createStockModel, type StockModel } from './stock.model.ts'
import { openSqliteOrderStore } from './store.sqlite.ts'

const buyer = newId<UserId>()
const apples = newId<ProductId>()

interface World extends Shop {
  readonly stock: StockModel
}

/** Apples cost 1.00 until somebody says otherwise. */
function world(available = 10): World {
  const clock = manualClock(1_800_000_000_000)
  const path = join(temporaryFolder('expected-total'), 'order.db')
  return {
    clock,
    store: openSqliteOrderStore({ path, clock }),
    stock: createStockModel(new Map([[apples, available]])),
  }
}

/** Two apples at a total, as somebody orders them who saw them at `seen`. */
function at(
  expected: number | null,
  key: string | null,
  seen: number | null = 100,
  origin?: Placement['origin'],
): Placement {
  const placement = placementOf(buyer, apples, key, 2, origin)
  return {
    ...placement,
    fingerprint: `two at ${expected}`,
    expectedTotal: expected === null ? null : minor(expected),
    lines: placement.lines.map((line) => ({
      ...line,
      ...(seen !== null && { seenPrice: minor(seen) }),
    })),
  }
}

/** Status and body of an answer. */
function answerOf(placed: Placed): { status: number; [field: string]: unknown } {
  if (placed.kind !== 'answer') throw new Error(`Expected an answer, got ${placed.kind}.`)
  // Both answers are JSON objects.
  return { ...(JSON.parse(placed.answer.body) as object), status: placed.answer.status }
}

describe('an order at an expected total', () => {
  test('is placed where the total is the expected one', async () => {
    const shop = world()
    const process = processOf(shop, shop.store, shop.stock)
    expect(answerOf(await place(process, at(200, 'k'), shop))).toMatchObject({
      status: 200,
      total: 2,
    })
    expect(shop.stock.available.get(apples)).toBe(8)
  })

  test('is refused where it is another one: old and new price, nothing spent, the stock back', async () => {
    const shop = world()
    const process = processOf(shop, shop.store, shop.stock)
    shop.stock.price = minor(19_998)
    const refused = await place(process, at(200, 'k'), shop)
    expect(answerOf(refused)).toMatchObject({
      status: 409,
      code: 'price_changed',
      expected_total: 2,
      total: 399.96,
      lines: [{ product_id: apples, old: 1, new: 199.98 }],
    })
    await process.outbox.idle()
    expect(shop.stock.available.get(apples)).toBe(10)
    expect(await shop.store.spending(buyer)).toBe(minor(0))
    shop.stock.expectInvariant()
  })

  test('lists every line where it is not known what the buyer saw, and none whose price is the same', async () => {
    const shop = world()
    const process = processOf(shop, shop.store, shop.stock)
    expect(answerOf(await place(process, at(150, 'unknown', null), shop))).toMatchObject({
      lines: [{ product_id: apples, old: null, new: 1 }],
    })
    expect(answerOf(await place(process, at(150, 'same'), shop))).toMatchObject({
      code: 'price_changed',
      total: 2,
      lines: [],
    })
  })

  test('leaves the key free: the same key orders at the new total, once', async () => {
    const shop = world(2)
    const process = processOf(shop, shop.store, shop.stock)
    shop.stock.price = minor(300)
    expect(answerOf(await place(process, at(200, 'k'), shop)).status).toBe(409)
    // At once: it waits until the two apples, which are all there are, have come back.
    const again = await Promise.all([
      place(process, at(600, 'k', 300), shop),
      place(process, at(600, 'k', 300), shop),
    ])
    expect(again.map((each) => answerOf(each).status)).toEqual([200, 200])
    expect(new Set(again.map((each) => answerOf(each)['id'])).size).toBe(1)
    expect(await shop.store.spending(buyer)).toBe(minor(600))
    expect(shop.stock.available.get(apples)).toBe(0)
    // The key stands for that order now.
    expect(await place(process, at(600, 'k', 300), shop)).toMatchObject({ replayed: true })
    await expect(place(process, at(700, 'k', 300), shop)).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    })
  })

  test('may be refused again and again, each time with a reservation of its own', async () => {
    const shop = world()
    const process = processOf(shop, shop.store, shop.stock)
    for (let round = 0; round < 5; round++) {
      expect(answerOf(await place(process, at(7, 'k'), shop))['code']).toBe('price_changed')
    }
    expect(answerOf(await place(process, at(200, 'k'), shop)).status).toBe(200)
    await process.outbox.idle()
    expect(shop.stock.available.get(apples)).toBe(8)
    shop.stock.expectInvariant()
  })

  test('that was begun again is sold, or given back, by its own reservation', async () => {
    const shop = world()
    const process = processOf(shop, shop.store, shop.stock)
    await place(process, at(7, 'k'), shop)
    const { id } = answerOf(await place(process, at(200, 'k'), shop))
    expect(shop.stock.available.get(apples)).toBe(8)
    const orderId = at(200, 'k').orderId
    expect(id).toBe(orderId)
    await process.moves.move(orderId, 'CANCELLED', {
      kind: 'user',
      id: buyer,
      role: 'user',
    } as never)
    await process.outbox.idle()
    expect(shop.stock.available.get(apples)).toBe(10)
    expect(await shop.store.spending(buyer)).toBe(minor(0))
    shop.stock.expectInvariant()
  })

  test('is not found by its key while it is refused', async () => {
    const shop = world()
    const { placing, ...process } = processOf(shop, shop.store, shop.stock)
    const placement = at(7, 'k')
    await place({ placing }, placement, shop)
    await process.outbox.idle()
    expect(
      await placing.find(placement.orderId, deadlineIn(8_000, shop.clock), newTrace()),
    ).toBeNull()
  })

  test('waits for the stock of a refusal that is not back yet, as long as its deadline lets it', async () => {
    const shop = world()
    const unreachable = {
      ...shop.stock,
      finish: () => Promise.reject(new Error('The catalog is down.')),
    }
    const process = processOf(shop, shop.store, unreachable)
    await place(process, at(7, 'k'), shop)
    await expect(place(process, at(200, 'k'), shop)).rejects.toMatchObject({
      code: 'request_in_progress',
    })
    const healed = processOf(shop, shop.store, shop.stock)
    shop.clock.advance(5_000)
    await healed.outbox.sweep()
    await healed.outbox.idle()
    expect(answerOf(await place(healed, at(200, 'k'), shop)).status).toBe(200)
    expect(shop.stock.available.get(apples)).toBe(8)
  })
})

describe('a crash anywhere between a refusal and the next try with its key', () => {
  for (const key of ['k', null]) {
    const origin = key === null ? { kind: 'cart' as const, checkoutId: newId<never>() } : undefined
    test(`leaves one order at the right total, ${key === null ? 'of a cart' : 'with a key'}`, async () => {
      let crashes = 0
      for (let step = 1; ; step++) {
        let crashed = false
        for (const effect of ['before', 'after'] as const) {
          const shop = world()
          const broken = crashingAt(shop, step, effect)
          const first = processOf(shop, broken.store, broken.stock)
          // The row of a cart's order is known by its checkout.
          const wrong = at(7, key, 100, origin)
          const right = { ...at(200, key, 100, origin), orderId: wrong.orderId }
          await place(first, wrong, shop).catch(() => {})
          await first.outbox.idle()
          await place(first, right, shop).catch(() => {})
          await first.outbox.idle()
          crashed ||= broken.crashed()

          shop.clock.advance(leaseTime)
          const second = processOf(shop, shop.store, shop.stock)
          await second.placing.sweep()
          shop.clock.advance(5_000)
          await second.outbox.sweep()
          await second.outbox.idle()
          expect(answerOf(await place(second, right, shop))).toMatchObject({
            status: 200,
            total: 2,
          })
          await second.outbox.idle()
          expect(shop.stock.available.get(apples)).toBe(8)
          expect(await shop.store.spending(buyer)).toBe(minor(200))
          expect(await shop.store.undelivered(right.orderId)).toEqual([])
          shop.stock.expectInvariant()
          await shop.store.close()
        }
        if (!crashed) break
        crashes++
      }
      expect(crashes).toBeGreaterThanOrEqual(10)
    })
  }
})
