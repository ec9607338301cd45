/** The user service's own metrics. */
import type { Metrics } from '../../core/metrics/metrics.ts'

/** How a log-in ended; `limited` is 429, before any hash was computed. */
export type LoginResult = 'success' | 'failure' | 'limited'

/** Whose streams were too many. */
export type StreamBound = 'user' | 'address' | 'process'

export interface UserMetrics {
  registered(): void
  login(result: LoginResult): void
  /** Milliseconds that a hash took, its wait for a free core included. */
  hashed(operation: 'hash' | 'verify', milliseconds: number): void
  /** Notifications that went into streams. */
  notified(count: number): void
  /** A stream was not opened because its user, its address or this process has as many as may be. */
  streamRefused(bound: StreamBound): void
  /** Says how many hashes wait, whenever it is asked. */
  countHashes(waiting: () => number): void
  /** Says how many streams are open, whenever it is asked. */
  countStreams(open: () => number): void
}

export function createUserMetrics(metrics: Metrics): UserMetrics {
  const registered = metrics.counter('users_registered_total', 'Users registered').slot({})
  const logins = metrics.counter('logins_total', 'Log-ins by password', ['result'])
  // Every result has its series at zero from boot.
  const results = {
    success: logins.slot({ result: 'success' }),
    failure: logins.slot({ result: 'failure' }),
    limited: logins.slot({ result: 'limited' }),
  } satisfies Record<LoginResult, unknown>
  const hashes = metrics.histogram(
    'password_hash_duration_seconds',
    'Time of a password hash, its wait for a free core included',
    { labels: ['operation'] },
  )
  const hashTimes = {
    hash: hashes.slot({ operation: 'hash' }),
    verify: hashes.slot({ operation: 'verify' }),
  }
  const notified = metrics
    .counter('notifications_sent_total', 'Notifications that went into event streams')
    .slot({})
  const refusals = metrics.counter(
    'notification_streams_refused_total',
    'Event streams that were not opened because there were too many',
    ['bound'],
  )
  const bounds = {
    user: refusals.slot({ bound: 'user' }),
    address: refusals.slot({ bound: 'address' }),
    process: refusals.slot({ bound: 'process' }),
  } satisfies Record<StreamBound, unknown>
  return {
    registered: () => registered.inc(),
    login: (result) => results[result].inc(),
    hashed: (operation, milliseconds) => hashTimes[operation].observe(milliseconds / 1000),
    notified: (count) => notified.inc(count),
    streamRefused: (bound) => bounds[bound].inc(),
    countHashes(waiting) {
      metrics.gauge('password_hash_queue_length', 'Hashes that wait for a free core', waiting)
    },
    countStreams(open) {
      metrics.gauge('notification_streams_open', 'Event streams that are open', open)
    },
  }
}
