/** First answers as bytes: rendered once, stored with the order, replayed as they are. */
import type { StoredAnswer } from '../../core/http/idempotency.ts'
import { problem, problemDocument } from '../../core/http/problem.ts'
import { compileSerializer } from '../../core/http/serializer.ts'
import { parseTraceparent } from '../../core/resilience/trace-context.ts'
import type { Order, Shortage } from './order.ts'
import { Order as OrderSchema, orderOnTheWire } from './schemas.ts'
import type { PendingOrder } from './store.ts'

export interface Answers {
  created(order: Order): StoredAnswer
  shortage(pending: PendingOrder, lines: readonly Shortage[]): StoredAnswer
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
      const traceId = parseTraceparent(pending.traceparent)?.traceId ?? ''
      const document = problemDocument(shortage, pending.instance, traceId)
      return { status: shortage.status, body: JSON.stringify(document) }
    },
  }
}
