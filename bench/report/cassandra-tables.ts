/** The part of the page about the shop on a Cassandra node. */
import { seeded } from '../cassandra/starting.ts'
import type { CassandraSample } from '../cassandra/sample.ts'
import type { CheckoutSample } from '../macro/checkout.ts'
import { spread, type Comparison } from '../macro/rounds.ts'
import { buyingGoals, readingGoal } from './cassandra.ts'
import { count, milliseconds, percent, ratesOf, ratioOf } from './goal.ts'
import { tableOf, whereOf } from './markdown.ts'
import type { CassandraResults } from './results.ts'

const placed =
  'the shop or the bare loop on one core, the node on the others, of which the generator has the first where there are more than two'

export function cassandraPart(results: CassandraResults): string {
  const { machine, took, reading, reserving, checkouts } = results
  return [
    `${whereOf(machine, reading ?? reserving ?? checkouts, placed)}, ${(took / 60).toFixed(1)} minutes.`,
    goalLines(results),
    'A second, median of the rounds. The share is of the first variant, paired by round. Processor shares are of one core, and what one answer takes of the measured process is beside them; the last column counts the statement itself (a read, a conditional batch) for one answer.',
    rateTable(results),
    timeTable(results),
  ].join('\n\n')
}

const goalLines = (results: CassandraResults): string =>
  [readingGoal(results), ...buyingGoals(results)]
    .map(
      ({ id, goal, measured, met }) =>
        `- ${id}, ${goal}: ${measured}${met === false ? ', **goal missed**' : ''}.`,
    )
    .join('\n')

/** What a round may know beside its rate. */
type Round = Partial<CassandraSample> & CheckoutSample

function rateTable({ reading, reserving, checkouts }: CassandraResults): string {
  const comparisons: readonly (Comparison<Round> | undefined)[] = [reading, reserving, checkouts]
  const rows = comparisons.flatMap((comparison) => {
    if (comparison === undefined) return []
    const [first = ''] = Object.keys(comparison.rounds)
    return Object.entries(comparison.rounds).map(([variant, samples]) => {
      const rate = spread(ratesOf(comparison, variant))
      const median = (pick: (sample: (typeof samples)[number]) => number | undefined) =>
        spread(samples.flatMap((sample) => pick(sample) ?? [])).median
      const share = (value: number) => (value > 0 ? `${(100 * value).toFixed(0)} %` : '')
      const each = spread(
        samples.flatMap((sample) =>
          sample.server === undefined ? [] : (1e6 * sample.server) / sample.rate,
        ),
      ).median
      const statements = median((sample) => sample.statements)
      return [
        comparison.name,
        variant,
        `${count(rate.median)} (${count(rate.min)} to ${count(rate.max)})`,
        variant === first ? '' : percent(ratioOf(comparison, variant, first)),
        share(median(({ server }) => server)),
        Number.isNaN(each) ? '' : `${count(each)} us`,
        share(median(({ cluster }) => cluster)),
        share(median(({ generator }) => generator)),
        Number.isNaN(statements) ? '' : statements.toFixed(2),
      ]
    })
  })
  return tableOf(
    ['What', 'Who', 'A second', 'Share', 'Server', 'Each', 'Node', 'Generator', 'Statements'],
    rows,
  )
}

function timeTable({ starting, start }: CassandraResults): string {
  const seconds = (times: readonly number[]): string => {
    const { median, min, max } = spread(times)
    return `${median.toFixed(1)} s (${min.toFixed(1)} to ${max.toFixed(1)})`
  }
  const services = Object.entries(start ?? {}).map(
    ([name, times]) => `${name} ${milliseconds(spread(times).median)}`,
  )
  return tableOf(
    ['Time', 'Median (min to max)'],
    [
      [
        'first start of the whole shop: all keyspaces and tables made, no products',
        seconds(starting.first),
      ],
      [`\`npm run seed\`, ${count(seeded)} products`, seconds(starting.seed)],
      [`start of the whole shop on these ${count(seeded)} products`, seconds(starting.again)],
      [
        'start to ready of each service on existing data',
        services.join(', ') || 'not measured in this run',
      ],
    ],
  )
}
