/**
 * Guesses on Cassandra: one row a subject, replaced by one conditional write. What comes to a subject
 * at once is applied in one write, so a flood of guesses does not race itself.
 */
import type { GuessChange, GuessLedger } from '../../core/auth/login-limits.ts'
import { createQueues } from '../../core/resilience/queues.ts'
import { rounds } from '../../core/cassandra/rounds.ts'
import { settle } from '../../core/cassandra/settle.ts'
import { newId } from '../../core/values/ids.ts'
import type { Clock, Millis } from '../../core/values/time.ts'
import type { Statements } from './store.cassandra.statements.ts'

/** Seconds that a row outlives its guesses, and that an operation can be asked for. */
const margin = 600
/** Changes in one conditional write. */
const batchSize = 200

type Change = (guesses: readonly Millis[]) => GuessChange<unknown>

/** What a change came to; one that throws fails alone. */
type Result = { readonly value: unknown } | { readonly error: unknown }

export function createGuessLedger(sql: Statements, clock: Clock): GuessLedger {
  async function run(subject: string, changes: readonly Change[]): Promise<readonly Result[]> {
    return rounds(async () => {
      const now = clock.now()
      const row = await sql.guesses.get(subject)
      const before = row !== undefined && row.keep_until > now ? (row.times ?? []) : []
      const { guesses, keepUntil, results } = applyAll(before, changes, now)
      // A refusal changes nothing, so it costs a read alone.
      if (isSame(guesses, before)) return results
      const operation = newId<string>()
      const seconds = Math.ceil((keepUntil - now) / 1000) + margin
      const revision = row?.revision ?? null
      const { applied } = await settle(
        () =>
          sql.keepGuesses.run([
            sql.setGuesses.bind(seconds, guesses, keepUntil, operation, subject, revision),
            sql.noteGuess.bind(margin, operation, subject),
          ]),
        async () => (await sql.guessOperations.get(subject))?.operations?.has(operation) === true,
      )
      return applied ? results : null
    })
  }

  const enqueue = createQueues<string, Change, Result>({ maxItems: batchSize, run })

  return {
    async change<T>(subject: string, change: (guesses: readonly Millis[]) => GuessChange<T>) {
      const result = await enqueue(subject, change)
      if ('error' in result) throw result.error
      // What this change itself has returned.
      return result.value as T
    },
  }
}

function applyAll(before: readonly Millis[], changes: readonly Change[], now: Millis) {
  let guesses = before
  let keepUntil = now
  const results = changes.map((change): Result => {
    try {
      const made = change(guesses)
      guesses = made.guesses
      if (made.keepUntil > keepUntil) keepUntil = made.keepUntil
      return { value: made.result }
    } catch (error) {
      return { error }
    }
  })
  return { guesses, keepUntil, results }
}

const isSame = (a: readonly Millis[], b: readonly Millis[]): boolean =>
  a.length === b.length && a.every((each, index) => each === b[index])
