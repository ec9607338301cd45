/** The results as Markdown. */
import { spread } from '../macro/rounds.ts'
import type { MicroResult } from '../micro/micro.ts'
import { count, factor, milliseconds, percent, ratesOf, ratioOf } from './goal.ts'
import { goalsOf } from './goals.ts'
import { tableOf, whereOf } from './markdown.ts'
import type { CassandraResults, EngineResults, KeptResults } from './results.ts'

export function tablesOf(results: KeptResults, cassandra: CassandraResults | null): string {
  return [
    machineLine(results),
    '### Goals',
    goalTable(results, cassandra),
    ...(cassandra === null ? [] : ['Cassandra was measured in [a run of its own](#on-cassandra).']),
    '### Saturation',
    'wrk, 64 connections, closed loop; requests a second, median of the rounds. The share is of the first variant, paired by round. Processor shares are of one core.',
    saturationTable(results),
    '### All services through the gateway',
    mixedTable(results),
    '### Micro',
    'Nanoseconds an operation, median of the rounds; a fresh process for each variant and round.',
    microTable(results.micro.filter(({ name }) => !name.startsWith('serializer'))),
    '### Serializers by response',
    'Nanoseconds an answer. The first column is what `compileSerializer` does.',
    serializerTable(results.micro.filter(({ name }) => name.startsWith('serializer'))),
  ].join('\n\n')
}

function machineLine(results: KeptResults): string {
  const { took, quick } = results
  return `${whereAndHow(results)}, ${(took / 60).toFixed(1)} minutes${quick ? ', a quick run' : ''}.`
}

/** Machine, commit and rounds. */
export const whereAndHow = ({ machine, saturation }: EngineResults): string =>
  whereOf(machine, saturation[0], 'measured processes on one core, generators on another')

const verdicts = new Map([
  [true, 'yes'],
  [false, '**no**'],
  [null, '-'],
])

const goalTable = (results: KeptResults, cassandra: CassandraResults | null): string =>
  tableOf(
    ['#', 'Goal', 'Measured, median (min to max)', 'Met'],
    goalsOf(results, cassandra).map(({ id, goal, measured, met }) => [
      id,
      goal,
      measured,
      verdicts.get(met) ?? '',
    ]),
  )

export function saturationTable({ saturation }: Pick<KeptResults, 'saturation'>): string {
  const rows = saturation.flatMap((comparison) => {
    const [first = ''] = Object.keys(comparison.rounds)
    const alone = comparison.name === 'calls of the earlier system'
    return Object.entries(comparison.rounds).map(([variant, samples]) => {
      const rate = spread(ratesOf(comparison, variant))
      const server = spread(samples.map((sample) => sample.server))
      const generator = spread(samples.map((sample) => sample.generator))
      return [
        comparison.name,
        variant,
        `${count(rate.median)} (${count(rate.min)} to ${count(rate.max)})`,
        alone || variant === first ? '' : percent(ratioOf(comparison, variant, first)),
        `${(100 * server.median).toFixed(0)} %`,
        `${(100 * generator.median).toFixed(0)} %${generatorBound(server.median, generator.median) ? ' (the generator is the limit)' : ''}`,
      ]
    })
  })
  return tableOf(['What', 'Who', 'req/s', 'Share', 'Server', 'Generator'], rows)
}

/** The generator's core is full and the server's is not: then the figure is the generator's. */
export const generatorBound = (server: number, generator: number): boolean =>
  generator > 0.95 && server < 0.95

function mixedTable({ held, steps = [] }: KeptResults): string {
  const rows = [...(held === undefined ? [] : [held]), ...steps].flatMap(
    ({ wanted, rate, seconds, services, generator }) =>
      Object.entries(services).map(([service, latency]) => [
        `${count(wanted)} (${count(rate)} sent), ${seconds} s`,
        service,
        milliseconds(latency.p50),
        milliseconds(latency.p95),
        milliseconds(latency.p99),
        count(latency.errors),
        `${(100 * generator).toFixed(0)} %`,
      ]),
  )
  return tableOf(['req/s of all four', 'Service', 'p50', 'p95', 'p99', 'Errors', 'Generator'], rows)
}

const microTable = (micro: readonly MicroResult[]): string =>
  tableOf(
    ['Operation', 'File', 'Variant', 'ns', 'Against the first'],
    micro.flatMap(({ operation, mirrors, rounds }) => {
      const [first = []] = Object.values(rounds)
      return Object.entries(rounds).map(([variant, values]) => [
        operation,
        `\`${mirrors}\``,
        variant,
        nanoseconds(values),
        values === first
          ? ''
          : factor(spread(values.map((value, round) => value / (first[round] ?? Number.NaN)))),
      ])
    }),
  )

function serializerTable(micro: readonly MicroResult[]): string {
  const variants = Object.keys(micro[0]?.rounds ?? {})
  return tableOf(
    ['Response', ...variants],
    micro.map(({ name, rounds }) => [
      name.replace('serializer, ', ''),
      ...variants.map((variant) => nanoseconds(rounds[variant] ?? [])),
    ]),
  )
}

function nanoseconds(values: readonly number[]): string {
  const { median } = spread(values)
  return median < 10 ? median.toFixed(1) : count(median)
}
