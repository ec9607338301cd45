/**
 * Placing an order: a saga whose every step may be the last before a crash.
 *
 * ```
 *   request ──► row PENDING + lease ──► catalog: reserve ──► CREATED + answer + outbox(notify)
 *                  │                        │        ├─────► REJECTED + answer + outbox(release)
 *                  │                        │        └ total is not the expected one ──► REJECTED,
 *                  │                        │          no answer kept, outbox(release), 409
 *                  │                        └ no answer: the lease is let go, 503 "not known yet"
 *                  ▼
 *   a retry with the same key, or the sweeper, meets the row:
 *      settled           ──► the stored answer, byte for byte
 *      lease held        ──► wait for its holder
 *      lease lapsed      ──► take it over (compare-and-set) and go on from `reserve`
 *      REJECTED, no answer ► the key is free: once its stock is back, PENDING again (compare-and-set)
 *                            with a reservation of its own, since the old one is fenced off
 * ```
 * - The order row always comes before the reservation, so no stock is ever held by nobody.
 * - `reserve` is idempotent by order id; `release` fences, so a late `reserve` takes nothing.
 * - Only the holder of the lease settles the order: a late one's write fails, and it answers what is stored.
 * - The sweeper rolls forward what has a key or a cart checkout behind it (somebody will ask again)
 *   and rolls back keyless direct orders (nobody can).
 */
import { admitAll } from '../../core/http/admission.ts'
import { answerLife, type StoredAnswer } from '../../core/http/idempotency.ts'
import { problem } from '../../core/http/problem.ts'
import type { AdaptiveLimit } from '../../core/resilience/adaptive-limit.ts'
import type { Deadline } from '../../core/resilience/deadline.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { formatTraceparent, type TraceContext } from '../../core/resilience/trace-context.ts'
import { noSteps, type Steps } from '../../core/tracing/steps.ts'
import { newId, type OrderId, type UserId } from '../../core/values/ids.ts'
import type { Minor } from '../../core/values/money.ts'
import { millis, type Clock, type Millis } from '../../core/values/time.ts'
import type { Answers } from './answers.ts'
import {
  drawDeliveryTime,
  dueAt,
  maxTotal,
  mergeLines,
  priceChanges,
  totalOf,
  type Order,
  type Origin,
  type Timing,
  type WantedLine,
} from './order.ts'
import type { Outbox } from './outbox.ts'
import type { Stock } from './stock.ts'
import {
  finishing,
  type Lease,
  type OrderRow,
  type OrderStore,
  type PendingOrder,
  type SettledRow,
} from './store.ts'

export interface Placement {
  readonly orderId: OrderId
  readonly userId: UserId
  readonly origin: Origin
  readonly key: string | null
  readonly fingerprint: string
  readonly lines: readonly WantedLine[]
  /** The order is placed at this total or not at all; null for whatever it costs. */
  readonly expectedTotal: Minor | null
  readonly instance: string
}

export type Placed =
  /** The first answer; `replayed` when an earlier request made it. */
  | {
      readonly kind: 'answer'
      readonly origin: Origin
      readonly answer: StoredAnswer
      readonly replayed: boolean
    }
  /** The first answer is older than a day and gone: the order as it is now. */
  | { readonly kind: 'current'; readonly origin: Origin; readonly order: Order }

/** The row is of an attempt that decided nothing: the next request begins again. */
interface Free {
  readonly kind: 'free'
  readonly sequence: number
}

const isFree = (row: OrderRow): row is RejectedRow & { readonly answer: null } =>
  row.kind === 'rejected' && row.answer === null

type RejectedRow = Extract<SettledRow, { kind: 'rejected' }>

export interface Placing {
  place(placement: Placement, deadline: Deadline, trace: TraceContext): Promise<Placed>
  /** What `place` would answer to an order that has a row already; null, and no row, without one. */
  find(id: OrderId, deadline: Deadline, trace: TraceContext): Promise<Placed | null>
  /** Settles PENDING orders whose lease has lapsed; returns how many it tried. */
  sweep(): Promise<number>
}

