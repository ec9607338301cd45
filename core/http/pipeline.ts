/** Composes one closure per route from what that route really needs; nothing is decided per request. */
import { budgetFrom, deadlineHeader, deadlineIn, type Deadline } from '../resilience/deadline.ts'
import { newTrace, parseTraceparent, type TraceContext } from '../resilience/trace-context.ts'
import type { RequestTracing, SampledRequest } from '../tracing/sampling.ts'
import { within, type Scope } from '../tracing/scope.ts'
import { newId } from '../values/ids.ts'
import { millis, type Clock } from '../values/time.ts'
import { bodyParser } from './body.ts'
import type { BodyIntake } from './body-intake.ts'
import type { Authenticate, Caller } from './caller.ts'
import { ClientGone, clientGoneStatus } from './client-gone.ts'
import type { Inbound } from './engine/engine.ts'
import { Problem, problem, problemDocument } from './problem.ts'
import { compileQueryParser } from './query.ts'
import { jsonType, problemType, Reply, withHeaders } from './reply.ts'
import type { Access, Call, Route } from './route.ts'
import { compileSerializer } from './serializer.ts'
import { compileValidator } from './validation.ts'

/** What is known of a finished request; identifiers are made only if somebody asks. */
export interface Finished {
  readonly requestId: string
  readonly trace: TraceContext
  /** Its own span; null where it is not traced. */
  readonly sampled: SampledRequest | null
  readonly inbound: Inbound
}

/** Told of each finished request: status, milliseconds, and the error where one was thrown. */
export type Observe = (
  status: number,
  milliseconds: number,
  request: Finished,
  error: unknown,
) => void

export interface PipelineOptions {
  readonly authenticate: Authenticate
  readonly clock: Clock
  /** Bound once per route; absent when nobody listens. */
  readonly observe?: (route: Route) => Observe
  /** Absent where tracing is off. */
  readonly tracing?: RequestTracing
  /** Waits for bodies, apart from what the service works on. */
  readonly bodies: BodyIntake
  /** The client's address; trusts a forwarding header only from a configured proxy. */
  readonly addressOf: (inbound: Inbound) => string
}

export type RouteHandle = (
  inbound: Inbound,
  params: Readonly<Record<string, string>>,
) => Reply | Promise<Reply>

const defaultBodyLimit = 64 * 1024
const defaultBudget = 2_000

/** One request on its way through the steps; what costs is computed on first use. */
class Request implements Call, Finished, Scope {
  params: unknown
  query: unknown
  body: unknown
  caller: Caller | null = null
  /** The handler of a public route has asked who calls, so the answer is for that caller. */
  identified = false
  readonly inbound: Inbound
  readonly sampled: SampledRequest | null
  readonly #plan: Plan
  #deadline: Deadline | null = null
  #requestId: string | null = null
  #trace: TraceContext | null

  constructor(
    inbound: Inbound,
    params: Readonly<Record<string, string>>,
    plan: Plan,
    sampled: SampledRequest | null,
  ) {
    this.inbound = inbound
    this.params = params
    this.sampled = sampled
    this.#plan = plan
    this.#trace = sampled
  }

