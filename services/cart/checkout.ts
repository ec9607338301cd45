/**
 * The one-open-checkout rule: every order of a cart comes from a row that was there before it.
 *
 * ```
 *   checkout(user, key) ──┬─► an answer is kept under the key ──► the same bytes again
 *        ▲                │
 *        │                ├─► a checkout is open ──► drive it ──► ours (or no key): its answer
 *        └────────────────│───────────────────────────────────┘  another key: start over
 *                         │
 *                         ├─► the cart is empty ──► 400, unless the key has an order from long ago
 *                         │
 *                         ├─► it is not the revision that the client read ──► 412
 *                         │
 *                         └─► admitted ──► open one (conditional: none open, cart unchanged) ──► drive it
 *
 *   drive:  order service ─┬─ made, rejected ──► close: lines out, answer kept, row gone (one write)
 *                          ├─ another total than expected ──► close: row gone, nothing kept, 409
 *                          ├─ not reached, and nobody else has tried ──► abandon: 503, key is free
 *                          └─ anything else ──► the row stays open, 503 "not known yet"
 *                                                   │
 *           the next checkout of that cart, or the sweeper, drives it again: same order id, same
 *           lines, same key, so it finds the order of the first attempt or places it now
 * ```
 * - The row comes before the order call, so no order is ever made whose lines nobody takes out.
 * - Two may drive the same row, in one process or in two: the order service knows the order by its id,
 *   and the row is closed once; who comes second answers what the first has kept.
 * - The cart is read before the kept answer: closing writes both at once, so a cart without its lines
 *   is never seen without the answer that explains it.
 */
import { admitAll } from '../../core/http/admission.ts'
import { answerLife, type StoredAnswer } from '../../core/http/idempotency.ts'
import { Problem, problem } from '../../core/http/problem.ts'
import type { AdaptiveLimit } from '../../core/resilience/adaptive-limit.ts'
import { deadlineIn, type Deadline } from '../../core/resilience/deadline.ts'
import { formatTraceparent, type TraceContext } from '../../core/resilience/trace-context.ts'
import { noSteps, type Steps } from '../../core/tracing/steps.ts'
import {
  newId,
  orderIdFor,
  orderIdForCheckout,
  type CheckoutId,
  type Revision,
  type UserId,
} from '../../core/values/ids.ts'
import type { Minor } from '../../core/values/money.ts'
import { millis, type Clock, type Millis } from '../../core/values/time.ts'
import { liveLines, orderedLines, type Cart, type OrderedLine } from './cart.ts'
import { inTime } from '../../core/resilience/in-time.ts'
import type { Orders, Placed } from './orders.ts'
import type { CartStore, Closing, OpenCheckout } from './store.ts'
import type { Within } from '../../core/clients/within.ts'

export interface CheckoutRequest {
  readonly user: UserId
  readonly key: string | null
  /** Of the client's own body; see core/http/idempotency.ts. */
  readonly fingerprint: string
  /** The order is placed at this total or not at all; null for whatever it costs. */
  readonly expectedTotal: Minor | null
  /** Revisions of the cart that may be ordered, `*` for any; null where the client names none. */
  readonly ifMatch: readonly string[] | null
  readonly deadline: Deadline
  readonly trace: TraceContext
}

export interface CheckoutAnswer extends StoredAnswer {
  /** True when the answer was first given to another request. */
  readonly replayed: boolean
}

export interface Checkouts {
  checkout(request: CheckoutRequest): Promise<CheckoutAnswer>
  /** Goes on with checkouts that nobody has driven for a while; returns how many it tried. */
  sweep(): Promise<number>
}

export interface CheckoutsOptions {
  readonly store: CartStore
  readonly orders: Orders
  readonly clock: Clock
  /** Milliseconds without use after which a cart is empty. */
  readonly life: Millis
  /** Told of each order once, by the one who closed its checkout. */
  readonly onOrdered: (total: Minor, lines: readonly OrderedLine[]) => void
  readonly steps?: Steps
  /** Who may open a checkout; everybody unless given. */
  readonly admit?: AdaptiveLimit
}

/**
 * A checkout is left to the request that drives it for this long, in milliseconds; where checkouts take
 * longer, for twice as long as they take. Sweepers that went by the first alone would drive again what
 * other copies drive, and make a slow store slower.
 */
export const idleAfter = 1_500
const longestIdle = 4_000
/** What the newest checkout has of the time that they take. */
const newestShare = 0.2

/** The sweeper's budget for one checkout, in milliseconds. */
const sweepBudget = 4_000
/** How many it drives at once, and how often in a row: enough for all that a crash leaves behind. */
const sweepBatch = 64
const sweepBatches = 32

/** Its answer; null when it was ended by somebody else who kept none, or when another one drives it. */
type Outcome = CheckoutAnswer | null

