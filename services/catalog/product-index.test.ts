/** The product index against a plain sort, whatever was done to it. */
import { describe, expect, test } from 'bun:test'
import { derivedId, type ProductId } from '../../core/values/ids.ts'
import { fromMinor, minor } from '../../core/values/money.ts'
import { checkIndex } from './product-index.check.ts'
import {
  buildIndex,
  emptyIndex,
  mergeIndexes,
  showsSame,
  withoutProduct,
  withProduct,
  type ProductIndex,
} from './product-index.ts'
import { sliceOf, type Window } from './product-slice.ts'
import { sortKey } from './sort-key.ts'
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

const window = (fields: Partial<Window> = {}): Window => ({
  sortBy: 'name',
  descending: false,
  minPrice: null,
  maxPrice: null,
  skip: 0,
  after: null,
  limit: 100,
  ...fields,
})

const decoder = new TextDecoder()

function itemsOf(index: ProductIndex, fields: Partial<Window> = {}): readonly unknown[] {
  const { items, count } = sliceOf(index, window(fields))
  const parsed: unknown = JSON.parse(`[${decoder.decode(items)}]`)
  if (!Array.isArray(parsed) || parsed.length !== count) throw new Error('The count is wrong.')
  return parsed
}

/** What the slice must be, by sorting and filtering as plainly as possible. */
function expectedItems(products: readonly ListedProduct[], fields: Partial<Window>) {
  const { sortBy, descending, minPrice, maxPrice, skip, limit } = window(fields)
  const value = (each: ListedProduct) => (sortBy === 'price' ? each.price : sortKey(each.name))
  const matching = products
    .filter(({ price }) => price >= (minPrice ?? 0) && price <= (maxPrice ?? Infinity))
    .toSorted((a, b) => {
      if (value(a) !== value(b)) return value(a) < value(b) === descending ? 1 : -1
      return a.id < b.id ? -1 : 1
    })
  const items = matching.slice(skip, skip + limit).map(({ id, name, category, price }) => {
    return { product_id: id, name, category, price: fromMinor(price) }
  })
  return { total: matching.length, items }
}

describe('a product index', () => {
  test('agrees with a plain sort for every order, bound and page', () => {
    const random = randomFrom(7)
    // Few names and prices, so that there are many ties.
    const products = Array.from({ length: 60 }, (_, n) => {
      return product(n, { name: `Имя ${random(12)}`, price: minor(100 * (1 + random(9))) })
    })
    const index = buildIndex(products)
    checkIndex(index)
    for (const sortBy of ['name', 'price'] as const) {
      for (const descending of [false, true]) {
        for (const [low, high] of [
          [null, null],
          [300, null],
          [null, 500],
          [300, 700],
          [301, 399],
        ]) {
          for (const [skip, limit] of [
            [0, 100],
            [0, 7],
            [13, 10],
            [55, 10],
            [60, 10],
            [1e15, 1],
          ]) {
            const fields = {
              sortBy,
              descending,
              minPrice: low === null || low === undefined ? null : minor(low),
              maxPrice: high === null || high === undefined ? null : minor(high),
              skip: skip ?? 0,
              limit: limit ?? 1,
            }
            const expected = expectedItems(products, fields)
            expect(itemsOf(index, fields)).toEqual([...expected.items])
            expect(sliceOf(index, window(fields)).total).toBe(expected.total)
          }
        }
      }
    }
  })

  test('keeps its invariants through random changes, and shows what a new build would', () => {
    const random = randomFrom(3)
    const present = new Map<ProductId, ListedProduct>()
    let index = emptyIndex
    for (let step = 1; step <= 600; step++) {
      const next = product(random(40), {
        name:
          ['Ёжевика', 'Ежевика', 'Ель', `Имя ${random(9)}`, 'a "quoted", name'][random(5)] ?? '',
        price: minor(1 + random(50)),
        version: step,
      })
      if (random(3) === 0) {
        index = withoutProduct(index, next.id, step)
        present.delete(next.id)
      } else {
        index = withProduct(index, next)
        present.set(next.id, next)
      }
      checkIndex(index)
      expect(index).toEqual(buildIndex([...present.values()]))
    }
  })

  test('never goes back to an earlier version of a product', () => {
    const index = buildIndex([product(1, { version: 5 }), product(2)])
    expect(withProduct(index, product(1, { version: 5, name: 'Старое' }))).toBe(index)
    expect(withProduct(index, product(1, { version: 4, name: 'Старое' }))).toBe(index)
    expect(withoutProduct(index, product(1).id, 4)).toBe(index)
    expect(withoutProduct(index, product(3).id, 9)).toBe(index)
    expect(withoutProduct(index, product(1).id, 5).size).toBe(1)
  })

  test('sorts ё with е, and equal names by id', () => {
    const names = ['Жимолость', 'Ёжевика', 'Ель', 'Дыня', 'Еда']
    const index = buildIndex(names.map((name, n) => product(n, { name })))
    const sorted = itemsOf(index).map((item) => (item as { name: string }).name)
    expect(sorted).toEqual(['Дыня', 'Еда', 'Ёжевика', 'Ель', 'Жимолость'])
    const same = buildIndex([1, 2, 3].map((n) => product(n, { name: 'Имя', price: minor(1) })))
    const ids = [1, 2, 3].map((n) => product(n).id).toSorted()
    for (const sortBy of ['name', 'price'] as const) {
      for (const descending of [false, true]) {
        const shown = itemsOf(same, { sortBy, descending })
        expect(shown.map((item) => (item as { product_id: string }).product_id)).toEqual(ids)
      }
    }
  })

  test('holds the dearest price that the contract allows', () => {
    const index = buildIndex([product(1, { price: minor(9_999_999_999) }), product(2)])
    checkIndex(index)
    expect(itemsOf(index, { sortBy: 'price', descending: true, limit: 1 })).toMatchObject([
      { price: 99_999_999.99 },
    ])
  })

  test('merges into the index of all its products', () => {
    const products = Array.from({ length: 30 }, (_, n) => product(n, { category: `К${n % 3}` }))
    const parts = [0, 1, 2].map((n) => {
      return buildIndex(products.filter(({ category }) => category === `К${n}`))
    })
    const merged = mergeIndexes(parts)
    checkIndex(merged)
    expect(merged).toEqual(buildIndex(products))
    expect(mergeIndexes([])).toEqual(emptyIndex)
  })

  test('knows whether it shows some products', () => {
    const products = [product(1), product(2)]
    const index = buildIndex(products)
    expect(showsSame(index, products.toReversed())).toBe(true)
    expect(showsSame(index, [product(1), product(2, { version: 2 })])).toBe(false)
    expect(showsSame(index, [product(1), product(3)])).toBe(false)
    expect(showsSame(index, [product(1)])).toBe(false)
    expect(showsSame(emptyIndex, [])).toBe(true)
  })

  test('the invariant check notices a broken index', () => {
    const index = buildIndex([product(1), product(2), product(3)])
    const broken = [
      { ...index, byPrice: index.byPrice.toReversed() },
      { ...index, byNameDown: index.byPrice },
      { ...index, ids: index.ids.toReversed() },
      { ...index, prices: index.prices.map((price) => price + 1) },
      { ...index, starts: index.starts.map((start) => start + 1) },
    ]
    for (const each of broken) expect(() => checkIndex(each)).toThrow()
  })
})
