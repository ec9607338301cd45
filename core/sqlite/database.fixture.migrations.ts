/** The schema that the database tests and their second process share. */
import type { Migration } from './migrations.ts'

export const fixtureMigrations: readonly Migration[] = [
  {
    version: 1,
    name: 'entries',
    // No IF NOT EXISTS: applying it twice would fail.
    sql: 'CREATE TABLE entries (writer TEXT NOT NULL, number INTEGER NOT NULL) STRICT;',
  },
  { version: 2, name: 'index', sql: 'CREATE UNIQUE INDEX by_writer ON entries (writer, number);' },
]
