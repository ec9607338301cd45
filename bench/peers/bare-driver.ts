/**
 * The bare driver: statements of the catalog in a loop of its own, the same texts with the same options
 * and as many under way, and nothing around them. Prints what it did.
 */
import { readFileSync } from 'node:fs'
import { Client, types, type QueryOptions } from 'cassandra-driver'
import { openKeyspace, type Keyspace } from '../../core/cassandra/keyspace.ts'
import type { BoundWrite, ReadOptions } from '../../core/cassandra/statement.ts'
import type { CqlValue } from '../../core/cassandra/values.ts'
import { createLogger } from '../../core/logging/logger.ts'
import { newId, type OrderId, type ProductId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { migrations } from '../../services/catalog/migrations.cassandra.ts'
import {
  declareStatements,
  productEntry,
} from '../../services/catalog/store.cassandra.statements.ts'
import { cpuOf } from '../macro/processes.ts'
import { forEach } from '../macro/shop.ts'

/** What stands in the file that the first argument names. */
export interface DriverJob {
  readonly contactPoint: string
  readonly keyspace: string
  /**
   * `reads` for some seconds; of `reservations` so many, each the conditional batch alone or, as
   * `whole reservations`, with the write and the two reads that the shop has before it.
   */
  readonly what: 'reads' | 'reservations' | 'whole reservations'
  readonly products: readonly ProductId[]
  readonly together: number
  /** Of reads. */
  readonly seconds: number
  /** Of reservations. */
  readonly amount: number
  /** The node's process. */
  readonly node: number
}

export interface DriverReport {
  /** Of the loop, a second. */
  readonly rate: number
  /** Shares of one core that this process and the node used meanwhile. */
  readonly server: number
  readonly cluster: number
  /** Turns of the loop, those that warmed it up included. */
  readonly made: number
}

const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as DriverJob
const { contactPoint, keyspace: name, products, together } = job
const { localQuorum, localSerial } = types.consistencies

// The options of core/cassandra/statement.ts: of reads and writes, of a conditional batch. Patience is
// longer, as nobody here repeats what came too late; it changes no rate.
const plain: QueryOptions = {
  prepare: true,
  consistency: localQuorum,
  isIdempotent: true,
  readTimeout: 5_000,
}
const conditional: QueryOptions = {
  prepare: true,
  logged: false,
  consistency: localQuorum,
  serialConsistency: localSerial,
  isIdempotent: false,
  readTimeout: 5_000,
}

const keyspace = await openKeyspace({
  service: 'catalog',
  contactPoints: [contactPoint],
  datacenter: 'datacenter1',
  credentials: null,
  keyspace: name,
  replication: 1,
  migrations,
  log: createLogger({ service: 'catalog', level: 'warn' }),
})
const texts = new Map<string, string>()
const sql = declareStatements(noting(keyspace))
await keyspace.close()
const client = new Client({
  contactPoints: [contactPoint],
  localDataCenter: 'datacenter1',
  keyspace: name,
  pooling: { coreConnectionsPerHost: { [types.distance.local]: 2 }, warmup: true },
  encoding: { map: Map, set: Set, useUndefinedAsUnset: true },
})
await client.connect()
const report = await measured(job.what === 'reads' ? read : reserve)
await client.shutdown()
process.stdout.write(JSON.stringify(report))

/** The same keyspace, which notes the text of every read: nothing else hands it out. */
function noting(real: Keyspace): Keyspace {
  return {
    ...real,
    read<Params extends readonly CqlValue[], R>(cql: string, named: string, more?: ReadOptions) {
      texts.set(named, cql)
      return real.read<Params, R>(cql, named, more)
    },
  }
}

function textOf(named: string): string {
  const text = texts.get(named)
  if (text === undefined) throw new Error(`The catalog has no statement ${named}.`)
  return text
}

/** A loop that is ready to go; it resolves with how often it went round. */
interface Warm {
  readonly turns: number
  readonly go: () => Promise<number>
}

async function measured(warmUp: () => Promise<Warm>): Promise<DriverReport> {
  const { turns, go } = await warmUp()
  const before = { own: cpuOf(process.pid), node: cpuOf(job.node) }
  const begun = performance.now()
  const count = await go()
  const seconds = (performance.now() - begun) / 1_000
  return {
    rate: count / seconds,
    server: (cpuOf(process.pid) - before.own) / seconds,
    cluster: (cpuOf(job.node) - before.node) / seconds,
    made: turns + count,
  }
}

async function read(): Promise<Warm> {
  const text = textOf('get_product')
  const options = { ...plain, fetchSize: 2 }
  let next = 0
  async function readFor(milliseconds: number): Promise<number> {
    const end = performance.now() + milliseconds
    let count = 0
    const loop = async () => {
      while (performance.now() < end) {
        const id = products[next++ % products.length]
        const { rows } = await client.execute(text, [id, [productEntry]], options)
        if (typeof rows[0]?.['name'] !== 'string') throw new Error(`${id} was not found.`)
        count += 1
      }
    }
    await Promise.all(Array.from({ length: together }, loop))
    return count
  }
  return { turns: await readFor(1_000), go: () => readFor(job.seconds * 1_000) }
}

/** Each of those under way has products of its own, as nobody here lets them queue. */
async function reserve(): Promise<Warm> {
  const attempts = textOf('list_attempts')
  const entries = textOf('get_product')
  const loadProduct = async (id: ProductId, order: OrderId) => {
    const options = { ...plain, fetchSize: 1_001 }
    const { rows } = await client.execute(entries, [id, [productEntry, order]], options)
    const [row] = rows
    if (row === undefined) throw new Error(`${id} was not found.`)
    return row
  }
  const states = await Promise.all(
    products.map(async (id) => {
      const row = await loadProduct(id, newId<OrderId>())
      return {
        id,
        name: String(row['name']),
        price: minor(Number(row['price'])),
        ...{ stocked: Number(row['stocked']), available: Number(row['available']) },
        ...{ reserved: Number(row['reserved']), sold: Number(row['sold']) },
        revision: row['revision'] === null ? null : String(row['revision']),
      }
    }),
  )

  async function noteAndLook(id: ProductId, order: OrderId, attempt: string): Promise<void> {
    const lines = JSON.stringify([[id, 1]])
    const { cql, params } = sql.addAttempt.bind(order, attempt, lines)
    await client.execute(cql, [...params], plain)
    await client.execute(attempts, [order], { ...plain, fetchSize: 20_001 })
    await loadProduct(id, order)
  }

  async function one(state: (typeof states)[number]): Promise<void> {
    const { id, stocked, available, reserved, sold, name: title, price } = state
    const [order, attempt, revision] = [newId<OrderId>(), newId<string>(), newId<string>()]
    if (job.what === 'whole reservations') await noteAndLook(id, order, attempt)
    const writes = [
      sql.setStock.bind(stocked, available - 1, reserved + 1, sold, revision, id, state.revision),
      sql.setLine.bind('reserved', 1, title, price, attempt, revision, id, order),
    ]
    const result = await client.batch(writes.map(toQuery), conditional)
    if (!result.wasApplied()) throw new Error(`A reservation of ${id} was not applied.`)
    Object.assign(state, { revision, available: available - 1, reserved: reserved + 1 })
  }

  const share = Math.floor(states.length / together)
  const round = async (amount: number): Promise<number> => {
    const rounds = Math.ceil(amount / together)
    await forEach(
      Array.from({ length: together }, (_, at) => states.slice(at * share, (at + 1) * share)),
      async (own) => {
        for (let at = 0; at < rounds; at++) {
          const state = own[at % own.length]
          if (state === undefined) throw new Error('There are fewer products than loops.')
          await one(state)
        }
      },
      together,
    )
    return rounds * together
  }
  return { turns: await round(together), go: () => round(job.amount) }
}

function toQuery({ cql, params }: BoundWrite): { query: string; params: CqlValue[] } {
  return { query: cql, params: [...params] }
}
