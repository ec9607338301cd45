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
  readonly starting: Starting
  // A part in which the node or the shop gave a bad answer is no result, and the others are.
  readonly reading?: Comparison<CassandraSample>
  readonly reserving?: Comparison<CassandraSample>
  readonly checkouts?: Comparison<CheckoutSample>
  /** Milliseconds, each start of one service on existing data. */
  readonly start?: Footprint['start']
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
      const parts = {
        ...(await part('reading', () => compareReading({ ...options, seconds }))),
        ...(await part('reserving', () => compareReserving(options))),
        ...(await part('checkouts', () =>
          compareCheckouts({
            ...{ shop, rounds, onProgress, buyers, place: asking },
            bare: node.settings(bare),
          }),
        )),
        ...(await part('start', () => {
          onProgress('starts of each service')
          return startTimes(shop, startRounds)
        })),
      }
      return { machine: on, took: (performance.now() - begun) / 1_000, starting, ...parts }
    } finally {
      await shop.stop()
    }
  } finally {
    await node.stop()
  }
}

/** The part under its name, or nothing and the reason in the output. */
async function part<Name extends string, T>(
  name: Name,
  measure: () => Promise<T>,
): Promise<{ readonly [Key in Name]?: T }> {
  try {
    // A computed key of one name is of that type, which TypeScript does not see.
    return { [name]: await measure() } as { readonly [Key in Name]?: T }
  } catch (error) {
    console.error(`No result for "${name}":`, error)
    return {}
  }
}