export interface PlacingOptions {
  readonly store: OrderStore
  readonly stock: Stock
  readonly outbox: Outbox
  readonly answers: Answers
  readonly clock: Clock
  readonly timing: Timing
  /** Milliseconds that a lease lives without being renewed. */
  readonly leaseTime: Millis
  readonly random: () => number
  readonly pause: (milliseconds: number) => Promise<void>
  readonly onCreated: (order: Order) => void
  readonly onRejected?: () => void
  readonly steps?: Steps
  /** Who may begin a direct order; everybody unless given. A cart's checkout was admitted over there. */
  readonly admit?: AdaptiveLimit
}

/** How often a duplicate looks whether the first has finished, in milliseconds; then half as often. */
const duplicatePause = 15
const longestDuplicatePause = 240

/**
 * Leases, so many, that a renewal is good for. Who needs more than half of the first one is slow because
 * the store is: then renewals have to be few, and may be late.
 */
const renewedTimes = 2

/** The sweeper's own budget for one order, and how many it drives at once. */
const sweepBudget = 2_000
const sweepBatch = 64

export function createPlacing(options: PlacingOptions): Placing {
  const {
    store,
    stock,
    outbox,
    answers,
    clock,
    timing,
    steps = noSteps,
    admit = admitAll,
  } = options

  const newLease = (): Lease => ({
    owner: newId<string>(),
    until: millis(clock.now() + options.leaseTime),
  })

  const place: Placing['place'] = (placement, deadline, trace) => {
    const run = () => steps.step('create_order', trace, (own) => begin(placement, deadline, own))
    return placement.origin.kind === 'direct' ? admit(run) : run()
  }

  async function begin(
    placement: Placement,
    deadline: Deadline,
    trace: TraceContext,
  ): Promise<Placed> {
    const pending: PendingOrder = {
      id: placement.orderId,
      userId: placement.userId,
      origin: placement.origin,
      key: placement.key,
      fingerprint: placement.fingerprint,
      lines: mergeLines(placement.lines),
      expectedTotal: placement.expectedTotal,
      reservation: placement.orderId,
      sequence: 0,
      createdAt: clock.now(),
      deliveryTime: drawDeliveryTime(timing, options.random),
      traceparent: formatTraceparent(trace),
      instance: placement.instance,
      lease: newLease(),
    }
    for (let wait = duplicatePause; ; wait = Math.min(2 * wait, longestDuplicatePause)) {
      const { inserted, row } = await store.insertPending(pending)
      if (inserted) return first(pending, deadline, trace)
      const joined = await join(row, placement, deadline, trace)
      if (joined.kind !== 'free') return joined
      // Rolled back by the sweeper, for its id is known to nobody who could ask again.
      if (!isKnownToOthers(placement)) {
        throw problem('service_unavailable', { values: { service: 'catalog' } })
      }
      const again = {
        ...pending,
        reservation: newId<OrderId>(),
        sequence: joined.sequence + 1,
        lease: newLease(),
      }
      if (await store.reopen(again)) return first(again, deadline, trace)
      // The stock of the attempt before is on its way back, or somebody else was faster.
      if (deadline.remaining() <= wait) throw problem('request_in_progress', { retryAfter: 1 })
      await options.pause(wait)
    }
  }

  const first = async (
    pending: PendingOrder,
    deadline: Deadline,
    trace: TraceContext,
  ): Promise<Placed> => ({
    kind: 'answer',
    origin: pending.origin,
    answer: await drive(pending, deadline, trace),
    replayed: false,
  })

  async function find(
    id: OrderId,
    deadline: Deadline,
    trace: TraceContext,
  ): Promise<Placed | null> {
    const row = await store.find(id)
    if (row === null) return null
    const joined = await join(row, row, deadline, trace)
    return joined.kind === 'free' ? null : joined
  }

  /** A later request for an order that has a row already. */
  async function join(
    found: OrderRow,
    placement: Pick<Placement, 'fingerprint'>,
    deadline: Deadline,
    trace: TraceContext,
  ): Promise<Placed | Free> {
    let row = found
    for (let wait = duplicatePause; ; wait = Math.min(2 * wait, longestDuplicatePause)) {
      if (isFree(row)) return { kind: 'free', sequence: row.sequence }
      if (row.fingerprint !== placement.fingerprint) throw problem('idempotency_key_reused')
      if (row.kind !== 'pending') return settled(row)
      const taken = await takeOver(row)
      if (taken !== null) {
        const answer = await drive(taken, deadline, trace)
        return { kind: 'answer', origin: row.origin, answer, replayed: true }
      }
      if (deadline.remaining() <= wait) throw problem('request_in_progress', { retryAfter: 1 })
      await options.pause(wait)
      row = await existing(row.id)
    }
  }

  function settled(row: SettledRow): Placed {
    const { origin } = row
    if (row.answer !== null) return { kind: 'answer', origin, answer: row.answer, replayed: true }
    if (row.kind === 'order') return { kind: 'current', origin, order: row.order }
    throw new Error('A rejected order that has no answer is nobody’s first answer.')
  }

  /** Takes the lease over when it has lapsed; null when somebody else holds it. */
  async function takeOver(row: PendingOrder): Promise<PendingOrder | null> {
    if (row.lease.until > clock.now()) return null
    const lease = newLease()
    return (await store.takeLease(row.id, row.lease, lease)) ? { ...row, lease } : null
  }

  /** From `reserve` to the settled order, under the lease of `pending`. */
  async function drive(
    pending: PendingOrder,
    deadline: Deadline,
    trace: TraceContext,
  ): Promise<StoredAnswer> {
    const { owner } = pending.lease
    let held = pending.lease.until
    let renewing = false
    const renewal = setInterval(() => {
      // One at a time: where the store is slow, more of them would only make it slower.
      if (renewing || held - clock.now() > options.leaseTime) return
      renewing = true
      const until = millis(clock.now() + renewedTimes * options.leaseTime)
      store
        .renewLease(pending.id, owner, until)
        .then(() => (held = until))
        // Then the lease is lost; the conditional write at the end finds out.
        .catch(() => {})
        .finally(() => (renewing = false))
    }, options.leaseTime / 2)
    try {
      const outcome = await steps.step('reserve_stock', trace, (own) =>
        // Before the row was written, or taken over.
        stock.reserve(
          pending.reservation,
          pending.lines,
          deadline,
          own,
          millis(pending.lease.until - options.leaseTime),
        ),
      )
      if (outcome.kind === 'short') {
        const answer = answers.shortage(pending, outcome.lines)
        return await steps.step('reject_order', trace, () => reject(pending, answer, answer))
      }
      const { lines } = outcome
      const actual = totalOf(lines)
      const expected = pending.expectedTotal ?? actual
      if (actual > maxTotal) {
        const answer = answers.tooLarge(pending)
        return await steps.step('reject_order', trace, () => reject(pending, answer, null))
      }
      if (expected === actual) {
        return await steps.step('accept_order', trace, () => accept(pending, lines))
      }
      const changes = priceChanges(pending.lines, lines)
      const answer = answers.priceChanged(pending, { expected, actual }, changes)
      return await steps.step('reject_order', trace, () => reject(pending, answer, null))
    } catch (error) {
      await letGo(pending)
      throw problem('outcome_unknown', { retryAfter: 1, cause: error })
    } finally {
      clearInterval(renewal)
    }
  }

  async function accept(pending: PendingOrder, lines: Order['lines']): Promise<StoredAnswer> {
    const at = clock.now()
    const nextAt = dueAt('CREATED', at, pending.deliveryTime, timing)
    const order: Order = {
      id: pending.id,
      reservation: pending.reservation,
      userId: pending.userId,
      status: 'CREATED',
      sequence: pending.sequence + 1,
      lines,
      total: totalOf(lines),
      createdAt: at,
      updatedAt: at,
      nextAt,
      deliveryTime: pending.deliveryTime,
      traceparent: pending.traceparent,
    }
    const answer = answers.created(order)
    const accepted = await store.accept(pending.id, pending.lease.owner, {
      sequence: order.sequence,
      lines,
      total: order.total,
      at,
      nextAt: nextAt ?? at,
      answer,
      answerUntil: millis(at + answerLife),
      effects: [{ kind: 'notify', userId: order.userId, status: 'CREATED', updatedAt: at }],
    })
    if (!accepted) return storedAnswer(pending.id)
    options.onCreated(order)
    outbox.kick(pending.id)
    return answer
  }

  /**
   * Where the stock was short, the release that goes with a rejection is not for this attempt, which
   * holds nothing: it fences off the `reserve` of an earlier owner that may still be on its way.
   *
   * @param kept null leaves the key free for another try
   */
  async function reject(
    pending: PendingOrder,
    answer: StoredAnswer,
    kept: StoredAnswer | null,
  ): Promise<StoredAnswer> {
    const rejected = await store.reject(pending.id, pending.lease.owner, {
      sequence: pending.sequence + 1,
      ...rejectedNow(),
      answer: kept,
      effects: [finishing('release', pending)],
    })
    if (!rejected) return storedAnswer(pending.id)
    options.onRejected?.()
    outbox.kick(pending.id)
    return answer
  }

  function rejectedNow() {
    const at = clock.now()
    return { at, answerUntil: millis(at + answerLife) }
  }

  /** Gives a keyless direct order up: nobody can ask for it again. */
  async function rollBack(pending: PendingOrder): Promise<void> {
    const { id, lease, sequence } = pending
    await store.reject(id, lease.owner, {
      sequence: sequence + 1,
      ...rejectedNow(),
      answer: null,
      effects: [finishing('release', pending)],
    })
    outbox.kick(id)
  }

  /** What the one who took the lease over has made of the order. */
  async function storedAnswer(id: OrderId): Promise<StoredAnswer> {
    const row = await existing(id)
    if (row.kind === 'pending' || row.answer === null) throw problem('outcome_unknown')
    return row.answer
  }

  async function existing(id: OrderId): Promise<OrderRow> {
    const row = await store.find(id)
    if (row === null) throw new Error('An order row disappeared while its order was being placed.')
    return row
  }

  /** Lets a retry or the sweeper go on soon instead of waiting for the whole lease. */
  async function letGo(pending: PendingOrder): Promise<void> {
    const until = millis(clock.now() + retryPause)
    await store.releaseLease(pending.id, pending.lease.owner, until).catch(() => {})
  }

  async function sweep(): Promise<number> {
    let tried = 0
    for (;;) {
      const lapsed = await store.lapsedOrders(clock.now(), sweepBatch)
      await Promise.allSettled(lapsed.map(settle))
      tried += lapsed.length
      // What was tried has a new lease, so a full batch means that more are waiting behind it.
      if (lapsed.length < sweepBatch) return tried
    }
  }

  async function settle(row: PendingOrder): Promise<void> {
    const pending = await takeOver(row)
    if (pending === null) return
    if (!isKnownToOthers(pending)) {
      await rollBack(pending)
      return
    }
    await steps.following('resume_order', pending.traceparent, (trace) =>
      drive(pending, deadlineIn(sweepBudget, clock), trace),
    )
  }

  return { place, find, sweep }
}

/** A client or a cart asks for it again; of a direct order without a key only its one request knows. */
const isKnownToOthers = ({ key, origin }: Pick<Placement, 'key' | 'origin'>): boolean =>
  key !== null || origin.kind === 'cart'

/** After a failed attempt the next one waits this long, in milliseconds. */
const retryPause = 500
