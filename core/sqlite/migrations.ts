/** Numbered schema changes, each applied exactly once to a database file. */
import {
  migrationFailed,
  refuseForeign,
  requireConsecutive,
  type Numbered,
} from '../migrations/numbering.ts'
import { toRfc3339, type Clock } from '../values/time.ts'
import type { DatabaseSync } from 'node:sqlite'

export interface Migration extends Numbered {
  /** One or more statements; they run inside the migration's transaction. */
  readonly sql: string
}

const bookkeeping = `
  CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at TEXT NOT NULL
  ) STRICT`

/**
 * Brings the schema of an open database up to the last of `migrations`. All that is pending is
 * applied in one `BEGIN IMMEDIATE` transaction, so of two processes that start together one applies
 * it and the other, which waits for the lock, finds it done; a failure leaves the file as it was.
 *
 * @param label how messages call the database, for example `catalog database data/catalog.db`
 * @throws Error in one sentence when the file was written by a newer build or by another line of
 * migrations, or when a migration fails
 */
export function migrate(
  connection: DatabaseSync,
  migrations: readonly Migration[],
  label: string,
  clock: Clock,
): void {
  requireConsecutive(migrations)
  connection.exec('BEGIN IMMEDIATE')
  try {
    connection.exec(bookkeeping)
    const applied = appliedVersions(connection)
    refuseForeign(applied, migrations, label)
    const insert = connection.prepare('INSERT INTO schema_migrations VALUES (?, ?, ?)')
    for (const migration of migrations.slice(applied.size)) {
      apply(connection, migration, label)
      insert.run(migration.version, migration.name, toRfc3339(clock.now()))
    }
    connection.exec('COMMIT')
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK')
    throw error
  }
}

function appliedVersions(connection: DatabaseSync): Map<number, string> {
  const rows = connection.prepare('SELECT version, name FROM schema_migrations').all()
  // The columns' types are fixed by the STRICT table above.
  return new Map(rows.map((row) => [row.version as number, row.name as string]))
}

function apply(connection: DatabaseSync, migration: Migration, label: string): void {
  try {
    connection.exec(migration.sql)
  } catch (error) {
    throw migrationFailed(migration, label, error)
  }
}
