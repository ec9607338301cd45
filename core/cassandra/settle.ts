/** How a conditional write whose outcome is unknown is brought to one. */
import { OutcomeUnknown } from '../http/outcome-unknown.ts'
import type { Outcome } from './statement.ts'
import { pause } from '../resilience/pause.ts'

export interface SettleOptions {
  /** Times that the write is sent at most; 3 unless given. */
  readonly attempts?: number
}

const applied: Outcome<never> = { applied: true, rows: [] }

/**
 * Runs a conditional write until its outcome is known. After an unknown one it asks `isItMine`, by a
 * serial read, whether the write took effect, and only where it did not sends it again: the late
 * twin, which may still lie in a paused node, then fails on the condition that this one has changed.
 *
 * `isItMine` looks for the write's own id in the row (an order's, a revision's, an operation's), and
 * must say yes also after others have built upon the write.
 *
 * ```ts
 * const outcome = await settle(
 *   () => cql.insert.run(order.id, attempt, …),
 *   async () => (await cql.byIdSerial.get(order.id))?.attempt === attempt,
 * )
 * ```
 *
 * @throws OutcomeUnknown, to a client the problem `outcome_unknown`, when the cluster stays silent
 */
export async function settle<R>(
  write: () => Promise<Outcome<R>>,
  isItMine: () => Promise<boolean>,
  { attempts = 3 }: SettleOptions = {},
): Promise<Outcome<R>> {
  let doubt: OutcomeUnknown | null = null
  for (let attempt = 1; ; attempt += 1) {
    try {
      const outcome = await write()
      if (outcome.applied || doubt === null) return outcome
      // The twin may have come through between the question and this attempt.
      return (await isItMine()) ? applied : outcome
    } catch (error) {
      // Once in doubt, always in doubt: that a later attempt was refused says nothing of the first.
      if (error instanceof OutcomeUnknown) doubt = error
      else throw doubt ?? error
    }
    try {
      if (await isItMine()) return applied
    } catch {
      throw doubt
    }
    if (attempt === attempts) throw doubt
    await pause(Math.random() * 100 * attempt)
  }
}
