/** Everything that is stored has an end or a reason to stay, and a statement that brings the end about. */
import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrations as cartCql } from '../../services/cart/migrations.cassandra.ts'
import { migrations as cartSql } from '../../services/cart/migrations.sqlite.ts'
import { migrations as catalogCql } from '../../services/catalog/migrations.cassandra.ts'
import { migrations as catalogSql } from '../../services/catalog/migrations.sqlite.ts'
import { migrations as orderCql } from '../../services/order/migrations.cassandra.ts'
import { migrations as orderSql } from '../../services/order/migrations.sqlite.ts'
import { migrations as userCql } from '../../services/user/migrations.cassandra.ts'
import { migrations as userSql } from '../../services/user/migrations.sqlite.ts'
import { pageAt, root } from './pages.ts'

const services = {
  cart: { sql: cartSql, cql: cartCql },
  catalog: { sql: catalogSql, cql: catalogCql },
  order: { sql: orderSql, cql: orderCql },
  user: { sql: userSql, cql: userCql },
}
type Service = keyof typeof services
type Store = 'SQLite' | 'Cassandra'

interface Stored {
  readonly service: string
  readonly table: string
  readonly bytes: string
  readonly end: string
}

const page = pageAt('docs/stored-data.md').text

/** The rows of the table under a heading. */
function rowsUnder(heading: Store): readonly Stored[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return section.split('\n').flatMap((line) => {
    const cells = line.split('|').map((cell) => cell.trim())
    const [, service = '', name = '', , bytes = '', end = ''] = cells
    const table = /^`(\w+)`$/.exec(name)?.[1]
    return table === undefined ? [] : [{ service, table, bytes, end }]
  })
}

function tablesOf(store: Store, service: Service): readonly string[] {
  const { sql, cql } = services[service]
  if (store === 'Cassandra') {
    const text = cql.map((step) => step.cql).join('\n')
    const made = [...text.matchAll(/CREATE TABLE IF NOT EXISTS (\w+)/g)].map(
      ([, name = '']) => name,
    )
    const gone = [...text.matchAll(/DROP TABLE IF EXISTS (\w+)/g)].map(([, name = '']) => name)
    return made.filter((name) => !gone.includes(name))
  }
  using database = new DatabaseSync(':memory:')
  for (const step of sql) database.exec(step.sql)
  return database
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
    .all()
    .map(({ name }) => String(name))
}

/** What the service says to this store. */
function statementsOf(store: Store, service: Service): string {
  const own = join(root, 'services', service)
  const shared = join(root, 'core/cassandra')
  const sources = (folder: string, pattern: RegExp) =>
    readdirSync(folder)
      .filter((name) => pattern.test(name) && !/test|fixture|conformance|migrations/.test(name))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
  return (
    store === 'SQLite'
      ? sources(own, /sqlite/)
      : [...sources(own, /cassandra/), ...sources(shared, /hint-statements/)]
  ).join('\n')
}

/** A row of it goes, or lapses: by a DELETE, or by a TTL with which it is written. */
function ends(store: Store, statements: string, table: string): boolean {
  if (new RegExp(`DELETE\\b[^;'\`]*FROM ${table}\\b`).test(statements)) return true
  return (
    store === 'Cassandra' &&
    new RegExp(`(UPDATE ${table} USING TTL|INSERT INTO ${table}\\b[^\`;]*?TTL)`).test(statements)
  )
}

describe.each(['SQLite', 'Cassandra'] as const)('what is stored in %s', (store) => {
  const stored = rowsUnder(store)

  test.each(Object.keys(services) as Service[])(
    'each table of %s stands in the page',
    (service) => {
      const own = stored.filter((row) => row.service === service).map(({ table }) => table)
      expect(own.toSorted()).toEqual(tablesOf(store, service).toSorted())
    },
  )

  test('each has a size, and an end or a reason to stay', () => {
    expect(stored.length).toBeGreaterThan(20)
    for (const { service, table, bytes, end } of stored) {
      const row = `${service} ${table}`
      expect({ row, bytes }).toEqual({ row, bytes: expect.stringMatching(/\d/) })
      expect({ row, end }).toEqual({ row, end: expect.stringMatching(/[a-z]{3}/i) })
      // A table that stays needs a reason.
      if (/\bstays?\b/i.test(end)) {
        expect({ row, end }).toEqual({ row, end: expect.stringMatching(/stays?: \w+/i) })
      }
    }
  })

  test('each end is brought about by a statement', () => {
    for (const { service, table, end } of stored) {
      if (service === 'all' || /^stays: [^.]*$/.test(end)) continue
      const statements = statementsOf(store, service as Service) // compared with the services above
      expect({ table: `${service} ${table}`, ends: ends(store, statements, table) }).toEqual({
        table: `${service} ${table}`,
        ends: true,
      })
    }
  })
})
