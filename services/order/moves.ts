/** An order's way through its states: by timer, by its owner, by an admin; one compare-and-set a move. */
import { problem } from '../../core/http/problem.ts'
import type { UserCaller } from '../../core/http/caller.ts'
import type { OrderId } from '../../core/values/ids.ts'
import type { Clock, Millis } from '../../core/values/time.ts'
import { noSteps, type Steps } from '../../core/tracing/steps.ts'
import {
  dueAt,
  mayMove,
  nextStatus,
  type Actor,
  type Order,
  type Timing,
  type VisibleStatus,
} from './order.ts'
import type { Outbox } from './outbox.ts'
import { finishing, type Effect, type OrderStore } from './store.ts'

export interface Moves {
  /** Moves every order whose timer has run out; returns how many were due. */
  advanceDue(): Promise<number>
  /** The order if the caller may see it; throws `order_not_found`. */
  visible(id: OrderId, caller: UserCaller): Promise<Order>
  /** Moves an order by hand; throws `order_not_found` or `order_move_refused`. */
  move(id: OrderId, to: VisibleStatus, caller: UserCaller): Promise<Order>
}

export interface MovesOptions {
  readonly store: OrderStore
  readonly outbox: Outbox
  readonly clock: Clock
  readonly timing: Timing
  readonly onMoved: (order: Order) => void
  readonly steps?: Steps
}

/** Bounds one pass of the timer; what is left comes with the next pass. */
const timerBatch = 500

export function createMoves(options: MovesOptions): Moves {
  const { store, outbox, clock, timing, steps = noSteps } = options

  /** One compare-and-set; null when somebody else has moved the order since it was read. */
  async function attempt(order: Order, to: VisibleStatus, since: Millis): Promise<Order | null> {
    const at = clock.now()
    const nextAt = dueAt(to, since, order.deliveryTime, timing)
    const moved = await store.move(order.id, order, {
      to,
      at,
      nextAt,
      effects: effectsOf(order, to, at),
    })
    if (!moved) return null
    const result: Order = {
      ...order,
      status: to,
      sequence: order.sequence + 1,
      updatedAt: at,
      nextAt,
    }
    options.onMoved(result)
    outbox.kick(order.id)
    return result
  }

  async function visible(id: OrderId, caller: UserCaller): Promise<Order> {
    const row = await store.find(id)
    const seen = row?.kind === 'order' && (caller.role === 'admin' || row.userId === caller.id)
    if (!seen) throw problem('order_not_found')
    return row.order
  }

  return {
    async advanceDue() {
      const due = await store.dueOrders(clock.now(), timerBatch)
      await Promise.all(
        due.map(async (order) => {
          const to = nextStatus(order.status)
          // Counted from when it was due, so that a restart does not stretch the whole way.
          const since = order.nextAt
          if (to === null || since === null) return
          await steps.following('move_order', order.traceparent, () => attempt(order, to, since))
        }),
      )
      return due.length
    },

    visible,

    async move(id, to, caller) {
      for (;;) {
        const order = await visible(id, caller)
        if (!mayMove(order.status, to, actorOf(caller))) {
          throw problem('order_move_refused', { values: { from: order.status, to } })
        }
        // Losing means that the order has moved on; the rules are asked again of where it is now.
        const moved = await attempt(order, to, clock.now())
        if (moved !== null) return moved
      }
    },
  }
}

const actorOf = (caller: UserCaller): Actor => (caller.role === 'admin' ? 'admin' : 'owner')

/** What a move brings with it; written in the same conditional write as the status. */
function effectsOf(order: Order, to: VisibleStatus, at: Millis): readonly Effect[] {
  const notify: Effect = { kind: 'notify', userId: order.userId, status: to, updatedAt: at }
  if (to !== 'DELIVERED' && to !== 'CANCELLED') return [notify]
  return [notify, finishing(to === 'DELIVERED' ? 'commit' : 'release', order)]
}
