/** For every alert: series that must make it fire, and nothing else, and series that must not. */

/** Metric with labels, and its values in promtool's notation. */
export type Series = Readonly<Record<string, string>>

export interface AlertCase {
  readonly alert: string
  /** Time between two values. */
  readonly interval?: string
  readonly fires: Series
  /** Others that rightly fire with it. */
  readonly also?: readonly string[]
  /** Time into the series at which it fires. */
  readonly at: string
  /** The nearest thing to the cause that is none. */
  readonly silent: Series
}

const ok = 'http_requests_total{job="order",method="POST",route="/orders/",status="200"}'
const failed = 'http_requests_total{job="order",method="POST",route="/orders/",status="503"}'
/** Nobody failed: the clients did not wait. */
const left = 'http_requests_total{job="order",method="POST",route="/orders/",status="499"}'
const probeFailed =
  'http_requests_total{job="order",method="GET",route="/health/ready",status="503"}'

/** The histogram of one route whose requests all take between the two bounds. */
const durations = (metric: string, labels: string, slowest: string, perStep: number): Series => {
  const counts = `0+${perStep}x80`
  return Object.fromEntries(
    ['0.05', '0.1', '0.5', '1', '+Inf'].map((le) => [
      `${metric}_bucket{${labels},le="${le}"}`,
      Number(le) >= Number(slowest) || le === '+Inf' ? counts : '0x80',
    ]),
  )
}

const page = 'job="catalog",method="GET",route="/products/"'
const pages = (slowest: string, perStep: number): Series => ({
  ...durations('http_request_duration_seconds', page, slowest, perStep),
  [`http_requests_total{${page},status="200"}`]: `0+${perStep}x80`,
})
const logins = 'logins_total{job="user"'
const statement = 'job="catalog",operation="reserve"'
const disk = (metric: string): string =>
  `node_filesystem_${metric}{job="node",device="/dev/sda1",fstype="ext4",mountpoint="/"}`
const gib = 1024 ** 3

