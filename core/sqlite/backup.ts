/** Copies of database files in use: several of them as they were at one moment. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { backup, DatabaseSync } from 'node:sqlite'
import { systemClock, type Clock, type Millis } from '../values/time.ts'
import { isBusy } from './store-error.ts'

export interface Copy {
  readonly from: string
  /** A file that does not exist yet. */
  readonly to: string
}

/** The moment at which all copies were taken. */
export interface Cut {
  readonly at: Millis
  /** Milliseconds from the first lock to the last one's release: no writer waited longer for them. */
  readonly held: number
}

export interface CopyOptions {
  readonly clock?: Clock
  /** Milliseconds after which it gives up on a file that is always being written; 30 s unless given. */
  readonly patience?: number
}

/**
 * Milliseconds in which all locks must be had, else those had are given back: a service that waits
 * for one of them answers nobody.
 */
const round = 100

/**
 * Copies the files, which other processes may be writing, as they were at one moment.
 *
 * ```
 *   lock a  lock b  lock c        nobody writes anywhere: this is the moment
 *      pin a  pin b  pin c        a read transaction on each sees the file as it is now
 *   unlock all                    milliseconds later, whatever the files' size
 *      copy a  copy b  copy c     from what is pinned; writers are not held up
 * ```
 *
 * Locks are taken in the order given, so two of these cannot block each other. While it copies, the
 * logs of the files cannot be folded in and grow by what is written meanwhile.
 *
 * @throws Error in one sentence when a file is missing, a copy is there already, or a file is being
 * written without a pause all the time
 */
export async function copyTogether(
  copies: readonly Copy[],
  { clock = systemClock, patience = 30_000 }: CopyOptions = {},
): Promise<Cut> {
  for (const { from, to } of copies) {
    if (!existsSync(from)) throw new Error(`There is no database ${from}.`)
    if (existsSync(to)) throw new Error(`The copy ${to} is there already.`)
  }
  using sources = openAll(copies.map(({ from }) => from))
  const cut = await pinAll(sources.pairs, clock, patience)
  for (const [index, { to }] of copies.entries()) {
    const reader = sources.pairs[index]?.reader
    if (reader !== undefined) await backup(reader, to, { rate: pagesAtOnce })
  }
  return cut
}

/** Pages between two looks at the event loop. */
const pagesAtOnce = 10_000

/** One connection holds the lock, the other sees what stood there then. */
interface Pair {
  readonly locker: DatabaseSync
  readonly reader: DatabaseSync
}

function openAll(paths: readonly string[]): { readonly pairs: readonly Pair[] } & Disposable {
  const open: DatabaseSync[] = []
  const connect = (path: string, reading: boolean): DatabaseSync => {
    const connection = new DatabaseSync(path)
    open.push(connection)
    // Whoever takes the lock asks by itself again; a reader waits only for a log that is reset.
    connection.exec(`PRAGMA busy_timeout = ${reading ? 1_000 : 0}`)
    return connection
  }
  const close = (): void => {
    for (const each of open) each.close()
  }
  try {
    return {
      pairs: paths.map((path) => ({ locker: connect(path, false), reader: connect(path, true) })),
      [Symbol.dispose]: close,
    }
  } catch (error) {
    close()
    throw error
  }
}

async function pinAll(pairs: readonly Pair[], clock: Clock, patience: number): Promise<Cut> {
  const end = performance.now() + patience
  let held = 0
  for (;;) {
    const start = performance.now()
    let at: Millis | null = null
    try {
      if (pairs.every(({ locker }) => locked(locker, start + round))) {
        for (const { reader } of pairs) pin(reader)
        at = clock.now()
      }
    } finally {
      for (const { locker } of pairs) if (locker.isTransaction) locker.exec('ROLLBACK')
    }
    held = Math.max(held, performance.now() - start)
    if (at !== null) return { at, held }
    if (performance.now() >= end) {
      throw new Error(
        `The databases were written without a pause for ${patience / 1000} s: try again.`,
      )
    }
    await new Promise((wake) => setTimeout(wake, 50 + Math.random() * 100))
  }
}

/**
 * Takes the write lock; false when that did not work until `end`. SQLite's own wait sleeps up to
 * 100 ms between two looks and never met the gap between the transactions of a busy writer (2 s in
 * vain); asking again after 50 us met it within some milliseconds. Without any pause it would take
 * the processor from whoever holds the lock.
 */
function locked(connection: DatabaseSync, end: number): boolean {
  for (;;) {
    try {
      connection.exec('BEGIN IMMEDIATE')
      return true
    } catch (error) {
      if (!isBusy(error)) throw error
      if (performance.now() >= end) return false
      Atomics.wait(sleeper, 0, 0, 0.05)
    }
  }
}

/** Nobody wakes it. */
const sleeper = new Int32Array(new SharedArrayBuffer(4))

/** A transaction sees nothing before it reads. */
function pin(connection: DatabaseSync): void {
  connection.exec('BEGIN')
  connection.prepare('SELECT count(*) FROM sqlite_schema').get()
}

/**
 * Makes a copy a file that stands alone, to be read from a folder that cannot be written, and checks
 * all of it.
 *
 * @returns the version of its schema
 * @throws Error in one sentence when the file is damaged or holds no data of a service
 */
export function sealCopy(path: string): number {
  return inspect(path, (connection) => {
    // The service that opens it switches the log on again.
    connection.exec('PRAGMA journal_mode = DELETE')
  })
}

/** Checks all of a sealed copy without changing it; returns and throws as {@link sealCopy}. */
export const checkCopy = (path: string): number => inspect(path, null)

function inspect(path: string, change: ((connection: DatabaseSync) => void) | null): number {
  let connection: DatabaseSync | undefined
  try {
    connection = new DatabaseSync(path, { readOnly: change === null })
    change?.(connection)
    const { integrity_check: verdict } = one(connection, 'PRAGMA integrity_check')
    if (verdict !== 'ok') throw new Error(String(verdict).replaceAll('\n', ' '))
    const { version } = one(connection, 'SELECT max(version) AS version FROM schema_migrations')
    if (typeof version !== 'number') throw new Error('it has no schema version')
    return version
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`The database ${path} is damaged: ${reason}.`, { cause: error })
  } finally {
    connection?.close()
  }
}

const one = (connection: DatabaseSync, sql: string) => connection.prepare(sql).get() ?? {}

/**
 * True while any process has the file open with its log on, as services have theirs from start to
 * end. False as well for a file that is no database: then nothing can be told.
 */
export function isInUse(path: string): boolean {
  // SQLite would throw the log of a broken file away, which may be all that is left of it.
  if (!isDatabase(path)) return false
  const connection = new DatabaseSync(path)
  try {
    // In this mode a connection asks for the file for itself alone, and every other one that reads
    // the log shares it (https://www.sqlite.org/wal.html, "Use of WAL Without Shared-Memory").
    connection.exec('PRAGMA locking_mode = EXCLUSIVE')
    connection.exec('BEGIN IMMEDIATE')
    connection.exec('ROLLBACK')
    return false
  } catch (error) {
    return isBusy(error)
  } finally {
    connection.close()
  }
}

/** The first bytes of every database (https://www.sqlite.org/fileformat.html, "Database Header"). */
const magic = 'SQLite format 3\0'

function isDatabase(path: string): boolean {
  if (!existsSync(path)) return false
  const descriptor = openSync(path, 'r')
  try {
    const start = Buffer.alloc(magic.length)
    readSync(descriptor, start)
    return start.toString('latin1') === magic
  } finally {
    closeSync(descriptor)
  }
}
