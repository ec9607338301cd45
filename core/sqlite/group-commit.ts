/**
 * The single writer of a database: commands of one turn of the event loop share one transaction.
 *
 * ```
 *   write ──► queue ──► BEGIN ──► commands ──► COMMIT ──► acknowledged
 *               ▲         │ locked               │ failed on its way to the disk
 *               └─ timer ─┘                      └──► outcome unknown
 * ```
 *
 * Nothing waits inside of the event loop: while another program holds the lock, reads and probes go
 * on, and a write that has waited for its second is refused before anything of it was done.
 */
import { OutcomeUnknown } from '../http/outcome-unknown.ts'
import { problem, type Problem } from '../http/problem.ts'
import { isBusy, isUnavailable, neverCommitted, storeError } from './store-error.ts'
import type { DatabaseSync } from 'node:sqlite'

export interface GroupCommit {
  /**
   * Queues `command` and resolves with what it returned once the transaction that holds it is on
   * disk. The command runs synchronously, after all commands queued before it, inside a savepoint of
   * its own: when it throws, its own changes alone are undone and its own promise alone rejects.
   * Deferred constraints have no place here: they are checked at the commit, for the whole batch.
   *
   * @throws the problem `store_unavailable` when the transaction could not begin, or when its commit
   * failed before it reached the disk (then every command of the batch rejects and none has
   * happened), and after {@link GroupCommit.close}
   * @throws OutcomeUnknown when the commit failed in such a way that it may be found on disk later
   */
  write<T>(command: () => T): Promise<T>
  /** Commands that wait for the next transaction. */
  queued(): number
  /**
   * Throws the problem `store_unavailable` while nothing can be written, as on a full disk. For that
   * it writes a page every few seconds, more often after a write that failed, and so finds the end
   * of it as well. A lock that another program holds is none of its business.
   */
  check(): void
  /** Commits what is queued and refuses what comes later; resolves when nothing waits any more. */
  close(): Promise<void>
}

export interface GroupCommitOptions {
  /** Commands in one transaction; what is past it waits for the next turn of the loop. */
  readonly maxBatch: number
  /** Milliseconds that a command waits for another program's lock; 1,000 unless given. */
  readonly lockPatience?: number
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
  /** From `performance.now()`: then it has waited long enough for the lock. */
  readonly until: number
}

/** Half of what most requests may take. */
const defaultLockPatience = 1_000

/** Milliseconds between two looks at a lock; the first comes soon, since most locks are short. */
const lockPause = { first: 1, longest: 25 } as const

/** Milliseconds for which a trial is good. */
const provenFor = 5_000

/** Milliseconds between two trials while writes fail, however often somebody asks. */
const trialPause = 500

/**
 * Makes the writer of a connection; there is one per connection, whose busy timeout is some
 * milliseconds at most. A commit with `synchronous=FULL` costs an fsync (about 150 us), a savepoint
 * 4 us, so sharing the transaction is what makes many durable writes a second possible.
 */
