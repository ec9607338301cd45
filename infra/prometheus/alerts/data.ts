/** Alerts on what the shop must never lose: stock, orders, their consequences, ended sessions. */
import { targets } from '../targets.ts'
import type { AlertGroup } from './alert.ts'

export const dataAlerts: AlertGroup = {
  name: 'data',
  alerts: [
    {
      name: 'StockInvariantBroken',
      severity: 'critical',
      // Every copy of the catalog sees the same stock.
      expr: 'max(stock_invariant_violations) > 0',
      for: '1m',
      summary: 'The stock does not add up',
      description:
        '{{ $value }} products have stocked other than available + reserved + sold: units may be sold twice or lost.',
    },
    {
      name: 'OutboxLag',
      severity: 'warning',
      expr: 'max by (job) (outbox_lag_seconds) > 30',
      for: '1m',
      summary: '{{ $labels.job }}: consequences of orders are not delivered',
      description:
        'The oldest entry of the outbox waits for {{ $value | humanizeDuration }}: stock or notifications are behind the orders.',
    },
    {
      name: 'OrdersStuck',
      severity: 'warning',
      expr: [
        'open_checkout_age_seconds',
        'half_placed_order_age_seconds',
        'overdue_order_age_seconds',
      ]
        .map((age) => `max by (job) (${age}) > 60`)
        .join(' or '),
      for: '1m',
      summary: '{{ $labels.job }}: an order does not get on',
      description:
        'The oldest checkout, half-placed order or overdue order has waited for {{ $value | humanizeDuration }}; all of them should be settled within seconds.',
    },
    {
      name: 'RevocationFeedLag',
      severity: 'warning',
      expr: 'revocation_feed_lag_seconds > 30',
      for: '1m',
      summary: '{{ $labels.job }} does not learn of ended sessions',
      description:
        '{{ $labels.instance }} last heard of ended sessions {{ $value | humanizeDuration }} ago: who has signed out could still act until the token expires.',
    },
    {
      name: 'StoreSlow',
      severity: 'warning',
      expr: `job_operation:store_query_duration_seconds:p99_5m > ${targets.store}`,
      for: '2m',
      summary: '{{ $labels.job }}: {{ $labels.operation }} is slow in the store',
      description:
        'One in a hundred takes longer than {{ $value | humanizeDuration }}; the target is 100 ms.',
    },
    {
      name: 'CircuitOpen',
      severity: 'warning',
      expr: 'max by (job, peer) (circuit_breaker_open) > 0',
      for: '1m',
      summary: '{{ $labels.job }} does not call {{ $labels.peer }} any more',
      description:
        'Calls to {{ $labels.peer }} failed one after another, so {{ $labels.job }} answers 503 at once until a probe succeeds.',
    },
  ],
}
