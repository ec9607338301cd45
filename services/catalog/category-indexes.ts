/** The product indexes of all categories, kept in step with the store and with what other processes write. */
import { singleFlight } from '../../core/cache/single-flight.ts'
import { problem } from '../../core/http/problem.ts'
import { inForm } from '../../core/http/text.ts'
import type { ProductId } from '../../core/values/ids.ts'
import type { Clock, Millis } from '../../core/values/time.ts'
import {
  buildIndex,
  compare,
  emptyIndex,
  mergeIndexes,
  showsSame,
  withoutProduct,
  withProduct,
  type ProductIndex,
} from './product-index.ts'
import { createSearchIndex } from './search-index.ts'
import { createSearch, type Search } from './search.ts'
import { sortKey } from './sort-key.ts'
import type { CatalogStore, ListedProduct, Written } from './store.ts'

/** A category as it is now; the object stays the same for as long as the process runs. */
export interface CategoryView {
  readonly name: string
  readonly index: ProductIndex
  /** Rises with every change of the index: what was made from an earlier one is stale. */
  readonly generation: number
}

export interface CategoryIndexesOptions {
  readonly store: Pick<CatalogStore, 'categories' | 'listed'>
  readonly clock: Clock
  /** Products of all categories together. */
  readonly maxProducts: number
}

export interface CategoryIndexes {
  /** Null for a category that never held a product; throws `store_unavailable` before the first load. */
  category(name: string): CategoryView | null
  /**
   * The name of the category that is asked for. However its letters are composed and whatever blanks
   * stand around it, it is one category; but one that a shop of before has under exactly this name,
   * which new products cannot get any more, is found under it.
   */
  named(asked: string): string
  /** In the order of names; throws `store_unavailable` before the first load. */
  categories(): readonly CategoryView[]
  /** One index of all categories; throws `store_unavailable` before the first load. */
  all(): ProductIndex
  /** Searches what the indexes show; throws `store_unavailable` before the first load. */
  readonly search: Search
  /** Rises with every change of any category. */
  readonly generation: number
  /** Products in all categories. */
  readonly size: number
  /** Shows an own write at once. */
  apply(written: Written): void
  /**
   * Reads what has changed in the store since the last time, and whatever was last read a minute
   * ago: should a process have died between writing a product and raising its category, this heals it.
   *
   * @throws Error in one sentence when the store holds more products than the index may
   */
  refresh(): Promise<void>
}

/** Rows of one read: about a millisecond of the event loop. */
const chunkSize = 500

const rereadAfter = 60_000

interface Slot {
  readonly name: string
  index: ProductIndex
  generation: number
  /** The store's version that the index shows. */
  version: number
  readAt: Millis
  /** Own writes since the read under way began, which its rows may not hold yet. */
  journal: Written[] | null
}

