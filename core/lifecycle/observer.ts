/** What is recorded of every request: metrics always, a log line for failures and a sample of the rest. */
import type { Application } from '../http/application.ts'
import type { Observe } from '../http/pipeline.ts'
import { Problem } from '../http/problem.ts'
import type { Route } from '../http/route.ts'
import { accessLine, type Logger } from '../logging/logger.ts'
import { perSecond } from '../resilience/per-second.ts'
import type { CounterSlot, Metrics } from '../metrics/metrics.ts'

export interface Observer {
  readonly bind: (route: ObservedRoute) => Observe
  /** Names the traces behind a route's durations. */
  readonly exemplify: (
    route: Pick<Route, 'method' | 'path'>,
  ) => (milliseconds: number, traceId: string) => void
  /** Requests that met no route are one series, whatever their path and method were. */
  readonly stray: (status: number) => void
  /** Requests that were refused because too many were in flight. */
  readonly shed: () => void
}

/** What is known of a route that requests are recorded under. */
export interface ObservedRoute extends Pick<Route, 'method' | 'path'> {
  readonly success: Pick<Route['success'], 'status'>
}

/** There from boot, so that an error rate has its series before the first error. */
const failures = [500, 503]
const strayStatuses = [404, 405, 503]

/**
 * `sample`: share of successful requests, 0 to 1, that leave an access line; at most `linesPerSecond` of
 * them do (at 90,000 requests a second, one line in a hundred takes 5 % of the processor).
 */
export function createObserver(
  metrics: Metrics,
  log: Logger,
  sample: number,
  load: Pick<Application, 'inFlight' | 'receiving'>,
  linesPerSecond = Number.POSITIVE_INFINITY,
): Observer {
  const mayLog = perSecond(linesPerSecond)
  const requests = metrics.counter('http_requests_total', 'Requests answered', [
    'method',
    'route',
    'status',
  ])
  const durations = metrics.histogram(
    'http_request_duration_seconds',
    'Time from the request to its answer',
    { labels: ['method', 'route'] },
  )
  metrics.gauge('http_requests_in_flight', 'Requests that wait for their answer', load.inFlight)
  metrics.gauge(
    'http_request_bodies_waiting',
    'Requests whose body has not arrived yet',
    load.receiving,
  )
  const shed = metrics.counter('http_requests_shed_total', 'Requests refused under load').slot({})
  const strays = new Map(strayStatuses.map((status) => [status, strayOf(status)]))

  function strayOf(status: number): CounterSlot {
    return requests.slot({ method: 'any', route: 'unmatched', status: String(status) })
  }

  return {
    bind(route) {
      const { method, path } = route
      const duration = durations.slot({ method, route: path })
      const slotOf = (status: number) =>
        requests.slot({ method, route: path, status: String(status) })
      const success = route.success.status
      const successes = slotOf(success)
      // Statuses are few and fixed by the error table, so the slots stay few as well.
      const others = new Map(failures.map((status) => [status, slotOf(status)]))
      return (status, milliseconds, request, error) => {
        duration.observe(milliseconds / 1000)
        if (status === success) {
          successes.inc()
          if (sample > 0 && Math.random() < sample && mayLog()) {
            log.info(lineOf(route, status, milliseconds, request))
          }
          return
        }
        const slot = others.get(status) ?? slotOf(status)
        others.set(status, slot)
        slot.inc()
        // A probe that finds the process not ready is an answer, not a failure.
        if (status >= 500 && error !== undefined) {
          log.error(
            { ...lineOf(route, status, milliseconds, request), err: rootOf(error) },
            'failed',
          )
        } else if (status >= 400) log.debug(lineOf(route, status, milliseconds, request))
      }
    },
    exemplify({ method, path }) {
      const duration = durations.slot({ method, route: path })
      return (milliseconds, traceId) => duration.exemplify(milliseconds / 1000, traceId)
    },
    stray(status) {
      const slot = strays.get(status) ?? strayOf(status)
      slot.inc()
    },
    shed: () => shed.inc(),
  }
}

const lineOf = (
  route: ObservedRoute,
  status: number,
  milliseconds: number,
  request: Parameters<Observe>[2],
) =>
  accessLine({
    request_id: request.requestId,
    trace_id: request.trace.traceId,
    method: route.method,
    route: route.path,
    status,
    duration_ms: Math.round(milliseconds * 100) / 100,
  })

/** A problem hides the error behind it from clients; the log wants that one. */
const rootOf = (error: unknown): unknown =>
  error instanceof Problem && error.cause !== undefined ? error.cause : error
