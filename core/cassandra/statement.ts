/** Prepared statements with typed parameters and rows, each of one kind: read, write, conditional write. */
import { types, type Client, type QueryOptions } from 'cassandra-driver'
import { conditionalFailureOf, failureOf } from './failure.ts'
import type { Lane } from './lanes.ts'
import { rowReader, toDriver, type CqlValue, type Row } from './values.ts'

/** What became of a conditional write. */
export interface Outcome<R> {
  readonly applied: boolean
  /**
   * Where it was not applied, what stood in its way: the whole row after `IF NOT EXISTS`, otherwise
   * the columns of the conditions (and the keys, in a batch). Nothing where there is no row.
   */
  readonly rows: readonly R[]
}

/** A write with its parameters, for a batch. */
export interface BoundWrite {
  readonly cql: string
  readonly params: readonly CqlValue[]
}

/** Every method rejects with the problem `store_unavailable` when the cluster does not answer. */
export interface Read<Params extends readonly CqlValue[] = CqlValue[], R = Row> {
  /** The first row, or undefined. */
  get(...params: Params): Promise<R | undefined>
  /** All rows; more than `maxRows` of them are an error, for that was no bounded query. */
  all(...params: Params): Promise<R[]>
  /** All rows, however many, fetched page by page as they are taken. */
  pages(...params: Params): AsyncIterable<readonly R[]>
}

export interface Write<Params extends readonly CqlValue[] = CqlValue[]> {
  /** Writes at LOCAL_QUORUM; when it rejects, the write may still take effect. */
  run(...params: Params): Promise<void>
  bind(...params: Params): BoundWrite
}

export interface ConditionalWrite<Params extends readonly CqlValue[] = CqlValue[], R = Row> {
  /**
   * Never sent twice.
   *
   * @throws OutcomeUnknown when it may or may not have taken effect; `settle` finds out
   */
  run(...params: Params): Promise<Outcome<R>>
  bind(...params: Params): BoundWrite
}

/** Writes of one partition that take effect together. */
export interface Batch {
  run(writes: readonly BoundWrite[]): Promise<void>
}

/** Writes of one partition of which at least one is conditional: all take effect or none. */
export interface ConditionalBatch<R = Row> {
  /** @throws OutcomeUnknown as `ConditionalWrite.run` */
  run(writes: readonly BoundWrite[]): Promise<Outcome<R>>
}

export interface ReadOptions {
  /**
   * Reads at LOCAL_SERIAL: it sees every conditional write that took effect, and brings those that
   * were under way to their end. It costs what a conditional write costs.
   */
  readonly serial?: boolean
  /** Rows that `all` may return; 1000 unless given. */
  readonly maxRows?: number
  /** Rows fetched at once by `pages`; 500 unless given. */
  readonly pageSize?: number
}

export interface WriteOptions {
  /** False for counters and list appends, which must not be sent twice; true unless given. */
  readonly idempotent?: boolean
}

export interface ConditionalOptions {
  /** True for what loses its sense while it waits, as the renewal of a lease does; it passes the rest. */
  readonly urgent?: boolean
}

/** Milliseconds that one attempt of each kind may take. */
export interface Timeouts {
  readonly read: number
  readonly write: number
  /** Also that of serial reads. The server itself gives up a contended write after some 1 s. */
  readonly conditional: number
}

export const defaultTimeouts: Timeouts = { read: 500, write: 1000, conditional: 2500 }

/** Told of the end of every run: its time in milliseconds, and its error. */
export type Observation = (milliseconds: number, error: unknown) => void

/** What statements run on. */
export interface Executor {
  readonly client: Client
  readonly timeouts: Timeouts
  /** Runs a call in its lane, unless the cluster is known to be gone or the store is closed. */
  guard<T>(lane: Lane, call: () => Promise<T>): Promise<T>
}

/** Runs one call and tells how it ended; bound once for each statement. */
export type Run = (send: () => Promise<types.ResultSet>) => Promise<types.ResultSet>

export function runner(
  executor: Executor,
  lane: Lane,
  observe: Observation | undefined,
  failure: (error: unknown) => unknown,
): Run {
  return async (send) => {
    const start = performance.now()
    let broken: unknown
    try {
      return await executor.guard(lane, send)
    } catch (error) {
      broken = failure(error)
      throw broken
    } finally {
      observe?.(performance.now() - start, broken)
    }
  }
}

const { localQuorum, localSerial } = types.consistencies

