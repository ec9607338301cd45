/** A model of the order service for tests: orders known by their id, and a script of what goes wrong. */
import type { StoredAnswer } from '../../core/http/idempotency.ts'
import type { CheckoutId, OrderId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import type { OrderedLine } from './cart.ts'
import type { Orders, Placed } from './orders.ts'

export interface MadeOrder {
  readonly id: OrderId
  readonly checkoutId: CheckoutId
  readonly lines: readonly OrderedLine[]
  /** Null for an order that was refused for lack of stock. */
  readonly answer: StoredAnswer
}

export type Mishap =
  /** The call does not arrive. */
  | 'refused'
  /** Nobody knows: it did not arrive, though it may have. */
  | 'request lost'
  /** Nobody knows: it was carried out. */
  | 'answer lost'
  | 'running'
  | 'impossible'

export interface OrdersModel extends Orders {
  /** Orders that stand, by their ids. */
  readonly made: ReadonlyMap<OrderId, MadeOrder>
  readonly rejected: ReadonlyMap<OrderId, MadeOrder>
  calls(): number
  /** What happens to the next calls, one each; after that all goes well. */
  script(...mishaps: readonly Mishap[]): void
  /** From now on new orders are out of stock. */
  sellOut(): void
  /** Calls wait until the returned function is called. */
  hold(): () => void
  /** The stored answers are over: a known order is answered as it is now. */
  forgetAnswers(): void
}

export function createOrdersModel(): OrdersModel {
  const made = new Map<OrderId, MadeOrder>()
  const rejected = new Map<OrderId, MadeOrder>()
  const mishaps: Mishap[] = []
  let calls = 0
  let soldOut = false
  let gate: Promise<void> = Promise.resolve()
  let fresh = true

  function carryOut(...[checkout]: Parameters<Orders['place']>): Placed {
    const { orderId: id, id: checkoutId, lines } = checkout
    const known = made.get(id) ?? rejected.get(id)
    const order = known ?? { id, checkoutId, lines, answer: answerOf(id) }
    if (known === undefined) (soldOut ? rejected : made).set(id, order)
    const said = {
      answer: order.answer,
      replayed: known !== undefined && fresh,
      checkoutId: order.checkoutId,
    }
    if (rejected.has(id)) return { kind: 'rejected', ...said }
    return fresh || known === undefined
      ? { kind: 'made', total: minor(100), ...said }
      : {
          kind: 'made',
          total: minor(100),
          ...said,
          answer: { status: 200, body: `{"id":"${id}","status":"DELIVERED"}` },
        }
  }

  const answerOf = (id: OrderId): StoredAnswer =>
    soldOut
      ? { status: 409, body: `{ "code":"out_of_stock","call":${calls} }` }
      : { status: 200, body: `{ "id":"${id}","call":${calls} }` }

  return {
    made,
    rejected,
    calls: () => calls,
    script: (...more) => void mishaps.push(...more),
    sellOut() {
      soldOut = true
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
    forgetAnswers() {
      fresh = false
    },
    async place(checkout, within) {
      calls++
      await gate
      const mishap = mishaps.shift()
      switch (mishap) {
        case 'refused':
        case 'running':
          return { kind: mishap, cause: new Error('down') }
        case 'request lost':
          return { kind: 'unknown', cause: new Error('no answer') }
        case 'answer lost':
          carryOut(checkout, within)
          return { kind: 'unknown', cause: new Error('no answer') }
        case 'impossible': {
          const answer = { status: 422, body: '{"code":"validation_failed"}' }
          return { kind: 'impossible', answer, replayed: false, checkoutId: null }
        }
        case undefined:
          return carryOut(checkout, within)
        default:
          return mishap satisfies never
      }
    },
  }
}
