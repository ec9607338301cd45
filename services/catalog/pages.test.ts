/** Cached pages: the same bytes until the category changes, and never after. */
import { beforeEach, describe, expect, test } from 'bun:test'
import { gunzipSync } from 'node:zlib'
import type { Asking } from '../../core/http/compression.ts'
import type { Reply } from '../../core/http/reply.ts'
import { minor } from '../../core/values/money.ts'
import { manualClock } from '../../core/values/time.ts'
import { createCategoryList } from './categories.ts'
import { createCategoryIndexes, type CategoryIndexes } from './category-indexes.ts'
import { createFreshness } from './freshness.ts'
import { listingOf } from './listing.ts'
import type { PageShape } from './page-body.ts'
import { createPages, type Pages, type PagesOptions } from './pages.ts'
import type { ListingQuery } from './schemas.ts'
import { sampleProduct } from './store.conformance.ts'
import type { ListedProduct } from './store.ts'

const asking = (headers: Readonly<Record<string, string>> = {}): Asking => ({
  header: (name) => headers[name] ?? null,
})
const anyone = asking()
const holding = (etag: string | undefined) => asking({ 'if-none-match': etag ?? '' })
const zipping = asking({ 'accept-encoding': 'gzip' })

const body = (reply: Reply | null): unknown =>
  JSON.parse(new TextDecoder().decode(reply?.body as Uint8Array)) // pages are bytes

const names = (reply: Reply | null): readonly string[] =>
  (body(reply) as { items: { name: string }[] }).items.map(({ name }) => name)

const listed = (name: string, version = 1): ListedProduct => ({
  ...sampleProduct(name),
  name,
  version,
})

/** A page that is there at once, as every plain one is. */
function at(pages: Pages, query: ListingQuery, target: string, who = anyone): Reply {
  const reply = pages.page(listingOf({ limit: 2, ...query }, 'Фрукты'), 'object', target, who)
  if (reply instanceof Promise) throw new Error('The page is not there at once.')
  return reply
}

