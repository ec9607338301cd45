/**
 * What the order rules need of a store. Every change is one conditional write on one order that
 * carries its consequences with it: the outbox entries, the buyer's spending, the stored answer.
 */
import type { StoredAnswer } from '../../core/http/idempotency.ts'
import type { Wanted } from '../../core/http/wanted.ts'
import type { Eventually } from '../../core/values/eventually.ts'
import type { OrderId, UserId } from '../../core/values/ids.ts'
import type { Minor } from '../../core/values/money.ts'
import type { Millis } from '../../core/values/time.ts'
import {
  quantitiesOf,
  type Order,
  type OrderLine,
  type Origin,
  type VisibleStatus,
  type WantedLine,
} from './order.ts'

/** Whoever drives a PENDING order holds its lease; a lapsed one may be taken by anybody. */
export interface Lease {
  /** A fresh UUID per attempt, so that two attempts of one process are two owners. */
  readonly owner: string
  readonly until: Millis
}

/** An order before its stock is reserved. */
export interface PendingOrder {
  readonly id: OrderId
  readonly userId: UserId
  readonly origin: Origin
  readonly key: string | null
  /** Digest of the client's own body; see core/http/idempotency.ts. */
  readonly fingerprint: string
  readonly lines: readonly WantedLine[]
  /** The buyer orders at this total or not at all; null where he did not name one. */
  readonly expectedTotal: Minor | null
  /**
   * The id of its reservation. The order's own at first; a new one when the order is begun again, as
   * the released reservation of the attempt before can never be taken.
   */
  readonly reservation: OrderId
  /** 0 at first, 2 more each time that it is begun again: no change of state has the number of another. */
  readonly sequence: number
  readonly createdAt: Millis
  readonly deliveryTime: Millis
  readonly traceparent: string
  /** Path that the client called; it stands in a stored 409. */
  readonly instance: string
  readonly lease: Lease
}

/** The row of an order in whichever state. */
export type OrderRow = (PendingOrder & { readonly kind: 'pending' }) | SettledRow

export type SettledRow =
  | {
      readonly kind: 'rejected'
      readonly id: OrderId
      readonly userId: UserId
      readonly origin: Origin
      readonly fingerprint: string
      readonly reservation: OrderId
      readonly sequence: number
      /**
       * Null where nothing was decided for good (it was rolled back, or the total was another one), and
       * once its 24 hours are over.
       */
      readonly answer: StoredAnswer | null
    }
  | {
      readonly kind: 'order'
      readonly id: OrderId
      readonly userId: UserId
      readonly origin: Origin
      readonly fingerprint: string
      readonly order: Order
      /** The first answer; null once its 24 hours are over. */
      readonly answer: StoredAnswer | null
    }

/** One consequence of one change of state, delivered at least once. */
export interface OutboxEntry {
  readonly orderId: OrderId
  readonly sequence: number
  readonly effect: Effect
  /** The order's: what follows from it is linked to its trace. */
  readonly traceparent: string
}

export type Effect =
  | {
      readonly kind: 'commit' | 'release'
      readonly lines: readonly WantedLine[]
      /** The order's own id where it is absent. */
      readonly reservation?: OrderId
    }
  | {
      readonly kind: 'notify'
      readonly userId: UserId
      readonly status: VisibleStatus
      readonly updatedAt: Millis
    }

/** What ends the reservation of an order. */
export const finishing = (
  kind: 'commit' | 'release',
  { id, reservation, lines }: Pick<PendingOrder, 'id' | 'reservation' | 'lines'>,
): Effect => ({
  kind,
  lines: quantitiesOf(lines),
  ...(reservation !== id && { reservation }),
})

/** The stock is reserved: the order becomes visible as CREATED. */
export interface Acceptance {
  /** One more than that of the PENDING order. */
  readonly sequence: number
  readonly lines: readonly OrderLine[]
  readonly total: Minor
  readonly at: Millis
  readonly nextAt: Millis
  readonly answer: StoredAnswer
  readonly answerUntil: Millis
  readonly effects: readonly Effect[]
}

/** The stock was short, the total was not the expected one, or a keyless order was given up. */
export interface Rejection {
  /** One more than that of the PENDING order. */
  readonly sequence: number
  readonly at: Millis
  readonly answer: StoredAnswer | null
  /** From then on the answer is gone and the key is free again. */
  readonly answerUntil: Millis
  readonly effects: readonly Effect[]
}

export interface Move {
  readonly to: VisibleStatus
  readonly at: Millis
  readonly nextAt: Millis | null
  readonly effects: readonly Effect[]
}

/** A place in a newest-first list: the order after which the next page starts. */
export interface ListPosition {
  readonly createdAt: Millis
  readonly id: OrderId
}

export interface ListQuery {
  readonly limit: number
  readonly after: ListPosition | null
  /** Orders that came to rest at or before this have left the lists; null keeps all. */
  readonly restedAfter: Millis | null
  readonly wanted: Wanted
}

/** How many, and the age in milliseconds of the oldest (0 when there is none). */
export interface Waiting {
  readonly count: number
  readonly oldest: Millis
}

/** Orders that wait for somebody to go on with them; for metrics. */
export interface Backlog {
  /** PENDING orders, by when they were begun. */
  readonly halfPlaced: Waiting
  /** Orders whose timer ran out `grace` milliseconds ago or earlier, by when it did. */
  readonly overdue: Waiting
}