  /** Started by the first step of a route that waits for anything, so that waiting counts. */
  get deadline(): Deadline {
    return (this.#deadline ??= deadlineIn(
      budgetFrom(this.inbound.header(deadlineHeader), millis(this.#plan.budget)),
      this.#plan.clock,
    ))
  }

  get requestId(): string {
    return (this.#requestId ??= requestIdOf(this.inbound) ?? newId<string>())
  }

  get trace(): TraceContext {
    return (this.#trace ??= this.#plan.traceOf(this.inbound))
  }

  get address(): string {
    return this.#plan.addressOf(this.inbound)
  }

  header(name: string): string | null {
    return this.inbound.header(name)
  }

  identify(): Caller | null | Promise<Caller | null> {
    this.identified = true
    const authorization = this.inbound.header('authorization')
    return authorization === null ? null : this.#plan.authenticate(authorization)
  }

  reply(value: unknown, headers: Readonly<Record<string, string>>): Reply {
    return this.#plan.render(value, headers)
  }
}

type Step = (request: Request) => void | Promise<void>

interface Plan {
  readonly steps: readonly Step[]
  readonly render: (value: unknown, headers?: Readonly<Record<string, string>>) => Reply
  /** No cache may give the answers to somebody else. */
  readonly personal: boolean
  readonly budget: number
  readonly clock: Clock
  readonly authenticate: Authenticate
  readonly addressOf: (inbound: Inbound) => string
  /** The trace of a request that is not sampled. */
  readonly traceOf: (inbound: Inbound) => TraceContext
}

/** A route's closure before it is known whether its request is sampled. */
type SampledHandle = (
  inbound: Inbound,
  params: Readonly<Record<string, string>>,
  sampled: SampledRequest | null,
) => Reply | Promise<Reply>

/** Builds the closure of a route. It never throws and never rejects: every error is an answer. */
export function compileRoute(route: Route, options: PipelineOptions): RouteHandle {
  const personal = isPersonal(route)
  const plan: Plan = {
    steps: stepsOf(route, options),
    render: renderer(route, personal ? notStored : {}),
    personal,
    budget: route.budget ?? defaultBudget,
    clock: options.clock,
    authenticate: options.authenticate,
    addressOf: options.addressOf,
    traceOf: options.tracing?.unsampled ?? callersTrace,
  }
  const run: SampledHandle = (inbound, params, sampled) =>
    start(route, plan, new Request(inbound, params, plan, sampled))
  const observed =
    options.observe === undefined ? run : observing(route, plan, options.observe(route))
  const handle =
    route.cached === undefined
      ? observed
      : cachedFirst(route, route.cached, plan, options, observed)
  const sample = options.tracing?.sample(route) ?? never
  return (inbound, params) => handle(inbound, params, sample(inbound))
}

const never = (): null => null

/** Handed on as it came where this process takes no part in tracing. */
export const callersTrace = (inbound: Inbound): TraceContext =>
  parseTraceparent(inbound.header('traceparent')) ?? newTrace()

/** Within the scope of the request, so that its log lines and statements know where they belong. */
function start(route: Route, plan: Plan, request: Request): Reply | Promise<Reply> {
  try {
    const reply = within(request, () => advance(route, plan, request, 0))
    return reply instanceof Promise ? reply.catch((error) => failure(error, request)) : reply
  } catch (error) {
    return failure(error, request)
  }
}

/** Runs the steps in order and stays synchronous until one of them has to wait. */
function advance(route: Route, plan: Plan, request: Request, from: number): Reply | Promise<Reply> {
  for (let index = from; index < plan.steps.length; index++) {
    const pending = plan.steps[index]?.(request)
    if (pending !== undefined) return pending.then(() => advance(route, plan, request, index + 1))
  }
  const value = route.handler(request)
  return value instanceof Promise ? value.then(toReply, undefined) : toReply(value)

  function toReply(ready: unknown): Reply {
    const reply = ready instanceof Reply ? ready : plan.render(ready)
    return plan.personal || request.identified ? unstored(reply) : reply
  }
}

function observing(route: Route, plan: Plan, observe: Observe): SampledHandle {
  return (inbound, params, sampled) => {
    const started = performance.now()
    const request = new Request(inbound, params, plan, sampled)
    const finish = (reply: Reply): Reply => {
      observe(reply.status, performance.now() - started, request, errors.get(request))
      return reply
    }
    const reply = start(route, plan, request)
    return reply instanceof Promise ? reply.then(finish) : finish(reply)
  }
}

function cachedFirst(
  route: Route,
  cached: (inbound: Inbound) => Reply | null,
  plan: Plan,
  options: PipelineOptions,
  otherwise: SampledHandle,
): SampledHandle {
  const observe = options.observe?.(route)
  return (inbound, params, sampled) => {
    const started = performance.now()
    const request = new Request(inbound, params, plan, sampled)
    let reply: Reply | null
    let thrown: unknown
    try {
      reply = cached(inbound)
    } catch (error) {
      thrown = error
      reply = failure(error, request)
    }
    if (reply === null) return otherwise(inbound, params, sampled)
    observe?.(reply.status, performance.now() - started, request, thrown)
    return reply
  }
}

function stepsOf(route: Route, options: PipelineOptions): readonly Step[] {
  const steps: Step[] = []
  if (route.access !== 'public') steps.push(authorizationStep(route.access, options.authenticate))
  if (route.method !== 'GET') steps.push(preconditionStep(route.headers ?? []))
  if (route.params !== undefined) {
    const validate = compileValidator(route.params)
    steps.push((request) => {
      request.params = validate(request.params)
    })
  }
  if (route.query !== undefined) {
    const parse = compileQueryParser(route.query)
    const validate = compileValidator(route.query)
    steps.push((request) => {
      request.query = validate(parse(request.inbound.query))
    })
  }
  if (route.body !== undefined) {
    steps.push(bodyStep(route, options.bodies))
  }
  return steps
}

/** Public routes take no tokens; a token of the right kind but the wrong rank is 403, not 401. */
function authorizationStep(access: Exclude<Access, 'public'>, authenticate: Authenticate): Step {
  const allowed = admission(access)
  const admit = (request: Request, caller: Caller): void => {
    if (!allowed(caller)) throw problem('forbidden')
    request.caller = caller
  }
  return (request) => {
    const caller = authenticate(request.inbound.header('authorization'))
    if (caller instanceof Promise) return caller.then((known) => admit(request, known))
    admit(request, caller)
  }
}

function admission(access: Exclude<Access, 'public'>): (caller: Caller) => boolean {
  if (access === 'user') return (caller) => caller.kind === 'user'
  if (access === 'admin') return (caller) => caller.kind === 'user' && caller.role === 'admin'
  const names = new Set<string>(
    (typeof access === 'string' ? [access] : access).map((name) => name.slice('service:'.length)),
  )
  return (caller) => caller.kind === 'service' && names.has(caller.name)
}

/**
 * A precondition (RFC 9110, section 13.1) that the handler does not read is refused: who sends it wants
 * no change unless it holds.
 */
function preconditionStep(honoured: readonly string[]): Step {
  const others = ['if-match', 'if-none-match', 'if-unmodified-since'].filter(
    (header) => !honoured.includes(header),
  )
  return ({ inbound }) => {
    for (const header of others) {
      if (inbound.header(header) === null) continue
      throw problem('precondition_unsupported', { values: { header } })
    }
  }
}

function bodyStep(route: Route, bodies: BodyIntake): Step {
  const limit = route.bodyLimit ?? defaultBodyLimit
  const parse = bodyParser(route.accepts ?? ['json'])
  const validate = compileValidator(route.body ?? {})
  return async (request) => {
    // The clock of the request runs while a slow client sends its body.
    void request.deadline
    const bytes = await bodies.read(request.inbound, limit)
    if (bytes.byteLength === 0 && route.bodyOptional === true) return
    request.body = validate(parse(request.inbound.header('content-type'), bytes))
  }
}

function renderer(route: Route, common: Readonly<Record<string, string>>): Plan['render'] {
  const { status, schema } = route.success
  if (schema === null) {
    const empty = new Reply(status, common, null)
    return (_value, headers) =>
      headers === undefined ? empty : new Reply(status, { ...common, ...headers }, null)
  }
  const serialize = compileSerializer(schema)
  const plain = { 'content-type': jsonType, ...common }
  return (value, headers) =>
    new Reply(
      status,
      headers === undefined ? plain : { ...plain, ...headers },
      serialize(value as never),
    )
}

const notStored = { 'cache-control': 'no-store' } as const

/** Whether answers are one caller's own; those to writes are nobody's to keep in any case. */
const isPersonal = (route: Route): boolean => route.access !== 'public' || route.method !== 'GET'

/** The same answer; a cache of somebody else must not keep it (RFC 9111, section 5.2.2). */
function unstored(reply: Reply): Reply {
  const stated = reply.headers['cache-control']
  return stated !== undefined && /\b(no-store|private)\b/.test(stated)
    ? reply
    : withHeaders(reply, notStored)
}

// Remembers the error behind an answer for the observer, without a field on every request.
const errors = new WeakMap<object, unknown>()

function failure(error: unknown, request: Request): Reply {
  errors.set(request, error)
  return problemReply(error, request.inbound, request)
}

/** The answer to an error; anything that is not a problem becomes `internal_error` without a word more. */
export function problemReply(
  error: unknown,
  inbound: Inbound,
  request: { readonly requestId: string; readonly trace: TraceContext },
): Reply {
  if (error instanceof ClientGone) return nobodyThere
  const shown = error instanceof Problem ? error : asProblem(error)
  const document = problemDocument(shown, inbound.path, request.trace.traceId)
  const headers = {
    'content-type': problemType,
    'x-request-id': request.requestId,
    // What is wrong now may be right for the next one who asks.
    ...notStored,
  }
  return new Reply(shown.status, { ...headers, ...shown.headers }, JSON.stringify(document))
}

/** Its status is what is recorded; it is never read. */
const nobodyThere = new Reply(clientGoneStatus, {}, null)

const asProblem = (error: unknown): Problem =>
  error instanceof URIError
    ? problem('bad_request', { values: { reason: 'The path is not percent-encoded UTF-8' } })
    : problem('internal_error', { cause: error })

/** A request outside every route: only what its problem document needs. */
export function strayRequest(inbound: Inbound): { requestId: string; trace: TraceContext } {
  return {
    requestId: requestIdOf(inbound) ?? newId<string>(),
    trace: parseTraceparent(inbound.header('traceparent')) ?? newTrace(),
  }
}

/** The caller's request id when it is one; anything else could forge log lines. */
export function requestIdOf(inbound: Inbound): string | null {
  const given = inbound.header('x-request-id')
  return given !== null && /^[\x21-\x7e]{1,128}$/.test(given) ? given : null
}
