/** An order's row as both stores keep it, and what the rules make of it. */
import type { CheckoutId, OrderId, UserId } from '../../core/values/ids.ts'
import type { Minor } from '../../core/values/money.ts'
import type { Millis } from '../../core/values/time.ts'
import {
  isFinal,
  type Order,
  type OrderLine,
  type OrderStatus,
  type Origin,
  type VisibleStatus,
  type WantedLine,
} from './order.ts'
import type { OrderRow, PendingOrder } from './store.ts'

/** What clients see of an order, and what moves it on. */
export interface VisibleRecord {
  id: OrderId
  user_id: UserId
  status: OrderStatus
  sequence: number
  lines: string
  total: Minor
  created_at: Millis
  updated_at: Millis
  next_at: Millis | null
  delivery_time: Millis
  traceparent: string
  /** Null where it is the order's own id. */
  reservation_id: OrderId | null
}

export interface OrderRecord extends VisibleRecord {
  checkout_id: CheckoutId | null
  idempotency_key: string | null
  fingerprint: string
  expected_total: Minor | null
  instance: string
  lease_owner: string | null
  lease_until: Millis | null
  answer_status: number | null
  answer_body: string | null
  answer_until: Millis | null
}

export function toOrderRow(row: OrderRecord, now: Millis): OrderRow {
  if (row.status === 'PENDING') return { kind: 'pending', ...toPending(row) }
  const { id, user_id: userId, fingerprint } = row
  const known = { id, userId, fingerprint, origin: originOf(row) }
  const expired = row.answer_until !== null && row.answer_until <= now
  const answer =
    row.answer_status === null || row.answer_body === null || expired
      ? null
      : { status: row.answer_status, body: row.answer_body }
  return row.status === 'REJECTED'
    ? {
        kind: 'rejected',
        ...known,
        reservation: reservationOf(row),
        sequence: row.sequence,
        answer,
      }
    : { kind: 'order', ...known, answer, order: toOrder(row) }
}

const reservationOf = (row: VisibleRecord): OrderId => row.reservation_id ?? row.id

const originOf = (row: OrderRecord): Origin =>
  row.checkout_id === null ? { kind: 'direct' } : { kind: 'cart', checkoutId: row.checkout_id }

export function toPending(row: OrderRecord): PendingOrder {
  if (row.lease_owner === null || row.lease_until === null) {
    throw new Error('A pending order has no lease.')
  }
  return {
    id: row.id,
    userId: row.user_id,
    origin: originOf(row),
    key: row.idempotency_key,
    fingerprint: row.fingerprint,
    // Written by `insertPending` from the same type.
    lines: JSON.parse(row.lines) as WantedLine[],
    expectedTotal: row.expected_total,
    reservation: reservationOf(row),
    sequence: row.sequence,
    createdAt: row.created_at,
    deliveryTime: row.delivery_time,
    traceparent: row.traceparent,
    instance: row.instance,
    lease: { owner: row.lease_owner, until: row.lease_until },
  }
}

export const toOrder = (row: VisibleRecord): Order => ({
  id: row.id,
  reservation: reservationOf(row),
  userId: row.user_id,
  // Only rows past PENDING and REJECTED come here.
  status: row.status as VisibleStatus,
  sequence: row.sequence,
  // Written by `accept` from the same type.
  lines: JSON.parse(row.lines) as OrderLine[],
  total: row.total,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  // A store may leave the last timer where it was.
  nextAt: isFinal(row.status as VisibleStatus) ? null : row.next_at,
  deliveryTime: row.delivery_time,
  traceparent: row.traceparent,
})