export function createCategoryIndexes(options: CategoryIndexesOptions): CategoryIndexes {
  const { store, clock, maxProducts } = options
  const slots = new Map<string, Slot>()
  const flight = singleFlight<'refresh', void>()
  const searchIndex = createSearchIndex()
  const search = createSearch(searchIndex)
  let loaded = false
  let generation = 0
  // Only admins list all categories, so it is merged when the first of them asks, then kept.
  let merged: ProductIndex | null = null

  function slotOf(name: string): Slot {
    const known = slots.get(name)
    if (known !== undefined) return known
    const slot: Slot = {
      name,
      index: emptyIndex,
      generation: 0,
      version: 0,
      readAt: clock.now(),
      journal: null,
    }
    slots.set(name, slot)
    return slot
  }

  function show(slot: Slot, index: ProductIndex): void {
    if (index === slot.index) return
    slot.index = index
    slot.generation++
    generation++
  }

  function sizeWithout(slot: Slot | null): number {
    let size = 0
    for (const each of slots.values()) if (each !== slot) size += each.index.size
    return size
  }

  async function rowsOf(slot: Slot): Promise<readonly ListedProduct[]> {
    const rows: ListedProduct[] = []
    const room = maxProducts - sizeWithout(slot)
    let after: ProductId | null = null
    for (;;) {
      const chunk: readonly ListedProduct[] = await store.listed(slot.name, after, chunkSize)
      for (const row of chunk) rows.push(row)
      if (rows.length > room) throw new Error(tooMany(maxProducts))
      if (chunk.length < chunkSize) return rows
      after = chunk.at(-1)?.id ?? null
      await nextTurn()
    }
  }

  /** `version` was read before the rows, so the rows are at least as new. */
  async function read(slot: Slot, version: number): Promise<void> {
    const journal: Written[] = []
    slot.journal = journal
    try {
      const rows = await rowsOf(slot)
      let { index } = slot
      if (!showsSame(index, rows)) {
        searchIndex.replace(slot.name, index.ids, rows)
        index = buildIndex(rows)
      }
      slot.version = Math.max(slot.version, version)
      for (const written of journal) {
        index = applied(index, slot, written)
        makeFindable(written)
      }
      if (index !== slot.index) merged = null
      show(slot, index)
      slot.readAt = clock.now()
    } finally {
      slot.journal = null
    }
  }

  function makeFindable({ product }: Written): void {
    if (product.deleted) searchIndex.drop(product.id, product.version)
    else searchIndex.put(product)
  }

  async function refresh(): Promise<void> {
    const versions = new Map<string, number>()
    for (const { category, version } of await store.categories()) versions.set(category, version)
    for (const [name, version] of versions) {
      const slot = slotOf(name)
      if (version > slot.version) await read(slot, version)
    }
    const due = [...slots.values()]
      .filter(({ readAt }) => clock.now() - readAt >= rereadAfter)
      .sort((a, b) => a.readAt - b.readAt)
    // A few at a time, so that they spread over the minute.
    for (const slot of due.slice(0, Math.ceil(slots.size / 100))) {
      await read(slot, versions.get(slot.name) ?? slot.version)
    }
    loaded = true
  }

  const requireLoaded = (): void => {
    if (!loaded) throw problem('store_unavailable')
  }

  return {
    category(name) {
      requireLoaded()
      return slots.get(name) ?? null
    },
    named: (asked) => (slots.has(asked) ? asked : inForm('key', asked)),
    categories() {
      requireLoaded()
      return [...slots.values()].sort(
        (a, b) => compare(sortKey(a.name), sortKey(b.name)) || compare(a.name, b.name),
      )
    },
    all() {
      requireLoaded()
      return (merged ??= mergeIndexes([...slots.values()].map(({ index }) => index)))
    },
    search(...query) {
      requireLoaded()
      return search(...query)
    },
    get generation() {
      return generation
    },
    get size() {
      return sizeWithout(null)
    },
    apply(written) {
      for (const { category } of written.touched) {
        const slot = slotOf(category)
        slot.journal?.push(written)
        show(slot, applied(slot.index, slot, written))
      }
      if (written.touched.length === 0) return
      makeFindable(written)
      if (merged === null) return
      const { product } = written
      merged = product.deleted
        ? withoutProduct(merged, product.id, product.version)
        : withProduct(merged, product)
    },
    refresh: () => flight('refresh', refresh),
  }
}

/** The index after a write, of which the slot is one of the touched categories. */
function applied(index: ProductIndex, slot: Slot, { product, touched }: Written): ProductIndex {
  const version = touched.find(({ category }) => category === slot.name)?.version
  // With a gap another process wrote in between; the next refresh sees that and reads again.
  if (version === slot.version + 1) slot.version = version
  return product.deleted || product.category !== slot.name
    ? withoutProduct(index, product.id, product.version)
    : withProduct(index, product)
}

const tooMany = (max: number): string =>
  `The catalog holds more than ${max} products, which is as many as the in-memory index may: raise CATALOG_MAX_PRODUCTS if there is memory for it (about 1.5 KB a product), or serve listings from a search engine.`

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
