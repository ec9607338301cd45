/**
 * How SQLite answers every statement that the stores prepare: by a seek into an index or a bounded
 * stretch of one. What reads a whole table, sorts it, takes a range without an end, or walks along an
 * index and throws most of it away, grows with the shop and holds the event loop as long.
 */
import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { temporaryFolder } from '../core/files/temporary-folder.fixture.ts'
import { systemClock } from '../core/values/time.ts'
import { openSqliteCartStore } from '../services/cart/store.sqlite.ts'
import { openSqliteStore } from '../services/catalog/store.sqlite.ts'
import { openSqliteOrderStore } from '../services/order/store.sqlite.ts'
import { openSqliteUserStore } from '../services/user/store.sqlite.ts'

const clock = systemClock

const stores: Readonly<Record<string, (path: string) => { close(): Promise<void> }>> = {
  catalog: (path) => openSqliteStore({ path, clock }),
  cart: (path) => openSqliteCartStore({ path, clock }),
  order: (path) => openSqliteOrderStore({ path, clock }),
  user: (path) => openSqliteUserStore({ path }),
}

/** Steps of a plan that look as if they grew and do not, each with the reason why. */
const allowed: readonly { readonly step: RegExp; readonly reason: string }[] = [
  { step: /^SCAN CONSTANT ROW$/, reason: 'no table at all' },
  {
    step: /^SCAN \(subquery-\d+\)$/,
    reason: 'rows of the step before it, which is looked at itself',
  },
  { step: /^SCAN schema_migrations$/, reason: 'as many rows as migrations' },
  { step: /^SCAN sqlite_sequence$/, reason: 'a row for each of two tables' },
  { step: /^SCAN categories$/, reason: 'a row for each category, all of which the catalog holds' },
]

/** Walks that leave rows out by what their index does not hold, each with what bounds these rows. */
const filters: readonly {
  readonly sql: RegExp
  readonly columns: string
  readonly reason: string
}[] = [
  {
    sql: /FROM orders WHERE (?:user_id = \? AND )?unlisted IS NULL AND status NOT IN/,
    columns: 'rested_at, status',
    reason: 'what came to rest goes out of the index within a second of its retention',
  },
  {
    sql: /FROM carts WHERE user_id > \? AND \+used_at > \?/,
    columns: 'used_at',
    reason: 'unused carts are deleted every minute, all of them',
  },
  {
    sql: /DELETE FROM carts WHERE user_id IN/,
    columns: 'user_id',
    reason: 'as many carts stay as have an open checkout',
  },
  {
    sql: /FROM revocations WHERE sequence > \? AND ended_at > \?/,
    columns: 'ended_at',
    reason: 'ended sessions are deleted soon after their tokens are over',
  },
]

const folder = temporaryFolder('query-plans')
// The prototype's own, for the statements of the stores are recorded on their way to it.
const prepare = DatabaseSync.prototype.prepare
afterAll(() => {
  DatabaseSync.prototype.prepare = prepare
})

interface Planned {
  readonly sql: string
  readonly steps: readonly string[]
  /** Columns that rows of a walk are left out by although no index holds them. */
  readonly filtered: string
}

/** All that a store prepares when it is opened, each with its plan. */
async function plansOf(service: string): Promise<readonly Planned[]> {
  const path = join(folder, `${service}.db`)
  const texts = new Set<string>()
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql, ...more) {
    texts.add(sql)
    return prepare.call(this, sql, ...more)
  }
  await stores[service]?.(path).close()
  DatabaseSync.prototype.prepare = prepare
  const database = new DatabaseSync(path)
  try {
    return [...texts].filter(isOfRows).map((sql) => planOf(database, sql))
  } finally {
    database.close()
  }
}

const isOfRows = (sql: string): boolean => /^\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b/i.test(sql)

function planOf(database: DatabaseSync, sql: string): Planned {
  const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()
  const steps = rows.map(({ detail }) => String(detail))
  const text = sql.replace(/\s+/g, ' ').trim()
  return { sql: text, steps, filtered: filteredBy(database, text, steps) }
}

