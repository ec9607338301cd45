/** The general rate limit: one token bucket a user, or an address where nobody is signed in. */
import { addressBucket } from '../../core/auth/address-bucket.ts'
import type { Authenticate } from '../../core/http/caller.ts'
import type { Inbound } from '../../core/http/engine/engine.ts'
import { problem } from '../../core/http/problem.ts'
import type { Metrics } from '../../core/metrics/metrics.ts'
import { createTokenBuckets, type Taken } from '../../core/resilience/token-bucket.ts'
import type { Clock } from '../../core/values/time.ts'

export interface RateLimits {
  /** Headers for the answer, where the client should slow down; throws `rate_limited`. */
  admit(inbound: Inbound): Readonly<Record<string, string>> | null
}

export interface RateLimitsOptions {
  /** Requests a second that a user or an address may send on average. */
  readonly rate: number
  readonly burst: number
  readonly authenticate: Authenticate
  readonly addressOf: (inbound: Inbound) => string
  readonly metrics: Metrics
  readonly clock: Clock
}

/** Some 20 MB of buckets. */
const maxKeys = 100_000

/** From this share of the burst on, answers say how much is left; before, nobody needs to know. */
const tellBelow = 0.2

/**
 * A token counts only when it is genuine: a made-up one would otherwise open a fresh bucket with each
 * request. What is not genuine falls to its address, and the service behind says 401.
 */
export function createRateLimits(options: RateLimitsOptions): RateLimits {
  const { rate, burst, authenticate, addressOf, metrics, clock } = options
  const buckets = createTokenBuckets({ rate, burst, maxKeys, clock })
  const decisions = metrics.counter('rate_limit_decisions_total', 'Requests let in or refused', [
    'key',
    'result',
  ])
  const slots = {
    user: slotsOf('user'),
    address: slotsOf('address'),
  }
  const policy = `"default";q=${burst};w=${Math.ceil(burst / rate)}`

  function slotsOf(key: string) {
    return {
      allowed: decisions.slot({ key, result: 'allowed' }),
      limited: decisions.slot({ key, result: 'limited' }),
    }
  }

  function userOf(inbound: Inbound): string | null {
    const authorization = inbound.header('authorization')
    if (authorization === null) return null
    try {
      const caller = authenticate(authorization)
      if (!(caller instanceof Promise)) return caller.kind === 'user' ? caller.id : null
      // The keys are being fetched; this one request counts for its address.
      caller.catch(() => {})
      return null
    } catch {
      return null
    }
  }

  return {
    admit(inbound) {
      const user = userOf(inbound)
      const taken = buckets.take(user ?? addressBucket(addressOf(inbound)))
      const counts = user === null ? slots.address : slots.user
      if (!taken.allowed) {
        counts.limited.inc()
        throw problem('rate_limited', {
          retryAfter: taken.retryAfter,
          headers: told(policy, taken),
        })
      }
      counts.allowed.inc()
      return taken.remaining < burst * tellBelow ? told(policy, taken) : null
    },
  }
}

/** The `RateLimit` fields of draft-ietf-httpapi-ratelimit-headers. */
const told = (policy: string, taken: Taken): Readonly<Record<string, string>> => ({
  'ratelimit-policy': policy,
  ratelimit: `"default";r=${taken.remaining};t=${taken.fullIn}`,
})