export function groupCommit(connection: DatabaseSync, options: GroupCommitOptions): GroupCommit {
  const { maxBatch, observeBatch, lockPatience = defaultLockPatience } = options
  if (!Number.isSafeInteger(maxBatch) || maxBatch < 1) {
    throw new TypeError(
      `maxBatch must be a whole number of at least 1, got ${maxBatch}: an unbounded batch holds the event loop.`,
    )
  }
  const begin = connection.prepare('BEGIN IMMEDIATE')
  const savepoint = connection.prepare('SAVEPOINT command')
  const undo = connection.prepare('ROLLBACK TO command')
  const release = connection.prepare('RELEASE command')
  const commitNow = connection.prepare('COMMIT')
  const commit = timed(commitNow, options.observeCommit)
  const rollback = connection.prepare('ROLLBACK')
  // Sets what is set already, which SQLite writes to the log all the same.
  const trial = connection.prepare(`PRAGMA user_version = ${userVersion(connection)}`)

  let waiting: Pending[] = []
  let scheduled = false
  let closed = false
  let pause: number = lockPause.first
  const closing = Promise.withResolvers<void>()
  /**
   * Why nothing can be written, and when that was last tried. A commit may have had no changes, so
   * only a trial proves that something can.
   */
  let failure: unknown = null
  let triedAt = performance.now()

  function flush(): void {
    scheduled = false
    if (waiting.length === 0) return settled()
    try {
      begin.run()
    } catch (error) {
      return isBusy(error) ? waitForLock(error) : rejectAll(take(), error, notStored(error))
    }
    pause = lockPause.first
    writeBatch(take())
    if (waiting.length > 0) schedule()
    else settled()
  }

  function take(): readonly Pending[] {
    const batch = waiting.length <= maxBatch ? waiting : waiting.slice(0, maxBatch)
    waiting = waiting.length <= maxBatch ? [] : waiting.slice(maxBatch)
    return batch
  }

  function writeBatch(batch: readonly Pending[]): void {
    let acknowledgements: readonly (() => void)[]
    try {
      acknowledgements = batch.map(executeInSavepoint)
    } catch (error) {
      return rejectAll(batch, error, notStored(error))
    }
    try {
      commit()
    } catch (error) {
      return rejectAll(batch, error, commitError(error))
    }
    observeBatch?.(batch.length)
    for (const acknowledge of acknowledgements) acknowledge()
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

  function rejectAll(batch: readonly Pending[], cause: unknown, shown: Problem): void {
    abandon()
    if (isUnavailable(cause)) failed(cause)
    for (const pending of batch) pending.reject(shown)
    if (waiting.length > 0) schedule()
    else settled()
  }

  function abandon(): void {
    try {
      if (connection.isTransaction) rollback.run()
    } catch {
      // The file is out of reach; the next batch finds the transaction open and fails as well.
    }
  }

  /** Commands that wait have not begun; those that have waited for too long are refused. */
  function waitForLock(cause: unknown): void {
    const now = performance.now()
    const late = waiting.filter(({ until }) => until <= now)
    waiting = waiting.filter(({ until }) => until > now)
    for (const pending of late) pending.reject(storeError(cause))
    if (waiting.length === 0) return settled()
    scheduled = true
    // Not all who wait for the lock are to look at it in the same instant.
    setTimeout(flush, pause * (0.5 + Math.random()))
    pause = Math.min(pause * 2, lockPause.longest)
  }

  function failed(cause: unknown): void {
    failure = cause
    triedAt = performance.now()
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(flush)
  }

  function settled(): void {
    if (closed) closing.resolve()
  }

  /** A write of one page, which changes nothing. */
  function tryToWrite(): void {
    triedAt = performance.now()
    try {
      begin.run()
      trial.run()
      commitNow.run()
      failure = null
    } catch (error) {
      abandon()
      if (!isBusy(error)) failure = error
    }
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
        waiting.push({ execute, reject, until: performance.now() + lockPatience })
        schedule()
      })
    },
    queued: () => waiting.length,
    check() {
      const age = performance.now() - triedAt
      if (age > (failure === null ? provenFor : trialPause)) tryToWrite()
      if (failure !== null) throw notStored(failure)
    },
    close() {
      closed = true
      // At once and not in a later turn, as far as no lock is in the way.
      while (waiting.length > 0 && pause === lockPause.first) flush()
      if (waiting.length === 0) closing.resolve()
      return closing.promise
    },
  }
}

/**
 * A commit that did not get as far as its last frame, or that SQLite itself refused, has not happened.
 * Of any other nobody knows: after a failed fsync all of it may lie in the log, and the next one who
 * opens the file would find it there and take it for valid (https://www.sqlite.org/walformat.html).
 */
const commitError = (error: unknown): Problem =>
  neverCommitted(error) ? notStored(error) : new OutcomeUnknown(error)

const notStored = (cause: unknown): Problem =>
  problem('store_unavailable', { retryAfter: 1, cause })

function userVersion(connection: DatabaseSync): number {
  return Number(Object.values(connection.prepare('PRAGMA user_version').get() ?? {})[0] ?? 0)
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
