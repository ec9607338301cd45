/** The order service without its network, for tests: saga, timers and outbox over any store and stock. */
import { createLogger } from '../../core/logging/logger.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { newTrace } from '../../core/resilience/trace-context.ts'
import {
  newId,
  orderIdFor,
  type OrderId,
  type ProductId,
  type UserId,
} from '../../core/values/ids.ts'
import { millis, type manualClock } from '../../core/values/time.ts'
import { createAnswers } from './answers.ts'
import { createMoves } from './moves.ts'
import { createOutbox } from './outbox.ts'
import { createPlacing, type Placed, type Placement } from './placing.ts'
import type { StockModel } from './stock.model.ts'
import type { Stock } from './stock.ts'
import type { OrderStore } from './store.ts'

export interface Shop {
  readonly clock: ReturnType<typeof manualClock>
  readonly store: OrderStore
}

export const leaseTime = millis(2_000)

const log = createLogger({ service: 'order', level: 'silent' })
const timing = {
  processingAfter: millis(5_000),
  shippingAfter: millis(5_000),
  deliveryMin: millis(60_000),
  deliveryMax: millis(300_000),
}

/** One process: its own saga over the shared store and stock, reached through what may fail. */
export function processOf({ clock }: Pick<Shop, 'clock'>, store: OrderStore, stock: Stock) {
  const random = () => 0.5
  const outbox = createOutbox({
    store,
    stock,
    notifications: { send: async () => {} },
    clock,
    log,
    concurrency: 8,
    random,
  })
  const placing = createPlacing({
    store,
    stock,
    outbox,
    answers: createAnswers(),
    clock,
    timing,
    leaseTime,
    random,
    // Waiting moves the clock, and lets everything else have its turn.
    pause: async (milliseconds) => {
      clock.advance(milliseconds)
      await new Promise((resolve) => setImmediate(resolve))
    },
    onCreated: () => {},
  })
  const moves = createMoves({ store, outbox, clock, timing, onMoved: () => {} })
  return { placing, outbox, moves }
}

export type Process = ReturnType<typeof processOf>

/** What `buyer` asks for; a key makes its order's id. */
export const placementOf = (
  buyer: UserId,
  product: ProductId,
  key: string | null,
  quantity = 2,
  origin: Placement['origin'] = { kind: 'direct' },
  expectedTotal: Placement['expectedTotal'] = null,
): Placement => ({
  orderId: key === null ? newId<OrderId>() : orderIdFor(buyer, 'create_order', key),
  userId: buyer,
  origin,
  key,
  fingerprint: `quantity ${quantity}`,
  lines: [{ productId: product, quantity }],
  expectedTotal,
  instance: '/orders/',
})

export const place = (
  { placing }: Pick<Process, 'placing'>,
  placement: Placement,
  { clock }: Pick<Shop, 'clock'>,
): Promise<Placed> => placing.place(placement, deadlineIn(8_000, clock), newTrace())

/** Throws at the given call, before or after it takes effect, and at every call from then on. */
export function crashingAt(
  shop: Shop & { readonly stock: StockModel },
  step: number,
  effect: 'before' | 'after',
) {
  let calls = 0
  let dead = false
  const wrap = <T extends object>(target: T, names: readonly string[]): T =>
    new Proxy(target, {
      get(object, name) {
        const value: unknown = Reflect.get(object, name)
        if (typeof value !== 'function' || !names.includes(String(name))) return value
        return async (...args: unknown[]) => {
          if (dead) throw new Error('the process is dead')
          const crash = ++calls === step
          if (crash && effect === 'before') {
            dead = true
            throw new Error('crash')
          }
          const result: unknown = await value.apply(object, args)
          if (crash) {
            dead = true
            throw new Error('crash')
          }
          return result
        }
      },
    })
  const writes = [
    'insertPending',
    'reopen',
    'accept',
    'reject',
    'renewLease',
    'releaseLease',
    'takeLease',
    'delivered',
    'postpone',
    'undelivered',
    'find',
  ]
  return {
    store: wrap(shop.store, writes),
    stock: wrap(shop.stock, ['reserve', 'finish']),
    crashed: () => dead,
  }
}
