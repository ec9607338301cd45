/** The catalog's stock as the order rules see it: reserve, commit, release, each idempotent by order id. */
import type { ServiceClient } from '../../core/clients/service-client.ts'
import { compileValidator } from '../../core/http/validation.ts'
import { askedAtHeader } from '../../core/resilience/asked-at.ts'
import type { Deadline } from '../../core/resilience/deadline.ts'
import type { TraceContext } from '../../core/resilience/trace-context.ts'
import type { OrderId, ProductId } from '../../core/values/ids.ts'
import { toMinor } from '../../core/values/money.ts'
import type { Millis } from '../../core/values/time.ts'
import type { OrderLine, Shortage, WantedLine } from './order.ts'
import { Reserved, Short } from './schemas.ts'

export type Reservation =
  | { readonly kind: 'reserved'; readonly lines: readonly OrderLine[] }
  /** Nothing is held. No lines where the reservation met its own fence. */
  | { readonly kind: 'short'; readonly lines: readonly Shortage[] }

/**
 * `asked` is when this process last knew that what it asks for is wanted: read from the clock before the
 * row that says so. The catalog refuses what is an hour old (core/resilience/asked-at.ts).
 */
export interface Stock {
  /** All lines or none. Throws when the catalog's answer is not known. */
  reserve(
    id: OrderId,
    lines: readonly WantedLine[],
    deadline: Deadline,
    trace: TraceContext,
    asked: Millis,
  ): Promise<Reservation>
  /** Makes a reservation final, or gives it back. Throws unless the catalog did it. */
  finish(
    id: OrderId,
    verb: 'commit' | 'release',
    lines: readonly WantedLine[],
    deadline: Deadline,
    trace: TraceContext,
    asked: Millis,
  ): Promise<void>
  /** Drops what the catalog keeps of reservations that ended long ago, a hundred at most. */
  forget(ids: readonly OrderId[], deadline: Deadline, asked: Millis): Promise<void>
}

export function createStock(catalog: ServiceClient): Stock {
  const readReserved = compileValidator(Reserved)
  const readShort = compileValidator(Short)
  return {
    async reserve(id, lines, deadline, trace, asked) {
      const answer = await catalog.call({
        method: 'POST',
        path: '/internal/reservations',
        body: { order_id: id, lines: onTheWire(lines) },
        idempotent: true,
        deadline,
        trace,
        headers: sentOf(asked),
      })
      if (answer.status === 200) {
        return { kind: 'reserved', lines: readReserved(answer.json()).lines.map(toOrderLine) }
      }
      if (answer.status !== 409) throw unexpected('reserve', answer.status)
      return { kind: 'short', lines: (readShort(answer.json()).lines ?? []).map(toShortage) }
    },
    async finish(id, verb, lines, deadline, trace, asked) {
      const answer = await catalog.call({
        method: 'POST',
        path: `/internal/reservations/${id}/${verb}`,
        body: { lines: onTheWire(lines) },
        idempotent: true,
        deadline,
        trace,
        headers: sentOf(asked),
      })
      if (answer.status !== 200) throw unexpected(verb, answer.status)
    },
    async forget(ids, deadline, asked) {
      const answer = await catalog.call({
        method: 'POST',
        path: '/internal/reservations/forget',
        body: { order_ids: ids },
        idempotent: true,
        deadline,
        headers: sentOf(asked),
      })
      if (answer.status !== 204) throw unexpected('forget', answer.status)
    },
  }
}

const sentOf = (asked: Millis) => ({ [askedAtHeader]: String(asked) })

const onTheWire = (lines: readonly WantedLine[]) =>
  lines.map((line) => ({ product_id: line.productId, quantity: line.quantity }))

function toOrderLine(line: {
  product_id: string
  name: string
  price: number
  quantity: number
}): OrderLine {
  const price = toMinor(line.price)
  if (price === null) throw new Error('The catalog answered a price with more than two decimals.')
  return {
    productId: line.product_id as ProductId,
    name: line.name,
    price,
    quantity: line.quantity,
  }
}

const toShortage = (line: {
  product_id: string
  requested: number
  available: number
}): Shortage => ({
  productId: line.product_id as ProductId,
  requested: line.requested,
  available: line.available,
})

const unexpected = (verb: string, status: number): Error =>
  new Error(`The catalog answered ${status} to ${verb}.`)
