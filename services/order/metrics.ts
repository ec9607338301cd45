/** The order service's own metrics. */
import type { Metrics } from '../../core/metrics/metrics.ts'
import { whenKnown, type Eventually } from '../../core/values/eventually.ts'
import type { Millis } from '../../core/values/time.ts'
import { visibleStatuses, type Order, type VisibleStatus } from './order.ts'

export interface OrderMetrics {
  created(order: Order): void
  moved(order: Order): void
}

/** What the gauges read at scrape time. */
export interface OutboxState {
  readonly entries: number
  readonly oldest: Millis
}

export function createOrderMetrics(
  metrics: Metrics,
  outboxState: () => Eventually<OutboxState>,
): OrderMetrics {
  const created = metrics.counter('orders_created_total', 'Orders created').slot({})
  const moves = metrics.counter('orders_status_total', 'Orders that reached a status', ['status'])
  // Every status has its series at zero from boot.
  const reached = Object.fromEntries(
    visibleStatuses.map((status) => [status, moves.slot({ status })]),
  ) as Record<VisibleStatus, { inc(by?: number): void }>
  const delivery = metrics
    .histogram('order_delivery_duration_seconds', 'From creation to delivery', {
      buckets: [1, 5, 10, 30, 60, 90, 120, 180, 240, 300, 420, 600],
    })
    .slot({})
  metrics.gauge('outbox_entries', 'Consequences not delivered yet', () =>
    whenKnown(outboxState(), ({ entries }) => entries),
  )
  metrics.gauge('outbox_lag_seconds', 'Age of the oldest consequence not delivered yet', () =>
    whenKnown(outboxState(), ({ oldest }) => oldest / 1000),
  )
  return {
    created() {
      created.inc()
      reached.CREATED.inc()
    },
    moved(order) {
      reached[order.status].inc()
      if (order.status === 'DELIVERED') delivery.observe((order.updatedAt - order.createdAt) / 1000)
    },
  }
}
