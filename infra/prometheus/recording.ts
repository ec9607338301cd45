/** Recording rules: what alerts and panels ask for again and again, worked out once. */
import { customerRoutes, streamRoute } from './targets.ts'
import type { Duration, Times } from './times.ts'

interface RecordingRule {
  readonly record: string
  readonly expr: string
}

/** The windows in which the error budget is watched; Site Reliability Workbook, chapter 5. */
export const budgetWindows = [
  '5m',
  '30m',
  '1h',
  '2h',
  '6h',
  '1d',
  '3d',
] as const satisfies readonly Duration[]

export const errorRatio = (window: (typeof budgetWindows)[number]): string =>
  `job:http_errors:ratio_rate${window}`

interface Quantile {
  readonly q: number
  /** Of the histogram, without `_bucket`. */
  readonly metric: string
  /** By which the answer is told apart: `job, route`; empty for one figure of all. */
  readonly labels: string
  readonly selector: string
  readonly window: string
}

export const quantileOf = ({ q, metric, labels, selector, window }: Quantile): string =>
  `histogram_quantile(${q}, sum by (${labels === '' ? '' : `${labels}, `}le) (rate(${metric}_bucket{${selector}}[${window}])))`

export function recordingRules(time: Times): object {
  const window = time('5m')
  const quantile = (q: number, metric: string, labels: string, selector: string): string =>
    quantileOf({ q, metric, labels, selector, window })
  const durations = `${customerRoutes},${streamRoute}`
  const http = 'http_request_duration_seconds'
  const stores = (q: number): string =>
    ['sqlite', 'cassandra']
      .map((store) => quantile(q, `${store}_query_duration_seconds`, 'job, operation', ''))
      .join(' or ')

  const requests: RecordingRule[] = [
    {
      record: 'job:http_requests:rate5m',
      expr: `sum by (job) (rate(http_requests_total{${customerRoutes}}[${window}]))`,
    },
    {
      record: 'job_route:http_requests:rate5m',
      expr: `sum by (job, method, route) (rate(http_requests_total{${customerRoutes}}[${window}]))`,
    },
    {
      record: 'job_route:http_request_duration_seconds:p99_5m',
      expr: quantile(0.99, http, 'job, method, route', durations),
    },
    {
      record: 'job_route:http_request_duration_seconds:p95_5m',
      expr: quantile(0.95, http, 'job, method, route', durations),
    },
    { record: 'job_operation:store_query_duration_seconds:p99_5m', expr: stores(0.99) },
  ]
  return {
    groups: [
      { name: 'requests', rules: requests },
      { name: 'error_budget', rules: budgetWindows.map((each) => budgetRule(each, time)) },
    ],
  }
}

/** Zero, not nothing, where no request failed: a panel shows a line and an alert can resolve. */
function budgetRule(window: (typeof budgetWindows)[number], time: Times): RecordingRule {
  const rate = (selector: string): string =>
    `sum by (job) (rate(http_requests_total{${selector}}[${time(window)}]))`
  const all = rate(customerRoutes)
  const failed = rate(`${customerRoutes},status=~"5.."`)
  return { record: errorRatio(window), expr: `(${failed} or 0 * ${all}) / (${all} > 0)` }
}
