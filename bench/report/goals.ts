/** The goals, each with what a run measured of it. */
import { copiesName } from '../macro/copies.ts'
import { keeps } from '../macro/mixed.ts'
import { paired, spread, type Comparison, type Spread } from '../macro/rounds.ts'
import type { Sample } from '../macro/saturation.ts'
import type { Results } from './results.ts'

export interface Goal {
  readonly id: string
  readonly goal: string
  readonly measured: string
  readonly met: boolean
}

type Rated = Comparison<{ readonly rate: number }>

/** Of one variant, round by round. */
export const ratesOf = ({ rounds }: Rated, variant: string): readonly number[] => {
  const samples = rounds[variant]
  if (samples === undefined) throw new Error(`The results have no ${variant}.`)
  return samples.map(({ rate }) => rate)
}

export const ratioOf = (comparison: Rated, ours: string, theirs: string): Spread =>
  spread(paired(ratesOf(comparison, ours), ratesOf(comparison, theirs)))

export function goalsOf(results: Results): readonly Goal[] {
  const find = (name: string) => {
    const found = results.saturation.find((each) => each.name === name)
    if (found === undefined) throw new Error(`The results have no ${name}.`)
    return found
  }
  const page = find('category page of 20')
  const product = find('product by id')
  const signedIn = find('product for anybody and for the signed in')
  const views = find('recent views, signed in')
  const own = find('calls of the earlier system')
  const atLeast = (
    id: string,
    goal: string,
    comparison: Rated,
    [ours, theirs]: readonly [string, string],
    least: number,
  ): Goal => {
    const ratio = ratioOf(comparison, ours, theirs)
    return { id, goal, measured: percent(ratio), met: ratio.median >= least }
  }
  const times = (goal: string, comparison: Rated, peer: string, least: number): Goal => {
    const ratio = ratioOf(comparison, 'shop', peer)
    return { id: 'P6', goal, measured: factor(ratio), met: ratio.median >= least }
  }
  const earlier = (
    name: string,
    comparison: Rated,
    variant: string,
    before: number,
    least: number,
  ) => {
    const rate = spread(ratesOf(comparison, variant))
    return {
      id: 'P6',
      goal: `${name}: at least ${least} times the earlier system's ${count(before)} req/s`,
      measured: `${count(rate.median)} req/s, ${(rate.median / before).toFixed(1)} times (${count(rate.min)} to ${count(rate.max)})`,
      met: rate.median >= least * before,
    }
  }
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
    ...checkoutGoals(results),
    ...overloadGoals(results),
    ...footprintGoals(results),
  ]
}

/** Rates and the 99th percentiles of the same rounds, and what a scrape takes. */
function observabilityGoals({ saturation, micro }: Results): readonly Goal[] {
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
    {
      id: 'P5',
      goal: 'a scrape of 500 series blocks at most 1 ms',
      measured: `${blocked.median.toFixed(2)} ms (${blocked.min.toFixed(2)} to ${blocked.max.toFixed(2)})`,
      met: blocked.median <= 1,
    },
  ]
}

function copiesGoal(comparison: Comparison<Sample>): Goal {
  const gain = ratioOf(comparison, 'two copies', 'one copy')
  const generator = spread((comparison.rounds['two copies'] ?? []).map((each) => each.generator))
  return {
    id: 'P7',
    goal: 'two copies on two free cores: at least 1.8 times one',
    measured: `${factor(gain)}; the generators, on the same cores where there are only two, used ${percent(generator)} of one`,
    met: gain.median >= 1.8,
  }
}

