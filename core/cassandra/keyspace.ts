/** One service's keyspace: migrated, its statements prepared by name, its client warm and guarded. */
import PrepareHandler from 'cassandra-driver/lib/prepare-handler.js'
import { systemClock, type Clock } from '../values/time.ts'
import { createBreaker } from './breaker.ts'
import { connect, createClient, type ClusterOptions } from './client.ts'
import { failureOf, unavailable } from './failure.ts'
import { createLanes, type Lane } from './lanes.ts'
import { migrateKeyspace, type CassandraMigration } from './migrations.ts'
import { createRotation, type NodeView } from './rotation.ts'
import {
  createBatch,
  createConditional,
  createConditionalBatch,
  createRead,
  createWrite,
  defaultTimeouts,
  type Batch,
  type ConditionalBatch,
  type ConditionalOptions,
  type ConditionalWrite,
  type Executor,
  type Observation,
  type Read,
  type ReadOptions,
  type Timeouts,
  type Write,
  type WriteOptions,
} from './statement.ts'
import type { Logger } from '../logging/logger.ts'
import type { CqlValue, Row } from './values.ts'
import { pause } from '../resilience/pause.ts'

export interface KeyspaceOptions extends ClusterOptions {
  /** Whose data it is; stands in messages. */
  readonly service: string
  /** Name of the keyspace; made unless it exists. */
  readonly keyspace: string
  /** Copies of every row in the data center; counts when the keyspace is made. */
  readonly replication: number
  readonly migrations: readonly CassandraMigration[]
  readonly log: Logger
  readonly clock?: Clock
  readonly timeouts?: Timeouts
  /**
   * Binds the observer of one named statement, once, when it is declared: so that its series exist
   * from boot. Without it, nothing is timed.
   */
  readonly observe?: (operation: string) => Observation
  /** What every statement waits for before it is sent; null for nothing. Planted faults come in here. */
  readonly before?: () => Promise<void> | null
}

export interface Keyspace {
  /**
   * Declares a read at LOCAL_QUORUM (500 ms, sent to a second replica after 150 ms). The caller
   * states the types of the parameters and of a row; they may name branded types.
   *
   * ```ts
   * const byId = keyspace.read<[ProductId], { name: string; price: Minor }>(
   *   'SELECT name, price FROM products WHERE id = ?', 'get_product')
   * ```
   *
   * @param name the operation's name for metrics and traces
   */
  read<Params extends readonly CqlValue[] = CqlValue[], R = Row>(
    cql: string,
    name: string,
    options?: ReadOptions,
  ): Read<Params, R>
  /** Declares a write without a condition (1 s, repeated once unless `idempotent` is false). */
  write<Params extends readonly CqlValue[] = CqlValue[]>(
    cql: string,
    name: string,
    options?: WriteOptions,
  ): Write<Params>
  /** Declares a write with `IF` (LOCAL_SERIAL, 2.5 s, never repeated). */
  conditional<Params extends readonly CqlValue[] = CqlValue[], R = Row>(
    cql: string,
    name: string,
    options?: ConditionalOptions,
  ): ConditionalWrite<Params, R>
  /** Declares an unlogged batch of idempotent writes to one partition. */
  batch(name: string): Batch
  /** Declares a batch to one partition that holds at least one conditional write. */
  conditionalBatch<R = Row>(name: string): ConditionalBatch<R>
  /** Prepares all that has been declared, on every node; call it once, before the store is used. */
  prepare(): Promise<void>
  /**
   * Resolves when the cluster has answered within the last second, or answers a read at LOCAL_QUORUM
   * now; rejects with the problem `store_unavailable` otherwise. Cheap enough for every probe.
   */
  check(): Promise<void>
  /** True while calls are refused at once because the cluster does not answer. */
  isOpen(): boolean
  /** The nodes of the data center, as they look from here. */
  nodes(): readonly NodeView[]
  /** Refuses new calls, finishes those under way, closes the connections. Later calls do nothing. */
  close(): Promise<void>
}

/**
 * Milliseconds for which an answer says that the cluster is there. Each copy of each service is asked by
 * each of its neighbours whether it is ready, several times a second: a read for each of them was more
 * than three nodes on two processors could do beside anything else.
 */
const answerLasts = 1000

/** Milliseconds that calls under way get at the end; no statement may take longer. */
const drainTime = 5000

