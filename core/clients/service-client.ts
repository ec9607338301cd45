/**
 * Calls to another service: inside the deadline, over its copies in turn, with a breaker and a bulkhead
 * for each copy and budgeted retries.
 */
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  ExponentialBackoff,
  TaskCancelledError,
  fullJitterGenerator,
} from 'cockatiel'
import { deadlineHeader, type Deadline } from '../resilience/deadline.ts'
import { createRetryBudget } from '../resilience/retry-budget.ts'
import {
  formatTraceparent,
  traceparentHeader,
  type TraceContext,
} from '../resilience/trace-context.ts'
import { systemClock, type Clock } from '../values/time.ts'
import { readAnswer, type Answer } from './answer.ts'
import { neverSent } from './connection.ts'
import { createCopyGuard, type BreakerState, type CopyGuard } from './copy-guard.ts'
import type { Copies } from './copies.ts'
import { UpstreamFailure, type Sent } from './upstream-failure.ts'
import type { Logger } from '../logging/logger.ts'
import type { ServiceName } from '../values/service-name.ts'

export type { Answer, BreakerState }
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

/** What happens inside of a call; for metrics. */
export interface ClientEvents {
  /** An attempt failed and another follows. */
  readonly onRetry: () => void
  /** A repetition would have been right, and the budget had none left. */
  readonly onBudgetExhausted: () => void
  /** Each copy of the service has a breaker of its own. */
  readonly onBreaker: (copy: string, state: BreakerState) => void
}

export interface ServiceClientOptions {
  /** The service that is called, which is also the audience of the token. */
  readonly copies: Copies
  readonly tokens: { tokenFor(audience: ServiceName): string }
  readonly log: Logger
  readonly clock?: Clock
  /** Milliseconds that one attempt may take, within the deadline; 8000 unless given. */
  readonly timeout?: number
  /** Attempts of an idempotent call, the first included; 3 unless given. */
  readonly maxAttempts?: number
  /** Calls to one copy under way at once; 128 unless given, half of what Bun's `fetch` runs at once in all. */
  readonly concurrency?: number
  /** Calls that wait for one of those; 512 unless given. */
  readonly queue?: number
  /** Failures of a copy in a row that open its breaker; 5 unless given. */
  readonly failuresToOpen?: number
  /** Milliseconds after which an open breaker lets one call through; 1000 unless given. */
  readonly probeAfter?: number
  /** Bytes of an answer; 4 MiB unless given. */
  readonly answerLimit?: number
  readonly events?: ClientEvents
}

interface Attempt {
  readonly request: ServiceRequest
  /** Address of the copy that is asked. */
  readonly copy: string
  readonly signal: AbortSignal
  /** Milliseconds this attempt may take. */
  readonly allowed: number
  /** True once its bytes may have left. */
  sent: boolean
}

/** A failed attempt, told apart by what may follow it. */
class AttemptFailure extends Error {
  readonly sent: Sent
  /** A repetition may end otherwise. */
  readonly retryable: boolean
  /** False where the peer is up and sheds load: a breaker would turn a part of it into all. */
  readonly trips: boolean
  /** The copy may be dead or hang: it gets nothing until it has answered a check. */
  readonly avoid: boolean
  /** It is this copy alone that cannot take the call. */
  readonly local: boolean

  constructor(
    message: string,
    sent: Sent,
    { retryable = false, trips = true, avoid = false, local = false },
    cause?: unknown,
  ) {
    super(message, { cause })
    this.name = 'AttemptFailure'
    this.sent = sent
    this.retryable = retryable
    this.trips = trips
    this.avoid = avoid
    this.local = local
  }
}

