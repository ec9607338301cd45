/** The goals, each with what a run measured of it. */
import { copiesName } from '../macro/copies.ts'
import { keeps } from '../macro/mixed.ts'
import type { OverloadResult } from '../macro/overload.ts'
import { paired, spread, type Comparison } from '../macro/rounds.ts'
import type { Sample } from '../macro/saturation.ts'
import { buyingGoals, readingGoal } from './cassandra.ts'
import {
  checkoutGoal,
  count,
  factor,
  goalOf,
  hotGoal,
  judged,
  milliseconds,
  percent,
  ratesOf,
  ratioOf,
  shareOf,
  type Goal,
  type Rated,
  type Verdict,
} from './goal.ts'
import type { CassandraResults, KeptResults } from './results.ts'

/** With the Cassandra halves of P3 and P9 from a run of their own. */
export function goalsOf(results: KeptResults, cassandra: CassandraResults | null): readonly Goal[] {
  const find = (name: string) => results.saturation.find((each) => each.name === name)
  const page = find('category page of 20')
  const product = find('product by id')
  const signedIn = find('product for anybody and for the signed in')
  const views = find('recent views, signed in')
  const own = find('calls of the earlier system')
  const atLeast = (
    id: string,
    goal: string,
    comparison: Rated | undefined,
    variants: readonly [string, string],
    least: number,
  ): Goal => goalOf(id, goal, shareOf(comparison, variants, least))
  const times = (goal: string, comparison: Rated | undefined, peer: string, least: number): Goal =>
    goalOf(
      'P6',
      goal,
      judged(comparison, ['shop', peer], (whole) => {
        const ratio = ratioOf(whole, 'shop', peer)
        return { measured: factor(ratio), met: ratio.median >= least }
      }),
    )
  const earlier = (
    name: string,
    comparison: Rated | undefined,
    variant: string,
    before: number,
    least: number,
  ): Goal =>
    goalOf(
      'P6',
      `${name}: at least ${least} times the earlier system's ${count(before)} req/s`,
      judged(comparison, [variant], (whole) => {
        const rate = spread(ratesOf(whole, variant))
        return {
          measured: `${count(rate.median)} req/s, ${(rate.median / before).toFixed(1)} times (${count(rate.min)} to ${count(rate.max)})`,
          met: rate.median >= least * before,
        }
      }),
    )
  const endpoints = [
    ['category page', page],
    ['product', product],
    ['signed-in GET', views],
  ] as const
  return [
    atLeast(
      'P1',
      'cached category page, everything on: at least 85 % of the raw handler with the same bytes and headers',
      page,
      ['shop', 'raw handler'],
      0.85,
    ),
    atLeast(
      'P2',
      "the same page for a repeated `If-None-Match`: at least the raw handler's rate",
      page,
      ['shop, not modified', 'raw handler'],
      1,
    ),
    atLeast(
      'P3',
      'product by id, SQLite: at least 70 % of the raw handler with the same prepared reads',
      product,
      ['shop', 'raw handler, same reads'],
      0.7,
    ),
    readingGoal(cassandra),
    atLeast(
      'P4',
      'signed-in GET: at least 95 % of the anonymous one',
      signedIn,
      ['signed in', 'anonymous'],
      0.95,
    ),
    ...observabilityGoals(results),
    ...endpoints.map(([name, comparison]) =>
      times(`${name}: at least 12 times FastAPI`, comparison, 'FastAPI', 12),
    ),
    ...['Elysia', 'Hono'].flatMap((peer) =>
      endpoints.map(([name, comparison]) =>
        times(`${name}: at least 1.2 times ${peer}`, comparison, peer, 1.2),
      ),
    ),
    earlier('category page', page, 'shop', 144, 200),
    earlier('cart', own, 'cart', 1_297, 20),
    earlier('users/me', own, 'users/me', 1_398, 20),
    earlier('orders', own, 'orders', 1_216, 20),
    earlier('add to cart', own, 'add to cart', 32, 100),
    earlier('profile', own, 'profile', 16, 100),
    copiesGoal(find(copiesName)),
    heldGoal(results),
    checkoutGoal('SQLite', results.checkouts),
    hotGoal('SQLite', results.checkouts),
    ...buyingGoals(cassandra),
    ...overloadGoals(results),
    ...footprintGoals(results),
  ]
}

