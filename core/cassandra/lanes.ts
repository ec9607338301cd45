/**
 * What waits in this process instead of in the cluster. A statement's time runs from when it is sent,
 * so in a burst that is sent whole it runs out for all of them, the driver takes the node for dead and
 * gives its connections up, and the burst has become an outage.
 *
 * How many are sent at once follows how long they take, as TCP's window does: a little more while all
 * are quick, a part less when one was slow. So many processes find together what a cluster can do.
 */
import { unavailable } from './failure.ts'

/**
 * Reads have places of their own: while a node hangs, writes that were sent to it keep theirs until
 * their time is over. Serial reads cost what a conditional write costs, and go with the writes.
 * What is urgent is a write that passes all that wait.
 */
export type Lane = 'read' | 'write' | 'urgent'

/** Runs the call when there is a place, or throws the problem `store_unavailable` when too many wait. */
export type Lanes = <T>(lane: Lane, call: () => Promise<T>) => Promise<T>

export interface LanesOptions {
  /** Under way at once in each lane; 64 unless given: at 5 ms each, some 12,000 a second. */
  readonly most?: number
  /** When all are slow; 4 unless given. */
  readonly least?: number
  /** Calls that wait; 10,000 unless given, more than the requests of a process can make wait. */
  readonly waiting?: number
  /** Milliseconds; for tests. */
  readonly now?: () => number
}

/** Milliseconds from which a call counts as slow: a part of its time limit. */
const slowAfter = { read: 150, write: 400 } as const

/** Under way at once before any time is known. */
const first = 16

export function createLanes(options: LanesOptions = {}): Lanes {
  const reads = createLane(slowAfter.read, options)
  const writes = createLane(slowAfter.write, options)
  return (lane, call) => (lane === 'read' ? reads(call) : writes(call, lane === 'urgent'))
}

function createLane(
  slow: number,
  options: LanesOptions,
): <T>(call: () => Promise<T>, isUrgent?: boolean) => Promise<T> {
  const {
    most = 64,
    least = 4,
    waiting: waitingAtMost = 10_000,
    now = performance.now.bind(performance),
  } = options
  const waiting: (() => void)[] = []
  let places = Math.min(most, first)
  let taken = 0
  let narrowedAt = -Infinity

  /**
   * Only by what succeeded: what a node that hangs lets time out says nothing of the others. And once
   * for all that were under way together.
   */
  function adapt(start: number): void {
    const end = now()
    if (end - start > slow) {
      if (start > narrowedAt) {
        places = Math.max(least, places * 0.7)
        narrowedAt = end
      }
    } else if (waiting.length > 0) {
      places = Math.min(most, places + 1 / places)
    }
  }

  /** Those that wait come first; each place is taken by the one who gives it away. */
  function giveBack(): void {
    taken -= 1
    while (taken < Math.floor(places)) {
      const next = waiting.shift()
      if (next === undefined) return
      taken += 1
      next()
    }
  }

  return async (call, isUrgent = false) => {
    if (taken < Math.floor(places)) taken += 1
    else if (waiting.length < waitingAtMost) {
      await new Promise<void>((resolve) => {
        if (isUrgent) waiting.unshift(resolve)
        else waiting.push(resolve)
      })
    } else throw unavailable()
    const start = now()
    try {
      const result = await call()
      adapt(start)
      return result
    } finally {
      giveBack()
    }
  }
}
