/** Which requests are traced: decided from the route and two headers, before any span exists. */
import type { Inbound } from '../http/engine/engine.ts'
import { isInternal, type Route } from '../http/route.ts'
import { perSecond } from '../resilience/per-second.ts'
import { newTrace, parseTraceparent, traceparentHeader } from '../resilience/trace-context.ts'
import type { TraceContext } from '../resilience/trace-context.ts'
import { inNetworks } from '../values/networks.ts'
import { newSpanId } from './span.ts'

/** The span of a request that is traced. */
export interface SampledRequest extends TraceContext {
  /** The caller's span where it is part of the trace. */
  readonly callerId: string | null
}

/** The decision for one request; null: it is not traced. */
export type Sample = (inbound: Inbound) => SampledRequest | null

/** What the pipeline needs to trace requests. */
export interface RequestTracing {
  readonly sample: (route: SampledRoute) => Sample
  /** The trace of a request that is not sampled; it still goes into logs and calls. */
  readonly unsampled: (inbound: Inbound) => TraceContext
}

export interface SamplingOptions {
  /** Share of requests, 0 to 1. */
  readonly share: number
  /** Requests a second that the share takes at most: a busy process is known by fewer. */
  readonly perSecond: number
  /** Checkouts a second of which all are traced. */
  readonly checkoutsPerSecond: number
  /** Whether anybody may ask for a trace by the sampled flag of `traceparent`. */
  readonly obeyAnybody: boolean
  /** Peers that always may: their own word, not that of their clients, must be in the flag. */
  readonly trustedProxies: readonly string[]
}

/**
 * Binds the decision to a route. A service that calls an internal route has decided already; who calls
 * any other route is heard where the profile or the peer allows it. A caller that did not sample is no
 * parent: its span does not exist.
 */
export function createSampling(options: SamplingOptions): (route: SampledRoute) => Sample {
  const { share, obeyAnybody } = options
  const trusted = inNetworks(options.trustedProxies)
  const shared = perSecond(options.perSecond)
  const checkouts = perSecond(options.checkoutsPerSecond)

  return (route) => {
    // Probes and scrapes come every few seconds for ever and have nothing to tell.
    if (route.neverShed === true) return () => null
    const obeys = isInternal(route)
      ? () => true
      : (inbound: Inbound) => obeyAnybody || trusted(inbound.address)
    const wants = ownDecision(route)
    return (inbound) => {
      const header = inbound.header(traceparentHeader)
      if (header === null) return wants() ? started(null) : null
      const caller = parseTraceparent(header)
      if (caller?.sampled === true && obeys(inbound)) return joined(caller)
      return wants() ? started(caller) : null
    }
  }

  function ownDecision(route: SampledRoute): () => boolean {
    if (isInternal(route)) return () => false
    if (route.checkout === true) return checkouts
    return share === 0 ? () => false : () => Math.random() < share && shared()
  }
}

/** What the decision depends on; the gateway has no route table and says this much. */
export type SampledRoute = Pick<Route, 'access' | 'neverShed' | 'checkout'>

const joined = ({ traceId, parentId }: TraceContext): SampledRequest => ({
  traceId,
  parentId: newSpanId(),
  sampled: true,
  callerId: parentId,
})

/** The caller's trace id is kept, so that the logs of both sides still say the same. */
function started(caller: TraceContext | null): SampledRequest {
  const { traceId, parentId } = caller ?? newTrace()
  return {
    traceId,
    parentId: caller === null ? parentId : newSpanId(),
    sampled: true,
    callerId: null,
  }
}
