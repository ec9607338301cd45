/** Runs the benchmarks and writes what they measured; scripts/bench.ts has installed what they need. */
import { parseArgs } from 'node:util'
import { measureCassandra, type CassandraEffort } from './cassandra/measure.ts'
import { check } from './check.ts'
import { compareCheckouts } from './macro/checkout.ts'
import { compareCopies } from './macro/copies.ts'
import { compareEngines } from './macro/engines.ts'
import { memoryOf, startTimes } from './macro/footprint.ts'
import { machine } from './macro/machine.ts'
import { highestRate, holdRate, mixedShots } from './macro/mixed.ts'
import { installVegeta, untilPortsAreFree } from './macro/open-loop.ts'
import { overload } from './macro/overload.ts'
import { compareObservability, startCollector } from './macro/observability.ts'
import { measureOwn } from './macro/own.ts'
import { installFastapi } from './macro/peers.ts'
import { compareReading } from './macro/reading.ts'
import { startShop } from './macro/shop.ts'
import { runMicro } from './micro/micro.ts'
import { writeCassandra, writeDocument, writeEngines } from './report/document.ts'
import { goalsOf } from './report/goals.ts'
import {
  keep,
  latestCassandra,
  latestResults,
  type EngineResults,
  type Results,
} from './report/results.ts'
import { generatorBound } from './report/tables.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    engines: { type: 'boolean', default: false },
    cassandra: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    port: { type: 'string', default: '18300' },
  },
})

/** Rounds and seconds of a run. */
interface Effort {
  readonly rounds: number
  readonly seconds: number
  readonly microRounds: number
  /** Milliseconds. */
  readonly microTime: number
  readonly held: number
  readonly step: number
}

const full: Effort = {
  rounds: 7,
  seconds: 2,
  microRounds: 5,
  microTime: 100,
  held: 60,
  step: 4,
}
const quick: Effort = {
  rounds: 3,
  seconds: 1,
  microRounds: 1,
  microTime: 40,
  held: 10,
  step: 2,
}

const onCassandra: CassandraEffort = { rounds: 5, seconds: 3, startRounds: 3 }

/** A start takes a second with the stop before it, and varies little. */
const startRounds = 3
/** What the goal asks of all four services together, requests a second. */
const heldRate = 4 * 500
/** Milliseconds that the highest rate's 99th percentile must keep. */
const stepLimit = 500

const begun = performance.now()
const onProgress = (text: string): void => {
  console.error(`${String(Math.round((performance.now() - begun) / 1_000)).padStart(4)} s  ${text}`)
}

async function measure(effort: Effort, port: number): Promise<Results> {
  const { rounds, seconds } = effort
  await Promise.all([installVegeta(), installFastapi()])
  const on = machine()
  const micro = await runMicro({ rounds: effort.microRounds, time: effort.microTime, onProgress })

  onProgress('a shop on one core')
  await using collector = startCollector()
  const shop = await startShop(port, 'server', collector.env)
  let onOneCore
  try {
    const options = { shop, rounds, seconds, onProgress }
    const reading = await compareReading({ ...options, all: true })
    const own = await measureOwn(options)
    const observability = await compareObservability({ ...options, port: port + 10 })
    const memory = memoryOf(shop)
    const checkouts = await compareCheckouts({ shop, rounds, onProgress })
    const copies = await compareCopies(options)
    onProgress('overload')
    const overloaded = await overload(shop, effort.held)
    onProgress('starts')
    const footprint = { memory, start: await startTimes(shop, startRounds) }
    onOneCore = {
      saturation: [...reading, own, ...observability, copies],
      checkouts,
      overload: overloaded,
      footprint,
    }
  } finally {
    await shop.stop()
  }

  onProgress('a shop on all cores, mixed calls through the gateway')
  await untilPortsAreFree()
  const whole = await startShop(port, 'anywhere', collector.env)
  try {
    const shots = await mixedShots(whole)
    await holdRate(shots, heldRate / 4, 3)
    const held = await holdRate(shots, heldRate, effort.held)
    const steps = await highestRate(shots, 2 * heldRate, effort.step, stepLimit)
    const took = (performance.now() - begun) / 1_000
    return { machine: on, quick: values.quick, took, micro, ...onOneCore, held, steps }
  } finally {
    await whole.stop()
  }
}

/** A run of its own: the whole one takes long enough. */
async function measureEngines({ rounds, seconds }: Effort, port: number): Promise<EngineResults> {
  const on = machine()
  await using collector = startCollector()
  const shop = await startShop(port, 'server', collector.env)
  try {
    const { env } = collector
    const options = { shop, rounds, seconds, onProgress, port: port + 10, env }
    return { machine: on, saturation: await compareEngines(options) }
  } finally {
    await shop.stop()
  }
}

function tell(results: Results): void {
  for (const { id, goal, measured, met } of goalsOf(results, null)) {
    if (met === null) continue
    console.log(`${id.padEnd(4)} ${met ? 'met   ' : 'MISSED'} ${goal}\n            ${measured}`)
  }
  for (const { name, rounds } of results.saturation) {
    for (const [variant, samples] of Object.entries(rounds)) {
      if (samples.some(({ server, generator }) => generatorBound(server, generator))) {
        console.log(`Beware: the generator was the limit of "${name}", ${variant}.`)
      }
    }
  }
}

/** Writes the page from what is kept; false when nothing is. */
function report(): boolean {
  const [whole, cassandra] = [latestResults(), latestCassandra()]
  if (whole !== null) writeDocument(whole)
  if (cassandra !== null) writeCassandra(cassandra)
  return whole !== null || cassandra !== null
}

/** A missed goal is a result; a bad answer is none. */
function badAnswers({ held }: Results): number {
  return Object.values(held.services).reduce((sum, { errors }) => sum + errors, 0)
}

const port = Number(values.port)
if (values.check) {
  const slower = await check(port, onProgress)
  for (const sentence of slower) console.error(`Slower: ${sentence}.`)
  process.exit(slower.length === 0 ? 0 : 1)
}
if (values.engines) {
  const engines = await measureEngines(full, port)
  writeEngines({ raw: keep(engines, '/engines'), results: engines })
  process.exit(0)
}
if (values.cassandra) {
  const measured = await measureCassandra(onCassandra, port, onProgress)
  keep(measured, '/cassandra')
  report()
  const { reading, reserving, checkouts, start } = measured
  process.exit([reading, reserving, checkouts, start].includes(undefined) ? 1 : 0)
}
if (values.report) {
  if (!report()) throw new Error('There are no results yet.')
  process.exit(0)
}
const results = await measure(values.quick ? quick : full, port)
const raw = keep(results, values.quick ? '/quick' : '')
if (!values.quick) writeDocument({ raw, results })
tell(results)
console.log(`All rounds: ${raw}`)
process.exit(badAnswers(results) === 0 ? 0 : 1)