/** A reservation that was committed or released, and the order that it was made for. */
export interface SettledReservation {
  readonly orderId: OrderId
  readonly reservation: OrderId
  /** The change of state that settled it. */
  readonly sequence: number
}

/**
 * How what is over ends. The order of the steps keeps late requests harmless, see
 * services/catalog/store.ts; each is repeated until it is known to be done:
 *
 * ```
 *   REJECTED ─► release confirmed ─► a day ─► forgotten by the catalog ─► a day ─► row gone
 *      └ answer kept 24 h, then the key is free: the row is begun again with another reservation
 *   CANCELLED, DELIVERED ─► confirmed ─► a day ─► forgotten by the catalog; the row stays
 * ```
 * A key whose row is gone makes a row as if for the first time, under the id that the first one had, and
 * with its reservation. So another day lies between: what a process knew of the first row, and still acts upon,
 * is older than that.
 */
export interface RetentionStore {
  /** Reservations of which the catalog has confirmed the end a day before `now`, the earliest first. */
  reservationsToForget(now: Millis, limit: number): Promise<readonly SettledReservation[]>

  /** The catalog has forgotten them; rejected orders that they were made for go a day after `at`. */
  forgotten(reservations: readonly SettledReservation[], at: Millis): Promise<void>

  /** Drops rejected orders whose time is over, with nothing left to deliver or to forget; says how many. */
  dropRejected(now: Millis, limit: number): Promise<number>

  /** Drops stored first answers whose time is over; says how many, 0 where they lapse by themselves. */
  forgetAnswers(now: Millis, limit: number): Promise<number>
}

export interface OrderStore extends RetentionStore {
  /** Writes the row unless one with this id exists; answers the row that stands. */
  insertPending(
    order: PendingOrder,
  ): Promise<{ readonly inserted: boolean; readonly row: OrderRow }>

  find(id: OrderId): Promise<OrderRow | null>

  /**
   * REJECTED -> PENDING, as a new order under the same id with the next sequence: if it was rejected
   * without an answer or its answer's time is over, has the sequence before that, and its stock is back
   * (its outbox is empty).
   */
  reopen(order: PendingOrder): Promise<boolean>

  /** Gives a PENDING order a new owner if its lease is still exactly `lapsed`. */
  takeLease(id: OrderId, lapsed: Lease, lease: Lease): Promise<boolean>

  /** Moves the end of a lease; false when `owner` no longer holds it. */
  renewLease(id: OrderId, owner: string, until: Millis): Promise<boolean>

  /**
   * Lets a lease end at `until`. Nobody holds it from now on, so whatever `owner` has still on its
   * way, a renewal above all, changes nothing. False when `owner` did not hold it.
   */
  releaseLease(id: OrderId, owner: string, until: Millis): Promise<boolean>

  /** PENDING -> CREATED, if `owner` still holds the lease. Adds the total to the buyer's spending. */
  accept(id: OrderId, owner: string, acceptance: Acceptance): Promise<boolean>

  /** PENDING -> REJECTED, if `owner` still holds the lease. */
  reject(id: OrderId, owner: string, rejection: Rejection): Promise<boolean>

  /**
   * Moves a visible order if it still has this status and sequence; the sequence grows by one.
   * A move to CANCELLED takes the total off the buyer's spending.
   */
  move(
    id: OrderId,
    expected: { readonly status: VisibleStatus; readonly sequence: number },
    move: Move,
  ): Promise<boolean>

  /** Orders whose timer has run out, the longest overdue first. */
  dueOrders(now: Millis, limit: number): Promise<readonly Order[]>

  /** PENDING orders whose lease has lapsed. */
  lapsedOrders(now: Millis, limit: number): Promise<readonly PendingOrder[]>

  /** Entries of one order that are not delivered yet, by ascending sequence. */
  undelivered(id: OrderId): Promise<readonly OutboxEntry[]>

  /** Orders with entries whose next attempt is due. */
  ordersToDeliver(now: Millis, limit: number): Promise<readonly OrderId[]>

  /** Drops entries; a reservation that one of them has ended may be forgotten a day later. */
  delivered(entries: readonly OutboxEntry[]): Promise<void>

  /** Puts off all entries of an order after a failed attempt. */
  postpone(id: OrderId, until: Millis): Promise<void>

  /** Undelivered entries and the age in milliseconds of the oldest (0 when none), for metrics. */
  outboxState(now: Millis): Eventually<{ readonly entries: number; readonly oldest: Millis }>

  backlog(now: Millis, grace: Millis): Promise<Backlog>

  listOfUser(user: UserId, query: ListQuery): Promise<readonly Order[]>
  listAll(query: ListQuery): Promise<readonly Order[]>

  /**
   * Keeps the lists as short to read as they are to show. SQLite notes which orders have left them,
   * `limit` at most, where `restedAfter` is that of a query; Cassandra, which days have orders.
   * Answers how many of `limit` it needed; all of them mean that there may be more.
   */
  tendLists(restedAfter: Millis | null, limit: number): Promise<number>

  /** All that the user ordered and did not cancel. */
  spending(user: UserId): Promise<Minor>

  /** Throws the problem `store_unavailable` when the store cannot be read. */
  check(): Eventually<void>
  close(): Promise<void>
}

/** How long the first attempt has before the worker picks an entry up, in milliseconds. */
export const firstAttemptTime = 1_000

const day = 86_400_000

/** How long the catalog keeps a settled reservation, or a fence, once its end is confirmed. */
export const reservationLife = day
/** How long the row of a rejected order stays after that. */
export const rejectedLife = day
