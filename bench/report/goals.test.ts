/** The verdicts and the page, of made-up runs and of the committed ones. */
import { describe, expect, test } from 'bun:test'
import { cassandraPart } from './cassandra-tables.ts'
import type { Goal } from './goal.ts'
import { goalsOf } from './goals.ts'
import {
  latestCassandra,
  latestResults,
  type CassandraResults,
  type KeptResults,
} from './results.ts'
import { tablesOf } from './tables.ts'

const machine = {
  ...{ time: '2026-01-31T12:00:00.000Z', commit: 'abc', changed: false, bun: '1.4.5' },
  ...{ processor: 'some processor', cores: 2, memory: 2 ** 34, kernel: '6', pinned: true, load: 0 },
}
const sample = { p50: 1, p99: 2, generator: 0.5, server: 0.9 }
const nothing: KeptResults = { machine, quick: false, took: 60, micro: [], saturation: [] }

const ofRates = (rates: readonly number[]) => rates.map((rate) => ({ ...sample, rate, cluster: 1 }))

function cassandra(shop: readonly number[], bare: readonly number[]): CassandraResults {
  return {
    ...{ machine, took: 300 },
    reading: {
      name: 'product by id',
      rounds: {
        'bare driver': ofRates(bare),
        'shop, each answer read from the store': ofRates(shop),
      },
    },
    reserving: {
      name: 'reservations',
      rounds: {
        'bare driver, the conditional batch alone': ofRates(bare),
        'shop, spread over products': ofRates(shop),
        'shop, one hot product': ofRates(shop.map((rate) => rate / 10)),
      },
    },
    checkouts: {
      name: 'checkouts',
      rounds: {
        'shop, spread over products': ofRates(shop),
        'bare stores, same writes': ofRates(bare),
      },
    },
    starting: { first: [9, 7, 8], seed: [12], again: [4] },
    start: { catalog: [700], cart: [400], order: [400], user: [400] },
  }
}

const find = (goals: readonly Goal[], id: string, part: string): Goal | undefined =>
  goals.find((each) => each.id === id && each.goal.includes(part))

describe('goals', () => {
  test('of a run that has measured nothing are all there, and none is judged', () => {
    const goals = goalsOf(nothing, null)
    expect(new Set(goals.map(({ met }) => met))).toEqual(new Set([null]))
    expect(new Set(goals.map(({ measured }) => measured))).toEqual(
      new Set(['not measured in this run']),
    )
    const named = ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8', 'P9', 'P10', 'P11']
    expect([...new Set(goals.map(({ id }) => id))]).toEqual(named)
  })

  test('are judged where a run has their comparison, with a variant missing as well', () => {
    const rounds = {
      shop: ofRates([80, 60, 90]),
      'raw handler, same reads': ofRates([100, 100, 100]),
    }
    const goals = goalsOf({ ...nothing, saturation: [{ name: 'product by id', rounds }] }, null)
    expect(find(goals, 'P3', 'SQLite')).toMatchObject({
      measured: '80.0 % (60.0 to 90.0)',
      met: true,
    })
    expect(find(goals, 'P6', 'product: at least 12 times FastAPI')?.met).toBeNull()
  })

  test('of Cassandra are paired by round and come from a run of their own', () => {
    const goals = goalsOf(nothing, cassandra([90, 100, 160], [100, 200, 200]))
    expect(find(goals, 'P3', 'Cassandra')).toMatchObject({
      measured: '80.0 % (50.0 to 90.0)',
      met: false,
    })
    expect(find(goals, 'P9', 'checkout, Cassandra')?.met).toBe(true)
    expect(find(goals, 'P9', 'reservation, Cassandra')?.met).toBe(true)
    expect(find(goals, 'P9', '1,000 buyers, Cassandra')).toMatchObject({
      measured: '10.0 % (10.0 to 10.0)',
      met: false,
    })
    expect(find(goals, 'P9', 'checkout, SQLite')?.met).toBeNull()
  })
})

describe('the page', () => {
  test('says of the node what was measured, and leaves open what was not', () => {
    const part = cassandraPart(cassandra([90, 100, 160], [100, 200, 200]))
    expect(part).toContain('**goal missed**')
    expect(part).toMatch(/\| shop, each answer read from the store \| 100 \(90 to 160\) \| 80\.0 %/)
    expect(part).toContain('8.0 s (7.0 to 9.0)')
    expect(part).not.toContain('NaN')
  })

  test('can be written of the committed runs', () => {
    const whole = latestResults()
    expect(whole).not.toBeNull()
    if (whole === null) return
    const text = tablesOf(whole.results, latestCassandra()?.results ?? null)
    expect(text).toContain('| P11 |')
    expect(text).not.toContain('NaN')
  })
})
