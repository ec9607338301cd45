/** Reads the stores of a shop behind its back: what was sold must be what was ordered. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'bun:test'
import type { Shop } from './shop.ts'

export interface StockRow {
  readonly stocked: number
  readonly available: number
  readonly reserved: number
  readonly sold: number
}

export interface OrderRecord {
  readonly id: string
  readonly user_id: string
  readonly status: string
  readonly lines: readonly { readonly productId: string; readonly quantity: number }[]
}

function read<T>(
  shop: Shop,
  service: 'catalog' | 'order' | 'cart' | 'user',
  sql: string,
  ...params: string[]
): T[] {
  const database = new DatabaseSync(join(shop.directory, service, `${service}.db`), {
    readOnly: true,
  })
  try {
    // The caller states what its own SQL selects.
    return database.prepare(sql).all(...params) as T[]
  } finally {
    database.close()
  }
}

export function stockOf(shop: Shop, product: string): StockRow {
  const [row] = read<StockRow>(
    shop,
    'catalog',
    'SELECT stocked, available, reserved, sold FROM stock WHERE product_id = ?',
    product,
  )
  if (row === undefined) throw new Error(`No stock row of ${product}.`)
  return row
}

/** All rows of orders, the inner states PENDING and REJECTED included. */
export const orderRecords = (shop: Shop): readonly OrderRecord[] =>
  read<{ id: string; user_id: string; status: string; lines: string }>(
    shop,
    'order',
    'SELECT id, user_id, status, lines FROM orders',
  ).map((row) => ({ ...row, lines: JSON.parse(row.lines) as OrderRecord['lines'] }))

/** Orders that clients can see. */
export const visibleOrders = (shop: Shop): readonly OrderRecord[] =>
  orderRecords(shop).filter(({ status }) => status !== 'PENDING' && status !== 'REJECTED')

/** Consequences that are not delivered yet. */
export const undelivered = (shop: Shop): number =>
  read<{ count: number }>(shop, 'order', 'SELECT count(*) AS count FROM outbox')[0]?.count ?? 0

/** Open checkouts of all carts. */
export const openCheckouts = (shop: Shop): number =>
  read<{ count: number }>(shop, 'cart', 'SELECT count(*) AS count FROM open_checkouts')[0]?.count ??
  0

/** What a user spent, in minor units. */
export const spendingOf = (shop: Shop, user: string): number =>
  read<{ total: number }>(shop, 'order', 'SELECT total FROM spending WHERE user_id = ?', user)[0]
    ?.total ?? 0

/** Orders of whose delivery the user service has heard. */
export const deliveredNotifications = (shop: Shop): ReadonlySet<string> =>
  new Set(
    read<{ order_id: string }>(
      shop,
      'user',
      "SELECT order_id FROM notifications WHERE status = 'DELIVERED'",
    ).map((row) => row.order_id),
  )

/** `stocked = available + reserved + sold` for every product, and the counters are what reservations say. */
export function expectStockInvariant(shop: Shop): void {
  const broken = read(
    shop,
    'catalog',
    `SELECT s.product_id, s.stocked, s.available, s.reserved, s.sold,
       coalesce(sum(CASE r.state WHEN 'reserved' THEN r.quantity END), 0) AS held,
       coalesce(sum(CASE r.state WHEN 'committed' THEN r.quantity END), 0) AS committed
     FROM stock s LEFT JOIN reservations r ON r.product_id = s.product_id
     GROUP BY s.product_id
     HAVING s.stocked != s.available + s.reserved + s.sold OR s.available < 0
       OR s.reserved != held OR s.sold != committed`,
  )
  expect(broken).toEqual([])
}

/**
 * Once everything has settled: each order's stock is where its status says, and no stock is held for
 * an order that does not stand.
 */
export function expectStockFollowsOrders(shop: Shop): void {
  expectStockInvariant(shop)
  const reservations = read<{
    order_id: string
    product_id: string
    quantity: number
    state: string
  }>(shop, 'catalog', 'SELECT order_id, product_id, quantity, state FROM reservations')
  const held = reservations
    .filter(({ state }) => state !== 'released')
    .map((row) => `${row.order_id} ${row.product_id} ${row.quantity} ${row.state}`)
  const ordered = visibleOrders(shop)
    .filter(({ status }) => status !== 'CANCELLED')
    .flatMap((order) =>
      order.lines.map(
        (line) =>
          `${order.id} ${line.productId} ${line.quantity} ${order.status === 'DELIVERED' ? 'committed' : 'reserved'}`,
      ),
    )
  expect(held.sort()).toEqual(ordered.sort())
}

/** Waits for a condition, and fails with its description when it does not come true. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limit = 20_000,
): Promise<void> {
  const end = Date.now() + limit
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`Waited ${limit} ms in vain for: ${what}.`)
    await Bun.sleep(25)
  }
}
