/** The indexes of all categories: in step with the store, with own writes and with other processes. */
import { afterEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProductId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { manualClock } from '../../core/values/time.ts'
import { createCategoryIndexes, type CategoryIndexes } from './category-indexes.ts'
import { createEditing } from './editing.ts'
import { checkIndex } from './product-index.check.ts'
import { buildIndex, type ProductIndex } from './product-index.ts'
import type { Window } from './product-slice.ts'
import { searchTextOf } from './search-words.ts'
import { sampleProduct } from './store.conformance.ts'
import { openSqliteStore } from './store.sqlite.ts'
import type { CatalogStore } from './store.ts'

const closing: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'catalog-'))
  closing.push(() => rmSync(folder, { recursive: true }))
  return join(folder, 'catalog.db')
}

/** One process of the catalog: its own handle on the file, its own indexes. */
function openProcess(path: string, maxProducts = 1_000) {
  const store = openSqliteStore({ path })
  closing.push(() => store.close())
  const clock = manualClock(1_000_000)
  const reads: string[] = []
  const watched: Pick<CatalogStore, 'categories' | 'listed'> = {
    categories: store.categories,
    listed(category, after, limit) {
      reads.push(category)
      return store.listed(category, after, limit)
    },
  }
  const indexes = createCategoryIndexes({ store: watched, clock, maxProducts })
  return { store, clock, reads, indexes, editing: createEditing(store, indexes, maxProducts) }
}

const idsIn = (index: ProductIndex | undefined): readonly ProductId[] => {
  if (index !== undefined) checkIndex(index)
  return index?.ids ?? []
}

const shown = (indexes: CategoryIndexes, category: string): readonly ProductId[] =>
  idsIn(indexes.category(category)?.index)

const everything: Window = {
  sortBy: 'name',
  descending: false,
  minPrice: null,
  maxPrice: null,
  skip: 0,
  after: null,
  limit: 2_000,
}

/** What a search for any first letter finds in a category. */
function findable(indexes: CategoryIndexes, category: string): readonly string[] {
  const found = new Set<string>()
  for (const letter of 'абвгдежзиклмнопрстуфхцчшщэюя0123456789') {
    const { items } = indexes.search(searchTextOf(letter), category, everything)
    const listed = JSON.parse(`[${new TextDecoder().decode(items)}]`) as { product_id: string }[]
    for (const { product_id } of listed) found.add(product_id)
  }
  return [...found].sort()
}

async function expectLikeStore(store: CatalogStore, indexes: CategoryIndexes): Promise<void> {
  for (const { category } of await store.categories()) {
    const rows = await store.listed(category, null, 1_000)
    expect(indexes.category(category)?.index).toEqual(buildIndex(rows))
    expect(findable(indexes, category)).toEqual(rows.map(({ id }) => id).toSorted())
  }
  const all = indexes.categories().flatMap(({ index }) => index.ids)
  expect(idsIn(indexes.all()).toSorted()).toEqual(all.toSorted())
}

