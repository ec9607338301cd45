/** A bound on how often a second something is done that nobody waits for: a log line, a trace. */

/** Says yes so often in each second of the clock; 0 is never. */
export function perSecond(limit: number): () => boolean {
  let second = 0
  let taken = 0
  return () => {
    const now = Math.floor(performance.now() / 1000)
    if (now !== second) {
      second = now
      taken = 0
    }
    if (taken >= limit) return false
    taken += 1
    return true
  }
}
