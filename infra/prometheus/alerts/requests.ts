/** Alerts on what customers meet: latency, rate, errors, and how fast the error budget burns. */
import { errorRatio, type budgetWindows } from '../recording.ts'
import { customerRoutes, targets } from '../targets.ts'
import type { Times } from '../times.ts'
import type { Alert, AlertGroup } from './alert.ts'

export const requestAlerts = (time: Times): AlertGroup => ({
  name: 'requests',
  alerts: [latency, requestRate, errorRate(time), failedLogins(time)],
})

/** A route that is asked less than once in ten seconds has no percentile worth a message. */
const latency: Alert = {
  name: 'LatencyP99High',
  severity: 'warning',
  expr: `job_route:http_request_duration_seconds:p99_5m > ${targets.p99} and on (job, method, route) job_route:http_requests:rate5m > 0.1`,
  for: '2m',
  summary: '{{ $labels.job }}: {{ $labels.method }} {{ $labels.route }} is slow',
  description:
    'One request in a hundred takes longer than {{ $value | humanizeDuration }}; the target is 500 ms.',
}

const requestRate: Alert = {
  name: 'RequestRateHigh',
  severity: 'info',
  expr: `job:http_requests:rate5m > ${targets.requests}`,
  for: '5m',
  summary: '{{ $labels.job }}: more requests than planned',
  description: `{{ $labels.job }} gets {{ $value | humanize }} requests a second; it is planned for fewer than ${targets.requests}.`,
}

/** Three failures at least: one in a quiet night is a line in a log, not a message. */
const errorRate = (time: Times): Alert => ({
  name: 'ErrorRateHigh',
  severity: 'warning',
  expr: `${errorRatio('5m')} > ${targets.errors} and on (job) ${failures(time('5m'))} >= 3`,
  for: '2m',
  summary: '{{ $labels.job }}: more than 0.1 % of requests fail',
  description: '{{ $value | humanizePercentage }} of the requests to {{ $labels.job }} fail.',
})

/**
 * One a second at least, and five times what the six hours before had: passwords that are typed wrong are as
 * many as customers are. Where nothing is known of those, the first condition decides alone.
 */
const failedLogins = (time: Times): Alert => {
  const rate = (range: string): string =>
    `sum by (job) (rate(logins_total{result!="success"}${range}))`
  const now = rate(`[${time('5m')}]`)
  return {
    name: 'FailedLoginsHigh',
    severity: 'warning',
    expr: `${now} > 1 unless ${now} <= 5 * ${rate(`[${time('6h')}] offset ${time('10m')}`)}`,
    for: '5m',
    summary: '{{ $labels.job }}: far more log-ins fail than usual',
    description:
      '{{ $value | humanize }} log-ins a second fail or are refused for their number; somebody may be guessing passwords.',
  }
}

type Window = (typeof budgetWindows)[number]

/**
 * 99.9 % over 30 days leaves 0.1 % of requests. A burn of 14.4 spends 2 % of that in an hour, 6 spends
 * 5 % in six hours, 3 spends 10 % in a day, 1 spends 10 % in three days. The long window says that it
 * matters, the short one that it still goes on. Site Reliability Workbook, chapter 5.
 */
export const budgetAlerts = (time: Times): AlertGroup => ({
  name: 'error_budget',
  alerts: [
    {
      name: 'ErrorBudgetBurnFast',
      severity: 'critical',
      // Ten failures at least: one among the twenty requests of a quiet hour wakes nobody.
      expr: `((${burns(14.4, '1h', '5m')}) or (${burns(6, '6h', '30m')})) and on (job) ${failures(time('1h'))} >= 10`,
      for: '1m',
      summary: '{{ $labels.job }}: the error budget of 30 days is gone within days',
      description:
        '{{ $value | humanizePercentage }} of the requests to {{ $labels.job }} fail over the long window; 0.1 % may.',
    },
    {
      name: 'ServiceTokensRefused',
      severity: 'warning',
      // What needs no good signature anybody can send.
      expr: `sum by (job) (increase(service_tokens_refused_total{reason!="unproven"}[${time('5m')}])) > 5`,
      for: '1m',
      summary: '{{ $labels.job }} refuses the tokens of other services',
      description:
        '{{ $value | humanize }} calls within five minutes had a token that was too old or not valid yet: the clocks of two machines are more than 15 s apart.',
    },
    {
      name: 'ErrorBudgetBurnSlow',
      severity: 'warning',
      expr: `(${burns(3, '1d', '2h')}) or (${burns(1, '3d', '6h')})`,
      for: '15m',
      summary: '{{ $labels.job }}: the error budget of 30 days does not last',
      description:
        '{{ $value | humanizePercentage }} of the requests to {{ $labels.job }} fail over the long window; 0.1 % may.',
    },
  ],
})

function burns(factor: number, long: Window, short: Window): string {
  const limit = Number((factor * targets.errors).toPrecision(6))
  return `${errorRatio(long)} > ${limit} and on (job) ${errorRatio(short)} > ${limit}`
}

const failures = (window: string): string =>
  `sum by (job) (increase(http_requests_total{${customerRoutes},status=~"5.."}[${window}]))`
