/** Queries and their cursors: what they mean, and that paging by cursor is stable under writes. */
import { beforeEach, describe, expect, test } from 'bun:test'
import { derivedId, newId, type ProductId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { manualClock } from '../../core/values/time.ts'
import { createCategoryIndexes, type CategoryIndexes } from './category-indexes.ts'
import { readCursor, writeCursor, type CursorQuery } from './cursor.ts'
import { listingOf, nextCursor, nextLink } from './listing.ts'
import { emptyIndex } from './product-index.ts'
import { sliceOf, type Slice } from './product-slice.ts'
import type { ListingQuery } from './schemas.ts'
import { sortKey } from './sort-key.ts'
import { randomFrom } from './stock.model.ts'
import { sampleProduct } from './store.conformance.ts'
import type { StockedProduct } from './store.ts'

const refused = (code: string) => expect.objectContaining({ code })

describe('a query', () => {
  test('asks for the first hundred by name unless it says otherwise', () => {
    expect(listingOf({}, null)).toMatchObject({
      category: null,
      search: null,
      paging: null,
      window: {
        sortBy: 'name',
        descending: false,
        minPrice: null,
        maxPrice: null,
        skip: 0,
        after: null,
        limit: 100,
      },
    })
  })

  test.each([
    [1.1, 110, 110],
    [0.29, 29, 29],
    [10.005, 1_001, 1_000],
    [0, 0, 0],
    // Nothing costs as much, so what is beyond means the same.
    [1e15, 10_000_000_000, 10_000_000_000],
  ])('with a price bound of %p means whole kopecks inside of it', (amount, low, high) => {
    const { minPrice, maxPrice } = listingOf({ min_price: amount, max_price: amount }, null).window
    expect([minPrice, maxPrice]).toEqual([minor(low), minor(high)])
  })

  test('with its price bounds the wrong way round is refused', () => {
    const inverted = { min_price: 2, max_price: 1.99 }
    expect(() => listingOf(inverted, null)).toThrow(refused('price_range_inverted'))
  })

  test('of a search has the best matches first, unless it names an order', () => {
    const sortBy = (query: ListingQuery) => listingOf({ q: 'мол', ...query }, null).window.sortBy
    expect(sortBy({})).toBe('relevance')
    expect(sortBy({ sort_order: 'asc' })).toBe('relevance')
    expect(sortBy({ sort_by: 'name' })).toBe('name')
    expect(sortBy({ sort_by: 'price' })).toBe('price')
    expect(sortBy({ sort_order: 'desc' })).toBe('name')
  })

  test('has one key for all its spellings, and no other query has it', () => {
    const key = (query: ListingQuery, category: string | null = 'Фрукты') =>
      listingOf(query, category).key
    expect(key({ sort_by: 'name', sort_order: 'asc', limit: 100 })).toBe(key({}))
    expect(key({ min_price: 10 })).toBe(key({ min_price: 9.999 }))
    const queries: readonly ListingQuery[] = [
      {},
      { skip: 0 },
      { cursor: '' },
      { limit: 1 },
      { min_price: 1 },
      { max_price: 1 },
      { sort_by: 'price' },
      { sort_order: 'desc' },
      { q: 'а' },
      { q: 'а', sort_by: 'name' },
    ]
    const keys = [...queries.map((query) => key(query)), key({}, 'Ф","'), key({}, null)]
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('cannot both skip and have a cursor', () => {
    expect(() => listingOf({ skip: 1, cursor: '' }, null)).toThrow(refused('validation_failed'))
    expect(listingOf({ skip: 0, cursor: '' }, null).paging).toBe('cursor')
  })
})

describe('a cursor', () => {
  const query: CursorQuery = {
    category: 'Фрукты',
    text: null,
    sortBy: 'name',
    descending: false,
    minPrice: null,
    maxPrice: null,
  }
  const position = { rank: 0, value: 'яблоко «гала» 🍎', id: newId<ProductId>() }

  test('leads back to its position', () => {
    const cursor = writeCursor(query, position)
    expect(cursor).toMatch(/^[\w-]+$/)
    expect(readCursor(query, cursor)).toEqual(position)
    const byPrice = { ...query, sortBy: 'price' } as const
    const dearest = { ...position, value: 9_999_999_999 }
    expect(readCursor(byPrice, writeCursor(byPrice, dearest))).toEqual(dearest)
  })

  test('of before names were folded leads to the place of its name', () => {
    for (const sortBy of ['name', 'relevance'] as const) {
      const old = { rank: 0, value: 'Елка «Лесная» 7', id: newId<ProductId>() }
      const cursor = writeCursor({ ...query, sortBy }, old)
      const value = sortKey('Ёлка «Лесная» 7')
      expect(readCursor({ ...query, sortBy }, cursor)).toEqual({ ...old, value })
    }
  })

  test('fits into a query whatever the name is', () => {
    const value = '\u{1f34e}'.repeat(100)
    expect(writeCursor(query, { ...position, value }).length).toBeLessThan(4_000)
    const numbered = sortKey('🍎1'.repeat(100))
    expect(writeCursor(query, { ...position, value: numbered }).length).toBeLessThan(4_000)
    const escaped = '"\\'.repeat(100)
    expect(writeCursor(query, { ...position, value: escaped }).length).toBeLessThan(4_000)
  })

  test.each<[string, Partial<CursorQuery>]>([
    ['category', { category: 'Овощи' }],
    ['category, all of them', { category: null }],
    ['search', { text: 'мол' }],
    ['order', { sortBy: 'price' }],
    ['direction', { descending: true }],
    ['lower bound', { minPrice: minor(1) }],
    ['upper bound', { maxPrice: minor(1) }],
  ])('of another %s is refused', (_, fields) => {
    const cursor = writeCursor(query, position)
    expect(() => readCursor({ ...query, ...fields }, cursor)).toThrow(
      expect.objectContaining({
        code: 'bad_request',
        detail: 'The cursor belongs to another query',
      }),
    )
  })

  const mark = JSON.parse(
    Buffer.from(writeCursor(query, position), 'base64url').toString(),
  )[0] as string
  test.each([
    'x',
    '🍎',
    'null',
    '[]',
    '{}',
    'null,null,null,null',
    `["${mark}",0,"а"]`,
    `["${mark}",0,"а","not-an-id"]`,
    `["${mark}",0,"а",7]`,
    `["${mark}",0,5,"${newId()}"]`,
    `["${mark}",4,"а","${newId()}"]`,
    `["${mark}","0","а","${newId()}"]`,
    `["${mark}",0,"а","${newId()}",1]`,
  ])('%p is none', (text) => {
    for (const cursor of [text, Buffer.from(text).toString('base64url')]) {
      expect(() => readCursor(query, cursor)).toThrow(
        expect.objectContaining({ code: 'bad_request', detail: 'The cursor is not valid' }),
      )
    }
  })
})

describe('turning pages', () => {
  let indexes: CategoryIndexes
  let version = 1

  beforeEach(async () => {
    version = 1
    indexes = createCategoryIndexes({
      store: { categories: () => [], listed: () => [] },
      clock: manualClock(0),
      maxProducts: 10_000,
    })
    await indexes.refresh()
  })

  function write(product: Partial<StockedProduct> & { readonly id: ProductId }): void {
    version++
    const whole = { ...sampleProduct('x'), deleted: false, ...product, version }
    indexes.apply({ product: whole, touched: [{ category: whole.category, version }] })
  }

  function sliceFor(query: ListingQuery): Slice {
    const { search, category, window } = listingOf(query, 'Фрукты')
    if (search !== null) return indexes.search(search, category, window)
    return sliceOf(indexes.category('Фрукты')?.index ?? emptyIndex, window)
  }

  const itemsOf = (slice: Slice) =>
    JSON.parse(`[${new TextDecoder().decode(slice.items)}]`) as {
      product_id: ProductId
      name: string
      price: number
    }[]

  const queries: readonly (readonly [string, ListingQuery])[] = [
    ['name', {}],
    ['name, from its end', { sort_order: 'desc' }],
    ['price', { sort_by: 'price' }],
    ['price, from its end', { sort_by: 'price', sort_order: 'desc' }],
    ['name within price bounds', { min_price: 2, max_price: 6 }],
    ['name within price bounds, from its end', { min_price: 2, sort_order: 'desc' }],
    ['price within bounds', { sort_by: 'price', min_price: 2, max_price: 6 }],
    ['price within bounds, from its end', { sort_by: 'price', sort_order: 'desc', max_price: 6 }],
    ['relevance', { q: 'им' }],
    ['relevance, of two words', { q: 'имя с' }],
    ['price of what is found', { q: 'им', sort_by: 'price', sort_order: 'desc', min_price: 2 }],
    ['name of what is found', { q: 'им', sort_order: 'desc' }],
  ]

  test.each(queries)('in the order of %s shows each product once', (_, query) => {
    const random = randomFrom(11)
    for (let n = 0; n < 57; n++) {
      const name = ['Имя', 'имя синее', `Имя ${random(9)}`, 'Сон', 'Сок имени'][random(5)] ?? ''
      write({ id: derivedId('test-product', String(n)), name, price: minor(100 + 100 * random(8)) })
    }
    const whole = itemsOf(sliceFor({ ...query, limit: 100 }))
    for (const limit of [1, 7, 100]) {
      const seen: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const listing = listingOf({ ...query, limit, cursor }, 'Фрукты')
        const slice: Slice = sliceFor({ ...query, limit, cursor })
        expect([slice.total, slice.skip]).toEqual([whole.length, seen.length])
        seen.push(...itemsOf(slice).map(({ product_id }) => product_id))
        cursor = nextCursor(listing, slice)
      }
      expect(seen).toEqual(whole.map(({ product_id }) => product_id))
    }
  })

  test.each(queries)('in the order of %s is stable under writes', (_, query) => {
    const random = randomFrom(23)
    const nameOf = () => ['Имя', 'Имя синее', `Имя ${random(30)}`, 'Имени сок'][random(4)] ?? ''
    const priceOf = () => minor(100 + 100 * random(8))
    // These stay as they are; what comes and goes around them must neither hide nor repeat them.
    for (let n = 0; n < 40; n++) {
      write({ id: derivedId('staying', String(n)), name: nameOf(), price: priceOf() })
    }
    const staying = itemsOf(sliceFor({ ...query, limit: 100 })).map(({ product_id }) => product_id)
    expect(staying.length).toBeGreaterThan(5)
    const seen: ProductId[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const slice: Slice = sliceFor({ ...query, limit: 3, cursor })
      seen.push(...itemsOf(slice).map(({ product_id }) => product_id))
      cursor = nextCursor(listingOf({ ...query, limit: 3, cursor }, 'Фрукты'), slice)
      for (let n = 0; n < 4; n++) {
        const id = derivedId<ProductId>('passing', String(random(30)))
        write({ id, name: nameOf(), price: priceOf(), deleted: random(2) === 0 })
      }
      // The very product that the cursor was cut at goes as well, unless it is to stay.
      const last = seen.at(-1)
      if (last !== undefined && !staying.includes(last)) write({ id: last, deleted: true })
    }
    expect(seen.filter((id) => staying.includes(id))).toEqual(staying)
  })

  test('goes on behind the place of a product that is gone', () => {
    const id = (name: string) => derivedId<ProductId>('test-product', name)
    for (const name of ['а', 'б', 'в', 'г']) write({ id: id(name), name })
    const listing = listingOf({ limit: 2, cursor: '' }, 'Фрукты')
    const cursor = nextCursor(listing, sliceFor({ limit: 2, cursor: '' })) ?? ''
    write({ id: id('б'), name: 'б', deleted: true })
    write({ id: id('аа'), name: 'аа' })
    write({ id: id('бб'), name: 'бб' })
    const next = sliceFor({ limit: 2, cursor })
    expect(itemsOf(next).map(({ name }) => name)).toEqual(['бб', 'в'])
    expect([next.skip, next.total]).toEqual([2, 5])
  })

  describe('by Link', () => {
    const linkOf = (query: ListingQuery, withCategory = false) => {
      for (let n = 0; n < 9; n++) {
        write({ id: derivedId('test-product', String(n)), name: `Имя ${n}`, price: minor(1_000) })
      }
      return nextLink(listingOf(query, 'Фрукты'), sliceFor(query), withCategory)
    }
    const partsOf = (link: string | null) => {
      const target = /^<\?([!-~]+)>; rel="next"$/.exec(link ?? '')?.[1] ?? ''
      return Object.fromEntries(new URLSearchParams(target))
    }

    test('has everything that the query had, and a cursor', () => {
      const query = { sort_by: 'price', sort_order: 'desc', min_price: 1.5, max_price: 99 } as const
      const { cursor, ...parts } = partsOf(linkOf({ ...query, q: 'имя', limit: 3 }, true))
      expect(parts).toEqual({
        category: 'Фрукты',
        q: 'имя',
        sort_by: 'price',
        sort_order: 'desc',
        min_price: '1.5',
        max_price: '99',
        limit: '3',
      })
      const next = sliceFor({ ...query, q: 'имя', limit: 3, cursor: cursor ?? '' })
      expect([next.skip, next.count]).toEqual([3, 3])
    })

    test('leaves out what goes without saying, and the category that the path names', () => {
      expect(Object.keys(partsOf(linkOf({ limit: 3 })))).toEqual(['limit', 'cursor'])
      expect(Object.keys(partsOf(linkOf({ limit: 3, q: 'имя' })))).toEqual(['q', 'limit', 'cursor'])
      const byName = partsOf(linkOf({ limit: 3, q: 'имя', sort_by: 'name' }))
      expect(byName.sort_by).toBe('name')
    })

    test('counts on for who counts', () => {
      expect(partsOf(linkOf({ limit: 3, skip: 0 }))).toEqual({ limit: '3', skip: '3' })
      expect(partsOf(linkOf({ limit: 3, skip: 5 }))).toEqual({ limit: '3', skip: '8' })
    })

    test('is absent on the last page', () => {
      expect(linkOf({ limit: 9 })).toBeNull()
      expect(linkOf({ limit: 3, skip: 6 })).toBeNull()
      expect(linkOf({ limit: 3, skip: 60 })).toBeNull()
      expect(linkOf({ q: 'нет' })).toBeNull()
    })
  })
})
