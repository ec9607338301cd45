/**
 * Token buckets: each key may do `rate` things a second on average and `burst` at once.
 *
 * ```
 *   burst ┤●●●●●●●●        a call takes one token; none left: refused
 *         │        ●  ◄──── `rate` tokens a second come back, never above `burst`
 *       0 ┼───────────► t
 * ```
 */
import { LRUCache } from 'lru-cache'
import type { Clock } from '../values/time.ts'

export interface TokenBucketsOptions {
  /** Tokens that come back in a second. */
  readonly rate: number
  /** Tokens of a full bucket. */
  readonly burst: number
  /** Keys remembered; the one longest unused goes first, and comes back with a full bucket. */
  readonly maxKeys: number
  readonly clock: Clock
}

export interface Taken {
  readonly allowed: boolean
  /** Whole tokens left after this call. */
  readonly remaining: number
  /** Seconds until the bucket is full again, rounded up. */
  readonly fullIn: number
  /** Seconds until the next token, rounded up; 0 when one is left. */
  readonly retryAfter: number
}

export interface TokenBuckets {
  take(key: string): Taken
}

interface Bucket {
  tokens: number
  /** When `tokens` was right. */
  at: number
}

/** Builds the buckets; every bound must be stated. */
export function createTokenBuckets(options: TokenBucketsOptions): TokenBuckets {
  const { rate, burst, maxKeys, clock } = options
  if (!(rate > 0) || !(burst >= 1) || !(maxKeys >= 1)) {
    throw new TypeError(
      `Token buckets need a rate above 0 and burst and maxKeys of at least 1, got ${rate}, ${burst} and ${maxKeys}.`,
    )
  }
  const buckets = new LRUCache<string, Bucket>({ max: maxKeys })
  return {
    take(key) {
      const now = clock.now()
      let bucket = buckets.get(key)
      if (bucket === undefined) {
        bucket = { tokens: burst, at: now }
        buckets.set(key, bucket)
      }
      // A clock that was set back gives nothing and takes nothing.
      const passed = Math.max(0, now - bucket.at) / 1000
      bucket.tokens = Math.min(burst, bucket.tokens + passed * rate)
      bucket.at = now
      const allowed = bucket.tokens >= 1
      if (allowed) bucket.tokens -= 1
      return {
        allowed,
        remaining: Math.floor(bucket.tokens),
        fullIn: Math.ceil((burst - bucket.tokens) / rate),
        retryAfter: bucket.tokens >= 1 ? 0 : Math.max(1, Math.ceil((1 - bucket.tokens) / rate)),
      }
    },
  }
}