export function createCheckouts(options: CheckoutsOptions): Checkouts {
  const { store, orders, clock, life, steps = noSteps, admit = admitAll } = options
  // Checkouts that this process drives; no more of them than requests in flight and a sweep.
  const flights = new Map<CheckoutId, Promise<Outcome>>()
  // Milliseconds that a checkout takes these days, from its row to its answer.
  let usual = 0

  /** Drives a checkout where all of this process can wait for it. */
  function fly(id: CheckoutId, run: () => Promise<Outcome>): Promise<Outcome> {
    const flight = run().finally(() => flights.delete(id))
    flights.set(id, flight)
    return flight
  }

  async function checkout(request: CheckoutRequest): Promise<CheckoutAnswer> {
    const { user, key, fingerprint, deadline } = request
    while (!deadline.expired()) {
      const { cart, open } = await store.load(user)
      const kept = key === null ? null : await store.answerOfKey(user, key)
      if (kept !== null) {
        if (kept.fingerprint !== fingerprint) throw problem('idempotency_key_reused')
        return { status: kept.status, body: kept.body, replayed: true }
      }
      if (open !== null) {
        const answer = await join(open, request)
        if (answer !== null) return answer
        continue
      }
      const lines = orderedLines(liveLines(cart, clock.now(), life))
      if (cart === null || lines.length === 0) return ofEmptyCart(request, cart)
      requireRevision(request, cart.revision)
      const answer = await begin(request, cart.revision, lines)
      if (answer !== null) return answer
    }
    throw stillRunning()
  }

  /**
   * An empty cart is one that was never filled, or one that this very key emptied, longer ago than its
   * answer was kept here; only the order service remembers which.
   */
  async function ofEmptyCart(request: CheckoutRequest, cart: Cart | null): Promise<CheckoutAnswer> {
    const { user, key } = request
    const none = (): Problem => {
      requireRevision(request, cart?.revision ?? null)
      return problem('cart_empty')
    }
    if (key === null) throw none()
    const found = await orders.find(user, key, request)
    switch (found.kind) {
      case 'made':
      case 'rejected':
        return { ...found.answer, replayed: true }
      case 'none':
        throw none()
      case 'running':
        throw stillRunning()
      case 'unknown':
        throw unavailable(found.cause)
      default:
        return found satisfies never
    }
  }

  /** Waits for the open checkout; null when its answer is not this request's and it may try again. */
  async function join(open: OpenCheckout, request: CheckoutRequest): Promise<Outcome> {
    const { user, key, fingerprint } = request
    const same = key !== null && key === open.key
    if (same && fingerprint !== open.fingerprint) throw problem('idempotency_key_reused')
    const ours = same || (key === null && asksForThis(request, open))
    const work = flights.get(open.id) ?? resume(open, request)
    let answer: StoredAnswer | null
    try {
      answer = await inTime(request.deadline, work, stillRunning)
    } catch (error) {
      // Of an order of its own nothing is unknown: it was not begun.
      throw ours ? error : unavailable(error)
    }
    if (!ours) return null
    // Refused at a total that this request does not ask for: it may still have what is in the cart.
    if (answer?.status !== 200 && request.expectedTotal !== open.expectedTotal) return null
    // Another process may have closed it before this one could get hold of it.
    answer ??= await store.answerOfCheckout(user, open.id)
    return answer === null ? null : { status: answer.status, body: answer.body, replayed: true }
  }

  /** Opens a checkout of the cart as it was read and drives it; null when the cart has moved. */
  async function begin(
    request: CheckoutRequest,
    revision: Revision,
    lines: readonly OrderedLine[],
  ): Promise<Outcome> {
    const { user, key, fingerprint, expectedTotal, trace } = request
    const now = clock.now()
    const id = newId<CheckoutId>(now)
    const open: OpenCheckout = {
      id,
      userId: user,
      orderId: key === null ? orderIdForCheckout(id) : orderIdFor(user, 'checkout', key),
      key,
      fingerprint,
      lines,
      expectedTotal,
      revision,
      traceparent: formatTraceparent(trace),
      openedAt: now,
      attempt: 1,
      attemptedAt: now,
    }
    const opening = await admit(async () => {
      const opened = await store.openCheckout(open)
      if (opened.kind !== 'opened') return opened
      return { kind: opened.kind, outcome: await fly(id, () => drive(open, request)) }
    })
    if (opening.kind === 'blocked') return join(opening.by, request)
    return opening.kind === 'opened' ? opening.outcome : null
  }

  /** Drives a checkout that was left alone; null when another process has begun to. */
  function resume(open: OpenCheckout, { deadline }: Pick<Within, 'deadline'>): Promise<Outcome> {
    const claim = { attempt: open.attempt + 1, at: clock.now() }
    return fly(open.id, () =>
      steps.following('resume_checkout', open.traceparent, async (trace) =>
        (await store.claimCheckout(open.userId, open.id, open.attempt, claim))
          ? drive({ ...open, attempt: claim.attempt, attemptedAt: claim.at }, { deadline, trace })
          : null,
      ),
    )
  }

  async function drive(open: OpenCheckout, within: Within): Promise<Outcome> {
    const { trace } = within
    const placed = await steps.step('place_order', trace, (own) =>
      orders.place(open, { ...within, trace: own }),
    )
    // Where the end cannot be written the row stays, and with it the question what became of it.
    const end = await steps
      .step('close_checkout', trace, () => settle(open, placed))
      .catch(unknownOutcome)
    if (end instanceof Problem) throw end
    usual += newestShare * (clock.now() - open.attemptedAt - usual)
    return end
  }

  /** The answer, or the problem that there is none yet. */
  async function settle(open: OpenCheckout, placed: Placed): Promise<Outcome | Problem> {
    switch (placed.kind) {
      case 'running':
        return stillRunning()
      case 'unknown':
        return unknownOutcome(placed.cause)
      case 'refused': {
        // An earlier attempt may have reached the order service, so only the first may give up.
        const alone = open.attempt === 1
        const freed = alone && (await store.abandonCheckout(open.userId, open.id, open.attempt))
        return freed ? unavailable(placed.cause) : unknownOutcome(placed.cause)
      }
      case 'made':
      case 'rejected':
      case 'price_changed':
      case 'impossible':
        return close(open, placed)
      default:
        return placed satisfies never
    }
  }

  async function close(open: OpenCheckout, placed: FinalWord): Promise<Outcome> {
    const { answer, replayed } = placed
    const at = clock.now()
    const closing = closingOf(open, placed, at)
    const now = { revision: newId<Revision>(at), at }
    if (await store.closeCheckout(open.userId, open.id, closing, now)) {
      if (closing.kind === 'made' && placed.kind === 'made') {
        options.onOrdered(placed.total, open.lines)
      }
      return { ...answer, replayed }
    }
    const kept = await store.answerOfCheckout(open.userId, open.id)
    return kept === null ? null : { ...kept, replayed: true }
  }

  async function sweep(): Promise<number> {
    const idle = Math.min(longestIdle, Math.max(idleAfter, 2 * usual))
    const attemptedBefore = millis(clock.now() - idle)
    let tried = 0
    for (let batch = 0; batch < sweepBatches; batch++) {
      // Those that requests drive here are among the idle ones and must not crowd out the others.
      const found = await store.idleCheckouts(attemptedBefore, sweepBatch + flights.size)
      const left = found.filter((open) => !flights.has(open.id)).slice(0, sweepBatch)
      await Promise.allSettled(
        left.map((open) => resume(open, { deadline: deadlineIn(sweepBudget, clock) })),
      )
      tried += left.length
      if (left.length < sweepBatch) break
    }
    return tried
  }

  return { checkout, sweep }
}