describe('category indexes', () => {
  test('answer nothing before the first load', () => {
    const { indexes } = openProcess(newFile())
    const unavailable = expect.objectContaining({ code: 'store_unavailable' })
    expect(() => indexes.category('Фрукты')).toThrow(unavailable)
    expect(() => indexes.categories()).toThrow(unavailable)
    expect(() => indexes.all()).toThrow(unavailable)
    expect(() => findable(indexes, 'Фрукты')).toThrow(unavailable)
  })

  test('load what the store holds, in many reads', async () => {
    const { store, indexes } = openProcess(newFile(), 5_000)
    const products = Array.from({ length: 1_201 }, (_, n) => sampleProduct(String(n)))
    await store.seed('demo', products, products.length)
    await indexes.refresh()
    expect(shown(indexes, 'Фрукты')).toHaveLength(1_201)
    expect(indexes.size).toBe(1_201)
    expect(indexes.category('Мясо')).toBeNull()
  })

  test('show own writes at once, without reading the store again', async () => {
    const { store, indexes, editing, reads } = openProcess(newFile())
    await indexes.refresh()
    indexes.all()
    const apple = await editing.create(sampleProduct('яблоко'))
    const tomato = await editing.create(sampleProduct('томат'))
    expect(shown(indexes, 'Фрукты').toSorted()).toEqual([apple.id, tomato.id].toSorted())
    await editing.update(tomato.id, { category: 'Овощи', price: minor(5) }, null)
    expect(shown(indexes, 'Фрукты')).toEqual([apple.id])
    expect(shown(indexes, 'Овощи')).toEqual([tomato.id])
    await expectLikeStore(store, indexes)
    await editing.remove(apple.id)
    expect(shown(indexes, 'Фрукты')).toEqual([])
    await indexes.refresh()
    expect(reads).toEqual([])
    await expectLikeStore(store, indexes)
  })

  test('a change of stock alone leaves every page as it is', async () => {
    const { indexes, editing } = openProcess(newFile())
    await indexes.refresh()
    const { id } = await editing.create(sampleProduct('яблоко'))
    const { generation } = indexes
    await editing.update(id, { available: 77 }, null)
    expect(indexes.generation).toBe(generation)
  })

  test('of two processes see each other’s writes after one refresh', async () => {
    const path = newFile()
    const [one, two] = [openProcess(path), openProcess(path)]
    await one.indexes.refresh()
    await two.indexes.refresh()
    const apple = await one.editing.create(sampleProduct('яблоко'))
    const leek = await two.editing.create(sampleProduct('порей', { category: 'Овощи' }))
    expect(shown(two.indexes, 'Фрукты')).toEqual([])
    await one.indexes.refresh()
    await two.indexes.refresh()
    expect(shown(two.indexes, 'Фрукты')).toEqual([apple.id])
    expect(shown(one.indexes, 'Овощи')).toEqual([leek.id])
    // A change of both in the same category: neither may lose the other's.
    await one.editing.update(apple.id, { name: 'Айва' }, null)
    const plum = await two.editing.create(sampleProduct('слива'))
    await one.indexes.refresh()
    await two.indexes.refresh()
    for (const { store, indexes } of [one, two]) {
      expect(shown(indexes, 'Фрукты').toSorted()).toEqual([apple.id, plum.id].toSorted())
      await expectLikeStore(store, indexes)
    }
    await two.editing.remove(apple.id)
    await one.indexes.refresh()
    expect(shown(one.indexes, 'Фрукты')).toEqual([plum.id])
  })

  test('keep an own write that lands while another one’s is being read', async () => {
    const path = newFile()
    const [one, two] = [openProcess(path), openProcess(path)]
    const first = await one.editing.create(sampleProduct('первый'))
    const second = await one.editing.create(sampleProduct('второй'))
    const [started, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const indexes = createCategoryIndexes({
      store: {
        categories: two.store.categories,
        // The rows are taken first, and held back until the test lets go.
        listed: async (...query) => {
          const rows = await two.store.listed(...query)
          started.resolve()
          await released.promise
          return rows
        },
      },
      clock: manualClock(0),
      maxProducts: 100,
    })
    const editing = createEditing(two.store, indexes, 100)
    const loading = indexes.refresh()
    await started.promise
    await editing.update(first.id, { name: 'Новое имя' }, null)
    await editing.remove(second.id)
    const third = await editing.create(sampleProduct('третий'))
    released.resolve()
    await loading
    expect(shown(indexes, 'Фрукты').toSorted()).toEqual([first.id, third.id].toSorted())
    await expectLikeStore(two.store, indexes)
  })

  test('heal within a minute when a write did not raise its category', async () => {
    const path = newFile()
    const { store, indexes, clock, reads } = openProcess(path)
    const forgetful = openSqliteStore({ path })
    closing.push(() => forgetful.close())
    const { product } = await store.create(sampleProduct('яблоко'))
    await indexes.refresh()
    // As after a crash between the two writes: the product is there, the version looks old.
    const { DatabaseSync } = await import('node:sqlite')
    const raw = new DatabaseSync(path)
    raw.exec("UPDATE products SET name = 'Починено', version = 2")
    raw.close()
    reads.length = 0
    clock.advance(59_000)
    await indexes.refresh()
    expect(reads).toEqual([])
    clock.advance(1_000)
    await indexes.refresh()
    expect(reads).toEqual(['Фрукты'])
    await expectLikeStore(store, indexes)
    expect(shown(indexes, 'Фрукты')).toEqual([product.id])
  })

  test('a minute’s reading that finds nothing new leaves every page as it is', async () => {
    const { editing, indexes, clock, reads } = openProcess(newFile())
    await indexes.refresh()
    await editing.create(sampleProduct('яблоко'))
    const { generation } = indexes
    clock.advance(60_000)
    await indexes.refresh()
    expect(reads).toEqual(['Фрукты'])
    expect(indexes.generation).toBe(generation)
  })

  test('refuse more products than they may hold, in one sentence', async () => {
    const path = newFile()
    const { store } = openProcess(path)
    for (const name of ['а', 'б', 'в']) await store.create(sampleProduct(name))
    const small = openProcess(path, 2)
    await expect(small.indexes.refresh()).rejects.toThrow(
      /^The catalog holds more than 2 .*raise CATALOG_MAX_PRODUCTS/,
    )
  })

  test('refuse a product too many when it is created, even many at once', async () => {
    const { editing, indexes } = openProcess(newFile(), 3)
    await indexes.refresh()
    const results = await Promise.allSettled(
      ['а', 'б', 'в', 'г', 'д'].map((name) => editing.create(sampleProduct(name))),
    )
    const refused = results.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(2)
    expect(refused[0]).toMatchObject({ reason: { code: 'catalog_full' } })
    expect(indexes.size).toBe(3)
  })

  test('keep serving what they have while the store is down', async () => {
    const { store, editing, indexes } = openProcess(newFile())
    await indexes.refresh()
    const { id } = await editing.create(sampleProduct('яблоко'))
    await store.close()
    await expect(indexes.refresh()).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(shown(indexes, 'Фрукты')).toEqual([id])
  })
})
