/** Cutting a page of 20 out of a category of 2,500 products, in all four orders. */
import { fromMinor } from '../../core/values/money.ts'
import { demoProduct } from '../../services/catalog/demo-products.ts'
import { buildIndex } from '../../services/catalog/product-index.ts'
import { sliceOf, type Window } from '../../services/catalog/product-slice.ts'
import type { ListedProduct } from '../../services/catalog/store.ts'
import { repeated, turn, type Suite } from './suite.ts'

const size = 2_500
const batch = 100

const products: readonly ListedProduct[] = Array.from({ length: size }, (_, ordinal) => ({
  ...demoProduct(ordinal),
  version: 1,
}))

const windows: readonly (Window & { readonly sortBy: 'name' | 'price' })[] = (
  ['name', 'price'] as const
).flatMap((sortBy) =>
  [false, true].map((descending) => ({
    sortBy,
    descending,
    minPrice: null,
    maxPrice: null,
    skip: 400,
    after: null,
    limit: 20,
  })),
)

export default {
  mirrors: 'services/catalog/product-slice.ts',
  operation: 'one page of 20 as bytes',
  batch,
  variants: {
    'slice of rendered items'() {
      const index = buildIndex(products)
      return repeated(batch, (at) => sliceOf(index, turn(windows, at)).items)
    },
    'sort, cut, serialize'() {
      const encoder = new TextEncoder()
      return repeated(batch, (at) => {
        const { sortBy, descending, skip, limit } = turn(windows, at)
        const sign = descending ? -1 : 1
        const page = products
          .toSorted((a, b) => sign * (a[sortBy] < b[sortBy] ? -1 : a[sortBy] > b[sortBy] ? 1 : 0))
          .slice(skip, skip + limit)
        const items = page.map(({ id, name, category, price }) => ({
          product_id: id,
          name,
          category,
          price: fromMinor(price),
        }))
        return encoder.encode(JSON.stringify(items))
      })
    },
    'sorted once, cut and serialize'() {
      const encoder = new TextEncoder()
      const byName = products.toSorted((a, b) => (a.name < b.name ? -1 : 1))
      const byPrice = products.toSorted((a, b) => a.price - b.price)
      return repeated(batch, (at) => {
        const { sortBy, descending, skip, limit } = turn(windows, at)
        const sorted = sortBy === 'name' ? byName : byPrice
        const page = descending
          ? sorted.slice(size - skip - limit, size - skip).reverse()
          : sorted.slice(skip, skip + limit)
        const items = page.map(({ id, name, category, price }) => ({
          product_id: id,
          name,
          category,
          price: fromMinor(price),
        }))
        return encoder.encode(JSON.stringify(items))
      })
    },
  },
} satisfies Suite
