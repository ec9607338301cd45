/** The SQLite store against the suite, and two processes' views of one file. */
import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openDatabase, type Database } from '../../core/sqlite/database.ts'
import { derivedId, type OrderId } from '../../core/values/ids.ts'
import { isSound } from './stock.ts'
import { catalogStoreConformance, sampleProduct, type StoreUnderTest } from './store.conformance.ts'
import { migrations } from './migrations.sqlite.ts'
import { openSqliteStore, sqliteStore } from './store.sqlite.ts'

catalogStoreConformance(open)

const orderIdOf = (name: string): OrderId => derivedId('test-order', name)

async function open(): Promise<StoreUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'catalog-'))
  const path = join(folder, 'catalog.db')
  const db = openDatabase({ path, migrations, service: 'catalog' })
  const crash = crashing(db)
  return {
    store: sqliteStore(crash.db),
    crashAfter: crash.after,
    heal: crash.heal,
    async kept() {
      const both = 'SELECT (SELECT count(*) FROM reservations) + (SELECT count(*) FROM fences)'
      const lines = db.statement<[], { lines: number }>(`${both} AS lines`).get()?.lines
      return { lines: lines ?? NaN, notes: 0 }
    },
    async close() {
      await db.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** A database whose writing statements fail from a chosen one on. */
function crashing(db: Database) {
  let left = Infinity
  const guard = <Result>(run: (...values: never[]) => Result) => {
    return (...values: never[]): Result => {
      if (left-- <= 0) throw new Error('crashed')
      return run(...values)
    }
  }
  return {
    after(writes: number) {
      left = writes
    },
    heal() {
      const happened = left < 0
      left = Infinity
      return happened
    },
    db: {
      ...db,
      // The guard passes parameters and rows through untouched, whatever their types are.
      statement: ((sql: string, name?: string) => {
        const statement = db.statement(sql, name)
        if (sql.startsWith('SELECT')) return statement
        return { get: guard(statement.get), all: guard(statement.all), run: guard(statement.run) }
      }) as Database['statement'],
    },
  }
}

test('two handles on one file share one stock', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'catalog-'))
  const path = join(folder, 'catalog.db')
  const stores = [openSqliteStore({ path }), openSqliteStore({ path })] as const
  const product = sampleProduct('а', { available: 30 })
  await stores[0].create(product)
  const results = await Promise.all(
    Array.from({ length: 60 }, (_, n) => {
      const order: OrderId = derivedId('test-order', String(n))
      const store = n % 2 === 0 ? stores[0] : stores[1]
      return store.reserve(order, [{ productId: product.id, quantity: 1 }])
    }),
  )
  expect(results.filter(({ kind }) => kind === 'reserved')).toHaveLength(30)
  const stock = await stores[1].stock(product.id)
  expect(stock).toEqual({ stocked: 30, available: 0, reserved: 30, sold: 0 })
  expect(stock !== null && isSound(stock)).toBe(true)
  for (const store of stores) await store.close()
  rmSync(folder, { recursive: true })
})

test('fences of an older build, a row for each line, become one for the order', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'catalog-'))
  const path = join(folder, 'catalog.db')
  const first = openDatabase({ path, migrations: migrations.slice(0, 1), service: 'catalog' })
  const [fenced, sold] = [orderIdOf('отказ'), orderIdOf('продан')]
  const product = sampleProduct('яблоко')
  const add = first.statement('INSERT INTO reservations VALUES (?, ?, ?, ?, ?, ?)')
  await first.write(() => {
    for (const n of ['1', '2', '3']) add.run(fenced, n, 1, null, null, 'released')
    add.run(sold, product.id, 2, 'Товар', 100, 'committed')
  })
  await first.close()
  const db = openDatabase({ path, migrations, service: 'catalog' })
  const store = sqliteStore(db)
  await store.create(product)
  const one = [{ productId: product.id, quantity: 1 }]
  expect(await store.reserve(fenced, one)).toEqual({ kind: 'released' })
  expect(await store.release(sold, one)).toEqual({ kind: 'committed' })
  const rows = db.statement<[], { order_id: string }>('SELECT order_id FROM reservations').all()
  expect(rows).toEqual([{ order_id: sold }])
  await store.forget([fenced])
  expect(await store.reserve(fenced, one)).toMatchObject({ kind: 'reserved' })
  await store.close()
  rmSync(folder, { recursive: true })
})

test('a closed store says that it is unavailable', async () => {
  const store = openSqliteStore({ path: ':memory:' })
  await store.close()
  expect(() => store.check()).toThrow('not available')
  await expect(store.create(sampleProduct('а'))).rejects.toMatchObject({
    code: 'store_unavailable',
  })
})

test('the sums of the stock are added up in slices, with turns for others between them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'catalog-'))
  const path = join(folder, 'catalog.db')
  let slices = 0
  const observe = (operation: string) => {
    if (operation === 'check_stock') slices += 1
  }
  const store = openSqliteStore({ path, observe })
  const others = new DatabaseSync(path)
  others.exec(`
    INSERT INTO categories VALUES ('а', 0);
    INSERT INTO products
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
      SELECT printf('%08x-0000-4000-8000-%012x', i * 7919, i), 'n', 'а', 1, NULL, NULL, 1, 0 FROM n;
    INSERT INTO stock SELECT id, 10, 5, 3, 2 FROM products;
    PRAGMA ignore_check_constraints = ON;
    UPDATE stock SET sold = 3 WHERE product_id LIKE '%1';
  `)
  others.close()
  const seen: number[] = []
  let summed = false
  const look = () => {
    seen.push(slices)
    if (!summed) setImmediate(look)
  }
  setImmediate(look)
  expect(await store.stockViolations()).toBe(12_000 / 16)
  summed = true
  // Two full ones, the rest, and one that finds the end.
  expect(slices).toBe(4)
  expect(seen.slice(0, 3)).toEqual([1, 2, 3])
  await store.close()
  rmSync(folder, { recursive: true })
})
