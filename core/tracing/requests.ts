/** The server span of a request: of one that was sampled, and after the fact of one that went wrong. */
import { perSecond } from '../resilience/per-second.ts'
import {
  childOf,
  newTrace,
  parseTraceparent,
  traceparentHeader,
} from '../resilience/trace-context.ts'
import type { TraceContext } from '../resilience/trace-context.ts'
import type { Inbound } from '../http/engine/engine.ts'
import type { Observe } from '../http/pipeline.ts'
import type { Route } from '../http/route.ts'
import { preciseNow, type RecordSpan } from './span.ts'

export interface RequestSpansOptions {
  readonly record: RecordSpan
  /** Milliseconds from which a request is slow. */
  readonly slow: number
  /** Names the trace behind a duration; see `HistogramSlot.exemplify`. */
  readonly exemplify: (route: NamedRoute) => (milliseconds: number, traceId: string) => void
}

export type NamedRoute = Pick<Route, 'method' | 'path' | 'operation'>

/** When everything fails, the first of each second tell as much as all of them. */
const afterTheFactPerSecond = 50

/** Adds spans to what is recorded of a route's requests. */
export function createRequestSpans(
  options: RequestSpansOptions,
): (route: NamedRoute, observe: Observe) => Observe {
  const { record, slow } = options
  const mayTell = perSecond(afterTheFactPerSecond)

  return (route, observe) => {
    const exemplify = options.exemplify(route)
    const name = `${route.method} ${route.path}`
    const known = {
      'http.request.method': route.method,
      'http.route': route.path,
      'shop.operation': route.operation,
    }

    function tell(
      status: number,
      milliseconds: number,
      { context, parentId }: { readonly context: TraceContext; readonly parentId: string | null },
      further: Readonly<Record<string, string>> = {},
    ): void {
      const end = preciseNow()
      const attributes = { ...known, 'http.response.status_code': status, ...further }
      const failed = status >= 500
      record({
        name,
        kind: 'server',
        context,
        parentId,
        start: end - milliseconds,
        end,
        failed,
        attributes,
      })
    }

    return (status, milliseconds, request, error) => {
      observe(status, milliseconds, request, error)
      const { sampled } = request
      if (sampled !== null) {
        exemplify(milliseconds, sampled.traceId)
        tell(status, milliseconds, { context: sampled, parentId: sampled.callerId })
      } else if ((status >= 500 || milliseconds >= slow) && mayTell()) {
        const caller = parseTraceparent(request.inbound.header(traceparentHeader))
        const context = { ...request.trace, sampled: true }
        tell(status, milliseconds, { context, parentId: caller?.parentId ?? null }, afterTheFact)
      }
    }
  }
}

/** Marks a span that has no children because nobody knew that it would be of interest. */
const afterTheFact = { 'shop.sampled': 'after the fact' }

/**
 * Has a span id of its own, so that what is called inside finds its caller should both be told of after
 * the fact. The flag is off whatever the caller says: those inside would believe it.
 */
export function unsampledTrace(inbound: Inbound): TraceContext {
  const caller = parseTraceparent(inbound.header(traceparentHeader))
  return caller === null ? newTrace() : { ...childOf(caller), sampled: false }
}
