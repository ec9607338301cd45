/** What the shop promises, as numbers that rules and panels compare with. */
import { serviceNames } from '../../core/values/service-name.ts'

export const targets = {
  /** Seconds. */
  p99: 0.5,
  p95: 0.2,
  store: 0.1,
  /** For which one turn of a process's work may hold up all else. */
  loop: 0.1,
  /** Share of requests that may fail. */
  errors: 0.001,
  /** Requests a second and service beyond what the shop was planned for (500). */
  requests: 2_000,
} as const

/** The jobs without one of which customers cannot buy, as a pattern. */
export const vitalJobs = [...serviceNames, 'gateway'].join('|')

/** Probes and scrapes say how a process is, not how customers fare. */
export const customerRoutes = 'route!~"/health.*|/system/health|/metrics"'

/** A stream stays open for as long as its reader likes, so its duration says nothing. */
export const streamRoute = 'route!="/users/me/notifications"'
