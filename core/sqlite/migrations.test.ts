/** Migrations: once each, in order, all or nothing, and never on a file from another build. */
import { beforeEach, describe, expect, test } from 'bun:test'
import { DatabaseSync } from 'node:sqlite'
import { manualClock } from '../values/time.ts'
import { migrate, type Migration } from './migrations.ts'

const clock = manualClock(Date.UTC(2026, 0, 31))
const first: Migration = { version: 1, name: 'one', sql: 'CREATE TABLE one (id INTEGER)' }
const second: Migration = {
  version: 2,
  name: 'two',
  sql: 'CREATE TABLE two (id INTEGER); INSERT INTO two VALUES (1);',
}

let connection: DatabaseSync
beforeEach(() => {
  connection = new DatabaseSync(':memory:')
})

const run = (migrations: readonly Migration[]) =>
  migrate(connection, migrations, 'catalog database a.db', clock)

const tables = () =>
  connection
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
    .all()
    .map((row) => row.name)

describe('applying', () => {
  test('runs each migration once and writes down when', () => {
    run([first])
    run([first, second])
    run([first, second])
    expect(tables()).toEqual(['one', 'schema_migrations', 'two'])
    expect(connection.prepare('SELECT * FROM schema_migrations').all().map(Object.values)).toEqual([
      [1, 'one', '2026-01-31T00:00:00.000Z'],
      [2, 'two', '2026-01-31T00:00:00.000Z'],
    ])
  })

  test('leaves the file as it was when one of them fails', () => {
    run([first])
    const broken: Migration = { version: 3, name: 'broken', sql: 'CREATE TABLE three (' }
    expect(() => run([first, second, broken])).toThrow(
      /^Migration 3 'broken' of the catalog database a\.db failed: .*\.$/,
    )
    expect(tables()).toEqual(['one', 'schema_migrations'])
    expect(connection.isTransaction).toBe(false)
  })
})

describe('refusing', () => {
  test('a schema that is newer than the build', () => {
    run([first, second])
    expect(() => run([first])).toThrow(
      'The catalog database a.db has schema version 2, but this build knows only up to 1',
    )
  })

  test('a file whose migrations have other names', () => {
    run([{ ...first, name: 'elsewhere' }])
    expect(() => run([first])).toThrow("has migration 1 'elsewhere' where this build has 'one'")
  })

  test('versions with a gap', () => {
    expect(() => run([first, { ...second, version: 3 }])).toThrow('has version 3 where 2 is due')
  })
})
