/** W3C Trace Context (https://www.w3.org/TR/trace-context/): which trace a request belongs to. */
import { randomBytes } from 'node:crypto'

export const traceparentHeader = 'traceparent'

export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string
  /** The span that sent the request: 16 lower-case hex digits, not all zero. */
  readonly parentId: string
  readonly sampled: boolean
}

const shape = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/
const noTrace = '0'.repeat(32)
const noSpan = '0'.repeat(16)

/**
 * Reads a `traceparent` header; null when there is none or it is malformed (section 3.2.2). Versions
 * after 00 may carry more fields, which are ignored; version ff is invalid.
 */
export function parseTraceparent(header: string | null): TraceContext | null {
  const match = header === null ? null : shape.exec(header)
  if (match === null) return null
  const [, version = '', traceId = '', parentId = '', flags = '', more] = match
  if (version === 'ff' || (version === '00' && more !== undefined)) return null
  if (traceId === noTrace || parentId === noSpan) return null
  return { traceId, parentId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** The start of a trace that nobody began before; unsampled unless told otherwise. */
export function newTrace(sampled = false): TraceContext {
  const hex = randomBytes(24).toString('hex')
  return { traceId: hex.slice(0, 32), parentId: hex.slice(32), sampled }
}

/** The same trace with a new parent, for the next hop. */
export const childOf = (trace: TraceContext): TraceContext => ({
  ...trace,
  parentId: randomBytes(8).toString('hex'),
})

/** Renders the `traceparent` header, version 00. */
export const formatTraceparent = (trace: TraceContext): string =>
  `00-${trace.traceId}-${trace.parentId}-${trace.sampled ? '01' : '00'}`
