/** Liveness, readiness and start-up of a process, as an orchestrator and the gateway ask for them. */

export type Check = () => void | Promise<void>

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
        await check()
        return null
      } catch {
        return 'store unavailable'
      }
    },
  }
}
