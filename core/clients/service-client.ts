/** Calls to another service: inside the deadline, with a breaker, a bulkhead and budgeted retries. */
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  ConsecutiveBreaker,
  ExponentialBackoff,
  TaskCancelledError,
  bulkhead,
  circuitBreaker,
  fullJitterGenerator,
  handleWhen,
} from 'cockatiel'
import { deadlineHeader, type Deadline } from '../resilience/deadline.ts'
import { createRetryBudget } from '../resilience/retry-budget.ts'
import {
  formatTraceparent,
  traceparentHeader,
  type TraceContext,
} from '../resilience/trace-context.ts'
import { systemClock, type Clock, type Millis } from '../values/time.ts'
import { readAnswer, type Answer } from './answer.ts'
import { UpstreamFailure, type Sent } from './upstream-failure.ts'
import type { Logger } from '../logging/logger.ts'
import type { ServiceName } from '../values/service-name.ts'

export type { Answer }
export { UpstreamFailure }

export interface ServiceRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path and query, from the first slash on. */
  readonly path: string
  /** Sent as JSON; absent for none. */
  readonly body?: unknown
  /** True only when carrying it out twice is the same as once; only then it may be retried. */
  readonly idempotent: boolean
  readonly deadline: Deadline
  /** Milliseconds that one attempt may take, within the deadline. */
  readonly timeout?: number
  readonly trace?: TraceContext
  readonly headers?: Readonly<Record<string, string>>
}

export interface ServiceClient {
  /**
   * Resolves with every answer below 500, an error status or a redirect included.
   *
   * @throws UpstreamFailure for a 5xx, a connection that failed, an answer that was cut off or too
   * long, and for a deadline that passed; `sent` says whether the call can have had an effect.
   * Over the bulkhead it carries the code `overloaded`.
   */
  call(request: ServiceRequest): Promise<Answer>
}

export interface ServiceClientOptions {
  /** The service that is called; also the audience of the token. */
  readonly name: ServiceName
  /** For example `http://127.0.0.1:8000`. */
  readonly baseUrl: string
  readonly tokens: { tokenFor(audience: ServiceName): string }
  readonly log: Logger
  readonly clock?: Clock
  /** Milliseconds that one attempt may take, within the deadline; 8000 unless given. */
  readonly timeout?: number
  /** Attempts of an idempotent call, the first included; 3 unless given. */
  readonly maxAttempts?: number
  /** Calls under way at once; 128 unless given, half of what Bun's `fetch` runs at once in all. */
  readonly concurrency?: number
  /** Calls that wait for one of those; 512 unless given. */
  readonly queue?: number
  /** Failures in a row that open the breaker; 5 unless given. */
  readonly failuresToOpen?: number
  /** Milliseconds after which an open breaker lets one call through; 1000 unless given. */
  readonly probeAfter?: number
  /** Bytes of an answer; 4 MiB unless given. */
  readonly answerLimit?: number
}

interface Attempt {
  readonly request: ServiceRequest
  readonly signal: AbortSignal
  /** Milliseconds this attempt may take. */
  readonly allowed: number
  /** True once its bytes may have left. */
  sent: boolean
}

/** A failed attempt, told apart by what may follow it. */
class AttemptFailure extends Error {
  constructor(
    message: string,
    readonly sent: Sent,
    readonly retryable: boolean,
    /** False where the peer is up and sheds load: a breaker would turn a part of it into all. */
    readonly trips: boolean,
    cause?: unknown,
  ) {
    super(message, { cause })
    this.name = 'AttemptFailure'
  }
}

