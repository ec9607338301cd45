/** A retry budget: retries may add a share of the traffic and no more, however much of it fails. */

export interface RetryBudget {
  /** Counts one call that is made anyway; it earns `share` of a retry. */
  earn(): void
  /** Takes one retry; false when none is left. */
  take(): boolean
  /** Retries that could be taken now. */
  left(): number
}

export interface RetryBudgetOptions {
  /** Retries a call earns, above 0 and at most 1: 0.1 lets retries add 10 % to the traffic. */
  readonly share: number
  /** Retries that can be saved up, and that are there at the start. */
  readonly burst: number
}

/**
 * A token bucket filled by traffic instead of by time, as in Finagle's RetryBudget and gRPC's retry
 * throttling: when everything fails, a peer that is down gets 1.1 times its load, not three times.
 */
export function createRetryBudget({ share, burst }: RetryBudgetOptions): RetryBudget {
  if (!(share > 0 && share <= 1) || !(burst >= 1)) {
    throw new TypeError(
      `A retry budget needs a share above 0 and at most 1 and a burst of at least 1, got ${share} and ${burst}.`,
    )
  }
  let tokens = burst
  return {
    earn() {
      tokens = Math.min(burst, tokens + share)
    },
    take() {
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
    left: () => Math.floor(tokens),
  }
}
