/** Interleaved rounds: what is compared runs in turns, so that the machine's moods meet all alike. */

/** Samples by variant, one for each round. */
export interface Comparison<T> {
  readonly name: string
  readonly rounds: Readonly<Record<string, readonly T[]>>
}

export type Measure<T> = () => Promise<T>

/** Every second round the other way round: who comes first must not matter. */
export async function inTurns<T>(
  name: string,
  rounds: number,
  variants: Readonly<Record<string, Measure<T>>>,
  onRound: (round: number) => void = () => {},
): Promise<Comparison<T>> {
  const names = Object.keys(variants)
  const samples: Record<string, T[]> = Object.fromEntries(names.map((each) => [each, []]))
  for (let round = 0; round < rounds; round++) {
    onRound(round)
    for (const each of round % 2 === 0 ? names : names.toReversed()) {
      const sample = await variants[each]?.()
      if (sample !== undefined) samples[each]?.push(sample)
    }
  }
  return { name, rounds: samples }
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  const median = sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN }
}

/** One against the other, round by round. */
export const paired = (ours: readonly number[], theirs: readonly number[]): readonly number[] =>
  ours.map((value, round) => value / (theirs[round] ?? Number.NaN))
