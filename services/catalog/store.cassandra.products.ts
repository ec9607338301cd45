/** What admins do to products on Cassandra: announced, changed, shown in the listings, told to all copies. */
import { changed } from './changes.ts'
import type { Categories } from './store.cassandra.categories.ts'
import type { Listing } from './store.cassandra.listing.ts'
import type { Partitions, StoredProduct } from './store.cassandra.partition.ts'
import type { Product, ProductStore, StockedProduct, Written } from './store.ts'

type Products = Pick<
  ProductStore,
  'find' | 'listed' | 'categories' | 'create' | 'update' | 'remove'
>

/** A product before and after a change. */
interface Changed {
  readonly kind: 'changed'
  readonly before: StoredProduct | null
  readonly after: StoredProduct
}

const missing = { kind: 'missing' } as const

export function createProducts(
  partitions: Partitions,
  listing: Listing,
  categories: Categories,
): Products {
  /** A crash before this is done is healed by whoever lists the category. */
  async function published({ before, after }: Changed): Promise<Written> {
    const product = toStocked(after)
    if (before?.version === after.version) return { product, touched: [] }
    const names = new Set(before === null ? [] : [before.category])
    names.add(after.category)
    await Promise.all([...names].map((name) => listing.show(name, after)))
    return { product, touched: await categories.raise(names) }
  }

  return {
    async find(id) {
      const product = await partitions.read(id)
      return product && toStocked(product)
    },

    listed: listing.listed,
    categories: categories.all,

    async create(product) {
      const { id, available } = product
      const result = await partitions.change(id, {
        run(draft) {
          if (draft.product !== null) return { kind: 'exists' } as const
          const counters = { stocked: available, reserved: 0, sold: 0 }
          const after = { ...product, ...counters, version: 1, deleted: false }
          draft.edit(after)
          return { kind: 'changed', before: null, after } as const
        },
      })
      if (result.kind === 'exists') throw new Error(`Product ${id} exists already.`)
      return published(result)
    },

    async update(id, changes, ifStates) {
      const result = await partitions.change(id, {
        run({ product, edit }) {
          if (product === null || product.deleted) return missing
          const change = changed(product, changes, ifStates)
          if (change.kind !== 'changed') return change
          const { next } = change
          const after = {
            ...next,
            stocked: product.stocked + next.available - product.available,
            version: showsSame(product, next) ? product.version : product.version + 1,
          }
          const isSame = after.version === product.version && after.stocked === product.stocked
          if (!isSame) edit(after)
          return { kind: 'changed', before: product, after } as const
        },
      })
      if (result.kind !== 'changed') return result
      return { kind: 'updated', ...(await published(result)) }
    },

    async remove(id) {
      const result = await partitions.change(id, {
        run({ product, edit }) {
          if (product === null || product.deleted) return missing
          const after = { ...product, deleted: true, version: product.version + 1 }
          edit(after)
          return { kind: 'changed', before: product, after } as const
        },
      })
      if (result.kind !== 'changed') return result
      return { kind: 'removed', ...(await published(result)) }
    },
  }
}

const fields = ['name', 'category', 'price', 'description', 'manufacturer'] as const

const showsSame = (a: Product, b: Product): boolean =>
  fields.every((field) => a[field] === b[field])

function toStocked(stored: StoredProduct): StockedProduct {
  const { id, name, category, price, version, description, manufacturer } = stored
  const { deleted, available } = stored
  return { id, name, category, price, version, description, manufacturer, deleted, available }
}
