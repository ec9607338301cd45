/**
 * The general rate limit: token buckets, two of which each request is charged to.
 *
 * ```
 *   request ──► its user's, or that of its address's visitors who are not signed in ──► its address's
 *   probe ────► its address's bucket of probes
 * ```
 *
 * Accounts are free, so many of one address share what that address may ask for altogether.
 */
import { addressBucket } from '../../core/auth/address-bucket.ts'
import type { Authenticate } from '../../core/http/caller.ts'
import type { Inbound } from '../../core/http/engine/engine.ts'
import { problem, type Problem } from '../../core/http/problem.ts'
import type { Metrics } from '../../core/metrics/metrics.ts'
import { createTokenBuckets, type Taken } from '../../core/resilience/token-bucket.ts'
import type { Clock } from '../../core/values/time.ts'

type Headers = Readonly<Record<string, string>>

export interface RateLimits {
  /** Headers for the answer, where the client should slow down; throws `rate_limited`. */
  admit(inbound: Inbound): Headers | null
  /** The same for a health check, which machines go on asking for where customers may not. */
  admitProbe(inbound: Inbound): Headers | null
}

export interface RateLimit {
  /** Requests a second on average. */
  readonly rate: number
  /** Requests at once. */
  readonly burst: number
}

export interface RateLimitsOptions {
  /** Of a user, and of all visitors of an address who are not signed in. */
  readonly account: RateLimit
  /** Of an address, for all its users together; its probes have as much again. */
  readonly address: RateLimit
  readonly authenticate: Authenticate
  readonly addressOf: (inbound: Inbound) => string
  readonly metrics: Metrics
  readonly clock: Clock
}

/** Of each kind; some 20 MB of buckets. */
const maxKeys = 100_000

/** From this share of the burst on, answers say how much is left; before, nobody needs to know. */
const tellBelow = 0.2

/**
 * A token counts only when it is genuine: a made-up one would otherwise open a fresh bucket with each
 * request. What is not genuine falls to its address, and the service behind says 401.
 */
export function createRateLimits(options: RateLimitsOptions): RateLimits {
  const { authenticate, addressOf, metrics, clock } = options
  const accounts = meterOf('default', options.account, clock)
  const addresses = meterOf('address', options.address, clock)
  const probes = meterOf('address', options.address, clock)
  const decisions = metrics.counter('rate_limit_decisions_total', 'Requests let in or refused', [
    'key',
    'result',
  ])
  const slots = {
    user: slotsOf('user'),
    address: slotsOf('address'),
  }

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

  /** Takes a token; counts and throws where there is none. */
  function charge(meter: Meter, key: string, counts: (typeof slots)['user']): Taken {
    const taken = meter.take(key)
    if (taken.allowed) return taken
    counts.limited.inc()
    throw meter.refusal(taken)
  }

  return {
    admit(inbound) {
      const user = userOf(inbound)
      const address = addressBucket(addressOf(inbound))
      const counts = user === null ? slots.address : slots.user
      // The narrower one first: who asks too much takes nothing from the neighbours of the address.
      const own = charge(accounts, user ?? address, counts)
      const shared = charge(addresses, address, slots.address)
      counts.allowed.inc()
      const scarce = [
        ...(accounts.isScarce(own) ? [accounts.told(own)] : []),
        ...(addresses.isScarce(shared) ? [addresses.told(shared)] : []),
      ]
      return scarce.length === 0 ? null : headersOf(scarce)
    },

    admitProbe(inbound) {
      const taken = charge(probes, addressBucket(addressOf(inbound)), slots.address)
      slots.address.allowed.inc()
      return probes.isScarce(taken) ? headersOf([probes.told(taken)]) : null
    },
  }
}

/** The buckets of one kind and how clients are told of them. */
interface Meter {
  take(key: string): Taken
  isScarce(taken: Taken): boolean
  told(taken: Taken): Told
  refusal(taken: Taken): Problem
}

/** The `RateLimit` fields of draft-ietf-httpapi-ratelimit-headers, one item of each. */
interface Told {
  readonly policy: string
  readonly left: string
}

function meterOf(name: string, { rate, burst }: RateLimit, clock: Clock): Meter {
  const buckets = createTokenBuckets({ rate, burst, maxKeys, clock })
  const policy = `"${name}";q=${burst};w=${Math.ceil(burst / rate)}`
  const told = (taken: Taken): Told => ({
    policy,
    left: `"${name}";r=${taken.remaining};t=${taken.fullIn}`,
  })
  return {
    take: buckets.take,
    isScarce: ({ remaining }) => remaining < burst * tellBelow,
    told,
    refusal: (taken) =>
      problem('rate_limited', {
        retryAfter: taken.retryAfter,
        headers: headersOf([told(taken)]),
      }),
  }
}

const headersOf = (told: readonly Told[]): Headers => ({
  'ratelimit-policy': told.map(({ policy }) => policy).join(', '),
  ratelimit: told.map(({ left }) => left).join(', '),
})
