/**
 * The outbox: consequences of a change of state, written with it, delivered at least once.
 *
 * ```
 *   conditional write: status + entries ──► tried at once (kick)
 *                                     └───► worker, within a second, with backoff
 *   delivered ──► entry deleted; receivers drop what they know by (order, sequence)
 * ```
 * Entries of one order go to one receiver in the order of their sequence, and the next waits until
 * the one before it has arrived, so a client never sees a status after a later one.
 */
import type { Logger } from '../../core/logging/logger.ts'
import { deadlineIn, type Deadline } from '../../core/resilience/deadline.ts'
import type { TraceContext } from '../../core/resilience/trace-context.ts'
import { noSteps, type Steps } from '../../core/tracing/steps.ts'
import type { OrderId } from '../../core/values/ids.ts'
import { millis, type Clock, type Millis } from '../../core/values/time.ts'
import type { Notifications } from './notifications.ts'
import type { Stock } from './stock.ts'
import type { Effect, OrderStore, OutboxEntry } from './store.ts'

export interface Outbox {
  /** Tries an order's entries soon; dropped when too many wait, as the worker finds them anyway. */
  kick(id: OrderId): void
  /** Tries all orders whose next attempt is due; returns how many. */
  sweep(): Promise<number>
  /** Resolves when no delivery is under way. */
  idle(): Promise<void>
}

export interface OutboxOptions {
  readonly store: OrderStore
  readonly stock: Stock
  readonly notifications: Notifications
  readonly clock: Clock
  readonly log: Logger
  /** Orders whose entries are delivered at the same time. */
  readonly concurrency: number
  readonly random: () => number
  readonly steps?: Steps
  /** Told of each attempt to deliver an entry. */
  readonly onAttempt?: (kind: Effect['kind'], delivered: boolean) => void
}

/** One look at an order's entries, and what follows from it. */
interface Attempt {
  readonly deadline: Deadline
  readonly trace: TraceContext
  /** Before the entries were read: from then on somebody else may have delivered them. */
  readonly asked: Millis
}

const attemptBudget = 2_000
const maxWaiting = 5_000
const sweepBatch = 256

/** The same outbox, which delivers nothing while it is held; what gathers waits in the store. */
export const holdable = (outbox: Outbox, held: () => boolean): Outbox => ({
  ...outbox,
  kick(id) {
    if (!held()) outbox.kick(id)
  },
  sweep: async () => (held() ? 0 : outbox.sweep()),
})

/** Backoff bounds in milliseconds; the upper one keeps "settled within 5 s of the receiver's return". */
const firstBackoff = 250
const lastBackoff = 2_000

export function createOutbox(options: OutboxOptions): Outbox {
  const { store, clock, log, steps = noSteps, onAttempt = () => {} } = options
  /** Orders being delivered now, each with the number of its failures in a row. */
  const running = new Map<OrderId, Promise<void>>()
  const again = new Set<OrderId>()
  const waiting = new Set<OrderId>()
  const failures = new Map<OrderId, number>()

  function kick(id: OrderId): void {
    if (running.has(id)) again.add(id)
    else if (running.size < options.concurrency) start(id)
    else if (waiting.size < maxWaiting) waiting.add(id)
  }

  function start(id: OrderId): void {
    const run = deliver(id).finally(() => {
      running.delete(id)
      const [next] = again.delete(id) ? [id] : waiting
      if (next === undefined) return
      waiting.delete(next)
      start(next)
    })
    running.set(id, run)
  }

  async function deliver(id: OrderId): Promise<void> {
    let known = {}
    const asked = clock.now()
    try {
      const entries = await store.undelivered(id)
      const [first] = entries
      if (first === undefined) return void failures.delete(id)
      await steps.following('deliver_outbox', first.traceparent, (trace) => {
        known = { trace_id: trace.traceId }
        return deliverAll(id, entries, { deadline: deadlineIn(attemptBudget, clock), trace, asked })
      })
    } catch (error) {
      log.warn({ ...known, err: error, order_id: id }, 'outbox delivery failed')
    }
  }

  async function deliverAll(
    id: OrderId,
    entries: readonly OutboxEntry[],
    attempt: Attempt,
  ): Promise<void> {
    const outcomes = await Promise.all([
      inTurn(
        entries.filter((entry) => entry.effect.kind === 'notify'),
        attempt,
      ),
      inTurn(
        entries.filter((entry) => entry.effect.kind !== 'notify'),
        attempt,
      ),
    ])
    const done = outcomes.flatMap((outcome) => outcome.done)
    const error = outcomes.map((outcome) => outcome.error).find((each) => each !== null)
    if (done.length > 0) await store.delivered(done)
    if (error === undefined) {
      failures.delete(id)
      return
    }
    await store.postpone(id, millis(clock.now() + backoff(id)))
    throw error
  }

  /** Delivers one receiver's entries one after the other and stops at the first that fails. */
  async function inTurn(entries: readonly OutboxEntry[], attempt: Attempt) {
    const done: OutboxEntry[] = []
    for (const entry of entries) {
      try {
        await send(entry, attempt)
      } catch (error) {
        onAttempt(entry.effect.kind, false)
        return { done, error }
      }
      onAttempt(entry.effect.kind, true)
      done.push(entry)
    }
    return { done, error: null }
  }

  function send(entry: OutboxEntry, { deadline, trace, asked }: Attempt): Promise<void> {
    const { effect, orderId, sequence } = entry
    return effect.kind === 'notify'
      ? options.notifications.send({ ...effect, orderId, sequence }, deadline, trace)
      : options.stock.finish(
          effect.reservation ?? orderId,
          effect.kind,
          effect.lines,
          deadline,
          trace,
          asked,
        )
  }

  /** Exponential with full jitter. */
  function backoff(id: OrderId): number {
    const count = failures.get(id) ?? 0
    // Bounded: an order that is forgotten here only starts over with the first backoff.
    if (failures.size < maxWaiting) failures.set(id, count + 1)
    const ceiling = Math.min(lastBackoff, firstBackoff * 2 ** count)
    return Math.ceil(ceiling / 2 + (options.random() * ceiling) / 2)
  }

  return {
    kick,
    async sweep() {
      const ids = await store.ordersToDeliver(clock.now(), sweepBatch)
      // What is being delivered here needs no second look: whatever adds to it kicks it.
      for (const id of ids) if (!running.has(id)) kick(id)
      return ids.length
    },
    async idle() {
      while (running.size > 0) await Promise.all(running.values())
    },
  }
}
