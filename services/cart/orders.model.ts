/** A model of the order service for tests: orders known by their id, and a script of what goes wrong. */
import type { StoredAnswer } from '../../core/http/idempotency.ts'
import { orderIdFor, type CheckoutId, type OrderId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import type { OrderedLine } from './cart.ts'
import type { Found, Orders, Placed } from './orders.ts'

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
  /** Orders asked for, not those looked for. */
  calls(): number
  /** Keys that were looked for. */
  lookups(): number
  /** What happens to the next calls, one each; after that all goes well. */
  script(...mishaps: readonly Mishap[]): void
  /** From now on new orders are out of stock. */
  sellOut(): void
  /** Calls wait until the returned function is called. */
  hold(): () => void
  /** The stored answers are over: a known order is answered as it is now. */
  forgetAnswers(): void
}

/** Whatever is ordered. */
const total = minor(100)

export function createOrdersModel(): OrdersModel {
  const made = new Map<OrderId, MadeOrder>()
  const rejected = new Map<OrderId, MadeOrder>()
  const mishaps: Mishap[] = []
  let calls = 0
  let lookups = 0
  let soldOut = false
  let gate: Promise<void> = Promise.resolve()
  let fresh = true

  function carryOut(...[checkout]: Parameters<Orders['place']>): Placed {
    const { orderId: id, id: checkoutId, lines } = checkout
    const known = wordOn(id)
    if (known.kind !== 'none') return known
    if (checkout.expectedTotal !== null && checkout.expectedTotal !== total) {
      const answer = { status: 409, body: `{ "code":"price_changed","call":${calls} }` }
      return { kind: 'price_changed', answer, replayed: false, checkoutId }
    }
    const answer = answerOf(id)
    ;(soldOut ? rejected : made).set(id, { id, checkoutId, lines, answer })
    const said = { answer, replayed: false, checkoutId }
    return soldOut ? { kind: 'rejected', ...said } : { kind: 'made', total, ...said }
  }

  function wordOn(id: OrderId): Extract<Found, { kind: 'made' | 'rejected' | 'none' }> {
    const order = made.get(id) ?? rejected.get(id)
    if (order === undefined) return { kind: 'none' }
    const { answer, checkoutId } = order
    const said = { answer, replayed: true, checkoutId }
    if (rejected.has(id)) return { kind: 'rejected', ...said }
    const now = { status: 200, body: `{"id":"${id}","status":"DELIVERED"}` }
    return { kind: 'made', total, ...said, answer: fresh ? answer : now }
  }

  const answerOf = (id: OrderId): StoredAnswer =>
    soldOut
      ? { status: 409, body: `{ "code":"out_of_stock","call":${calls} }` }
      : { status: 200, body: `{ "id":"${id}","call":${calls} }` }

  return {
    made,
    rejected,
    calls: () => calls,
    lookups: () => lookups,
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
    async find(user, key) {
      lookups++
      const mishap = mishaps.shift()
      if (mishap === 'running') return { kind: 'running' }
      if (mishap !== undefined) return { kind: 'unknown', cause: new Error('down') }
      return wordOn(orderIdFor(user, 'checkout', key))
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
