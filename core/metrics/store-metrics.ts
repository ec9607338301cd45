/** What a store tells of itself, and the metrics that come of it. */
import type { Metrics } from './metrics.ts'

/** Queues a command that runs in a transaction; see `GroupCommit.write`. */
export type Write = <T>(command: () => T) => Promise<T>

/**
 * Told of every run of a named statement with its duration in milliseconds. The further members are
 * for stores that have the like; a bare function will do for who wants the durations alone.
 */
export interface StoreObserver {
  (operation: string, milliseconds: number): void
  /** A statement of this name was prepared: its series exist from now on. */
  readonly expect?: (operation: string) => void
  /** So many writes shared one commit. */
  readonly committed?: (writes: number) => void
  /** Says how many writes wait for the next commit, whenever it is asked. */
  readonly watchQueue?: (length: () => number) => void
  /** The same writing, with spans where a trace is under way. */
  readonly spanned?: (write: Write) => Write
}

export type StoreMetrics = Required<Omit<StoreObserver, 'spanned'>> & StoreObserver

/** Where nobody wants to know. */
export const nothingObserved: StoreMetrics = Object.assign(() => {}, {
  expect: () => {},
  committed: () => {},
  watchQueue: () => {},
})

/** Writes in one commit: one at rest, up to the bound of a batch under load. */
const batchBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

/** The metrics of one store; `store` is the prefix of their names. */
export function createStoreMetrics(metrics: Metrics, store: 'sqlite' | 'cassandra'): StoreMetrics {
  const queries = metrics.counter(`${store}_queries_total`, 'Statements run', ['operation'])
  const durations = metrics.histogram(`${store}_query_duration_seconds`, 'Time of a statement', {
    labels: ['operation'],
  })
  // Operations are the names of statements in the code, so this stays small.
  const bound = new Map<string, ReturnType<typeof bind>>()

  function bind(operation: string) {
    const slots = { count: queries.slot({ operation }), time: durations.slot({ operation }) }
    bound.set(operation, slots)
    return slots
  }

  const batches =
    store === 'sqlite'
      ? metrics
          .histogram('sqlite_commit_batch_size', 'Writes that shared one commit', {
            buckets: batchBuckets,
          })
          .slot({})
      : null

  return Object.assign(
    (operation: string, milliseconds: number) => {
      const slots = bound.get(operation) ?? bind(operation)
      slots.count.inc()
      slots.time.observe(milliseconds / 1000)
    },
    {
      expect: (operation: string) => void (bound.has(operation) || bind(operation)),
      committed: (writes: number) => batches?.observe(writes),
      watchQueue: (length: () => number) =>
        metrics.gauge(`${store}_write_queue_length`, 'Writes that wait for a commit', length),
    },
  )
}
