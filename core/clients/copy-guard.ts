/** What stands between this process and one copy of a service: a bulkhead and a circuit breaker. */
import { CircuitState, ConsecutiveBreaker, bulkhead, circuitBreaker, handleWhen } from 'cockatiel'
import type { Logger } from '../logging/logger.ts'
import type { ServiceName } from '../values/service-name.ts'
import type { Clock, Millis } from '../values/time.ts'

export interface CopyGuard {
  /**
   * Runs `task` in a place of the bulkhead. Neither its queue nor the wait for a probe's end stops
   * by itself: `signal` does.
   *
   * @throws BulkheadRejectedError, BrokenCircuitError, TaskCancelledError without running it
   */
  execute<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T>
  /** False while the breaker is open; one call may pass once it is time for a probe. */
  mayPass(): boolean
}

export interface CopyGuardOptions {
  readonly upstream: ServiceName
  readonly copy: string
  /** Calls under way at once. */
  readonly concurrency: number
  /** Calls that wait for one of those. */
  readonly queue: number
  /** Failures in a row that open the breaker. */
  readonly failuresToOpen: number
  /** Milliseconds after which an open breaker lets one call through. */
  readonly probeAfter: number
  /** Whether a failure counts. */
  readonly trips: (error: unknown) => boolean
  readonly clock: Clock
  readonly log: Logger
  /** Told of each change of the breaker's state. */
  readonly onState?: ((state: BreakerState) => void) | undefined
}

export type BreakerState = 'open' | 'half_open' | 'closed'

/** One for each copy: what a dead one did must not keep anybody from the others. */
export function createCopyGuard(options: CopyGuardOptions): CopyGuard {
  const { upstream, copy, probeAfter, clock, log, onState } = options
  const places = bulkhead(options.concurrency, options.queue)
  const breaker = circuitBreaker(handleWhen(options.trips), {
    halfOpenAfter: probeAfter,
    breaker: new ConsecutiveBreaker(options.failuresToOpen),
  })
  /** Since when it is not closed, for the log; and since when it lets nothing through. */
  let openedAt: Millis | null = null
  let brokeAt = 0

  // One line when it opens and one when it closes; the failed probes between say nothing new.
  breaker.onHalfOpen(() => onState?.('half_open'))
  breaker.onBreak((reason) => {
    onState?.('open')
    brokeAt = performance.now()
    if (openedAt !== null) return
    openedAt = clock.now()
    const err = 'error' in reason ? reason.error : undefined
    log.warn({ upstream, copy, err }, 'circuit breaker opened')
  })
  breaker.onReset(() => {
    onState?.('closed')
    const openMs = openedAt === null ? 0 : clock.now() - openedAt
    openedAt = null
    log.info({ upstream, copy, open_ms: openMs }, 'circuit breaker closed')
  })

  return {
    execute: (task, signal) => places.execute(() => breaker.execute(task, signal), signal),
    mayPass: () =>
      breaker.state === CircuitState.Closed ||
      (breaker.state === CircuitState.Open && performance.now() - brokeAt >= probeAfter),
  }
}
