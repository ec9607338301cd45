/** The set of public keys that a service publishes: its file as it is now, not as it was at boot. */
import type { Logger } from '../logging/logger.ts'
import type { Clock } from '../values/time.ts'
import { loadJwkSet, type JwkSet } from './keys.ts'

/** Milliseconds between two reads. */
const minimumGap = 1_000

/**
 * Reads the file when it is asked, at most once a second, and gives the same object for as long as
 * nothing has changed. Copies that read one file publish the same keys: were each to publish what it
 * found at its start, the keys that one copy signs with would be unknown to whoever asks another
 * while they are restarted one after the other.
 *
 * Throws one sentence when the file cannot be read at first; later the last good set stays.
 */
export function publishedKeys(options: {
  readonly file: string
  readonly clock: Clock
  readonly log: Logger
}): () => JwkSet {
  const { file, clock, log } = options
  let set = loadJwkSet(file)
  let text = JSON.stringify(set)
  let readAt = clock.now()
  return () => {
    const now = clock.now()
    if (now >= readAt && now - readAt < minimumGap) return set
    readAt = now
    try {
      const fresh = loadJwkSet(file)
      const freshText = JSON.stringify(fresh)
      if (freshText !== text) {
        set = fresh
        text = freshText
      }
    } catch (error) {
      log.warn({ err: error }, 'keys file cannot be read')
    }
    return set
  }
}
