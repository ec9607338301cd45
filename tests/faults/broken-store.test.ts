/** A catalog whose file breaks under it goes on reading aloud what it has read, and says so. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'bun:test'
import { clientOf } from '../support/client.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { eventually } from '../support/ledger.ts'
import { conform, Page } from '../support/shapes.ts'
import { startShop } from '../support/shop.ts'

// It is a file of SQLite that breaks, whatever the other suites run on.
const onFile = { store: 'sqlite', copies: 1 } as const
const shop = await startShop({ processes: ['catalog'], products: 80, ...onFile })
afterAll(shop.stop)

const client = clientOf(shop)
const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  client.call('catalog', 'GET', path, { headers })

const category = encodeURIComponent('Фрукты')
const list = `/products/?category=${category}`

/**
 * Makes every page of the file unreadable, and readable again. The process keeps pages that it has
 * read until somebody commits; so another connection does, whose own pages are in memory by then.
 */
function breakable(path: string) {
  const other = new DatabaseSync(path)
  other.exec('PRAGMA wal_autocheckpoint = 0')
  other.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  const bytes = readFileSync(path)
  const overwrite = (content: Uint8Array): void => {
    const file = openSync(path, 'r+')
    writeSync(file, content, 0, content.length, 0)
    closeSync(file)
    other.exec('COMMIT')
  }
  const begin = (): void => {
    other.exec('BEGIN IMMEDIATE')
    // A real change: SQLite writes nothing for a row that stays as it is.
    other.exec('UPDATE categories SET version = version + 1')
  }
  return {
    break() {
      begin()
      overwrite(new Uint8Array(bytes.length).fill(0x5a))
    },
    mend() {
      begin()
      overwrite(bytes)
    },
    close: () => other.close(),
  }
}

test('lists and seen products are served on, marked as stale, until the file is whole again', async () => {
  const { items } = conform(Page, (await get(list)).json())
  const [seen, unseen] = items.map(({ product_id }) => `/products/${product_id}`)
  if (seen === undefined || unseen === undefined) throw new Error('The category is empty.')
  const fresh = await get(seen)
  expect(fresh.headers.get('x-cache')).toBeNull()

  const file = breakable(join(shop.directory, 'catalog', 'catalog.db'))
  file.break()
  await eventually('lists are marked', async () => {
    return (await get(list)).headers.get('x-cache') === 'stale'
  })
  const gzip = { 'accept-encoding': 'gzip' }
  for (const answer of [
    await get(list),
    await get(list, gzip),
    await get(`${list}&limit=7&cursor=`),
    await get(`${list}&q=${encodeURIComponent('яблоки')}`),
    await get(`/products/by-category/${category}`),
    await get('/products/categories/list'),
  ]) {
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-cache')).toBe('stale')
    // Two seconds pass before anything is marked.
    expect(Number(answer.headers.get('age'))).toBeGreaterThanOrEqual(2)
  }
  expect(conform(Page, (await get(list)).json()).items).toEqual(items)

  const stale = await get(seen)
  expect([stale.status, stale.text]).toEqual([200, fresh.text])
  expect(stale.headers.get('x-cache')).toBe('stale')
  expect(stale.headers.get('age')).toMatch(/^\d+$/)
  const known = await get(seen, { 'if-none-match': fresh.headers.get('etag') ?? '' })
  expect([known.status, known.headers.get('x-cache')]).toEqual([304, 'stale'])
  expectProblem(await get(unseen), 503, 'store_unavailable')
  const health = await get('/system/health')
  expect(health.status).toBe(503)
  expect(health.json()).toEqual({ status: 'error', database_connection: 'unavailable' })

  file.mend()
  await eventually('lists are as before', async () => {
    return (await get(list)).headers.get('x-cache') === null
  })
  file.close()
  const again = await get(seen)
  expect([again.text, again.headers.get('x-cache')]).toEqual([fresh.text, null])
  expect((await get(unseen)).status).toBe(200)
})
