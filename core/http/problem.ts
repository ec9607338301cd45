/** Problem details (RFC 9457): the only shape in which an error leaves a service. */
import { errors, type ErrorCode } from './errors.ts'

export interface ProblemOptions {
  /** Fills the `{name}` places of the detail template. */
  readonly values?: Readonly<Record<string, string | number>>
  /** Further members of the document, for example `lines` of a stock conflict. */
  readonly extra?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  /** Seconds until a retry makes sense; sent as `Retry-After`. */
  readonly retryAfter?: number
  /** For the log only; never reaches a client. */
  readonly cause?: unknown
}

/** An error that ends a request with a row of the error table. */
export class Problem extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly detail: string
  readonly extra: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ErrorCode, options: ProblemOptions = {}) {
    const row = errors[code]
    const detail = fill(row.detail, options.values ?? {})
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.status = row.status
    this.detail = detail
    this.extra = options.extra ?? {}
    this.headers = headersOf(row.status, options)
  }
}

/** Makes the problem to throw: `throw problem('out_of_stock', { extra: { lines } })`. */
export const problem = (code: ErrorCode, options?: ProblemOptions): Problem =>
  new Problem(code, options)

export interface ProblemDocument {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance: string
  readonly code: ErrorCode
  readonly trace_id: string
  readonly [member: string]: unknown
}

/** Renders a problem for one request; `instance` is its path, `trace_id` joins it to logs and traces. */
export function problemDocument(
  error: Problem,
  instance: string,
  traceId: string,
): ProblemDocument {
  return {
    ...error.extra,
    type: `/docs/errors#${error.code}`,
    title: errors[error.code].title,
    status: error.status,
    detail: error.detail,
    instance,
    code: error.code,
    trace_id: traceId,
  }
}

function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place))
}

/** 401 names the scheme (RFC 9110, 11.6.1); 429 and 503 always say when to come back. */
function headersOf(status: number, options: ProblemOptions): Record<string, string> {
  const headers: Record<string, string> = { ...options.headers }
  if (status === 401) headers['www-authenticate'] ??= 'Bearer'
  if (options.retryAfter !== undefined) headers['retry-after'] = String(options.retryAfter)
  if (status === 429 || status === 503) headers['retry-after'] ??= '1'
  return headers
}
