/** The books of a shop, read behind its back: what was sold must be what was ordered. */
import { expect } from 'bun:test'
import { recordsOf, type Stored } from './readers.ts'
import type { OrderRecord, StockRow } from './records.ts'

export type { OrderRecord, StockRow }

export async function stockOf(shop: Stored, product: string): Promise<StockRow> {
  const row = await recordsOf(shop).stock(product)
  if (row === null) throw new Error(`No stock row of ${product}.`)
  return row
}

/** All rows of orders, the inner states PENDING and REJECTED included. */
export const orderRecords = (shop: Stored): Promise<readonly OrderRecord[]> =>
  recordsOf(shop).orders()

/** Orders that clients can see. */
export const visibleOrders = async (shop: Stored): Promise<readonly OrderRecord[]> =>
  (await orderRecords(shop)).filter(({ status }) => status !== 'PENDING' && status !== 'REJECTED')

/** Consequences that are not delivered yet. */
export const undelivered = (shop: Stored): Promise<number> => recordsOf(shop).undelivered()

/** Open checkouts of all carts. */
export const openCheckouts = (shop: Stored): Promise<number> => recordsOf(shop).openCheckouts()

/** What a user spent, in minor units. */
export const spendingOf = (shop: Stored, user: string): Promise<number> =>
  recordsOf(shop).spending(user)

/** Orders of whose delivery the user service has heard. */
export async function deliveredNotifications(shop: Stored): Promise<ReadonlySet<string>> {
  const rows = await recordsOf(shop).notifications()
  return new Set(rows.filter(({ status }) => status === 'DELIVERED').map((row) => row.order_id))
}

/** `stocked = available + reserved + sold` for every product, and the counters are what reservations say. */
export async function expectStockInvariant(shop: Stored): Promise<void> {
  const { stocks, reservations } = await recordsOf(shop).books()
  const sums = new Map<string, { held: number; committed: number }>()
  for (const { product_id, quantity, state } of reservations) {
    const sum = sums.get(product_id) ?? { held: 0, committed: 0 }
    if (state === 'reserved') sum.held += quantity
    if (state === 'committed') sum.committed += quantity
    sums.set(product_id, sum)
  }
  const broken = stocks
    .map((row) => ({ held: 0, committed: 0, ...row, ...sums.get(row.product_id) }))
    .filter(
      ({ stocked, available, reserved, sold, held, committed }) =>
        stocked !== available + reserved + sold ||
        available < 0 ||
        reserved !== held ||
        sold !== committed,
    )
  expect(broken).toEqual([])
}

/**
 * Once everything has settled: each order's stock is where its status says, and no stock is held for
 * an order that does not stand.
 */
export async function expectStockFollowsOrders(shop: Stored): Promise<void> {
  await expectStockInvariant(shop)
  const reservations = await recordsOf(shop).reservations()
  const held = reservations
    .filter(({ state }) => state !== 'released')
    .map((row) => `${row.order_id} ${row.product_id} ${row.quantity} ${row.state}`)
  const ordered = (await visibleOrders(shop))
    .filter(({ status }) => status !== 'CANCELLED')
    .flatMap((order) =>
      order.lines.map(
        (line) =>
          `${order.id} ${line.productId} ${line.quantity} ${order.status === 'DELIVERED' ? 'committed' : 'reserved'}`,
      ),
    )
  expect(held.sort()).toEqual(ordered.sort())
}

/** Waits until nothing moves any more by itself. */
export const settled = (shop: Stored): Promise<void> =>
  eventually(
    'all orders at rest and all consequences delivered',
    async () =>
      (await orderRecords(shop)).every(({ status }) =>
        /REJECTED|DELIVERED|CANCELLED/.test(status),
      ) && (await undelivered(shop)) === 0,
    120_000,
  )

/** Waits for a condition, and fails with its description when it does not come true. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limit = 20_000,
): Promise<void> {
  const end = Date.now() + limit
  for (;;) {
    const asked = performance.now()
    if (await condition()) return
    if (Date.now() > end) throw new Error(`Waited ${limit} ms in vain for: ${what}.`)
    // Asking may cost a whole scan of tables, which must not be what it waits for.
    await Bun.sleep(Math.max(25, 4 * (performance.now() - asked)))
  }
}
