/** One goal and its verdict, and how figures are written. */
import { paired, spread, type Comparison, type Spread } from '../macro/rounds.ts'

export interface Goal {
  readonly id: string
  readonly goal: string
  readonly measured: string
  /** Null where the run has not measured it. */
  readonly met: boolean | null
}

export type Verdict = Pick<Goal, 'measured' | 'met'>

export type Rated = Comparison<{ readonly rate: number }>

/** An older run, or one of a part, lacks what came later or belongs to others. */
const notMeasured: Verdict = { measured: 'not measured in this run', met: null }

export const goalOf = (id: string, goal: string, verdict: Verdict | null): Goal => ({
  ...{ id, goal },
  ...(verdict ?? notMeasured),
})

/** Judges a comparison that has all these variants; null for any other. */
export function judged<T extends Rated>(
  comparison: T | undefined,
  variants: readonly string[],
  judge: (comparison: T) => Verdict,
): Verdict | null {
  const isWhole = variants.every((variant) => (comparison?.rounds[variant]?.length ?? 0) > 0)
  return comparison !== undefined && isWhole ? judge(comparison) : null
}

/** One variant against another, of which it is to reach a share. */
export const shareOf = (
  comparison: Rated | undefined,
  [ours, theirs]: readonly [string, string],
  least: number,
): Verdict | null =>
  judged(comparison, [ours, theirs], (whole) => {
    const ratio = ratioOf(whole, ours, theirs)
    return { measured: percent(ratio), met: ratio.median >= least }
  })

/** Of one variant, round by round. */
export const ratesOf = ({ rounds }: Rated, variant: string): readonly number[] => {
  const samples = rounds[variant]
  if (samples === undefined) throw new Error(`The results have no ${variant}.`)
  return samples.map(({ rate }) => rate)
}

export const ratioOf = (comparison: Rated, ours: string, theirs: string): Spread =>
  spread(paired(ratesOf(comparison, ours), ratesOf(comparison, theirs)))

const spreadOut = 'shop, spread over products'

/** On either store. */
export const checkoutGoal = (store: string, checkouts: Rated | undefined): Goal =>
  goalOf(
    'P9',
    `checkout, ${store}: at least 50 % of the rate of the bare stores for the same writes`,
    judged(checkouts, [spreadOut, 'bare stores, same writes'], (whole) => {
      const against = ratioOf(whole, spreadOut, 'bare stores, same writes')
      const rate = spread(ratesOf(whole, spreadOut))
      return {
        measured: `${percent(against)}; ${count(rate.median)} checkouts/s`,
        met: against.median >= 0.5,
      }
    }),
  )

/** Of checkouts or of reservations alone. */
export const hotGoal = (store: string, buying: Rated | undefined): Goal =>
  goalOf(
    'P9',
    `one hot product with 1,000 buyers, ${store}: at least 20 % of the spread-out rate`,
    shareOf(buying, ['shop, one hot product', spreadOut], 0.2),
  )

export const percent = ({ median, min, max }: Spread): string =>
  `${(100 * median).toFixed(1)} % (${(100 * min).toFixed(1)} to ${(100 * max).toFixed(1)})`

export const factor = ({ median, min, max }: Spread): string =>
  `${median.toFixed(2)} times (${min.toFixed(2)} to ${max.toFixed(2)})`

export const count = (value: number): string => Math.round(value).toLocaleString('en-US')

export const milliseconds = (value: number): string =>
  `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
