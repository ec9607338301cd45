/** A finished span: what is known when something has ended, and what a collector gets. */
import { randomBytes } from 'node:crypto'
import type { TraceContext } from '../resilience/trace-context.ts'

export type SpanKind = 'server' | 'client' | 'internal'

export interface FinishedSpan {
  readonly name: string
  readonly kind: SpanKind
  /** Its trace, and under `parentId` its own id, as those that it calls see it. */
  readonly context: TraceContext
  /** The span above it; null for the first one of a trace. */
  readonly parentId: string | null
  /** Milliseconds since 1970, with fractions. */
  readonly start: number
  readonly end: number
  readonly failed: boolean
  /** Names and values that the code knows: routes, methods, statuses, names of steps. Never data. */
  readonly attributes?: Readonly<Record<string, string | number>>
  /** Another trace that this one follows from. */
  readonly link?: TraceContext
}

/** Takes finished spans; never throws and never waits. */
export type RecordSpan = (span: FinishedSpan) => void

/** 16 hex digits that are not all zero. */
export const newSpanId = (): string => randomBytes(8).toString('hex')

/** Milliseconds by which the wall clock may run away before it is looked at again. */
const tolerance = 20

let offset = Date.now() - performance.now()

/**
 * Milliseconds since 1970 with the resolution of the monotonic clock: a span of 50 us has a length.
 * Follows the wall clock, so that the spans of several processes stay in order.
 */
export function preciseNow(): number {
  const elapsed = performance.now()
  const wall = Date.now()
  if (Math.abs(offset + elapsed - wall) > tolerance) offset = wall - elapsed
  return offset + elapsed
}
