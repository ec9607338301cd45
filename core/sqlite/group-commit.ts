/** The single writer of a database: commands of one turn of the event loop share one transaction. */
import { problem } from '../http/problem.ts'
import { storeError } from './store-error.ts'
import type { DatabaseSync } from 'node:sqlite'

export interface GroupCommit {
  /**
   * Queues `command` and resolves with what it returned once the transaction that holds it is on
   * disk. The command runs synchronously, after all commands queued before it, inside a savepoint of
   * its own: when it throws, its own changes alone are undone and its own promise alone rejects.
   * Deferred constraints have no place here: they are checked at the commit, for the whole batch.
   *
   * @throws the problem `store_unavailable` when the transaction could not begin or commit (then
   * every command of the batch rejects and none has happened), or after {@link GroupCommit.close}.
   */
  write<T>(command: () => T): Promise<T>
  /** Commands that wait for the next transaction. */
  queued(): number
  /** Commits what is queued and refuses what comes later. */
  close(): void
}

export interface GroupCommitOptions {
  /** Commands in one transaction; what is past it waits for the next turn of the loop. */
  readonly maxBatch: number
  /** Told how long each commit (the fsync) took, in milliseconds. */
  readonly observeCommit?: (milliseconds: number) => void
  /** Told how many commands each commit has put on disk. */
  readonly observeBatch?: (commands: number) => void
}

/** One queued command. */
interface Pending {
  /** Runs the command and returns the acknowledgement to call once the transaction is on disk. */
  readonly execute: () => () => void
  readonly reject: (error: unknown) => void
}

/**
 * Makes the writer of a connection; there is one per connection. A commit with `synchronous=FULL`
 * costs an fsync (about 150 us), a savepoint 4 us, so sharing the transaction is what makes many
 * durable writes a second possible.
 */
export function groupCommit(connection: DatabaseSync, options: GroupCommitOptions): GroupCommit {
  const { maxBatch, observeBatch } = options
  if (!Number.isSafeInteger(maxBatch) || maxBatch < 1) {
    throw new TypeError(
      `maxBatch must be a whole number of at least 1, got ${maxBatch}: an unbounded batch holds the event loop.`,
    )
  }
  const begin = connection.prepare('BEGIN IMMEDIATE')
  const savepoint = connection.prepare('SAVEPOINT command')
  const undo = connection.prepare('ROLLBACK TO command')
  const release = connection.prepare('RELEASE command')
  const commit = timed(connection.prepare('COMMIT'), options.observeCommit)
  const rollback = connection.prepare('ROLLBACK')

  let waiting: Pending[] = []
  let scheduled = false
  let closed = false

  function flush(): void {
    scheduled = false
    const batch = waiting.length <= maxBatch ? waiting : waiting.slice(0, maxBatch)
    waiting = waiting.length <= maxBatch ? [] : waiting.slice(maxBatch)
    if (waiting.length > 0) schedule()
    if (batch.length === 0) return
    try {
      begin.run()
      const settle = batch.map(executeInSavepoint)
      commit()
      observeBatch?.(batch.length)
      for (const each of settle) each()
    } catch (error) {
      abandon()
      const failure = problem('store_unavailable', { retryAfter: 1, cause: error })
      for (const pending of batch) pending.reject(failure)
    }
  }

  /** Runs one command and returns how to settle it after the commit. */
  function executeInSavepoint(pending: Pending): () => void {
    savepoint.run()
    try {
      const acknowledge = pending.execute()
      release.run()
      return acknowledge
    } catch (error) {
      // SQLite itself rolls the whole transaction back on a full disk or an I/O error; then nothing
      // of this batch has happened, and going on would run the rest outside of any transaction.
      if (!connection.isTransaction) throw error
      undo.run()
      release.run()
      return () => pending.reject(storeError(error))
    }
  }

  function abandon(): void {
    try {
      if (connection.isTransaction) rollback.run()
    } catch {
      // The file is out of reach; the next batch finds the transaction open and fails as well.
    }
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(flush)
  }

  return {
    write<T>(command: () => T): Promise<T> {
      if (closed) return Promise.reject(problem('store_unavailable', { retryAfter: 1 }))
      return new Promise<T>((resolve, reject) => {
        const execute = () => {
          const value = command()
          if (value instanceof Promise) throw asynchronousCommand(value)
          return () => resolve(value)
        }
        waiting.push({ execute, reject })
        schedule()
      })
    },
    queued: () => waiting.length,
    close() {
      closed = true
      while (waiting.length > 0) flush()
    },
  }
}

function asynchronousCommand(promise: Promise<unknown>): TypeError {
  // Its rejection has no other reader.
  promise.catch(() => {})
  return new TypeError(
    'A write command must be synchronous: what it does after an await is outside of its transaction.',
  )
}

/** Decided once: without an observer no clock is read. */
function timed(
  statement: { run(): unknown },
  observe: ((milliseconds: number) => void) | undefined,
): () => void {
  if (observe === undefined) return () => void statement.run()
  return () => {
    const start = performance.now()
    statement.run()
    observe(performance.now() - start)
  }
}
