/** The shop on one real Cassandra node: reads, reservations and checkouts against the bare driver, seed and starts. */
import { compareCheckouts, type CheckoutSample } from '../macro/checkout.ts'
import { startTimes, type Footprint } from '../macro/footprint.ts'
import { machine, type Machine } from '../macro/machine.ts'
import type { Comparison } from '../macro/rounds.ts'
import { startShop } from '../macro/shop.ts'
import { startNode } from './node.ts'
import { compareReading } from './reading.ts'
import { compareReserving } from './reserving.ts'
import { asking, type CassandraSample } from './sample.ts'
import { measureStarts, type Starting } from './starting.ts'

export interface CassandraResults {
  readonly machine: Machine
  /** Seconds of the whole run. */
  readonly took: number
  readonly reading: Comparison<CassandraSample>
  readonly reserving: Comparison<CassandraSample>
  readonly checkouts: Comparison<CheckoutSample>
  readonly starting: Starting
  /** Milliseconds, each start of one service on existing data. */
  readonly start: Footprint['start']
}

export interface CassandraEffort {
  readonly rounds: number
  /** Of reads. */
  readonly seconds: number
  readonly startRounds: number
}

/** Checkouts of a round; each is some forty statements. */
const buyers = 200

const prefixOf = (round: number): string => `bench${round}`

export async function measureCassandra(
  { rounds, seconds, startRounds }: CassandraEffort,
  port: number,
  onProgress: (text: string) => void,
): Promise<CassandraResults> {
  const begun = performance.now()
  const on = machine()
  onProgress('a Cassandra node')
  const node = await startNode(onProgress)
  try {
    const starting = await measureStarts(node, port, startRounds, prefixOf, onProgress)
    // The last set of keyspaces is the shop's, the first is free for the bare stores.
    const [bare, own] = [prefixOf(0), prefixOf(startRounds - 1)]
    onProgress('a shop on one core')
    const shop = await startShop(port, 'server', node.settings(own), { store: 'cassandra' })
    try {
      const options = { node, shop, keyspace: `${own}_catalog`, rounds, onProgress }
      const reading = await compareReading({ ...options, seconds })
      const reserving = await compareReserving(options)
      const checkouts = await compareCheckouts({
        ...{ shop, rounds, onProgress, buyers, place: asking },
        bare: node.settings(bare),
      })
      onProgress('starts of each service')
      const start = await startTimes(shop, startRounds)
      const took = (performance.now() - begun) / 1_000
      return { machine: on, took, reading, reserving, checkouts, starting, start }
    } finally {
      await shop.stop()
    }
  } finally {
    await node.stop()
  }
}
