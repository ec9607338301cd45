/** A prepared statement with typed parameters and rows, timed only where somebody listens. */
import { storeError } from './store-error.ts'
import type { StatementSync } from 'node:sqlite'

export type SqlValue = null | number | bigint | string | Uint8Array

/** A row whose shape was not stated. */
export type Row = Record<string, SqlValue>

export interface Changes {
  /** Rows inserted, changed or deleted. */
  readonly changes: number
  readonly lastInsertRowid: number
}

/** Every method throws the problem `store_unavailable` when the file cannot be used. */
export interface Statement<Params extends readonly SqlValue[] = SqlValue[], R = Row> {
  /** The first row, or undefined. */
  get(...params: Params): R | undefined
  all(...params: Params): R[]
  /** For statements that write; call it inside of `write`. */
  run(...params: Params): Changes
}

export interface Timing {
  readonly name: string
  readonly observe: (operation: string, milliseconds: number) => void
}

/** Wraps a prepared statement; whether it is timed is decided here, not per call. */
export function createStatement(
  source: StatementSync,
  timing: Timing | undefined,
): Statement<SqlValue[], Row> {
  const plain: Statement<SqlValue[], Row> = {
    get: guarded((...params) => source.get(...params)),
    all: guarded((...params) => source.all(...params)),
    // Without `readBigInts` both counts are numbers.
    run: guarded((...params) => source.run(...params) as Changes),
  }
  if (timing === undefined) return plain
  return {
    get: timed(plain.get, timing),
    all: timed(plain.all, timing),
    run: timed(plain.run, timing),
  }
}

type Run<T> = (...params: SqlValue[]) => T

function guarded<T>(run: Run<T>): Run<T> {
  return (...params) => {
    try {
      return run(...params)
    } catch (error) {
      throw storeError(error)
    }
  }
}

function timed<T>(run: Run<T>, { name, observe }: Timing): Run<T> {
  return (...params) => {
    const start = performance.now()
    try {
      return run(...params)
    } finally {
      observe(name, performance.now() - start)
    }
  }
}