/** Rates and the 99th percentiles of the same rounds, and what a scrape takes. */
function observabilityGoals({ saturation, micro }: KeptResults): readonly Goal[] {
  const pairs = saturation.filter(({ name }) => name.startsWith('observability'))
  const tax = pairs.flatMap((pair) => {
    const kept = ratioOf(pair, 'on', 'off')
    const p99 = (variant: string) => (pair.rounds[variant] ?? []).map((sample) => sample.p99)
    const slower = spread(paired(p99('on'), p99('off')))
    const name = pair.name.replace('observability, ', '')
    return [
      {
        id: 'P5',
        goal: `observability on against off, ${name}: at most 5 % fewer req/s`,
        measured: percent(kept),
        met: kept.median >= 0.95,
      },
      {
        id: 'P5',
        goal: `observability on against off, ${name}: p99 at most 10 % longer`,
        measured: percent(slower),
        met: slower.median <= 1.1,
      },
    ]
  })
  const scrape = micro.find(({ mirrors }) => mirrors === 'core/metrics/metrics.ts')
  const [times = []] = Object.values(scrape?.rounds ?? {})
  const blocked = spread(times.map((nanoseconds) => nanoseconds / 1e6))
  return [
    ...tax,
    goalOf(
      'P5',
      'a scrape of 500 series blocks at most 1 ms',
      times.length === 0
        ? null
        : {
            measured: `${blocked.median.toFixed(2)} ms (${blocked.min.toFixed(2)} to ${blocked.max.toFixed(2)})`,
            met: blocked.median <= 1,
          },
    ),
  ]
}

function copiesGoal(comparison: Comparison<Sample> | undefined): Goal {
  const verdict = judged(comparison, ['two copies', 'one copy'], (whole) => {
    const gain = ratioOf(whole, 'two copies', 'one copy')
    const generator = spread((whole.rounds['two copies'] ?? []).map((each) => each.generator))
    return {
      measured: `${factor(gain)}; the generators, on the same cores where there are only two, used ${percent(generator)} of one`,
      met: gain.median >= 1.8,
    }
  })
  return goalOf('P7', 'two copies on two free cores: at least 1.8 times one', verdict)
}

function heldGoal({ held, steps = [] }: KeptResults): Goal {
  const services = Object.values(held?.services ?? {})
  const worst = (pick: (latency: (typeof services)[number]) => number) =>
    Math.max(...services.map(pick))
  const errors = services.reduce((sum, each) => sum + each.errors, 0)
  const highest = steps.filter((step) => keeps(step, 500)).at(-1)
  return goalOf(
    'P8',
    `every service at 500 req/s of mixed calls through the gateway, all four at once, open loop, ${held?.seconds ?? 60} s: p95 under 20 ms, p99 under 50 ms, no errors`,
    held === undefined
      ? null
      : {
          measured: `worst service p95 ${milliseconds(worst(({ p95 }) => p95))}, p99 ${milliseconds(worst(({ p99 }) => p99))}, ${errors} errors; highest rate with p99 under 500 ms: ${highest === undefined ? 'none tried' : `${count(highest.wanted)} req/s of all four`}`,
          met: keeps(held, 50) && worst(({ p95 }) => p95) < 20,
        },
  )
}

function overloadGoals({ overload }: KeptResults): readonly Goal[] {
  const judge = (of: (whole: OverloadResult) => Verdict) =>
    overload === undefined ? null : of(overload)
  return [
    goalOf(
      'P10',
      `open-loop overload at 3 times saturation for ${overload?.seconds ?? 60} s: goodput at least 90 % of peak`,
      judge(({ peak, sent, goodput, refused, other }) => ({
        measured: `${(100 * (goodput / peak)).toFixed(0)} % of ${count(peak)} req/s at ${(sent / peak).toFixed(1)} times; ${count(refused)} refused, ${count(other)} neither answered nor refused`,
        met: goodput / peak >= 0.9 && sent >= 2.7 * peak,
      })),
    ),
    goalOf(
      'P10',
      'refusals in under 5 ms, as the client sees them (p99)',
      judge(({ refused, refusalP99 }) => ({
        measured: refused === 0 ? 'nothing was refused' : milliseconds(refusalP99),
        met: refused > 0 && refusalP99 < 5,
      })),
    ),
    goalOf(
      'P10',
      'normal again within 5 s',
      judge(({ recovery }) => ({
        measured: recovery === null ? 'not within 30 s' : milliseconds(recovery),
        met: recovery !== null && recovery <= 5_000,
      })),
    ),
  ]
}

function footprintGoals({ footprint }: KeptResults): readonly Goal[] {
  const memory = Object.entries(footprint?.memory ?? {})
  const starts = Object.entries(footprint?.start ?? {}).map(
    ([name, times]) => [name, spread(times).median] as const,
  )
  return [
    goalOf(
      'P11',
      'memory of a service under load: at most 150 MB with the full catalog',
      memory.length === 0
        ? null
        : {
            measured: memory
              .map(([name, bytes]) => `${name} ${(bytes / 1e6).toFixed(0)} MB`)
              .join(', '),
            met: memory.every(([, bytes]) => bytes <= 150e6),
          },
    ),
    goalOf(
      'P11',
      'start to ready: at most 1 s on existing data',
      starts.length === 0
        ? null
        : {
            measured: starts.map(([name, time]) => `${name} ${milliseconds(time)}`).join(', '),
            met: starts.every(([, time]) => time <= 1_000),
          },
    ),
  ]
}
