/** What admins do to products: written to the store first, then shown in this process's indexes at once. */
import { problem } from '../../core/http/problem.ts'
import type { ProductId } from '../../core/values/ids.ts'
import type { CategoryIndexes } from './category-indexes.ts'
import {
  maxStock,
  type NewProduct,
  type ProductChanges,
  type ProductState,
  type ProductStore,
  type StockedProduct,
} from './store.ts'

export interface Editing {
  /** Throws `catalog_full` when the index has no room for another product. */
  create(product: NewProduct): Promise<StockedProduct>
  /**
   * Throws `product_not_found`, `version_mismatch` where the product has none of the states, or
   * `stock_out_of_range`.
   */
  update(
    id: ProductId,
    changes: ProductChanges,
    ifStates: readonly ProductState[] | null,
  ): Promise<StockedProduct>
  /** Throws `product_not_found`. */
  remove(id: ProductId): Promise<void>
}

export function createEditing(
  store: Pick<ProductStore, 'create' | 'update' | 'remove'>,
  indexes: Pick<CategoryIndexes, 'apply' | 'size'>,
  maxProducts: number,
): Editing {
  // Products on their way into the index count as well, or many creations at once would overfill it.
  let arriving = 0
  return {
    async create(product) {
      if (indexes.size + arriving >= maxProducts) {
        throw problem('catalog_full', { values: { limit: maxProducts } })
      }
      arriving++
      try {
        const written = await store.create(product)
        indexes.apply(written)
        return written.product
      } finally {
        arriving--
      }
    },
    async update(id, changes, ifStates) {
      const result = await store.update(id, changes, ifStates)
      if (result.kind === 'missing') throw problem('product_not_found')
      if (result.kind === 'version_mismatch') throw problem('version_mismatch')
      if (result.kind === 'stock_out_of_range') {
        throw problem('stock_out_of_range', { values: { limit: maxStock } })
      }
      indexes.apply(result)
      return result.product
    },
    async remove(id) {
      const result = await store.remove(id)
      if (result.kind === 'missing') throw problem('product_not_found')
      indexes.apply(result)
    },
  }
}