export function createRead(
  executor: Executor,
  cql: string,
  { serial = false, maxRows = 1000, pageSize = 500 }: ReadOptions,
  observe: Observation | undefined,
): Read<CqlValue[], Row> {
  const { client, timeouts } = executor
  requireBound(cql, maxRows)
  requireBound(cql, pageSize)
  const options: QueryOptions = {
    prepare: true,
    consistency: serial ? localSerial : localQuorum,
    // An idempotent read is sent to a second replica when the first is slow; two serial reads of one
    // partition would only get into each other's way.
    isIdempotent: !serial,
    readTimeout: serial ? timeouts.conditional : timeouts.read,
  }
  const one = { ...options, fetchSize: 2 }
  // One more than allowed, to notice it.
  const bounded = { ...options, fetchSize: maxRows + 1 }
  const run = runner(executor, serial ? 'write' : 'read', observe, failureOf)
  const read = rowsOf()

  return {
    async get(...params) {
      const result = await run(() => client.execute(cql, toDriver(params), one))
      return read(result)[0]
    },
    async all(...params) {
      const result = await run(() => client.execute(cql, toDriver(params), bounded))
      if (result.rows.length > maxRows) {
        throw new RangeError(`More than ${maxRows} rows answered "${cql}"; read it in pages.`)
      }
      return read(result)
    },
    async *pages(...params) {
      let pageState: string | undefined
      do {
        const page: QueryOptions = {
          ...options,
          fetchSize: pageSize,
          ...(pageState !== undefined && { pageState }),
        }
        const result = await run(() => client.execute(cql, toDriver(params), page))
        if (result.rows.length > 0) yield read(result)
        // Null at the end, which its type does not say.
        pageState = (result.pageState as string | null) ?? undefined
      } while (pageState !== undefined)
    },
  }
}

function requireBound(cql: string, bound: number): void {
  if (Number.isSafeInteger(bound) && bound >= 1) return
  throw new TypeError(`"${cql}" needs a bound of at least 1 row, got ${bound}.`)
}

export function createWrite(
  executor: Executor,
  cql: string,
  { idempotent = true }: WriteOptions,
  observe: Observation | undefined,
): Write<CqlValue[]> {
  const { client, timeouts } = executor
  const options: QueryOptions = {
    prepare: true,
    consistency: localQuorum,
    isIdempotent: idempotent,
    readTimeout: timeouts.write,
  }
  const run = runner(executor, 'write', observe, failureOf)
  return {
    async run(...params) {
      await run(() => client.execute(cql, toDriver(params), options))
    },
    bind: (...params) => ({ cql, params }),
  }
}

const conditionalOptions = ({ timeouts }: Executor): QueryOptions => ({
  prepare: true,
  consistency: localQuorum,
  serialConsistency: localSerial,
  isIdempotent: false,
  readTimeout: timeouts.conditional,
})

export function createConditional(
  executor: Executor,
  cql: string,
  { urgent = false }: ConditionalOptions,
  observe: Observation | undefined,
): ConditionalWrite<CqlValue[], Row> {
  const { client } = executor
  const options = conditionalOptions(executor)
  const run = runner(executor, urgent ? 'urgent' : 'write', observe, conditionalFailureOf)
  return {
    async run(...params) {
      return outcomeOf(await run(() => client.execute(cql, toDriver(params), options)))
    },
    bind: (...params) => ({ cql, params }),
  }
}

export function createBatch(executor: Executor, observe: Observation | undefined): Batch {
  const { client, timeouts } = executor
  const options: QueryOptions = {
    prepare: true,
    // Of one partition, so it is one mutation; the batch log is for several.
    logged: false,
    consistency: localQuorum,
    isIdempotent: true,
    readTimeout: timeouts.write,
  }
  const run = runner(executor, 'write', observe, failureOf)
  return {
    async run(writes) {
      await run(() => client.batch(writes.map(toQuery), options))
    },
  }
}

export function createConditionalBatch(
  executor: Executor,
  observe: Observation | undefined,
): ConditionalBatch<Row> {
  const { client } = executor
  const options: QueryOptions = { ...conditionalOptions(executor), logged: false }
  const run = runner(executor, 'write', observe, conditionalFailureOf)
  return {
    run: async (writes) => outcomeOf(await run(() => client.batch(writes.map(toQuery), options))),
  }
}

const toQuery = ({ cql, params }: BoundWrite) => ({ query: cql, params: toDriver(params) })

/**
 * Its columns differ from one outcome to the next, so the reader is made each time; what is not
 * applied is rare.
 */
function outcomeOf(result: types.ResultSet): Outcome<Row> {
  if (result.wasApplied()) return { applied: true, rows: [] }
  const read = rowReader(result.columns)
  // Where there is no row at all, the only column is the outcome.
  const rows = result.columns.length === 1 ? [] : result.rows.map(read)
  return { applied: false, rows }
}

/** A statement's columns are the same in every answer, so its reader is made at the first. */
function rowsOf(): (result: types.ResultSet) => Row[] {
  let read: ((row: types.Row) => Row) | undefined
  return (result) => {
    if (result.rows.length === 0) return []
    read ??= rowReader(result.columns)
    return result.rows.map(read)
  }
}
