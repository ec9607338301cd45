/** Cached pages: the same bytes until the category changes, and never after. */
import { beforeEach, describe, expect, test } from 'bun:test'
import type { Reply } from '../../core/http/reply.ts'
import { minor } from '../../core/values/money.ts'
import { manualClock } from '../../core/values/time.ts'
import { createCategoryList } from './categories.ts'
import { createCategoryIndexes, type CategoryIndexes } from './category-indexes.ts'
import { createPages, type Pages } from './pages.ts'
import type { Window } from './product-slice.ts'
import { sampleProduct } from './store.conformance.ts'
import type { ListedProduct } from './store.ts'

const window: Window = {
  sortBy: 'name',
  descending: false,
  minPrice: null,
  maxPrice: null,
  skip: 0,
  limit: 2,
}

const body = (reply: Reply | null): unknown =>
  JSON.parse(new TextDecoder().decode(reply?.body as Uint8Array)) // pages are bytes

const names = (reply: Reply | null): readonly string[] =>
  (body(reply) as { items: { name: string }[] }).items.map(({ name }) => name)

const listed = (name: string, version = 1): ListedProduct => ({
  ...sampleProduct(name),
  name,
  version,
})

describe('pages', () => {
  let indexes: CategoryIndexes
  let pages: Pages
  let counts: { hits: number; misses: number }

  beforeEach(async () => {
    const rows = ['а', 'б', 'в'].map((name) => listed(name))
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
    pages = createPages({
      indexes,
      maxBytes: 100_000,
      onHit: () => counts.hits++,
      onMiss: () => counts.misses++,
    })
  })

  const change = (product: ListedProduct, version: number): void =>
    indexes.apply({
      product: { ...sampleProduct(product.name), ...product, deleted: false },
      touched: [{ category: 'Фрукты', version }],
    })

  test('have exact totals and know their neighbours', () => {
    expect(body(pages.ofCategory('Фрукты', window, 'q', null))).toMatchObject({
      items: [{ name: 'а', price: 89.9, category: 'Фрукты' }, { name: 'б' }],
      total: 3,
      page: 1,
      pages: 2,
      has_next: true,
      has_prev: false,
    })
    expect(body(pages.ofCategory('Фрукты', { ...window, skip: 2 }, 'r', null))).toMatchObject({
      items: [{ name: 'в' }],
      total: 3,
      page: 2,
      pages: 2,
      has_next: false,
      has_prev: true,
    })
  })

  test('of an unknown category, or past the end, are empty and not kept', () => {
    expect(body(pages.ofCategory('Нет', window, 'q', null))).toEqual({
      items: [],
      total: 0,
      page: 1,
      pages: 1,
      has_next: false,
      has_prev: false,
    })
    const past = { ...window, skip: 40 }
    expect(body(pages.ofCategory('Фрукты', past, 'r', null))).toMatchObject({
      items: [],
      total: 3,
      page: 21,
      pages: 2,
      has_next: false,
      has_prev: true,
    })
    expect(pages.known('q', null)).toBeNull()
    expect(pages.known('r', null)).toBeNull()
  })

  test('are known by their query string from the first answer on', () => {
    expect(pages.known('category=x', null)).toBeNull()
    const first = pages.ofCategory('Фрукты', window, 'category=x', null)
    expect(pages.known('category=x', null)).toBe(first)
    expect(counts).toEqual({ hits: 1, misses: 1 })
  })

  test('are cut once for all spellings of one query', () => {
    const first = pages.ofCategory('Фрукты', window, 'one', null)
    expect(pages.ofCategory('Фрукты', window, 'two', null)).toBe(first)
    expect(pages.known('two', null)).toBe(first)
    expect(counts).toEqual({ hits: 2, misses: 1 })
  })

  test('are not sent again to a client that has them', () => {
    const { headers } = pages.ofCategory('Фрукты', window, 'q', null)
    const etag = headers.etag ?? ''
    expect(etag).toMatch(/^"[\w-]{22}"$/)
    for (const reply of [
      pages.known('q', etag),
      pages.known('q', `W/${etag}`),
      pages.known('q', `"other", ${etag}`),
      pages.ofCategory('Фрукты', window, 'r', etag),
    ]) {
      expect(reply).toMatchObject({ status: 304, body: null, headers: { etag } })
    }
    expect(pages.known('q', '"other"')?.status).toBe(200)
  })

  test('change with their category, and their tag with them', () => {
    const before = pages.ofCategory('Фрукты', window, 'q', null)
    change({ ...listed('а', 2), name: 'я', price: minor(1) }, 2)
    expect(pages.known('q', before.headers.etag ?? null)).toBeNull()
    const after = pages.ofCategory('Фрукты', window, 'q', before.headers.etag ?? null)
    expect(after.status).toBe(200)
    expect(names(after)).toEqual(['б', 'в'])
    expect(after.headers.etag).not.toBe(before.headers.etag)
    expect(pages.known('q', null)).toBe(after)
  })

  test('have the same tag in every process that shows the same', () => {
    const other = createPages({ indexes, maxBytes: 100_000, onHit() {}, onMiss() {} })
    expect(other.ofCategory('Фрукты', window, 'q', null).headers.etag).toBe(
      pages.ofCategory('Фрукты', window, 'q', null).headers.etag,
    )
  })

  test('leave the cache when it is full, and are cut again', () => {
    const small = createPages({ indexes, maxBytes: 1_500, onHit() {}, onMiss() {} })
    small.ofCategory('Фрукты', window, 'one', null)
    small.ofCategory('Фрукты', { ...window, limit: 1 }, 'two', null)
    expect(small.known('two', null)?.status).toBe(200)
    expect(small.known('one', null)).toBeNull()
    expect(names(small.ofCategory('Фрукты', window, 'one', null))).toEqual(['а', 'б'])
  })

  test('of all categories follow every change', () => {
    expect(names(pages.ofAll(window))).toEqual(['а', 'б'])
    change({ ...listed('0') }, 2)
    expect(names(pages.ofAll(window))).toEqual(['0', 'а'])
  })

  test('the list of categories follows every change, and is made once between two', () => {
    const list = createCategoryList(indexes)
    const first = list(null)
    expect(body(first)).toEqual([{ name: 'Фрукты', product_count: 3 }])
    expect(list(null)).toBe(first)
    expect(list(first.headers.etag ?? null).status).toBe(304)
    change(listed('г'), 2)
    expect(body(list(first.headers.etag ?? null))).toEqual([{ name: 'Фрукты', product_count: 4 }])
  })
})
