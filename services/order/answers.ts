/** First answers as bytes: rendered once, stored with the order, replayed as they are. */
import type { StoredAnswer } from '../../core/http/idempotency.ts'
import { problem, problemDocument, type Problem } from '../../core/http/problem.ts'
import { compileSerializer } from '../../core/http/serializer.ts'
import { parseTraceparent } from '../../core/resilience/trace-context.ts'
import { fromMinor, type Minor } from '../../core/values/money.ts'
import { maxTotal, type Order, type PriceChange, type Shortage } from './order.ts'
import { Order as OrderSchema, orderOnTheWire } from './schemas.ts'
import type { PendingOrder } from './store.ts'

export interface Answers {
  created(order: Order): StoredAnswer
  shortage(pending: PendingOrder, lines: readonly Shortage[]): StoredAnswer
  /** What the stock was reserved at does not add up to the expected total. */
  priceChanged(
    pending: PendingOrder,
    total: { readonly expected: Minor; readonly actual: Minor },
    lines: readonly PriceChange[],
  ): StoredAnswer
  /** The order would cost more than any may. */
  tooLarge(pending: PendingOrder): StoredAnswer
}

export function createAnswers(): Answers {
  const serialize = compileSerializer(OrderSchema)
  return {
    created: (order) => ({ status: 200, body: serialize(orderOnTheWire(order)) }),
    shortage(pending, lines) {
      const shortage = problem('out_of_stock', {
        extra: {
          lines: lines.map((line) => ({
            product_id: line.productId,
            requested: line.requested,
            available: line.available,
          })),
        },
      })
      return refusal(pending, shortage)
    },
    priceChanged(pending, { expected, actual }, lines) {
      const changed = problem('price_changed', {
        values: { expected: fromMinor(expected).toFixed(2), total: fromMinor(actual).toFixed(2) },
        extra: {
          expected_total: fromMinor(expected),
          total: fromMinor(actual),
          lines: lines.map((line) => ({
            product_id: line.productId,
            old: line.old === null ? null : fromMinor(line.old),
            new: fromMinor(line.new),
          })),
        },
      })
      return refusal(pending, changed)
    },
    tooLarge: (pending) =>
      refusal(
        pending,
        problem('order_too_large', { values: { limit: fromMinor(maxTotal).toFixed(2) } }),
      ),
  }
}

function refusal(pending: PendingOrder, refused: Problem): StoredAnswer {
  const traceId = parseTraceparent(pending.traceparent)?.traceId ?? ''
  const document = problemDocument(refused, pending.instance, traceId)
  return { status: refused.status, body: JSON.stringify(document) }
}