describe('pages', () => {
  let indexes: CategoryIndexes
  let pages: Pages
  let counts: { hits: number; misses: number }
  let rows: readonly ListedProduct[]

  const createWith = (options: Partial<PagesOptions> = {}): Pages =>
    createPages({
      indexes,
      maxBytes: 100_000,
      freshness: { mark: (reply) => reply },
      onHit: () => counts.hits++,
      onMiss: () => counts.misses++,
      ...options,
    })

  beforeEach(async () => {
    rows = ['а', 'б', 'в'].map((name) => listed(name))
    indexes = createCategoryIndexes({
      store: {
        categories: () => [{ category: 'Фрукты', version: 1 }],
        listed: () => rows,
      },
      clock: manualClock(0),
      maxProducts: 100,
    })
    await indexes.refresh()
    counts = { hits: 0, misses: 0 }
    pages = createWith()
  })

  const change = (product: ListedProduct, version: number): void =>
    indexes.apply({
      product: { ...sampleProduct(product.name), ...product, deleted: false },
      touched: [{ category: 'Фрукты', version }],
    })

  test('have exact totals and know their neighbours', () => {
    expect(body(at(pages, {}, 'q'))).toEqual({
      items: [
        { product_id: sampleProduct('а').id, name: 'а', category: 'Фрукты', price: 89.9 },
        { product_id: sampleProduct('б').id, name: 'б', category: 'Фрукты', price: 89.9 },
      ],
      total: 3,
      page: 1,
      pages: 2,
      has_next: true,
      has_prev: false,
    })
    expect(body(at(pages, { skip: 2 }, 'r'))).toMatchObject({
      items: [{ name: 'в' }],
      total: 3,
      page: 2,
      pages: 2,
      has_next: false,
      has_prev: true,
    })
  })

  test('of an unknown category, or past the end, are empty and not kept', () => {
    const unknown = pages.page(listingOf({ limit: 2 }, 'Нет'), 'object', 'q', anyone)
    expect(body(unknown as Reply)).toEqual({
      items: [],
      total: 0,
      page: 1,
      pages: 1,
      has_next: false,
      has_prev: false,
    })
    expect(body(at(pages, { skip: 40 }, 'r'))).toMatchObject({
      items: [],
      total: 3,
      page: 21,
      pages: 2,
      has_next: false,
      has_prev: true,
    })
    expect(pages.known('q', anyone)).toBeNull()
    expect(pages.known('r', anyone)).toBeNull()
  })

  test('are known by their target from the first answer on', () => {
    expect(pages.known('category=x', anyone)).toBeNull()
    const first = at(pages, {}, 'category=x')
    expect(pages.known('category=x', anyone)).toBe(first)
    expect(counts).toEqual({ hits: 1, misses: 1 })
  })

  test('are cut once for all spellings of one query', () => {
    const first = at(pages, {}, 'one')
    expect(at(pages, { sort_by: 'name', sort_order: 'asc' }, 'two')).toBe(first)
    expect(pages.known('two', anyone)).toBe(first)
    expect(counts).toEqual({ hits: 2, misses: 1 })
  })

  test('of two queries, or in two shapes, are two', () => {
    const listing = listingOf({ limit: 2 }, 'Фрукты')
    const answers = [
      at(pages, {}, 'one'),
      at(pages, { limit: 1 }, 'two'),
      at(pages, { skip: 0 }, 'three'),
      at(pages, { cursor: '' }, 'four'),
      at(pages, { q: 'а' }, 'five'),
      at(pages, { max_price: 1 }, 'six'),
      pages.page(listing, 'array', 'seven', anyone) as Reply,
    ]
    expect(new Set(answers).size).toBe(answers.length)
    expect(counts).toEqual({ hits: 0, misses: answers.length })
  })

  test('are not sent again to a client that has them', () => {
    const { etag = '' } = at(pages, {}, 'q').headers
    expect(etag).toMatch(/^"[\w-]{22}"$/)
    for (const reply of [
      pages.known('q', holding(etag)),
      pages.known('q', holding(`W/${etag}`)),
      pages.known('q', holding(`"other", ${etag}`)),
      at(pages, {}, 'r', holding(etag)),
    ]) {
      expect(reply).toMatchObject({ status: 304, body: null, headers: { etag } })
    }
    expect(pages.known('q', holding('"other"'))?.status).toBe(200)
  })

  test('change with their category, and their tag with them', () => {
    const before = at(pages, {}, 'q')
    change({ ...listed('а', 2), name: 'я', price: minor(1) }, 2)
    expect(pages.known('q', holding(before.headers.etag))).toBeNull()
    const after = at(pages, {}, 'q', holding(before.headers.etag))
    expect(after.status).toBe(200)
    expect(names(after)).toEqual(['б', 'в'])
    expect(after.headers.etag).not.toBe(before.headers.etag)
    expect(pages.known('q', anyone)).toBe(after)
  })

  test('have the same tag in every process that shows the same', () => {
    expect(at(createWith(), {}, 'q').headers.etag).toBe(at(pages, {}, 'q').headers.etag)
  })

  test('leave the cache when it is full, and are cut again', () => {
    // An eighth is for searches; what is left holds one of these pages.
    const small = createWith({ maxBytes: 1_900 })
    at(small, {}, 'one')
    at(small, { limit: 1 }, 'two')
    expect(small.known('two', anyone)?.status).toBe(200)
    expect(small.known('one', anyone)).toBeNull()
    expect(names(at(small, {}, 'one'))).toEqual(['а', 'б'])
  })

  test('are not pushed out by searches', () => {
    const small = createWith({ maxBytes: 12_000 })
    const first = at(small, {}, 'one')
    for (let n = 0; n < 100; n++) at(small, { q: `а ${n}` }, `q=${n}`)
    expect(small.known('one', anyone)).toBe(first)
  })

  test('of all categories follow every change, and are never known unparsed', () => {
    const all = () => pages.page(listingOf({ limit: 2 }, null), 'object', 'q', anyone) as Reply
    expect(names(all())).toEqual(['а', 'б'])
    change({ ...listed('0') }, 2)
    expect(names(all())).toEqual(['0', 'а'])
    expect(pages.known('q', anyone)).toBeNull()
  })

  test('of a search follow every change', () => {
    expect(names(at(pages, { q: 'Б' }, 'q'))).toEqual(['б'])
    change(listed('бб'), 2)
    expect(pages.known('q', anyone)).toBeNull()
    expect(names(at(pages, { q: 'Б' }, 'q'))).toEqual(['б', 'бб'])
  })

  describe('in another coding', () => {
    beforeEach(async () => {
      rows = Array.from({ length: 20 }, (_, n) => listed(`Товар ${n + 10}`))
      indexes = createCategoryIndexes({
        store: { categories: () => [{ category: 'Фрукты', version: 1 }], listed: () => rows },
        clock: manualClock(0),
        maxProducts: 100,
      })
      await indexes.refresh()
      pages = createWith()
    })
    const zipped = (shape: PageShape = 'object') =>
      pages.page(listingOf({}, 'Фрукты'), shape, `all ${shape}`, zipping)

    test('are compressed once, and then as much at hand as plain ones', async () => {
      const plain = at(pages, { limit: 100 }, 'plain')
      expect(pages.known('plain', zipping)).toBeNull()
      const waiting = Array.from({ length: 1_000 }, () => zipped())
      const replies = new Set(await Promise.all(waiting))
      const [reply] = replies
      expect(replies.size).toBe(1)
      expect(counts).toEqual({ hits: 1_000, misses: 1 })
      expect(pages.known('plain', zipping)).toBe(reply ?? null)
      expect(pages.known('plain', anyone)).toBe(plain)
      const bytes = gunzipSync(reply?.body as Uint8Array)
      expect(new Uint8Array(bytes)).toEqual(plain.body as Uint8Array<ArrayBuffer>)
    })

    test('count in the cache, which stays within its bound', async () => {
      const listing = listingOf({}, 'Фрукты')
      const plain = at(pages, { limit: 100 }, 'p').body as Uint8Array
      const { body: small } = await zipped()
      const overhead = 2 * `object ${listing.key}`.length + 640
      const needed = plain.length + (small as Uint8Array).length + overhead
      const room = (bytes: number) => createWith({ maxBytes: Math.ceil((bytes * 8) / 7) + 1 })
      for (const [roomy, kept] of [
        [room(needed), true],
        [room(needed - 20), false],
      ] as const) {
        await roomy.page(listing, 'object', 'p', zipping)
        expect(roomy.known('p', zipping) !== null).toBe(kept)
      }
    })

    test('are made anew after a change, and a late one is not kept in its place', async () => {
      const late = zipped()
      change(listed('Абрикос'), 2)
      const [before, after] = await Promise.all([late, zipped()])
      expect(before.headers.etag).not.toBe(after.headers.etag)
      expect(pages.known('all object', zipping)).toBe(after)
    })
  })

  test('are marked while they may be outdated', async () => {
    const clock = manualClock(0)
    let down = false
    const refresh = () => (down ? Promise.reject(new Error('down')) : Promise.resolve())
    const freshness = createFreshness({ refresh, clock, onStale() {} })
    const marked = createWith({ freshness })
    const fresh = at(marked, {}, 'q')
    expect(fresh.headers).not.toHaveProperty('x-cache')
    down = true
    clock.advance(7_900)
    await expect(freshness.refresh()).rejects.toThrow('down')
    const stale = { age: '7', 'x-cache': 'stale' }
    expect(marked.known('q', anyone)?.headers).toMatchObject(stale)
    expect(at(marked, {}, 'r').headers).toMatchObject(stale)
    expect(marked.known('q', holding(fresh.headers.etag))).toMatchObject({
      status: 304,
      headers: stale,
    })
    const zipped = marked.page(
      listingOf({}, 'Нет'),
      'object',
      'z',
      asking({
        'accept-encoding': 'gzip, identity;q=0',
      }),
    )
    expect((await zipped).headers).toMatchObject(stale)
    down = false
    await freshness.refresh()
    expect(marked.known('q', anyone)).toBe(fresh)
  })
})

test('the list of categories follows every change, and is made once between two', async () => {
  const indexes = createCategoryIndexes({
    store: {
      categories: () => [{ category: 'Фрукты', version: 1 }],
      listed: () => [listed('а'), listed('б')],
    },
    clock: manualClock(0),
    maxProducts: 100,
  })
  await indexes.refresh()
  const list = createCategoryList(indexes, { mark: (reply) => reply })
  const first = await list(anyone)
  expect(body(first)).toEqual([{ name: 'Фрукты', product_count: 2 }])
  expect(list(anyone)).toBe(first)
  expect((await list(holding(first.headers.etag))).status).toBe(304)
  indexes.apply({
    product: { ...sampleProduct('в'), version: 1, deleted: false },
    touched: [{ category: 'Фрукты', version: 2 }],
  })
  const held = holding(first.headers.etag)
  expect(body(await list(held))).toEqual([{ name: 'Фрукты', product_count: 3 }])
})
