/** Search against a plain scan of all names, whatever was done to the index. */
import { describe, expect, test } from 'bun:test'
import { derivedId, type ProductId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { sortKey } from './sort-key.ts'
import type { Window } from './product-slice.ts'
import { checkSearchIndex } from './search-index.check.ts'
import { createSearchIndex, type SearchIndex } from './search-index.ts'
import { searchTextOf } from './search-words.ts'
import { createSearch } from './search.ts'
import { randomFrom } from './stock.model.ts'
import type { ListedProduct } from './store.ts'

const product = (number: number, fields: Partial<ListedProduct> = {}): ListedProduct => ({
  id: derivedId('test-product', String(number)),
  name: `Товар ${number}`,
  category: 'Фрукты',
  price: minor(100 + number),
  version: 1,
  ...fields,
})

const named = (names: readonly string[]): readonly ListedProduct[] =>
  names.map((name, number) => product(number, { name }))

const indexOf = (products: readonly ListedProduct[]): SearchIndex => {
  const index = createSearchIndex()
  index.replace('Фрукты', [], products)
  return index
}

const window = (fields: Partial<Window> = {}): Window => ({
  sortBy: 'relevance',
  descending: false,
  minPrice: null,
  maxPrice: null,
  skip: 0,
  after: null,
  limit: 100,
  ...fields,
})

const decoder = new TextDecoder()

function found(
  index: SearchIndex,
  q: string,
  fields: Partial<Window> = {},
  category: string | null = null,
) {
  const slice = createSearch(index)(searchTextOf(q), category, window(fields))
  const items = JSON.parse(`[${decoder.decode(slice.items)}]`) as { name: string }[]
  return { ...slice, names: items.map(({ name }) => name) }
}

/** The same by reading every name. */
function scanned(
  products: Iterable<ListedProduct>,
  q: string,
  { sortBy, descending, minPrice, maxPrice }: Window,
  category: string | null,
): readonly ProductId[] {
  const search = searchTextOf(q)
  const rank = ({ name }: ListedProduct): number => {
    const { text, words } = searchTextOf(name)
    if (text === search.text) return 0
    if (search.words.every((word) => words.includes(word))) return 1
    return text.startsWith(search.text) ? 2 : 3
  }
  const value = (each: ListedProduct) => (sortBy === 'price' ? each.price : sortKey(each.name))
  return [...products]
    .filter(
      ({ name, price, ...each }) =>
        search.words.length > 0 &&
        (category === null || category === each.category) &&
        price >= (minPrice ?? 0) &&
        price <= (maxPrice ?? Infinity) &&
        search.words.every((word) =>
          searchTextOf(name).words.some((other) => other.startsWith(word)),
        ),
    )
    .sort((a, b) => {
      const ranks = sortBy === 'relevance' ? rank(a) - rank(b) : 0
      if (ranks !== 0) return ranks
      if (value(a) !== value(b)) return value(a) < value(b) === descending ? 1 : -1
      return a.id < b.id ? -1 : 1
    })
    .map(({ id }) => id)
}

describe('a search', () => {
  const shelf = indexOf(
    named([
      'Шоколад молочный',
      'Молоко 3,2%',
      'Молоко',
      'Сухое молоко',
      'Молочный коктейль',
      'Мёд липовый',
      'Медовик',
      'Хлеб',
    ]),
  )

  test('finds prefixes of words, best matches first', () => {
    expect(found(shelf, 'молоко').names).toEqual(['Молоко', 'Молоко 3,2%', 'Сухое молоко'])
    expect(found(shelf, 'мол').names).toEqual([
      'Молоко',
      'Молоко 3,2%',
      'Молочный коктейль',
      'Сухое молоко',
      'Шоколад молочный',
    ])
    expect(found(shelf, 'молочный').names).toEqual(['Молочный коктейль', 'Шоколад молочный'])
    expect(found(shelf, 'олоко').names).toEqual([])
  })

  test('needs all words, in any order', () => {
    expect(found(shelf, 'мол шок').names).toEqual(['Шоколад молочный'])
    expect(found(shelf, 'молоко 3').names).toEqual(['Молоко 3,2%'])
    expect(found(shelf, 'молоко хлеб').names).toEqual([])
    expect(found(shelf, 'молоко молоко МОЛОКО').names).toHaveLength(3)
  })

  test('tells neither case nor ё from е', () => {
    for (const q of ['мед', 'мёд', 'МЁД', 'ме\u0308д']) {
      expect(found(shelf, q).names).toEqual(['Мёд липовый', 'Медовик'])
    }
  })

  test('without a word finds nothing', () => {
    expect(found(shelf, '!?')).toMatchObject({ total: 0, count: 0, last: null })
  })

  test('stays within its category and its price bounds, in any order', () => {
    const index = createSearchIndex()
    index.put(product(1, { name: 'Яблоко', price: minor(300) }))
    index.put(product(2, { name: 'Яблоко сушёное', price: minor(100) }))
    index.put(product(3, { name: 'Сок яблочный', price: minor(200), category: 'Напитки' }))
    expect(found(index, 'ябл', {}, 'Напитки').names).toEqual(['Сок яблочный'])
    expect(found(index, 'ябл', {}, 'Нет').names).toEqual([])
    expect(found(index, 'ябл', { minPrice: minor(200), maxPrice: minor(200) }).total).toBe(1)
    expect(found(index, 'ябл', { sortBy: 'price' }).names).toEqual([
      'Яблоко сушёное',
      'Сок яблочный',
      'Яблоко',
    ])
    expect(found(index, 'ябл', { sortBy: 'name', descending: true }).names).toEqual([
      'Яблоко сушёное',
      'Яблоко',
      'Сок яблочный',
    ])
  })

  test('is paged with an exact total', () => {
    const pages = [0, 2, 4, 6].map((skip) => found(shelf, 'мол', { skip, limit: 2 }))
    expect(pages.flatMap(({ names }) => names)).toEqual([...found(shelf, 'мол').names])
    expect(pages.map(({ total, count }) => [total, count])).toEqual([
      [5, 2],
      [5, 2],
      [5, 1],
      [5, 0],
    ])
    expect(found(shelf, 'мол', { skip: 1e15 }).count).toBe(0)
  })
})

describe('a search index', () => {
  const words = ['молоко', 'Молочный', 'мёд', 'ель', 'Ёлка', '1', '10', 'кг', 'a', 'ab', 'Мол']

  test('agrees with a scan through random changes, and keeps its invariants', () => {
    const random = randomFrom(5)
    const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T // none is empty
    const phrase = () => Array.from({ length: 1 + random(4) }, () => pick(words)).join(' ')
    const categories = ['Фрукты', 'Овощи', 'Мясо']
    const index = createSearchIndex()
    const present = new Map<ProductId, ListedProduct>()
    const search = createSearch(index)
    for (let step = 1; step <= 1_500; step++) {
      const next = product(random(60), {
        name: phrase(),
        category: pick(categories),
        price: minor(1 + random(6)),
        version: step,
      })
      const move = random(10)
      if (move < 6) {
        index.put(next)
        present.set(next.id, next)
      } else if (move < 9) {
        index.drop(next.id, step)
        present.delete(next.id)
      } else {
        // What another process has made of a category.
        const before = [...present.values()].filter(({ category }) => category === next.category)
        const rows = [next, ...before.filter(({ id }) => id !== next.id && random(3) > 0)]
        const ids = before.map(({ id }) => id)
        index.replace(next.category, ids, rows)
        for (const id of ids) present.delete(id)
        for (const row of rows) present.set(row.id, row)
      }
      if (step % 10 !== 0) continue
      checkSearchIndex(index, [...present.values()])
      const [q, category] = [phrase(), pick([null, ...categories])]
      for (const sortBy of ['relevance', 'name', 'price'] as const) {
        const query = window({
          sortBy,
          descending: sortBy !== 'relevance' && random(2) === 0,
          minPrice: random(2) === 0 ? minor(random(4)) : null,
          maxPrice: random(2) === 0 ? minor(2 + random(4)) : null,
        })
        const { items, total } = search(searchTextOf(q), category, query)
        const shown = JSON.parse(`[${decoder.decode(items)}]`) as { product_id: ProductId }[]
        const expected = scanned(present.values(), q, query, category)
        expect(shown.map(({ product_id }) => product_id)).toEqual([...expected])
        expect(total).toBe(expected.length)
      }
    }
  })

  test('gives its numbers out anew before what is gone outgrows what is there', () => {
    const index = createSearchIndex()
    for (let version = 1; version <= 3_000; version++) {
      index.put(product(version % 7, { name: `Имя${version} общее`, version }))
    }
    const last = Array.from({ length: 7 }, (_, n) => {
      const version = 3_000 - ((3_000 - n) % 7)
      return product(n, { name: `Имя${version} общее`, version })
    })
    checkSearchIndex(index, last)
    expect(index.view().documents.length).toBeLessThan(1_100)
    expect(index.view().words.length).toBeLessThan(1_100)
    expect(found(index, 'общ').total).toBe(7)
    expect(found(index, 'имя5').total).toBe(0)
  })

  test('never goes back to an earlier version of a product', () => {
    const index = indexOf([product(1, { version: 5, name: 'Новое' })])
    index.put(product(1, { version: 4, name: 'Старое' }))
    index.put(product(1, { version: 5, name: 'Старое' }))
    index.drop(product(1).id, 4)
    index.drop(product(2).id, 9)
    expect(found(index, 'новое').total).toBe(1)
    index.drop(product(1).id, 5)
    checkSearchIndex(index, [])
  })

  test('leaves a product that has moved to another category', () => {
    const index = indexOf([product(1), product(2)])
    index.put(product(1, { category: 'Овощи', version: 2 }))
    index.replace('Фрукты', [product(1).id, product(2).id], [])
    checkSearchIndex(index, [product(1, { category: 'Овощи', version: 2 })])
  })

  test('its check notices a broken one', () => {
    const index = indexOf(named(['а б', 'в', 'г']))
    const products = named(['а б', 'в', 'г'])
    const view = index.view()
    const broken = [
      { ...view, byName: view.byName.toReversed() },
      { ...view, byPrice: view.byPrice.toReversed() },
      { ...view, words: view.words.slice(1) },
      { ...view, words: view.words.toReversed() },
      { ...view, categories: view.categories.map((number) => number + 1) },
      { ...view, heads: view.heads.map((head) => head + 1) },
      { ...view, prices: view.prices.map((price) => price + 1) },
      { ...view, documents: view.documents.toReversed() },
    ]
    expect(() => checkSearchIndex(index, products)).not.toThrow()
    expect(() => checkSearchIndex(index, products.slice(1))).toThrow()
    for (const each of broken) {
      expect(() => checkSearchIndex({ ...index, view: () => each }, products)).toThrow()
    }
  })
})

test('searches of one process do not see each other', () => {
  const index = indexOf(named(['яблоко красное', 'яблоко зелёное', 'груша красная']))
  const search = createSearch(index)
  const total = (q: string) => search(searchTextOf(q), null, window()).total
  for (let round = 0; round < 50; round++) {
    expect([total('яблоко'), total('кра'), total('яблоко кра'), total('груша яблоко')]).toEqual([
      2, 2, 1, 0,
    ])
  }
  index.put(product(9, { name: 'яблоко красное' }))
  expect(total('яблоко кра')).toBe(2)
})
