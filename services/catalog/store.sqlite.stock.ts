/** Stock and reservations in SQLite: every operation is one transaction, all of its lines or none. */
import { inSlices } from '../../core/resilience/in-slices.ts'
import type { Database } from '../../core/sqlite/database.ts'
import { chunks } from '../../core/values/chunks.ts'
import type { OrderId, ProductId } from '../../core/values/ids.ts'
import type { Minor } from '../../core/values/money.ts'
import type { Clock, Millis } from '../../core/values/time.ts'
import {
  commitObstacle,
  refuseLate,
  releaseObstacle,
  repeatedReserve,
  type Reservation,
  type ReservationState,
} from './stock.ts'
import type { OrderLine, ReservedLine, ShortLine, Stock, StockStore } from './store.ts'

/** Products whose counters are added up at once: a millisecond of the event loop. */
const sumsPerSlice = 5_000
/** Orders that are forgotten in one transaction: some milliseconds with a hundred lines each. */
const forgottenAtOnce = 20

interface SalableRow {
  readonly name: string
  readonly price: Minor
}

/**
 * The pieces of a product move between its counters; `stocked` changes with a delivery alone:
 *
 * ```
 *   available --reserve--> reserved --commit--> sold
 *       ^                     |
 *       +-------release-------+
 * ```
 *
 * As an order's lines are reserved in one transaction or not at all, its fence is one row, whatever
 * its lines were: a release puts it in the place of what was reserved.
 */
export function sqliteStock(db: Database, clock: Clock): StockStore {
  const stock = db.statement<[ProductId], Stock>(
    'SELECT stocked, available, reserved, sold FROM stock WHERE product_id = ?',
    'get_stock',
  )
  const salable = db.statement<[ProductId], SalableRow>(
    'SELECT name, price_minor AS price FROM products WHERE id = ? AND deleted = 0',
    'find_salable',
  )
  const held = db.statement<[OrderId], Reservation>(
    `SELECT product_id AS productId, quantity, name, price_minor AS price, state
       FROM reservations WHERE order_id = ? ORDER BY product_id`,
    'list_reservations',
  )
  const insert = db.statement<[OrderId, ProductId, number, string, Minor, ReservationState]>(
    'INSERT INTO reservations VALUES (?, ?, ?, ?, ?, ?)',
    'insert_reservation',
  )
  const settle = db.statement<[ReservationState, OrderId, ProductId]>(
    'UPDATE reservations SET state = ? WHERE order_id = ? AND product_id = ?',
    'settle_reservation',
  )
  const dropReserved = db.statement<[OrderId]>(
    `DELETE FROM reservations WHERE order_id = ? AND state = 'reserved'`,
    'drop_reserved',
  )
  const dropSettled = db.statement<[OrderId]>(
    `DELETE FROM reservations WHERE order_id = ? AND state != 'reserved'`,
    'drop_settled',
  )
  const fence = db.statement<[OrderId], { order_id: OrderId }>(
    'SELECT order_id FROM fences WHERE order_id = ?',
    'get_fence',
  )
  const addFence = db.statement<[OrderId]>('INSERT INTO fences VALUES (?)', 'add_fence')
  const dropFence = db.statement<[OrderId]>('DELETE FROM fences WHERE order_id = ?', 'drop_fence')
  const take = db.statement<[number, ProductId]>(
    'UPDATE stock SET available = available - ?1, reserved = reserved + ?1 WHERE product_id = ?2',
    'reserve_stock',
  )
  const sell = db.statement<[number, ProductId]>(
    'UPDATE stock SET reserved = reserved - ?1, sold = sold + ?1 WHERE product_id = ?2',
    'commit_stock',
  )
  const giveBack = db.statement<[number, ProductId]>(
    'UPDATE stock SET reserved = reserved - ?1, available = available + ?1 WHERE product_id = ?2',
    'release_stock',
  )

  const sums = db.statement<[string, number], { wrong: number; last: string | null }>(
    `SELECT count(*) FILTER (WHERE stocked != available + reserved + sold) AS wrong,
            max(product_id) AS last
       FROM (SELECT * FROM stock WHERE product_id > ? ORDER BY product_id LIMIT ?)`,
    'check_stock',
  )

  /** The reserved ones among an order's lines, which alone have something to move. */
  const open = (rows: readonly Reservation[], lines: readonly OrderLine[]): Reservation[] => {
    const wanted = new Set(lines.map(({ productId }) => productId))
    return rows.filter((row) => row.state === 'reserved' && wanted.has(row.productId))
  }

  /** Runs one operation as one transaction, unless it comes too late by then. */
  const change = <T>(asked: Millis | undefined, command: () => T): Promise<T> => {
    const at = asked ?? clock.now()
    return db.write(() => {
      refuseLate(at, clock.now())
      return command()
    })
  }

  const isFenced = (order: OrderId): boolean => fence.get(order) !== undefined

  return {
    reserve: (order, lines, asked) =>
      change(asked, () => {
        if (isFenced(order)) return { kind: 'released' }
        const rows = held.all(order)
        if (rows.length > 0) return repeatedReserve(rows, lines)
        const reserved: ReservedLine[] = []
        const short: ShortLine[] = []
        for (const { productId, quantity } of lines) {
          const product = salable.get(productId)
          const available = product === undefined ? 0 : (stock.get(productId)?.available ?? 0)
          if (product !== undefined && available >= quantity) {
            reserved.push({ productId, quantity, name: product.name, price: product.price })
          } else short.push({ productId, requested: quantity, available })
        }
        if (short.length > 0) return { kind: 'out_of_stock', lines: short }
        for (const { productId, quantity, name, price } of reserved) {
          take.run(quantity, productId)
          insert.run(order, productId, quantity, name, price, 'reserved')
        }
        return { kind: 'reserved', state: 'reserved', lines: reserved, fresh: true }
      }),
    commit: (order, lines, asked) =>
      change(asked, () => {
        if (isFenced(order)) return { kind: 'released' }
        const rows = held.all(order)
        const obstacle = commitObstacle(rows, lines)
        if (obstacle !== null) return obstacle
        for (const { productId, quantity } of open(rows, lines)) {
          sell.run(quantity, productId)
          settle.run('committed', order, productId)
        }
        return { kind: 'committed' }
      }),
    release: (order, lines, asked) =>
      change(asked, () => {
        if (isFenced(order)) return { kind: 'released' }
        const rows = held.all(order)
        const obstacle = releaseObstacle(rows, lines)
        if (obstacle !== null) return obstacle
        const reserved = rows.filter(({ state }) => state === 'reserved')
        for (const { productId, quantity } of reserved) giveBack.run(quantity, productId)
        if (reserved.length > 0) dropReserved.run(order)
        addFence.run(order)
        return { kind: 'released' }
      }),
    async forget(orders, asked) {
      for (const some of chunks(orders, forgottenAtOnce)) {
        await change(asked, () => {
          for (const order of some) {
            dropSettled.run(order)
            dropFence.run(order)
          }
        })
      }
    },
    stock: (product) => stock.get(product) ?? null,
    async stockViolations() {
      let wrong = 0
      let last: string | null = ''
      await inSlices(() => {
        const slice = sums.get(last ?? '', sumsPerSlice)
        wrong += slice?.wrong ?? 0
        last = slice?.last ?? null
        return last !== null
      })
      return wrong
    },
  }
}