export const alertCases: readonly AlertCase[] = [
  {
    alert: 'ServiceDown',
    fires: { 'up{job="cart",instance="a"}': '1x5 0x20', 'up{job="cart",instance="b"}': '1x25' },
    at: '2m',
    silent: { 'up{job="cart",instance="a"}': '1x9 0x4 1x20' },
  },
  {
    alert: 'TargetDown',
    fires: { 'up{job="jaeger",instance="a"}': '1x5 0x20' },
    at: '4m',
    silent: { 'up{job="jaeger",instance="a"}': '1x9 0x6 1x20' },
  },
  {
    alert: 'GatewayDown',
    fires: { 'nginx_up{job="nginx"}': '1x5 0x20' },
    at: '3m',
    silent: { 'nginx_up{job="nginx"}': '1x9 0x4 1x20' },
  },
  {
    alert: 'ServiceRestarting',
    fires: { 'process_start_time_seconds{job="user"}': '1x5 2x5 3x5 4x60' },
    at: '6m',
    silent: { 'process_start_time_seconds{job="user"}': '1x5 2x5 3x60' },
  },
  {
    alert: 'AlertsNotDelivered',
    fires: { 'prometheus_notifications_dropped_total{job="prometheus"}': '0x10 5x60' },
    at: '5m',
    silent: { 'prometheus_notifications_dropped_total{job="prometheus"}': '7x70' },
  },
  {
    alert: 'LatencyP99High',
    fires: pages('1', 100),
    at: '8m',
    silent: pages('0.5', 100),
  },
  {
    alert: 'RequestRateHigh',
    fires: pages('0.05', 21_000),
    at: '12m',
    silent: pages('0.05', 19_000),
  },
  {
    // 0.5 % fail: above the target, below what burns a month's budget within days.
    alert: 'ErrorRateHigh',
    fires: { [ok]: '0+995x60', [failed]: '0+5x60' },
    at: '8m',
    silent: {
      [ok]: '0+9995x60',
      [failed]: '0+5x60',
      [probeFailed]: '0+900x60',
      [left]: '0+5000x60',
    },
  },
  {
    // Two a second: suddenly, and for hours.
    alert: 'FailedLoginsHigh',
    interval: '2m',
    fires: {
      [`${logins},result="failure"}`]: '0x160 0+200x40',
      [`${logins},result="limited"}`]: '0x160 0+40x40',
    },
    at: '6h',
    silent: {
      [`${logins},result="failure"}`]: '0+240x200',
      [`${logins},result="success"}`]: '0x160 0+9000x40',
    },
  },
  {
    alert: 'ErrorBudgetBurnFast',
    interval: '1m',
    fires: { [ok]: '0+970x120', [failed]: '0+30x120' },
    also: ['ErrorRateHigh', 'ErrorBudgetBurnSlow'],
    at: '2h',
    // Over for ten minutes: the long window still remembers, the short one does not.
    silent: { [ok]: '0+970x50 48500+1000x60', [failed]: '0+30x50 1500x60' },
  },
  {
    alert: 'ErrorBudgetBurnSlow',
    interval: '5m',
    fires: { [ok]: '0+9960x600', [failed]: '0+40x600' },
    also: ['ErrorRateHigh'],
    at: '2d',
    silent: { [ok]: '0+9995x600', [failed]: '0+5x600' },
  },
  {
    alert: 'StockInvariantBroken',
    fires: { 'stock_invariant_violations{job="catalog"}': '0x5 1x20' },
    at: '3m',
    silent: { 'stock_invariant_violations{job="catalog"}': '0x25' },
  },
  {
    alert: 'OutboxLag',
    fires: { 'outbox_lag_seconds{job="order"}': '0x5 31+10x20' },
    at: '3m',
    silent: { 'outbox_lag_seconds{job="order"}': '30x25' },
  },
  {
    alert: 'OrdersStuck',
    fires: {
      'open_checkout_age_seconds{job="cart"}': '0x25',
      'half_placed_order_age_seconds{job="order"}': '0x25',
      'overdue_order_age_seconds{job="order"}': '0x5 61+10x20',
    },
    at: '3m',
    silent: {
      'open_checkout_age_seconds{job="cart"}': '60x25',
      'half_placed_order_age_seconds{job="order"}': '60x25',
      'overdue_order_age_seconds{job="order"}': '0x5 61+10x5 0x20',
    },
  },
  {
    alert: 'RevocationFeedLag',
    fires: { 'revocation_feed_lag_seconds{job="cart"}': '0x5 31+10x20' },
    at: '3m',
    silent: { 'revocation_feed_lag_seconds{job="cart"}': '30x25' },
  },
  {
    alert: 'ServiceTokensRefused',
    fires: { 'service_tokens_refused_total{job="catalog",reason="early"}': '0x5 0+10x20' },
    at: '8m',
    silent: {
      'service_tokens_refused_total{job="catalog",reason="early"}': '0x25',
      'service_tokens_refused_total{job="catalog",reason="unproven"}': '0+10x25',
    },
  },
  {
    alert: 'StoreSlow',
    fires: durations('cassandra_query_duration_seconds', statement, '0.5', 10),
    at: '8m',
    silent: durations('sqlite_query_duration_seconds', statement, '0.1', 10),
  },
  {
    alert: 'CircuitOpen',
    fires: { 'circuit_breaker_open{job="cart",peer="order"}': '0x5 1x20' },
    at: '3m',
    silent: { 'circuit_breaker_open{job="cart",peer="order"}': '0x9 1x4 0x20' },
  },
  {
    alert: 'TracesLost',
    fires: { 'trace_spans_total{job="order",result="dropped"}': '0x10 0+5x60' },
    at: '10m',
    silent: {
      'trace_spans_total{job="order",result="dropped"}': '7x70',
      'trace_spans_total{job="order",result="exported"}': '0+5x70',
    },
  },
  {
    alert: 'DiskAlmostFull',
    fires: {
      [disk('size_bytes')]: `${100 * gib}x60`,
      [disk('avail_bytes')]: `${4 * gib}x60`,
      [disk('readonly')]: '0x60',
    },
    at: '8m',
    silent: {
      [disk('size_bytes')]: `${100 * gib}x60`,
      [disk('avail_bytes')]: `${4 * gib}x60`,
      [disk('readonly')]: '1x60',
    },
  },
  {
    alert: 'DiskFillsUp',
    interval: '5m',
    fires: {
      [disk('size_bytes')]: `${100 * gib}x100`,
      [disk('avail_bytes')]: `${39 * gib}-${0.2 * gib}x100`,
      [disk('readonly')]: '0x100',
    },
    at: '7h',
    silent: {
      [disk('size_bytes')]: `${100 * gib}x100`,
      [disk('avail_bytes')]: `${39 * gib}x100`,
      [disk('readonly')]: '0x100',
    },
  },
  {
    alert: 'CpuSaturated',
    fires: { 'process_cpu_seconds_total{job="order",instance="a"}': '0+9.5x80' },
    at: '12m',
    silent: { 'process_cpu_seconds_total{job="order",instance="a"}': '0+8.5x80' },
  },
  {
    alert: 'EventLoopBlocked',
    fires: { 'nodejs_eventloop_lag_p99_seconds{job="order",instance="a"}': '0.01x5 0.19x60' },
    at: '4m',
    silent: {
      'nodejs_eventloop_lag_p99_seconds{job="order",instance="a"}': '0.19x10 0.01x1 0.19x10 0.1x40',
    },
  },
  {
    alert: 'MemoryHigh',
    fires: { 'process_resident_memory_bytes{job="order"}': `${0.45 * gib}x60` },
    at: '8m',
    silent: { 'process_resident_memory_bytes{job="order"}': `${0.35 * gib}x60` },
  },
  {
    alert: 'CassandraNodeDown',
    fires: {
      'up{job="cassandra",instance="a"}': '1x30',
      'org_apache_cassandra_net_failuredetector_downendpointcount{job="cassandra",instance="a"}':
        '0x5 1x20',
    },
    at: '3m',
    silent: {
      'up{job="cassandra",instance="a"}': '1x30',
      'org_apache_cassandra_net_failuredetector_downendpointcount{job="cassandra",instance="a"}':
        '0x9 1x4 0x20',
      // Late answers are a matter of seconds, and of other alerts.
      'cassandra_nodes{job="order",instance="b",state="silent"}': '1x30',
      'cassandra_nodes{job="order",instance="b",state="down"}': '0x9 1x4 0x20',
    },
  },
  {
    alert: 'CassandraUnreachable',
    fires: { 'cassandra_breaker_open{job="order",instance="a"}': '0x5 1x20' },
    at: '3m',
    silent: { 'cassandra_breaker_open{job="order",instance="a"}': '0x9 1x4 0x20' },
  },
  {
    alert: 'CassandraDropsRequests',
    fires: {
      'org_apache_cassandra_metrics_droppedmessage_dropped_count{instance="a",scope="READ_REQ"}':
        '0x5 0+3x60',
    },
    at: '5m',
    silent: {
      'org_apache_cassandra_metrics_droppedmessage_dropped_count{instance="a",scope="READ_REQ"}':
        '9x60',
    },
  },
]