/**
 * Waits until the cluster answers, makes and migrates the keyspace, and connects to it.
 *
 * @throws Error in one sentence when the configuration is wrong or the schema does not fit the build
 */
export async function openKeyspace(options: KeyspaceOptions): Promise<Keyspace> {
  const { keyspace, log, datacenter, observe, before, timeouts = defaultTimeouts } = options
  const schemaClient = await connect(() => createClient(options), options, log)
  try {
    const { clock = systemClock } = options
    await migrateKeyspace({ ...options, client: schemaClient, clock })
  } finally {
    await schemaClient.shutdown()
  }
  const rotation = createRotation(datacenter, log)
  const breaker = createBreaker(log)
  const loadBalancing = rotation.policy
  const client = await connect(
    () => createClient(options, { keyspace, loadBalancing }),
    options,
    log,
  )

  let underWay = 0
  let closed = false
  let answeredAt = -Infinity
  const lanes = createLanes()
  async function guard<T>(lane: Lane, call: () => Promise<T>): Promise<T> {
    // Also of what waits for a place: it asks the breaker again when it gets one.
    if (closed || breaker.isOpen()) throw unavailable()
    underWay += 1
    try {
      const result = await lanes(lane, () => breaker.run(call))
      answeredAt = performance.now()
      return result
    } finally {
      underWay -= 1
    }
  }
  const executor: Executor = {
    client,
    timeouts,
    guard:
      before === undefined
        ? guard
        : (lane, call) =>
            guard(lane, async () => {
              await before()
              return call()
            }),
  }

  let checking: Promise<void> | null = null
  const declared = new Map<string, string>()
  /** Two statements of one name would share their series. */
  function declare(name: string, cql: string, pattern: RegExp): Observation | undefined {
    if (!pattern.test(cql)) throw new TypeError(`Statement '${name}' is of another kind: "${cql}".`)
    if (declared.has(name)) throw new TypeError(`There are two statements '${name}'.`)
    declared.set(name, cql)
    return observe?.(name)
  }

  // Unnoticed by metrics and breaker: it is what the breaker goes by.
  const probe = async () => {
    await client.execute('SELECT version FROM schema_migrations LIMIT 1', [], {
      prepare: true,
      isIdempotent: true,
      readTimeout: timeouts.read,
    })
  }
  const preparing = (cql: string) =>
    PrepareHandler.getPrepared(client, loadBalancing, cql, keyspace)
  rotation.watch(client)
  breaker.watch(probe)

  const made = {
    read: (cql: string, name: string, more: ReadOptions = {}) =>
      createRead(executor, cql, more, declare(name, cql, selects)),
    write: (cql: string, name: string, more: WriteOptions = {}) =>
      createWrite(executor, cql, more, declare(name, cql, writes)),
    conditional: (cql: string, name: string, more: ConditionalOptions = {}) =>
      createConditional(executor, cql, more, declare(name, cql, conditions)),
    batch: (name: string) => createBatch(executor, declare(name, '', /^$/)),
    conditionalBatch: (name: string) => createConditionalBatch(executor, declare(name, '', /^$/)),
    async prepare() {
      try {
        const texts = [...declared.values()].filter((cql) => cql !== '')
        await Promise.all(texts.map(preparing))
      } catch (error) {
        throw failureOf(error)
      }
    },
    async check() {
      if (closed || breaker.isOpen()) throw unavailable()
      if (performance.now() - answeredAt < answerLasts) return
      try {
        await (checking ??= guard('read', probe).finally(() => (checking = null)))
      } catch (error) {
        throw failureOf(error)
      }
    },
    isOpen: breaker.isOpen,
    nodes: () => rotation.nodes(client),
    async close() {
      if (closed) return
      closed = true
      rotation.stop()
      breaker.stop()
      const end = Date.now() + drainTime
      while (underWay > 0 && Date.now() < end) await pause(5)
      await client.shutdown()
    },
  }
  // The one cast of row types: the driver hands out untyped rows, and only the author of a statement
  // knows what its columns hold.
  return made as Keyspace
}

const selects = /^\s*SELECT\b/i
const conditions = /^\s*(?:INSERT|UPDATE|DELETE)\b.*\bIF\b/is
const writes = /^\s*(?:INSERT|UPDATE|DELETE)\b(?!.*\bIF\b)/is
