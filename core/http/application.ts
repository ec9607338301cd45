/** All routes as one handle: finding the route, 404 and 405, HEAD and OPTIONS, CORS, load shedding. */
import { bodyPatience, createBodyIntake } from './body-intake.ts'
import { withCors } from './cors.ts'
import type { Handle, Inbound } from './engine/engine.ts'
import { isInside, isThroughGateway } from './gateway-mark.ts'
import {
  compileRoute,
  problemReply,
  strayRequest,
  type PipelineOptions,
  type RouteHandle,
} from './pipeline.ts'
import { problem } from './problem.ts'
import { Reply, withHeaders } from './reply.ts'
import type { Route } from './route.ts'
import { createRouter, type Methods } from './router.ts'
import { faultOfMatch, faultOfTarget } from './target.ts'

export interface ApplicationOptions extends Omit<PipelineOptions, 'bodies'> {
  readonly routes: readonly Route[]
  /** Requests in flight past which new ones get 503 at once; as many bodies are waited for beside them. */
  readonly maxInFlight: number
  /** Origins that browsers may call from; empty leaves CORS out altogether. */
  readonly corsOrigins: readonly string[]
  /** Told of requests that met no route. */
  readonly onStray?: (status: number) => void
  /** Told of requests that were refused under load. */
  readonly onShed?: () => void
}

export interface Application {
  readonly handle: Handle
  /** Requests that wait for their answer right now. */
  inFlight(): number
  /** Requests whose body has not arrived yet; they are not among those in flight. */
  receiving(): number
}

/** Path and query longer than this are answered 414; headers past 16 KiB end in Bun's own 431. */
const maxTarget = 8_192

interface Endpoint {
  readonly run: RouteHandle
  readonly neverShed: boolean
  /** Not there for who comes through a gateway. */
  readonly inside: boolean
}

/** Builds the handle of a service. It never throws and never rejects. */
export function createApplication(options: ApplicationOptions): Application {
  // One place at least: with none in flight every request is shed before its body is read.
  const places = Math.max(1, options.maxInFlight)
  const bodies = createBodyIntake({ places, patience: bodyPatience })
  const router = createRouter<Endpoint>(
    options.routes.map((route) => ({
      method: route.method,
      path: route.path,
      value: endpointOf(route),
    })),
  )
  let unanswered = 0
  const inFlight = (): number => unanswered - bodies.waiting()
  const settle = (reply: Reply): Reply => {
    unanswered--
    return reply
  }

  function endpointOf(route: Route): Endpoint {
    const run = compileRoute(route, { ...options, bodies })
    const inside = isInside(route)
    return {
      run: inside ? notThroughGateway(run) : run,
      neverShed: route.neverShed === true,
      inside,
    }
  }

  function notThroughGateway(run: RouteHandle): RouteHandle {
    return (inbound, params) =>
      isThroughGateway(inbound) ? stray(inbound, problem('not_found')) : run(inbound, params)
  }

  function dispatch(inbound: Inbound): Reply | Promise<Reply> {
    if (inbound.path.length + inbound.query.length > maxTarget) {
      return stray(inbound, problem('uri_too_long', { values: { limit: maxTarget } }))
    }
    let match
    try {
      match = router.find(inbound.path)
    } catch (error) {
      return stray(inbound, error)
    }
    const { path, query } = inbound
    const fault =
      match === null ? faultOfTarget(path, query) : faultOfMatch(path, query, match.params)
    if (fault !== null) {
      return stray(inbound, problem('bad_request', { values: { reason: fault } }))
    }
    if (match === null) return stray(inbound, problem('not_found'))
    const endpoint = match.methods.get(inbound.method === 'HEAD' ? 'GET' : inbound.method)
    if (endpoint === undefined) return otherMethod(inbound, match.methods)
    if (inFlight() >= options.maxInFlight && !endpoint.neverShed) {
      options.onShed?.()
      return stray(inbound, problem('overloaded'))
    }
    const reply = endpoint.run(inbound, match.params)
    if (!(reply instanceof Promise)) return reply
    unanswered++
    return reply.then(settle)
  }

  function otherMethod(inbound: Inbound, methods: Methods<Endpoint>): Reply {
    const hidden = methods.values().every(({ inside }) => inside)
    if (hidden && isThroughGateway(inbound)) return stray(inbound, problem('not_found'))
    const headers = { allow: allowed(methods) }
    if (inbound.method === 'OPTIONS') return new Reply(204, headers, null)
    return stray(
      inbound,
      problem('method_not_allowed', { values: { method: inbound.method }, headers }),
    )
  }

  function stray(inbound: Inbound, error: unknown): Reply {
    const reply = problemReply(error, inbound, strayRequest(inbound))
    options.onStray?.(reply.status)
    return reply
  }

  const handle = withCors(dispatch, options.corsOrigins)
  return { handle: echoingRequestId(handle), inFlight, receiving: bodies.waiting }
}

function allowed(methods: Methods<unknown>): string {
  const names = [...methods.keys()]
  if (names.includes('GET')) names.push('HEAD')
  return [...names, 'OPTIONS'].join(', ')
}

/** Who sends a request id gets it back; who sends none pays nothing for it. */
function echoingRequestId(handle: Handle): Handle {
  return (inbound) => {
    const id = inbound.header('x-request-id')
    const reply = handle(inbound)
    if (id === null) return reply
    const echo = (ready: Reply): Reply =>
      'x-request-id' in ready.headers || !/^[\x21-\x7e]{1,128}$/.test(id)
        ? ready
        : withHeaders(ready, { 'x-request-id': id })
    return reply instanceof Promise ? reply.then(echo) : echo(reply)
  }
}
