/** Liveness, readiness and start-up of a process, as an orchestrator and the gateway ask for them. */
import type { Eventually } from '../values/eventually.ts'

export type Check = () => Eventually<void>

/** The reason of a process that runs without its store: it answers what it has in memory. */
export const storeUnavailable = 'store unavailable'

/** Milliseconds; whoever asks waits for a second, and a process that tells nothing counts as hung. */
const checkLimit = 500

export interface Health {
  /** From now on the process answers "not ready", so that no new requests are sent to it. */
  drain(): void
  /** The start is complete: the store is open, seeded, and caches are warm. */
  started(): void
  isStarted(): boolean
  /** Null when ready; otherwise the reason, which names no host and no path. */
  notReady(): Promise<string | null>
}

/** `check` throws when the store cannot be reached. */
export function createHealth(check: Check): Health {
  let started = false
  let draining = false
  return {
    drain() {
      draining = true
    },
    started() {
      started = true
    },
    isStarted: () => started,
    async notReady() {
      if (draining) return 'draining'
      if (!started) return 'starting'
      try {
        await inTime(check)
        return null
      } catch {
        return storeUnavailable
      }
    },
  }
}

async function inTime(check: Check): Promise<void> {
  const answer = check()
  // A store in this process has answered by now.
  if (!(answer instanceof Promise)) return
  const { promise: end, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('The store does not answer.')), checkLimit)
  try {
    await Promise.race([answer, end])
  } finally {
    clearTimeout(timer)
  }
}