/** Makes the client of one service; one a process, since breaker and budget are its state. */
export function createServiceClient(options: ServiceClientOptions): ServiceClient {
  const { name, tokens, log, clock = systemClock } = options
  const { timeout = 8000, maxAttempts = 3, answerLimit = 4 * 1024 * 1024 } = options
  const { concurrency = 128, queue = 512, failuresToOpen = 5, probeAfter = 1000 } = options
  const base = options.baseUrl.replace(/\/+$/, '')

  // The burst covers a pool whose connections were all closed by a peer that restarted.
  const budget = createRetryBudget({ share: 0.1, burst: concurrency })
  const places = bulkhead(concurrency, queue)
  const trips = handleWhen((error) => error instanceof AttemptFailure && error.trips)
  const breaker = circuitBreaker(trips, {
    halfOpenAfter: probeAfter,
    breaker: new ConsecutiveBreaker(failuresToOpen),
  })
  const backoff = new ExponentialBackoff({
    generator: fullJitterGenerator,
    initialDelay: 50,
    maxDelay: 500,
  })
  logStateChanges()

  async function call(request: ServiceRequest): Promise<Answer> {
    budget.earn()
    let sent: Sent = 'no'
    let delay = backoff.next()
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await attemptInTime(request)
      } catch (error) {
        if (!isRefusal(error)) throw error
        if (sentBy(error) === 'unknown') sent = 'unknown'
        const repeatable = request.idempotent && attempt < maxAttempts && isRetryable(error)
        const pause = delay.duration
        if (!repeatable || request.deadline.remaining() <= pause || !budget.take()) {
          const code = error instanceof BulkheadRejectedError ? 'overloaded' : undefined
          throw new UpstreamFailure(name, sent, error, code)
        }
        await new Promise((resolve) => setTimeout(resolve, pause))
        delay = delay.next(undefined)
      }
    }
  }

  /** One attempt, from the wait for a place to the last byte of the answer. */
  async function attemptInTime(request: ServiceRequest): Promise<Answer> {
    const allowed = Math.min(request.deadline.remaining(), request.timeout ?? timeout)
    if (allowed <= 0) throw late(false)
    const abort = new AbortController()
    const { signal } = abort
    const attempt: Attempt = { request, signal, allowed, sent: false }
    // Neither the bulkhead's queue nor the wait for a half-open breaker's probe ends by itself.
    const { promise: end, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      reject(late(attempt.sent))
      abort.abort()
    }, allowed)
    try {
      const guarded = () => breaker.execute(() => send(attempt), signal)
      return await Promise.race([places.execute(guarded, signal), end])
    } finally {
      clearTimeout(timer)
    }
  }

  async function send(attempt: Attempt): Promise<Answer> {
    const { request, signal } = attempt
    if (signal.aborted || request.deadline.expired()) throw late(false)
    const { method } = request
    const headers = headersOf(attempt)
    const body = request.body === undefined ? null : JSON.stringify(request.body)
    attempt.sent = true
    try {
      const init: RequestInit = { method, headers, body, signal, redirect: 'manual' }
      const answer = await readAnswer(await fetch(base + request.path, init), answerLimit)
      if (answer.status >= 500) throw serverFailure(answer)
      return answer
    } catch (error) {
      if (error instanceof AttemptFailure) throw error
      throw signal.aborted ? late(true) : connectionFailure(error)
    }
  }

  function headersOf({ request, allowed }: Attempt): Record<string, string> {
    const left = Math.min(request.deadline.remaining(), allowed)
    return {
      ...request.headers,
      accept: 'application/json',
      authorization: `Bearer ${tokens.tokenFor(name)}`,
      [deadlineHeader]: String(Math.ceil(left)),
      ...(request.trace && { [traceparentHeader]: formatTraceparent(request.trace) }),
      ...(request.body !== undefined && { 'content-type': 'application/json' }),
    }
  }

  /** One line when it opens and one when it closes; the failed probes between say nothing new. */
  function logStateChanges(): void {
    let openedAt: Millis | null = null
    breaker.onBreak((reason) => {
      if (openedAt !== null) return
      openedAt = clock.now()
      const err = 'error' in reason ? reason.error : undefined
      log.warn({ upstream: name, err }, 'circuit breaker opened')
    })
    breaker.onReset(() => {
      const openMs = openedAt === null ? 0 : clock.now() - openedAt
      openedAt = null
      log.info({ upstream: name, open_ms: openMs }, 'circuit breaker closed')
    })
  }

  return { call }
}

/** The failures of a call, as opposed to a defect on this side, which is thrown as it is. */
type Refusal = AttemptFailure | BrokenCircuitError | BulkheadRejectedError | TaskCancelledError

const isRefusal = (error: unknown): error is Refusal =>
  error instanceof AttemptFailure ||
  error instanceof BrokenCircuitError ||
  error instanceof BulkheadRejectedError ||
  error instanceof TaskCancelledError

/** An open breaker, a full bulkhead and a place that came too late stop a call before it is sent. */
const sentBy = (error: Refusal): Sent => (error instanceof AttemptFailure ? error.sent : 'no')

const isRetryable = (error: Refusal): boolean => error instanceof AttemptFailure && error.retryable

/** Time ran out: the peer's fault, and worth a repetition, only if it had the request. */
const late = (sent: boolean) =>
  new AttemptFailure('no answer in time', sent ? 'unknown' : 'no', sent, sent)

/** A 5xx. What is shed was not begun; and a peer that sheds is not asked again at once. */
function serverFailure(answer: Answer): AttemptFailure {
  const shed = problemCode(answer) === 'overloaded'
  // 500 is a defect over there, which a repetition meets again.
  const retryable = !shed && answer.status > 500
  return new AttemptFailure(`answered ${answer.status}`, shed ? 'no' : 'unknown', retryable, !shed)
}

function problemCode(answer: Answer): unknown {
  try {
    const document = answer.json()
    return typeof document === 'object' && document !== null && 'code' in document
      ? document.code
      : undefined
  } catch {
    return undefined
  }
}

/**
 * Errors of `fetch` that come before any byte is sent. Bun 1.4 and Node name them by the system's
 * error code, older Bun by its own words. A reset (ECONNRESET) is not among them: it is also what a
 * kept-alive connection gives when the peer went away, and nobody can tell what it read before.
 */
const beforeSending = new Set([
  'ConnectionRefused',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'FailedToOpenSocket',
])

function connectionFailure(error: unknown): AttemptFailure {
  const unsent = beforeSending.has(String(errorCode(error)))
  return new AttemptFailure('connection failed', unsent ? 'no' : 'unknown', true, true, error)
}

/** Bun puts the code on the error, Node on its cause. */
function errorCode(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined
  return 'code' in error ? error.code : errorCode(error.cause)
}
