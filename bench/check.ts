/** The benchmark that guards a change: every micro benchmark once for errors, and a few short pairs. */
import { startCollector } from './macro/observability.ts'
import { compareReading } from './macro/reading.ts'
import { paired, spread, type Comparison } from './macro/rounds.ts'
import type { Sample } from './macro/saturation.ts'
import { startShop } from './macro/shop.ts'
import { runMicro } from './micro/micro.ts'
import { latestResults } from './report/results.ts'

const pairs = [
  ['category page of 20', 'shop', 'raw handler'],
  ['category page of 20', 'shop, not modified', 'raw handler'],
  ['product by id', 'shop', 'raw handler, same reads'],
  ['product for anybody and for the signed in', 'signed in', 'anonymous'],
] as const

const rounds = 7
const seconds = 1

/**
 * A pair fails when its median is below the committed one by more than the noise: three standard
 * errors of the difference of both medians, within these bounds.
 */
const leastMargin = 0.1
/** However much the machine is shared, what has lost this much has lost it. */
const mostMargin = 0.3

/** Resolves with what got clearly slower, a sentence each. */
export async function check(
  port: number,
  onProgress: (text: string) => void,
): Promise<readonly string[]> {
  const committed = latestResults()
  if (committed === null) throw new Error('There is no committed run to compare with.')
  await runMicro({ rounds: 1, time: 10, onProgress })
  await using collector = startCollector()
  const shop = await startShop(port, 'server', collector.env)
  try {
    const measure = () => compareReading({ shop, rounds, seconds, all: false, onProgress })
    const first = slower(await measure(), committed.results.saturation, onProgress)
    if (first.length === 0) return []
    onProgress('Slower at first sight, measured again:')
    const second = slower(await measure(), committed.results.saturation, onProgress)
    return second.filter(({ pair }) => first.some((each) => each.pair === pair)).map(sentence)
  } finally {
    await shop.stop()
  }
}

interface Slower {
  readonly pair: string
  readonly now: number
  readonly before: number
  readonly margin: number
}

function slower(
  now: readonly Comparison<Sample>[],
  before: readonly Comparison<Sample>[],
  onProgress: (text: string) => void,
): readonly Slower[] {
  return pairs.flatMap(([name, ours, theirs]) => {
    const ratios = ratiosOf(now, name, ours, theirs)
    const committed = ratiosOf(before, name, ours, theirs)
    const noise = 3 * Math.hypot(standardError(ratios), standardError(committed))
    const margin = Math.min(mostMargin, Math.max(leastMargin, noise))
    const pair = `${name}, ${ours} against ${theirs}`
    const result = {
      pair,
      now: spread(ratios).median,
      before: spread(committed).median,
      margin,
    }
    onProgress(`  ${sentence(result)}`)
    return result.now < result.before * (1 - margin) ? [result] : []
  })
}

const sentence = ({ pair, now, before, margin }: Slower): string =>
  `${pair}: ${now.toFixed(3)} where ${before.toFixed(3)} is committed (margin ${(100 * margin).toFixed(0)} %)`

/**
 * Requests a second of the server's own processor time, not of the clock: so a neighbour who takes
 * the core away for a while takes it out of neither side.
 */
function ratiosOf(
  comparisons: readonly Comparison<Sample>[],
  name: string,
  ours: string,
  theirs: string,
): readonly number[] {
  const found = comparisons.find((each) => each.name === name)?.rounds
  const cost = (variant: string) =>
    (found?.[variant] ?? []).map(({ rate, server }) => rate / server)
  const ratios = paired(cost(ours), cost(theirs))
  if (ratios.length === 0 || ratios.some(Number.isNaN)) throw new Error(`No pairs of ${name}.`)
  return ratios
}

/**
 * Relative standard error of a median: 1.2533 deviations by the root of their number, as for the normal
 * distribution (Kenney and Keeping, Mathematics of Statistics). The deviation itself comes from the
 * median of the absolute deviations, so that one outlier does not widen it.
 */
function standardError(ratios: readonly number[]): number {
  const { median } = spread(ratios)
  const deviation = 1.4826 * spread(ratios.map((ratio) => Math.abs(ratio - median))).median
  return (1.2533 * deviation) / Math.sqrt(ratios.length) / median
}
