/** Conditional writes that begin again when another copy was faster. */
import { pause } from '../resilience/pause.ts'
import { unavailable } from './failure.ts'

export interface RoundsOptions {
  /** Rounds against other copies; 30 unless given, with their pauses some 5 s. */
  readonly most?: number
  /** Milliseconds by which the longest possible pause grows with each round; 10 unless given. */
  readonly step?: number
}

/**
 * Runs `round` until it gives something; null means that another write was faster.
 *
 * @throws the problem `store_unavailable` when others were faster in every round
 */
export async function rounds<T>(
  round: () => Promise<T | null>,
  { most = 30, step = 10 }: RoundsOptions = {},
): Promise<T> {
  for (let count = 1; count <= most; count++) {
    const result = await round()
    if (result !== null) return result
    await pause(Math.random() * step * count)
  }
  throw unavailable()
}
