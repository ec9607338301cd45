/** What hints lead to: the change that one was written for, and how much waits altogether. */
import { chunks } from '../values/chunks.ts'
import type { Millis } from '../values/time.ts'
import { grace, type Hint, type Hints, type Verdict } from './hints.ts'

/** Rows that a survey asks for; of what waits behind them, each hint counts as one. */
const asked = 5_000
const askedAtOnce = 64

/** Both read the same; the serial one brings changes that were under way to their end. */
export interface Reads<State> {
  readonly plain: () => Promise<State>
  readonly settled: () => Promise<State>
}

/**
 * A hint waits for a change that has not come. While its writer may still be at work it stays; then
 * a serial read brings the change to its end, if it was made at all.
 *
 * @param judge says what is to be done in this state, and which state that is
 */
export async function proved<State, Work>(
  now: Millis,
  hints: readonly Hint<string, string>[],
  reads: Reads<State>,
  judge: (state: State) => Verdict<Work> & { readonly sequence: number },
): Promise<Verdict<Work>> {
  const isBehind = (verdict: Verdict<Work> & { readonly sequence: number }) =>
    verdict.kind === 'stale' && hints.some(({ sequence }) => sequence > verdict.sequence)
  const verdict = judge(await reads.plain())
  if (!isBehind(verdict)) return verdict
  if (hints.some(({ at }) => now - at < grace)) return { kind: 'early' }
  return judge(await reads.settled())
}

/** What `ask` says of everything with a hint up to `to`, and how many more hints there are. */
export async function survey<Kind extends string, Id extends string, T>(
  hints: Hints<Kind, Id>,
  kind: Kind,
  to: Millis | null,
  ask: (id: Id) => Promise<T>,
): Promise<{ readonly found: readonly T[]; readonly more: number }> {
  const ids = new Set<Id>()
  let more = 0
  for await (const round of hints.all(kind, to)) {
    for (const { id } of round) {
      if (ids.has(id)) continue
      if (ids.size < asked) ids.add(id)
      else more++
    }
  }
  const found: T[] = []
  for (const some of chunks([...ids], askedAtOnce)) {
    found.push(...(await Promise.all(some.map(ask))))
  }
  return { found, more }
}
