/** Turns "the cluster is gone" into an answer at once, and notices by itself when it is back. */
import { CircuitState, SamplingBreaker, circuitBreaker, handleWhen } from 'cockatiel'
import type { Logger } from '../logging/logger.ts'
import { isOutage, unavailable } from './failure.ts'

export interface Breaker {
  /** Runs the call, or throws the problem `store_unavailable` at once while the breaker is open. */
  run<T>(call: () => Promise<T>): Promise<T>
  isOpen(): boolean
  /** Starts asking `probe` at an interval; its answers count, and they alone close an open breaker. */
  watch(probe: () => Promise<unknown>): void
  stop(): void
}

const probeInterval = 250

/**
 * Opens when nearly all that ran within two seconds failed. A share, not failures in a row: when a
 * node is paused, all that it was working on fails in the same instant. And nearly all: while one of
 * three nodes is lost, what the other two answer is worth more than quick refusals.
 */
export function createBreaker(log: Logger): Breaker {
  const breaker = circuitBreaker(handleWhen(isOutage), {
    halfOpenAfter: probeInterval / 2,
    breaker: new SamplingBreaker({ threshold: 0.9, duration: 2000, minimumRps: 1 }),
  })
  let timer: ReturnType<typeof setTimeout> | null = null
  let stopped = false
  let openedAt: number | null = null
  breaker.onBreak((reason) => {
    if (openedAt !== null) return
    openedAt = Date.now()
    log.warn({ err: 'error' in reason ? reason.error : undefined }, 'the store cannot be reached')
  })
  breaker.onReset(() => {
    log.info({ open_ms: openedAt === null ? 0 : Date.now() - openedAt }, 'the store is back')
    openedAt = null
  })

  async function ask(probe: () => Promise<unknown>): Promise<void> {
    // A refusal of the breaker and a failure of the probe have both been counted; nobody else cares.
    await breaker.execute(probe).catch(() => {})
    if (!stopped) timer = setTimeout(() => void ask(probe), probeInterval)
  }

  return {
    run<T>(call: () => Promise<T>): Promise<T> {
      // While it is half open, callers would wait for the probe's end; they get their answer instead.
      if (breaker.state !== CircuitState.Closed) return Promise.reject(unavailable())
      return breaker.execute(call)
    },
    isOpen: () => breaker.state !== CircuitState.Closed,
    watch(probe) {
      timer = setTimeout(() => void ask(probe), probeInterval)
    },
    stop() {
      stopped = true
      if (timer !== null) clearTimeout(timer)
    },
  }
}
