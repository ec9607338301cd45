/** The order service's own metrics. */
import type { CounterSlot, Metrics } from '../../core/metrics/metrics.ts'
import { whenKnown } from '../../core/values/eventually.ts'
import { millis, type Millis } from '../../core/values/time.ts'
import { visibleStatuses, type Order, type VisibleStatus } from './order.ts'
import type { Effect, OrderStore } from './store.ts'

export interface OrderMetrics {
  created(order: Order): void
  moved(order: Order): void
  rejected(): void
  /** An attempt to deliver an entry of the outbox. */
  attempted(kind: Effect['kind'], delivered: boolean): void
}

/** What the gauges read at scrape time. */
export interface OrderMetricsOptions {
  readonly store: Pick<OrderStore, 'outboxState' | 'backlog'>
  readonly clock: { now(): Millis }
}

/** Orders move at most a second late; from then on they count as overdue. */
const grace = millis(1_000)

const effectKinds = ['commit', 'release', 'notify'] as const satisfies readonly Effect['kind'][]

export function createOrderMetrics(
  metrics: Metrics,
  { store, clock }: OrderMetricsOptions,
): OrderMetrics {
  const created = metrics.counter('orders_created_total', 'Orders created').slot({})
  const moves = metrics.counter('orders_status_total', 'Orders that reached a status', ['status'])
  // Every status has its series at zero from boot.
  const reached = Object.fromEntries(
    visibleStatuses.map((status) => [status, moves.slot({ status })]),
  ) as Record<VisibleStatus, CounterSlot>
  const delivery = metrics
    .histogram('order_delivery_duration_seconds', 'From creation to delivery', {
      buckets: [1, 5, 10, 30, 60, 90, 120, 180, 240, 300, 420, 600],
    })
    .slot({})
  const rejected = metrics
    .counter('orders_rejected_total', 'Orders refused for lack of stock')
    .slot({})
  const deliveries = metrics.counter(
    'outbox_deliveries_total',
    'Attempts to deliver consequences',
    ['kind', 'result'],
  )
  const attempts = Object.fromEntries(
    effectKinds.map((kind) => [
      kind,
      {
        delivered: deliveries.slot({ kind, result: 'delivered' }),
        failed: deliveries.slot({ kind, result: 'failed' }),
      },
    ]),
  ) as Record<Effect['kind'], Record<'delivered' | 'failed', CounterSlot>> // made from all kinds
  const outboxState = () => store.outboxState(clock.now())
  const backlog = () => store.backlog(clock.now(), grace)
  metrics.gauge('outbox_entries', 'Consequences not delivered yet', () =>
    whenKnown(outboxState(), ({ entries }) => entries),
  )
  metrics.gauge('outbox_lag_seconds', 'Age of the oldest consequence not delivered yet', () =>
    whenKnown(outboxState(), ({ oldest }) => oldest / 1000),
  )
  metrics.gauge(
    'half_placed_orders',
    'Orders between their row and their reservation',
    async () => (await backlog()).halfPlaced.count,
  )
  metrics.gauge(
    'half_placed_order_age_seconds',
    'Age of the oldest half-placed order',
    async () => (await backlog()).halfPlaced.oldest / 1000,
  )
  metrics.gauge(
    'overdue_orders',
    'Orders whose timer has run out and that have not moved',
    async () => (await backlog()).overdue.count,
  )
  metrics.gauge(
    'overdue_order_age_seconds',
    'How long the most overdue order has been',
    async () => (await backlog()).overdue.oldest / 1000,
  )
  return {
    rejected: () => rejected.inc(),
    attempted: (kind, delivered) => attempts[kind][delivered ? 'delivered' : 'failed'].inc(),
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
