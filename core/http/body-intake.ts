/**
 * Bodies on their way in. A request whose body has not arrived costs a socket and no work, so it has
 * places of its own: slow clients never take those of requests that wait for an answer.
 *
 * ```
 *   head ──► waits for its body, at most `patience` ──► in flight ──► answer
 *                     │
 *                     └──► 408: too slow, or the longest waiting one when all places are taken
 * ```
 */
import type { Inbound } from './engine/engine.ts'
import { problem, type Problem } from './problem.ts'

export interface BodyIntake {
  /**
   * The whole body of a request.
   *
   * @param limit bytes
   * @throws body_timeout, payload_too_large, and `ClientGone`
   */
  read(inbound: Inbound, limit: number): Promise<Uint8Array>
  /** Requests whose body has not arrived yet. */
  waiting(): number
}

export interface BodyIntakeOptions {
  /** Bodies that are waited for at once. */
  readonly places: number
  /** Milliseconds that a body may take. */
  readonly patience: number
}

/** Milliseconds that a client may take to send its body; a body of the shop fits into one packet. */
export const bodyPatience = 5_000

/**
 * Builds the intake. Past its places the body that has been waited for longest is given up and not
 * the new one: a client that sends at once is served, however many send slowly.
 */
export function createBodyIntake({ places, patience }: BodyIntakeOptions): BodyIntake {
  if (!(places >= 1)) throw new RangeError('The option "places" must be at least 1.')
  if (!(patience >= 1)) throw new RangeError('The option "patience" must be at least 1.')
  /** What gives up on each body, the longest waiting first. */
  const waiting = new Set<() => void>()

  return {
    waiting: () => waiting.size,
    async read(inbound, limit) {
      const { promise: late, reject } = Promise.withResolvers<never>()
      const giveUp = (): void => {
        waiting.delete(giveUp)
        reject(tooSlow())
      }
      const [longest] = waiting
      if (waiting.size >= places) longest?.()
      waiting.add(giveUp)
      const timer = setTimeout(giveUp, patience)
      try {
        return await Promise.race([inbound.bytes(limit), late])
      } finally {
        clearTimeout(timer)
        waiting.delete(giveUp)
      }
    },
  }
}

/** What still comes of the body would be read as the next request. */
const tooSlow = (): Problem => problem('body_timeout', { headers: { connection: 'close' } })
