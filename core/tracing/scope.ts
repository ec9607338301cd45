/**
 * What the running code belongs to: a request, or a step of one. Stores and the log read it, so that no
 * store method and no log call has to take a trace. Everything else passes its trace by hand.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { TraceContext } from '../resilience/trace-context.ts'

export interface Scope {
  /** The span that new spans are children of; null where the trace is not sampled. */
  readonly sampled: TraceContext | null
  readonly trace: TraceContext
  readonly requestId?: string
}

const scopes = new AsyncLocalStorage<Scope>()

/** Runs `work` and all that follows from it within `scope`. */
export const within = <T>(scope: Scope, work: () => T): T => scopes.run(scope, work)

/** Runs `work` as nobody's: what it starts serves several requests, or none. */
export const outside = <T>(work: () => T): T => scopes.exit(work)

export const currentScope = (): Scope | undefined => scopes.getStore()

/** The fields that a log line gets from where it is written. */
export function scopeFields(): { readonly trace_id?: string; readonly request_id?: string } {
  const scope = scopes.getStore()
  if (scope === undefined) return {}
  const trace_id = scope.trace.traceId
  return scope.requestId === undefined ? { trace_id } : { trace_id, request_id: scope.requestId }
}
