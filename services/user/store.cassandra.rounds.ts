/** Conditional writes that begin again when another copy was faster. */
import { unavailable } from '../../core/cassandra/failure.ts'

/** Rounds against other copies; with their pauses some 5 s. */
const maxRounds = 30

/** Runs `round` until it gives something; null means that another write was faster. */
export async function rounds<T>(round: () => Promise<T | null>): Promise<T> {
  for (let count = 1; count <= maxRounds; count++) {
    const result = await round()
    if (result !== null) return result
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * count))
  }
  throw unavailable()
}