/** The columns of the innermost condition, without those that the steps seek by. */
function filteredBy(database: DatabaseSync, sql: string, steps: readonly string[]): string {
  const walks = steps.filter((step) => /^(?:SCAN .* USING|SEARCH .*[<>])/.test(step))
  const condition = /.*\bWHERE (.*?)(?: GROUP BY| ORDER BY| LIMIT| RETURNING|$)/.exec(sql)?.[1]
  if (walks.length === 0 || condition === undefined) return ''
  const schema = database.prepare('SELECT name, type, sql FROM sqlite_master').all()
  const conditions = schema.flatMap(({ name, sql: text }) =>
    walks.some((walk) => walk.includes(` INDEX ${name} `) || walk.endsWith(` INDEX ${name}`))
      ? (/\bWHERE (.*)$/s.exec(String(text))?.[1] ?? '')
      : '',
  )
  const tables = schema.filter(({ type }) => type === 'table')
  const columns = tables.flatMap(({ name }) =>
    database.prepare(`SELECT name, type, pk FROM pragma_table_info('${String(name)}')`).all(),
  )
  const sought = new Set(wordsOf([...walks, ...conditions].join(' ')))
  // What plans call a row's own number has a name in its table.
  for (const { name, type, pk } of columns) {
    if (sought.has('rowid') && type === 'INTEGER' && pk === 1) sought.add(String(name))
  }
  const known = new Set(columns.map(({ name }) => String(name)))
  const used = [...wordsOf(condition)].filter((word) => known.has(word) && !sought.has(word))
  return used.sort().join(', ')
}

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.match(/\w+/g))

/** What is wrong with a plan: nothing, as a rule. */
function growing({ sql, steps, filtered }: Planned): readonly string[] {
  const isStated = filters.some((each) => each.sql.test(sql) && each.columns === filtered)
  const loose = filtered === '' || isStated ? [] : [`${sql}\n  leaves rows out by ${filtered}`]
  const bounded = /\bLIMIT\b/i.test(sql)
  const steep = steps.flatMap((step) => {
    if (allowed.some((each) => each.step.test(step))) return []
    // A scan of an index in its order ends at the limit.
    const scans = /^SCAN\b/.test(step) && !(bounded && / USING COVERING INDEX /.test(step))
    const sorts = step.includes('TEMP B-TREE')
    const ranges = /^SEARCH\b.*[<>]/.test(step) && !bounded
    return scans || sorts || ranges ? [`${sql}\n  ${step}`] : []
  })
  return [...steep, ...loose]
}

describe.each(Object.keys(stores))('statements of the %s store', (service) => {
  test('seek what they need, however large the shop is', async () => {
    const plans = await plansOf(service)
    expect(plans.length).toBeGreaterThan(10)
    expect(plans.flatMap(growing)).toEqual([])
  })
})

test('a scan, a sort, a range without an end and a filter after a walk are found', () => {
  const database = new DatabaseSync(':memory:')
  database.exec(
    'CREATE TABLE t (a TEXT PRIMARY KEY, b INTEGER, c INTEGER); CREATE INDEX i ON t (b)',
  )
  const found = (sql: string) => growing(planOf(database, sql)).length
  expect(found('SELECT count(*) FROM t')).toBe(1)
  expect(found('SELECT a FROM t WHERE c = 1 LIMIT 1')).toBe(1)
  expect(found('SELECT c FROM t WHERE b < 5 ORDER BY a LIMIT 1')).toBe(1)
  expect(found('SELECT count(*) FROM t WHERE b < 5')).toBe(1)
  expect(found('SELECT c FROM t WHERE b < 5 ORDER BY b LIMIT 1')).toBe(0)
  expect(found('SELECT c FROM t WHERE b < 5 AND c = 1 ORDER BY b LIMIT 1')).toBe(1)
  expect(found('SELECT c FROM t WHERE a = 1')).toBe(0)
  database.close()
})
