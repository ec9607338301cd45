/** What is recorded of a request at the gateway, and the ids under which all services tell of it. */
import { ClientGone } from '../../core/http/client-gone.ts'
import type { Handle, Inbound } from '../../core/http/engine/engine.ts'
import { callersTrace, requestIdOf, type Finished, type Observe } from '../../core/http/pipeline.ts'
import type { Reply } from '../../core/http/reply.ts'
import type { Method } from '../../core/http/route.ts'
import type { Observer } from '../../core/lifecycle/observer.ts'
import {
  childOf,
  formatTraceparent,
  traceparentHeader,
  type TraceContext,
} from '../../core/resilience/trace-context.ts'
import { createRequestSpans, unsampledTrace } from '../../core/tracing/requests.ts'
import type { Sample, SampledRequest } from '../../core/tracing/sampling.ts'
import { preciseNow } from '../../core/tracing/span.ts'
import type { Tracing } from '../../core/tracing/tracing.ts'
import { newId } from '../../core/values/ids.ts'
import type { ServiceName } from '../../core/values/service-name.ts'
import { destinationOf, isProbe, prefixes } from './paths.ts'
import type { Forward } from './proxy.ts'

export interface ObservationOptions {
  readonly observer: Observer
  /** Null where tracing is off. */
  readonly tracing: Tracing | null
  /** Whether a client's sampled flag goes on to the services while tracing is off here. */
  readonly obeyAnybody: boolean
}

export interface Observation {
  /** The same handle; all that reaches it is counted, timed and logged. */
  handle(handle: Handle): Handle
  /** The same forwarding, with the ids of the request and a span of the call. */
  forward(forward: Forward): Forward
}

/** What makes an order; a test holds it against the services' route tables. */
export const checkouts: ReadonlySet<string> = new Set([
  'cart /cart/checkout',
  'order /orders',
  'user /users/me/orders',
])

const methods = ['GET', 'POST', 'PUT', 'DELETE'] as const satisfies readonly Method[]
const ownFolders = ['docs', 'swagger', 'profiles'] as const

/** One prefix is one route: what is behind it, the service tells itself. */
interface Endpoint {
  readonly observe: Observe
  readonly sample: Sample
}

