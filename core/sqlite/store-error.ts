/** Tells the errors that mean "the store cannot be used now" from the errors of a wrong statement. */
import { problem } from '../http/problem.ts'

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html) that are no fault of the SQL. */
const unavailable: ReadonlyMap<number, string> = new Map([
  [5, 'SQLITE_BUSY'],
  [6, 'SQLITE_LOCKED'],
  [7, 'SQLITE_NOMEM'],
  [8, 'SQLITE_READONLY'],
  [10, 'SQLITE_IOERR'],
  [11, 'SQLITE_CORRUPT'],
  [13, 'SQLITE_FULL'],
  [14, 'SQLITE_CANTOPEN'],
  [15, 'SQLITE_PROTOCOL'],
  [26, 'SQLITE_NOTADB'],
])

/**
 * The error to throw in place of `error`: the problem `store_unavailable` (503, `Retry-After` 1 s)
 * when SQLite was locked, full, unreadable or closed; the error itself otherwise.
 */
export function storeError(error: unknown): unknown {
  return isUnavailable(error)
    ? problem('store_unavailable', { retryAfter: 1, cause: error })
    : error
}

/** True when the file cannot be used now, false for a mistake in a statement. */
export function isUnavailable(error: unknown): boolean {
  const code = resultCode(error)
  const closed = error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_STATE'
  return closed || (code !== null && unavailable.has(code))
}

/** True when another connection holds the lock that was asked for. */
export const isBusy = (error: unknown): boolean => resultCode(error) === 5

/**
 * True for errors of a COMMIT after which nothing of it can be found on disk: SQLITE_BUSY,
 * SQLITE_CONSTRAINT, and SQLITE_FULL, since frames are written in their order and the last one makes
 * the commit. A failed fsync is SQLITE_IOERR, on a full disk too.
 */
export const neverCommitted = (error: unknown): boolean =>
  [5, 13, 19].includes(resultCode(error) ?? 0)

/** The error's own message when SQLite reported it; null otherwise. */
export const sqliteReason = (error: unknown): string | null =>
  error instanceof Error && resultCode(error) !== null ? error.message : null

function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null
  // The low byte of an extended result code is its primary code.
  return typeof error.errcode === 'number' ? error.errcode & 0xff : null
}
