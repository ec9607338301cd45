/** One SQLite file: synchronous prepared reads, and writes that are on disk before they are acknowledged. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sentenceOf } from '../logging/sentence.ts'
import type { StoreObserver } from '../metrics/store-metrics.ts'
import { pause } from '../resilience/pause.ts'
import { systemClock, type Clock } from '../values/time.ts'
import { groupCommit, type GroupCommit } from './group-commit.ts'
import { migrate, type Migration } from './migrations.ts'
import { createStatement, type Row, type SqlValue, type Statement } from './statement.ts'
import { isBusy, sqliteReason, storeError } from './store-error.ts'

export interface DatabaseOptions {
  /** File of the database; missing folders are made. `:memory:` keeps nothing. */
  readonly path: string
  readonly migrations: readonly Migration[]
  /** Whose data it is; stands in messages. */
  readonly service: string
  /** Commands in one transaction; 512 unless given. */
  readonly maxBatch?: number
  readonly clock?: Clock
  /**
   * Told of every run of a named statement, and of `commit`, with its duration in milliseconds.
   * Without it, nothing is timed.
   */
  readonly observe?: StoreObserver
}

export interface Database extends Pick<GroupCommit, 'write'> {
  /**
   * A prepared statement; equal SQL text gives the same one, so prepare at boot. The caller states
   * the types of the parameters and of a row; a row that holds money or ids may name their branded
   * types.
   *
   * ```ts
   * const byId = database.statement<[ProductId], { name: string; price: Minor }>(
   *   'SELECT name, price FROM products WHERE id = ?', 'get_product')
   * ```
   *
   * @param name the operation's name for metrics; the first name given to an SQL text stays
   */
  statement<Params extends readonly SqlValue[] = SqlValue[], R = Row>(
    sql: string,
    name?: string,
  ): Statement<Params, R>
  /**
   * Reads from the file, and every few seconds writes to it; throws the problem `store_unavailable`
   * when one of them fails.
   */
  check(): void
  /** Commits what is queued, folds the log into the file and closes it. Later calls do nothing. */
  close(): Promise<void>
}

/**
 * Milliseconds that a statement waits for another process, inside of the event loop: enough for the
 * moments in which a reader may meet a lock. Writes wait by a timer, see `groupCommit`.
 */
const busyTimeout = 2

/**
 * Opens the file with WAL, `synchronous=FULL` and foreign keys on, and applies pending migrations.
 * It does not wait for a lock: {@link whenUnlocked} does.
 *
 * @throws Error in one sentence when the file cannot be opened or its schema does not fit the build
 */
export function openDatabase(options: DatabaseOptions): Database {
  const label = `${options.service} database ${options.path}`
  const connection = openConnection(options.path, label)
  try {
    migrate(connection, options.migrations, label, options.clock ?? systemClock)
  } catch (error) {
    connection.close()
    throw sqliteReason(error) === null ? error : cannotBeOpened(label, error)
  }

  const { observe } = options
  const writer = groupCommit(connection, {
    maxBatch: options.maxBatch ?? 512,
    ...(observe && { observeCommit: (milliseconds) => observe('commit', milliseconds) }),
    ...(observe?.committed && { observeBatch: observe.committed }),
  })
  observe?.expect?.('commit')
  observe?.watchQueue?.(writer.queued)
  const write = observe?.spanned?.(writer.write) ?? writer.write
  const statements = new Map<string, Statement<SqlValue[], Row>>()
  const probe = connection.prepare('SELECT max(version) FROM schema_migrations')
  let open = true

  function statement(sql: string, name?: string): Statement<SqlValue[], Row> {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const timing = observe !== undefined && name !== undefined ? { name, observe } : undefined
    if (name !== undefined) observe?.expect?.(name)
    const made = createStatement(connection.prepare(sql), timing)
    statements.set(sql, made)
    return made
  }

  return {
    // The one cast of row types: SQLite hands out untyped rows, and only the author of a statement
    // knows what its columns hold.
    statement: statement as Database['statement'],
    write,
    check() {
      try {
        probe.get()
      } catch (error) {
        throw storeError(error)
      }
      writer.check()
    },
    async close() {
      if (!open) return
      open = false
      await writer.close()
      truncateLog(connection)
      connection.close()
    },
  }
}

function openConnection(path: string, label: string): DatabaseSync {
  let connection: DatabaseSync | undefined
  try {
    // Accounts and orders lie here: for the owner's eyes alone.
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    connection = new DatabaseSync(path)
    connection.exec(`PRAGMA busy_timeout = ${busyTimeout}`)
    connection.exec('PRAGMA journal_mode = WAL')
    connection.exec('PRAGMA synchronous = FULL')
    connection.exec('PRAGMA foreign_keys = ON')
    // After a burst the log shrinks back to this at the next checkpoint, instead of keeping its peak.
    connection.exec(`PRAGMA journal_size_limit = ${64 * 1024 * 1024}`)
    return connection
  } catch (error) {
    connection?.close()
    throw cannotBeOpened(label, error)
  }
}

function cannotBeOpened(label: string, error: unknown): Error {
  const reason = sentenceOf(error).replace(/\.$/, '')
  return new Error(`The ${label} cannot be opened: ${reason}.`, { cause: error })
}

/**
 * Runs `open` until no other program's lock is in the way: a migration of another process, a database
 * browser, or the switch of a new file to its log, which needs the file alone.
 *
 * @param onWait is told once, when it does not work at once
 * @param patience milliseconds after which the error of `open` is thrown; 30 s unless given
 */
export async function whenUnlocked<T>(
  open: () => T,
  onWait: (error: unknown) => void = () => {},
  patience = 30_000,
): Promise<T> {
  const end = performance.now() + patience
  let told = false
  for (;;) {
    try {
      return open()
    } catch (error) {
      const locked = error instanceof Error && (isBusy(error) || isBusy(error.cause))
      if (!locked || performance.now() >= end) throw error
      if (!told) onWait(error)
      told = true
    }
    await pause(10 + Math.random() * 40)
  }
}

function truncateLog(connection: DatabaseSync): void {
  try {
    // A reader in another process must not hold up the shutdown; its own close folds the log in.
    connection.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } catch {
    // Everything acknowledged is in the log already; the next start reads it from there.
  }
}
