/** How what is over ends in SQLite: reservations that the catalog may forget, answers, rejected orders. */
import type { Database } from '../../core/sqlite/database.ts'
import type { OrderId } from '../../core/values/ids.ts'
import type { Millis } from '../../core/values/time.ts'
import {
  rejectedLife,
  reservationLife,
  type OutboxEntry,
  type RetentionStore,
  type SettledReservation,
} from './store.ts'

export interface SqliteRetention {
  /** Notes that an entry's reservation has ended, in the transaction that drops the entry. */
  ended(entry: OutboxEntry, now: Millis): void
  readonly store: RetentionStore
}

export function sqliteRetention(database: Database): SqliteRetention {
  const addSettled = database.statement<[OrderId, OrderId, number, number]>(
    `INSERT INTO settled_reservations (order_id, reservation_id, sequence, forget_at)
     VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    'add_settled_reservation',
  )
  const settled = database.statement<[Millis, number], SettledReservation>(
    `SELECT order_id AS orderId, reservation_id AS reservation, sequence
     FROM settled_reservations WHERE forget_at <= ? ORDER BY forget_at LIMIT ?`,
    'list_settled_reservations',
  )
  const dropSettled = database.statement<[OrderId, OrderId]>(
    'DELETE FROM settled_reservations WHERE order_id = ? AND reservation_id = ?',
    'drop_settled_reservation',
  )
  // Only once nothing of it is left to deliver or to forget; when it is begun again it is taken back.
  const setDropAt = database.statement<[at: number, OrderId]>(
    `UPDATE orders SET drop_at = ?1 WHERE id = ?2 AND status = 'REJECTED'
       AND NOT EXISTS (SELECT 1 FROM outbox WHERE order_id = ?2)
       AND NOT EXISTS (SELECT 1 FROM settled_reservations WHERE order_id = ?2)`,
    'set_order_drop_at',
  )
  const dropRejected = database.statement<[Millis, number]>(
    `DELETE FROM orders WHERE id IN
       (SELECT id FROM orders WHERE drop_at <= ? ORDER BY drop_at LIMIT ?)`,
    'drop_rejected_orders',
  )
  const forgetAnswers = database.statement<[Millis, number]>(
    `UPDATE orders SET answer_status = NULL, answer_body = NULL, answer_until = NULL
     WHERE id IN (SELECT id FROM orders WHERE answer_until <= ? LIMIT ?)`,
    'forget_answers',
  )

  return {
    ended({ orderId, sequence, effect }, now) {
      if (effect.kind === 'notify') return
      addSettled.run(orderId, effect.reservation ?? orderId, sequence, now + reservationLife)
    },
    store: {
      reservationsToForget: async (now, limit) => settled.all(now, limit),
      forgotten: (reservations, at) =>
        database.write(() => {
          for (const { orderId, reservation } of reservations) {
            dropSettled.run(orderId, reservation)
            setDropAt.run(at + rejectedLife, orderId)
          }
        }),
      dropRejected: (now, limit) => database.write(() => dropRejected.run(now, limit).changes),
      forgetAnswers: (now, limit) => database.write(() => forgetAnswers.run(now, limit).changes),
    },
  }
}
