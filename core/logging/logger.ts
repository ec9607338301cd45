/** Logs: one JSON line an event on standard output, with an allow-list for what a request may leave. */
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'
import { scopeFields } from '../tracing/scope.ts'
import { guarded } from './standard-output.ts'

export type { Logger }

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export interface LoggerOptions {
  /** Name of the process: a service, or the gateway. */
  readonly service: string
  readonly level: LogLevel
  /** Where lines go; standard output unless given. */
  readonly destination?: DestinationStream
}

/** What the access log says of a request: these fields and no others. */
export interface AccessLine {
  readonly request_id: string
  readonly trace_id: string
  readonly method: string
  /** The route's template, never the path that was asked for: a path holds identifiers. */
  readonly route: string
  readonly status: number
  readonly duration_ms: number
}

/**
 * Makes a process's logger. Every line carries `service`, `level` by name and `time` in RFC 3339;
 * errors go under `err` and are reduced by {@link errorForLog}. A line that is written inside a request
 * also carries its `trace_id` and `request_id`.
 */
export function createLogger({
  service,
  level,
  destination = guarded(process.stdout),
}: LoggerOptions): Logger {
  const options = {
    level,
    base: { service },
    timestamp: stdTimeFunctions.isoTime,
    mixin: scopeFields,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { ...withheld, err: errorForLog, error: errorForLog },
  }
  return pino(options, destination)
}

/**
 * The access log's line of one request (its `service` comes from the logger). Built field by field,
 * so that a caller that hands over a whole request still logs nothing more than is listed here.
 */
export const accessLine = (request: AccessLine): AccessLine => ({
  request_id: request.request_id,
  trace_id: request.trace_id,
  method: request.method,
  route: request.route,
  status: request.status,
  duration_ms: request.duration_ms,
})

export interface LoggedError {
  readonly type: string
  readonly message: string
  readonly code?: string | number
  readonly stack?: string
  readonly cause?: LoggedError
}

/**
 * An error's type, message, code, stack and chain of causes. All other members stay out: errors of
 * HTTP and database clients carry whole requests, with their tokens and bodies.
 */
export function errorForLog(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: describe(error) }
  const code = 'code' in error ? error.code : undefined
  return {
    type: error.name,
    message: error.message,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(error.stack !== undefined && { stack: error.stack }),
    // Three causes explain any failure here, and a cycle of causes must end.
    ...(error.cause !== undefined && depth < 3 && { cause: errorForLog(error.cause, depth + 1) }),
  }
}

/** Thrown values that are no errors: primitives by their text, objects not at all. */
const describe = (value: unknown): string =>
  typeof value === 'object' && value !== null ? 'a value that is not an Error' : String(value)

const withhold = () => '[withheld]'

/** A second net under the allow-list: members that hold secrets are never written, by any line. */
const withheld = {
  authorization: withhold,
  body: withhold,
  cookie: withhold,
  headers: withhold,
  password: withhold,
  req: withhold,
  request: withhold,
  token: withhold,
}
