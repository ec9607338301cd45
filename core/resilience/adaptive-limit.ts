/**
 * How many are under way at once follows how long they take, as TCP's window does: a little more while
 * all are quick and others wait, a part less when one was slow. So many processes find together, without
 * a word, what the one thing behind them can do.
 */

export interface AdaptiveLimitOptions {
  /** Milliseconds from which a call counts as slow. */
  readonly slow: number
  /** Under way at once; 64 unless given: at 5 ms each, some 12,000 a second. */
  readonly most?: number
  /** When all are slow; 4 unless given. */
  readonly least?: number
  /** Calls that wait; 10,000 unless given, more than the requests of a process can make wait. */
  readonly waiting?: number
  /** Milliseconds that one waits at most; as long as it takes unless given. */
  readonly patience?: number
  /**
   * True where a call that failed late narrows the limit as well. Unless given, failures say nothing:
   * what one node that hangs lets time out is not what the others can do.
   */
  readonly countFailures?: boolean
  /** The error of a call that found no place. */
  readonly refuse: () => Error
  /** Milliseconds; for tests. */
  readonly now?: () => number
}

/** Runs the call when there is a place, or throws what `refuse` makes; the urgent ones pass all that wait. */
export type AdaptiveLimit = <T>(call: () => Promise<T>, isUrgent?: boolean) => Promise<T>

/** Under way at once before any time is known. */
const first = 16

export function createAdaptiveLimit(options: AdaptiveLimitOptions): AdaptiveLimit {
  const {
    slow,
    most = 64,
    least = 4,
    waiting: waitingAtMost = 10_000,
    patience = Infinity,
    countFailures = false,
    refuse,
    now = performance.now.bind(performance),
  } = options
  const waiting: (() => void)[] = []
  let places = Math.min(most, first)
  let taken = 0
  let narrowedAt = -Infinity

  /** Once for all that were under way together. */
  function adapt(start: number, succeeded: boolean): void {
    const end = now()
    if (end - start > slow) {
      if (start > narrowedAt && (succeeded || countFailures)) {
        places = Math.max(least, places * 0.7)
        narrowedAt = end
      }
    } else if (succeeded && waiting.length > 0) {
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

  function place(isUrgent: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = patience === Infinity ? null : setTimeout(giveUp, patience)
      function turn(): void {
        if (timer !== null) clearTimeout(timer)
        resolve()
      }
      function giveUp(): void {
        waiting.splice(waiting.indexOf(turn), 1)
        reject(refuse())
      }
      if (isUrgent) waiting.unshift(turn)
      else waiting.push(turn)
    })
  }

  return async (call, isUrgent = false) => {
    if (taken < Math.floor(places)) taken += 1
    else if (waiting.length < waitingAtMost) await place(isUrgent)
    else throw refuse()
    const start = now()
    let succeeded = false
    try {
      const result = await call()
      succeeded = true
      return result
    } finally {
      adapt(start, succeeded)
      giveBack()
    }
  }
}
