/** The user service's own metrics. */
import type { Metrics } from '../../core/metrics/metrics.ts'

/** How a log-in ended; `limited` is 429, before any hash was computed. */
export type LoginResult = 'success' | 'failure' | 'limited'

export interface UserMetrics {
  registered(): void
  login(result: LoginResult): void
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
  return {
    registered: () => registered.inc(),
    login: (result) => results[result].inc(),
  }
}
