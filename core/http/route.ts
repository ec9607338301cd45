/** A route is data: from this one table come routing, validation, serialization, OpenAPI and metrics. */
import type { Static, TSchema } from 'typebox'
import type { Caller, ServiceCaller, UserCaller } from './caller.ts'
import type { Deadline } from '../resilience/deadline.ts'
import type { TraceContext } from '../resilience/trace-context.ts'
import type { ServiceName } from '../values/service-name.ts'
import type { Inbound } from './engine/engine.ts'
import type { ErrorCode } from './errors.ts'
import type { RequestHeader, ReplyHeader } from './openapi-headers.ts'
import type { Reply } from './reply.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export type ServiceAccess = `service:${ServiceName}`

/** Who may call a route. There is no default: a route without it does not compile. */
export type Access = 'public' | 'user' | 'admin' | ServiceAccess | readonly ServiceAccess[]

type CallerOf<A extends Access> = A extends 'public'
  ? null
  : A extends 'user' | 'admin'
    ? UserCaller
    : ServiceCaller

type StaticOf<S extends TSchema | undefined> = S extends TSchema ? Static<S> : undefined

/** What a handler gets. Params, query and body have passed their schemas. */
export interface Call<P = unknown, Q = unknown, B = unknown, C = Caller | null> {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly caller: C
  readonly deadline: Deadline
  readonly requestId: string
  readonly trace: TraceContext
  readonly inbound: Inbound
  /** The client's address: the peer's, or what a configured proxy says of it. */
  readonly address: string
  header(name: string): string | null
  /** On a public route: who the Authorization header names; null without one, 401 when it is bad. */
  identify(): Caller | null | Promise<Caller | null>
  /** Serializes `value` by the route's own schema, with further headers. */
  reply(value: unknown, headers: Readonly<Record<string, string>>): Reply
}

export interface RouteSpec<
  A extends Access,
  P extends TSchema | undefined,
  Q extends TSchema | undefined,
  B extends TSchema | undefined,
  S extends TSchema | null,
> {
  readonly method: Method
  /** Path template: `/orders/:id`. */
  readonly path: `/${string}`
  /**
   * Operation id, snake case. `handler` and `cached` have the same name, so that profiles can be cut
   * by it; one that is not async and ends in a call wraps it in `keepFrame`.
   */
  readonly operation: string
  readonly access: A
  readonly summary: string
  /** What the summary has no room for, in Markdown, for the OpenAPI document. */
  readonly description?: string
  /** The heading under which it stands there; internal routes stand under none. */
  readonly tag?: Tag
  /** Not in the document. */
  readonly undocumented?: boolean
  /** For who reaches the process itself, such as the monitoring: there is none through a gateway. */
  readonly inside?: boolean
  readonly params?: P
  readonly query?: Q
  /** Request headers that the handler reads, for the document. */
  readonly headers?: readonly RequestHeader[]
  readonly body?: B
  /** Body encodings; JSON alone unless stated. */
  readonly accepts?: readonly BodyEncoding[]
  /** An absent body is allowed and reaches the handler as undefined. */
  readonly bodyOptional?: boolean
  /** Bytes; 64 KiB unless stated. */
  readonly bodyLimit?: number
  /** Milliseconds that the whole request may take; 2,000 unless stated. */
  readonly budget?: number
  /** Makes an order: traced every time, up to a bound a second, where others are a share. */
  readonly checkout?: boolean
  /** Health and metrics answer even when everything else is shed. */
  readonly neverShed?: boolean
  readonly success: Success<S>
  /** Errors that the handler itself can raise, for the OpenAPI document. */
  readonly errors: readonly ErrorCode[]
  /**
   * Answers from memory before anything is parsed; null falls through to the handler. Only for
   * public routes whose answer depends on path, query and conditional headers alone.
   */
  readonly cached?: (inbound: Inbound) => Reply | null
  readonly handler: (
    call: Call<StaticOf<P>, StaticOf<Q>, StaticOf<B>, CallerOf<A>>,
  ) => SuccessOf<S> | Reply | Promise<SuccessOf<S> | Reply>
}

export type BodyEncoding = 'json' | 'form'

/** The answer when all goes well. */
export interface Success<S extends TSchema | null> {
  readonly status: number
  readonly schema: S
  /** Media type where it is not JSON; such a body is the handler's own and is not serialized. */
  readonly type?: string
  /** Headers beside those that follow from the request headers, for the document. */
  readonly headers?: readonly ReplyHeader[]
}

/** A heading of the OpenAPI document. */
export interface Tag {
  readonly name: string
  /** One sentence in Markdown. */
  readonly description: string
}

type SuccessOf<S extends TSchema | null> = S extends TSchema ? Static<S> : null

/** A route after its types have done their work. */
export type Route = Omit<
  RouteSpec<Access, TSchema | undefined, TSchema | undefined, TSchema | undefined, TSchema | null>,
  'handler'
> & {
  // Checked against the schemas in `route()`; the pipeline calls it with what those schemas let through.
  readonly handler: (call: Call) => unknown
}

/** Declares a route; the handler's types follow from its access rule and schemas. */
export function route<
  const A extends Access,
  P extends TSchema | undefined = undefined,
  Q extends TSchema | undefined = undefined,
  B extends TSchema | undefined = undefined,
  S extends TSchema | null = null,
>(spec: RouteSpec<A, P, Q, B, S>): Route {
  // The one place where the per-route types are given up: the pipeline re-establishes them by validation.
  return spec as unknown as Route
}

/** Puts routes under one heading of the document; one that has its own keeps it. */
export const tagged = (tag: Tag, routes: readonly Route[]): readonly Route[] =>
  routes.map((each) => ({ tag, ...each }))

/** Only services may call it. */
export const isInternal = ({ access }: Pick<Route, 'access'>): boolean =>
  typeof access !== 'string' || access.startsWith('service:')
