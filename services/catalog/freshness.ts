/** Whether the indexes are in step with the store, decided when they are refreshed and not per request. */
import { withHeaders, type Reply } from '../../core/http/reply.ts'
import { millis, type Clock, type Millis } from '../../core/values/time.ts'

export interface FreshnessOptions {
  readonly refresh: () => Promise<void>
  readonly clock: Clock
  /** Counts an answer that was marked. */
  readonly onStale: () => void
}

export interface Freshness {
  /** Refreshes; rejects when that fails, as background work that is logged does. */
  refresh(): Promise<void>
  /**
   * Adds `Age` and `X-Cache: stale` while the store has not answered for a while; until then it is a
   * function that gives back what it gets.
   */
  readonly mark: (reply: Reply) => Reply
}

/** Milliseconds without a refresh from which on answers are marked; one that fails is no reason. */
const patience = 2_000

export function createFreshness({ refresh, clock, onStale }: FreshnessOptions): Freshness {
  let refreshedAt = clock.now()
  const asItIs = (reply: Reply): Reply => reply
  const stale = (reply: Reply): Reply => {
    onStale()
    return staleReply(reply, millis(clock.now() - refreshedAt))
  }
  const freshness = {
    mark: asItIs,
    async refresh() {
      try {
        await refresh()
        refreshedAt = clock.now()
        freshness.mark = asItIs
      } catch (error) {
        if (clock.now() - refreshedAt >= patience) freshness.mark = stale
        throw error
      }
    },
  }
  return freshness
}

/** The answer with its age (RFC 9111, 5.1) and the word that it may be outdated. */
export const staleReply = (reply: Reply, age: Millis): Reply =>
  withHeaders(reply, { age: String(Math.floor(age / 1000)), 'x-cache': 'stale' })