export function createObservation(options: ObservationOptions): Observation {
  const { observer, tracing } = options
  const spans =
    tracing === null ? null : createRequestSpans({ ...tracing, exemplify: observer.exemplify })
  const traceOf = tracing === null && options.obeyAnybody ? callersTrace : unsampledTrace
  const never: Sample = () => null

  function endpoint(method: Method, path: `/${string}`, sample: Sample): Endpoint {
    const route = { method, path, operation: 'forward', success: { status: 200 } }
    const observe = observer.bind(route)
    return { observe: spans === null ? observe : spans(route, observe), sample }
  }

  const usual = tracing?.requests.sample({ access: 'public' }) ?? never
  const checkout = tracing?.requests.sample({ access: 'public', checkout: true }) ?? never
  const endpoints = new Map<string, Endpoint>()
  for (const [service, prefix] of Object.entries(prefixes)) {
    for (const method of methods) {
      endpoints.set(`${method} ${service}`, endpoint(method, `/${prefix.slice(1)}/*`, usual))
    }
    // The same series, another decision.
    const post = endpoints.get(`POST ${service}`)
    if (post !== undefined) endpoints.set(`checkout ${service}`, { ...post, sample: checkout })
  }
  for (const folder of ownFolders) {
    endpoints.set(`GET ${folder}`, endpoint('GET', `/${folder}/*`, never))
  }
  const probe = endpoint('GET', '/health', never)
  endpoints.set('GET health', {
    ...probe,
    // That a service is not there yet is the answer to a probe, and not a failure to tell of.
    observe: (status, milliseconds, request) =>
      probe.observe(status, milliseconds, request, undefined),
  })
  endpoints.set('GET ', endpoint('GET', '/', never))

  function endpointOf({ method, path, query }: Inbound): Endpoint | undefined {
    const destination = destinationOf(path, query)
    if (destination.kind === 'own') return endpoints.get(`${method} ${ownNameOf(path)}`)
    if (destination.kind !== 'service') return undefined
    const { service } = destination
    // A probe says how a service is, not how customers fare, whichever way it comes.
    if (method === 'GET' && isProbe(destination.path)) return endpoints.get('GET health')
    return isCheckout(method, service, destination.path)
      ? endpoints.get(`checkout ${service}`)
      : endpoints.get(`${method} ${service}`)
  }

  return {
    handle: (handle) => (inbound) => {
      const started = performance.now()
      const found = endpointOf(inbound)
      const request = new GatewayRequest(inbound, found?.sample(inbound) ?? null, traceOf)
      const finish = (reply: Reply): Reply => {
        const milliseconds = performance.now() - started
        if (found === undefined) observer.stray(reply.status)
        else found.observe(reply.status, milliseconds, request, request.error)
        return reply
      }
      const reply = handle(request)
      return reply instanceof Promise ? reply.then(finish) : finish(reply)
    },

    forward: (forward) => async (inbound, copies, path) => {
      // The handle above hands in nothing else.
      const request = inbound as GatewayRequest
      const { sampled } = request
      if (sampled !== null) request.passed = childOf(sampled)
      const start = preciseNow()
      let failed = true
      try {
        const reply = await forward(request, copies, path)
        failed = reply.status >= 500
        return reply
      } catch (error) {
        request.error = error
        failed = !(error instanceof ClientGone)
        throw error
      } finally {
        if (sampled !== null) {
          tracing?.record({
            name: `call ${copies.service}`,
            kind: 'client',
            context: request.passed,
            parentId: sampled.parentId,
            start,
            end: preciseNow(),
            failed,
            attributes: { 'peer.service': copies.service, 'http.request.method': request.method },
          })
        }
      }
    },
  }
}

function isCheckout(method: string, service: ServiceName, path: string): boolean {
  const plain = path.endsWith('/') ? path.slice(0, -1) : path
  return method === 'POST' && checkouts.has(`${service} ${plain}`)
}

/** The first segment of one of the gateway's own paths. */
const ownNameOf = (path: string): string => /^\/([^/]*)/.exec(path)?.[1] ?? ''

/** A request with the ids that it has from here on, whatever the client sent. */
class GatewayRequest implements Inbound, Finished {
  readonly inbound: Inbound
  readonly method: string
  readonly path: string
  readonly query: string
  readonly sampled: SampledRequest | null
  readonly trace: TraceContext
  readonly requestId: string
  /** What the service gets to see as its caller. */
  passed: TraceContext
  /** Why there was no answer to hand on. */
  error: unknown

  constructor(
    inbound: Inbound,
    sampled: SampledRequest | null,
    traceOf: (inbound: Inbound) => TraceContext,
  ) {
    this.inbound = inbound
    this.method = inbound.method
    this.path = inbound.path
    this.query = inbound.query
    this.sampled = sampled
    this.trace = sampled ?? traceOf(inbound)
    this.passed = this.trace
    this.requestId = requestIdOf(inbound) ?? newId<string>()
  }

  header(name: string): string | null {
    if (name === traceparentHeader) return formatTraceparent(this.passed)
    return name === 'x-request-id' ? this.requestId : this.inbound.header(name)
  }

  *headers(): Iterable<[string, string]> {
    for (const entry of this.inbound.headers()) {
      if (entry[0] !== traceparentHeader && entry[0] !== 'x-request-id') yield entry
    }
    yield [traceparentHeader, formatTraceparent(this.passed)]
    yield ['x-request-id', this.requestId]
  }

  bytes(limit: number): Promise<Uint8Array> {
    return this.inbound.bytes(limit)
  }

  stream(): ReadableStream<Uint8Array> | null {
    return this.inbound.stream()
  }

  get address(): string {
    return this.inbound.address
  }

  get signal(): AbortSignal {
    return this.inbound.signal
  }
}