/** Makes the client of one service; one a process, since breakers and budget are its state. */
export function createServiceClient(options: ServiceClientOptions): ServiceClient {
  const { copies, tokens, log, clock = systemClock, events } = options
  const { timeout = 8000, maxAttempts = 3, answerLimit = 4 * 1024 * 1024 } = options
  const { concurrency = 128, queue = 512, failuresToOpen = 5, probeAfter = 1000 } = options
  const name = copies.service

  // The burst covers a pool whose connections were all closed by a peer that restarted.
  const budget = createRetryBudget({ share: 0.1, burst: concurrency })
  const trips = (error: unknown) => error instanceof AttemptFailure && error.trips
  const bounds = { concurrency, queue, failuresToOpen, probeAfter, trips }
  const guards = new Map<string, CopyGuard>()
  const backoff = new ExponentialBackoff({
    generator: fullJitterGenerator,
    initialDelay: 50,
    maxDelay: 500,
  })

  async function call(request: ServiceRequest): Promise<Answer> {
    budget.earn()
    const tried: string[] = []
    let sent: Sent = 'no'
    let delay = backoff.next()
    let copy = nextCopy(tried)
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await attemptInTime(request, copy, tried)
      } catch (error) {
        if (!isRefusal(error)) throw error
        if (error instanceof AttemptFailure && error.avoid) copies.failed(copy)
        if (sentBy(error) === 'unknown') sent = 'unknown'
        tried.push(copy)
        // Nothing was sent, so asking another copy at once repeats nothing, whatever the call is.
        const moves = isUnsent(error) && copies.hasOther(tried)
        const repeats = request.idempotent && attempt < maxAttempts && isRetryable(error)
        const pause = moves ? 0 : delay.duration
        const inTime = request.deadline.remaining() > pause
        // What was held back here put no load on the peer, so its first real try costs nothing.
        const free = moves && !(error instanceof AttemptFailure)
        if (!(moves || repeats) || !inTime || !(free || mayRetry())) {
          const code = error instanceof BulkheadRejectedError ? 'overloaded' : undefined
          throw new UpstreamFailure(name, sent, error, code)
        }
        events?.onRetry()
        if (!moves) {
          await new Promise((resolve) => setTimeout(resolve, pause))
          delay = delay.next(undefined)
        }
        copy = nextCopy(tried)
      }
    }
  }

  function mayRetry(): boolean {
    const allowed = budget.take()
    if (!allowed) events?.onBudgetExhausted()
    return allowed
  }

  /** In turn, without those whose breaker is open as long as there is another; then from the start. */
  function nextCopy(tried: readonly string[]): string {
    const passed = [...tried]
    for (let copy = copies.pick(passed); copy !== null; copy = copies.pick(passed)) {
      if (guardOf(copy).mayPass()) return copy
      passed.push(copy)
    }
    const copy = copies.pick(tried) ?? copies.pick()
    if (copy === null) throw new UpstreamFailure(name, 'no', new Error('no copy may be asked'))
    return copy
  }

  function guardOf(copy: string): CopyGuard {
    const known = guards.get(copy)
    if (known !== undefined) return known
    const onState = events && ((state: BreakerState) => events.onBreaker(copy, state))
    const guard = createCopyGuard({ ...bounds, upstream: name, copy, clock, log, onState })
    guards.set(copy, guard)
    return guard
  }

  /** Milliseconds; while there is another copy to ask, half of what is left stays for that one. */
  function allowance(request: ServiceRequest, copy: string, tried: readonly string[]): number {
    const left = request.deadline.remaining()
    const spare = request.idempotent && copies.hasOther([...tried, copy])
    return Math.min(spare ? Math.ceil(left / 2) : left, request.timeout ?? timeout)
  }

  /** One attempt, from the wait for a place to the last byte of the answer. */
  async function attemptInTime(
    request: ServiceRequest,
    copy: string,
    tried: readonly string[],
  ): Promise<Answer> {
    const allowed = allowance(request, copy, tried)
    if (allowed <= 0) throw late(false)
    const abort = new AbortController()
    const { signal } = abort
    const attempt: Attempt = { request, copy, signal, allowed, sent: false }
    // Neither the bulkhead's queue nor the wait for a half-open breaker's probe ends by itself.
    const { promise: end, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      reject(late(attempt.sent))
      abort.abort()
    }, allowed)
    try {
      const guarded = guardOf(copy).execute(() => send(attempt), signal)
      return await Promise.race([guarded, end])
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
      const answer = await readAnswer(await fetch(attempt.copy + request.path, init), answerLimit)
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

/** Held back here, or refused by a copy that is not there; what was shed would be shed elsewhere too. */
const isUnsent = (error: Refusal): boolean =>
  sentBy(error) === 'no' && (!(error instanceof AttemptFailure) || error.local)

const isRetryable = (error: Refusal): boolean => error instanceof AttemptFailure && error.retryable

/** Time ran out: the peer's fault, and worth a repetition, only if it had the request. */
const late = (sent: boolean) =>
  new AttemptFailure('no answer in time', sent ? 'unknown' : 'no', {
    retryable: sent,
    trips: sent,
    avoid: sent,
    local: true,
  })

/** A 5xx. What is shed was not begun; and a peer that sheds is not asked again at once. */
function serverFailure(answer: Answer): AttemptFailure {
  const shed = problemCode(answer) === 'overloaded'
  // 500 is a defect over there, which a repetition meets again.
  const retryable = !shed && answer.status > 500
  return new AttemptFailure(`answered ${answer.status}`, shed ? 'no' : 'unknown', {
    retryable,
    trips: !shed,
  })
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

function connectionFailure(error: unknown): AttemptFailure {
  const sent = neverSent(error) ? 'no' : 'unknown'
  return new AttemptFailure(
    'connection failed',
    sent,
    { retryable: true, avoid: true, local: true },
    error,
  )
}