/** Whether a click without a key may have the order of a checkout that was open when it came. */
const asksForThis = (
  { expectedTotal, ifMatch }: CheckoutRequest,
  { expectedTotal: total, revision }: OpenCheckout,
): boolean =>
  (expectedTotal === null || expectedTotal === total) &&
  (ifMatch === null || isAmong(ifMatch, revision))

/** @throws cart_changed where the client has read another cart than this one */
function requireRevision({ ifMatch }: CheckoutRequest, revision: Revision | null): void {
  if (ifMatch !== null && !isAmong(ifMatch, revision)) throw problem('cart_changed')
}

const isAmong = (wanted: readonly string[], revision: Revision | null): boolean =>
  revision !== null && (wanted.includes('*') || wanted.includes(revision))

type FinalWord = Extract<Placed, { kind: 'made' | 'rejected' | 'price_changed' | 'impossible' }>

/** An order that another checkout made long ago is answered as it is; this cart has no part in it. */
function closingOf(open: OpenCheckout, placed: FinalWord, at: Millis): Closing {
  const own = placed.checkoutId === null || placed.checkoutId === open.id
  const keeps = placed.kind === 'made' || placed.kind === 'rejected'
  if (!keeps || !own) return { kind: 'void' }
  return { kind: placed.kind, answer: placed.answer, answerUntil: millis(at + answerLife) }
}

const stillRunning = (): Problem => problem('request_in_progress', { retryAfter: 1 })

const unknownOutcome = (cause: unknown): Problem =>
  problem('outcome_unknown', { retryAfter: 1, cause })

const unavailable = (cause: unknown): Problem =>
  problem('service_unavailable', { values: { service: 'order' }, retryAfter: 1, cause })