function heldGoal({ held, steps }: Results): Goal {
  const services = Object.values(held.services)
  const worst = (pick: (latency: (typeof services)[number]) => number) =>
    Math.max(...services.map(pick))
  const errors = services.reduce((sum, each) => sum + each.errors, 0)
  const highest = steps.filter((step) => keeps(step, 500)).at(-1)
  return {
    id: 'P8',
    goal: `every service at 500 req/s of mixed calls through the gateway, all four at once, open loop, ${held.seconds} s: p95 under 20 ms, p99 under 50 ms, no errors`,
    measured: `worst service p95 ${milliseconds(worst(({ p95 }) => p95))}, p99 ${milliseconds(worst(({ p99 }) => p99))}, ${errors} errors; highest rate with p99 under 500 ms: ${highest === undefined ? 'none tried' : `${count(highest.wanted)} req/s of all four`}`,
    met: keeps(held, 50) && worst(({ p95 }) => p95) < 20,
  }
}

function checkoutGoals({ checkouts }: Results): readonly Goal[] {
  const [shop, hot, bare] = [
    'shop, spread over products',
    'shop, one hot product',
    'bare stores, same writes',
  ] as const
  const rate = spread(ratesOf(checkouts, shop))
  const against = ratioOf(checkouts, shop, bare)
  const hotShare = ratioOf(checkouts, hot, shop)
  return [
    {
      id: 'P9',
      goal: 'checkout, SQLite: at least 50 % of the rate of the bare stores for the same writes',
      measured: `${percent(against)}; ${count(rate.median)} checkouts/s`,
      met: against.median >= 0.5,
    },
    {
      id: 'P9',
      goal: 'one hot product with 1,000 buyers: at least 20 % of the spread-out rate',
      measured: percent(hotShare),
      met: hotShare.median >= 0.2,
    },
  ]
}

function overloadGoals({ overload }: Results): readonly Goal[] {
  const { peak, sent, goodput, refused, other, refusalP99, recovery, seconds } = overload
  const share = goodput / peak
  return [
    {
      id: 'P10',
      goal: `open-loop overload at 3 times saturation for ${seconds} s: goodput at least 90 % of peak`,
      measured: `${(100 * share).toFixed(0)} % of ${count(peak)} req/s at ${(sent / peak).toFixed(1)} times; ${count(refused)} refused, ${count(other)} neither answered nor refused`,
      met: share >= 0.9 && sent >= 2.7 * peak,
    },
    {
      id: 'P10',
      goal: 'refusals in under 5 ms, as the client sees them (p99)',
      measured: refused === 0 ? 'nothing was refused' : milliseconds(refusalP99),
      met: refused > 0 && refusalP99 < 5,
    },
    {
      id: 'P10',
      goal: 'normal again within 5 s',
      measured: recovery === null ? 'not within 30 s' : milliseconds(recovery),
      met: recovery !== null && recovery <= 5_000,
    },
  ]
}

function footprintGoals({ footprint }: Results): readonly Goal[] {
  const memory = Object.entries(footprint.memory)
  const most = Math.max(...memory.map(([, bytes]) => bytes))
  const starts = Object.entries(footprint.start).map(
    ([name, times]) => [name, spread(times).median] as const,
  )
  return [
    {
      id: 'P11',
      goal: 'memory of a service under load: at most 150 MB with the full catalog',
      measured: memory.map(([name, bytes]) => `${name} ${(bytes / 1e6).toFixed(0)} MB`).join(', '),
      met: most <= 150e6,
    },
    {
      id: 'P11',
      goal: 'start to ready: at most 1 s on existing data',
      measured: starts.map(([name, time]) => `${name} ${milliseconds(time)}`).join(', '),
      met: starts.every(([, time]) => time <= 1_000),
    },
  ]
}

export const percent = ({ median, min, max }: Spread): string =>
  `${(100 * median).toFixed(1)} % (${(100 * min).toFixed(1)} to ${(100 * max).toFixed(1)})`

export const factor = ({ median, min, max }: Spread): string =>
  `${median.toFixed(2)} times (${min.toFixed(2)} to ${max.toFixed(2)})`

export const count = (value: number): string => Math.round(value).toLocaleString('en-US')

export const milliseconds = (value: number): string =>
  `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
