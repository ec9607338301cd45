/** The gateway's own health; that of a service is asked for under its prefix. */
import { jsonType, Reply } from '../../core/http/reply.ts'
import { ownHeaders } from './security.ts'
import type { Health } from '../../core/lifecycle/health.ts'

/** The answer at one of the health paths; null for any other path. */
export type HealthPages = (path: string) => Reply | Promise<Reply> | null

const json = (status: number, value: unknown): Reply =>
  new Reply(
    status,
    { ...ownHeaders, 'content-type': jsonType, ...(status === 503 && { 'retry-after': '1' }) },
    JSON.stringify(value),
  )

export function healthPages(health: Health): HealthPages {
  const alive = json(200, { status: 'ok' })
  const summary = json(200, { status: 'ok', service: 'gateway' })
  const unavailable = (reason: string): Reply => json(503, { status: 'unavailable', reason })
  return (path) => {
    switch (path) {
      case '/health':
        return summary
      case '/health/live':
        return alive
      case '/health/startup':
        return health.isStarted() ? alive : unavailable('starting')
      case '/health/ready':
        return health.notReady().then((reason) => (reason === null ? alive : unavailable(reason)))
      default:
        return null
    }
  }
}
