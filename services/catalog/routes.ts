/** The route table of the catalog. */
import { jsonType, Reply } from '../../core/http/reply.ts'
import { noneMatch } from '../../core/http/conditional.ts'
import type { Caller } from '../../core/http/caller.ts'
import { problem } from '../../core/http/problem.ts'
import { route, type Call, type Route } from '../../core/http/route.ts'
import { newId } from '../../core/values/ids.ts'
import type { CategoryIndexes } from './category-indexes.ts'
import { createCategoryList } from './categories.ts'
import type { Editing } from './editing.ts'
import { internalRoutes } from './internal-routes.ts'
import type { CatalogMetrics } from './metrics.ts'
import type { Pages } from './pages.ts'
import {
  admittedVersions,
  changesOf,
  detailOf,
  etagOf,
  newProductOf,
  productIdOf,
  windowOf,
} from './products.ts'
import {
  CategoryList,
  NewProductBody,
  ProductChangesBody,
  ProductDetail,
  ProductPage,
  ProductParams,
  ProductQuery,
  SystemHealth,
} from './schemas.ts'
import type { CatalogStore, StockedProduct } from './store.ts'

export interface CatalogParts {
  readonly store: CatalogStore
  readonly indexes: CategoryIndexes
  readonly pages: Pages
  readonly editing: Editing
  readonly metrics: CatalogMetrics
}

export function catalogRoutes(parts: CatalogParts): readonly Route[] {
  const { store, indexes, pages, editing, metrics } = parts
  const categoryList = createCategoryList(indexes)

  function pageFor(call: Call<unknown, ProductQuery>): Reply | Promise<Reply> {
    const window = windowOf(call.query)
    const { category } = call.query
    if (category !== undefined && category !== '') {
      const { query } = call.inbound
      return pages.ofCategory(category, window, query, call.header('if-none-match'))
    }
    const answer = (caller: Caller | null): Reply => {
      if (caller?.kind !== 'user' || caller.role !== 'admin') throw problem('category_required')
      return pages.ofAll(window)
    }
    const caller = call.identify()
    return caller instanceof Promise ? caller.then(answer) : answer(caller)
  }

  function show(product: StockedProduct | null, call: Call): Reply {
    if (product === null || product.deleted) throw problem('product_not_found')
    metrics.viewed(product.category)
    const headers = { etag: etagOf(product), 'cache-control': 'no-cache' }
    return noneMatch(call.header('if-none-match'), headers.etag)
      ? new Reply(304, headers, null)
      : call.reply(detailOf(product), headers)
  }

  return [
    route({
      method: 'GET',
      path: '/system/health',
      operation: 'get_system_health',
      access: 'public',
      summary: 'Whether the service and its store work',
      neverShed: true,
      success: { status: 200, schema: SystemHealth },
      errors: [],
      handler: async function get_system_health() {
        try {
          await store.check()
          return { status: 'ok', database_connection: 'ok' }
        } catch {
          return storeDown
        }
      },
    }),
    route({
      method: 'GET',
      path: '/products/',
      operation: 'get_products',
      access: 'public',
      summary: 'Products of a category, in pages; of all categories for admins',
      query: ProductQuery,
      success: { status: 200, schema: ProductPage },
      errors: ['price_range_inverted', 'category_required', 'not_authenticated'],
      cached: (inbound) => pages.known(inbound.query, inbound.header('if-none-match')),
      handler: function get_products(call) {
        return pageFor(call)
      },
    }),
    route({
      method: 'GET',
      path: '/products/categories/list',
      operation: 'get_categories',
      access: 'public',
      summary: 'Categories that have products, and how many',
      success: { status: 200, schema: CategoryList },
      errors: [],
      handler: function get_categories(call) {
        return categoryList(call.header('if-none-match'))
      },
    }),
    route({
      method: 'GET',
      path: '/products/:id',
      operation: 'get_product',
      access: 'public',
      summary: 'One product with what can be bought now',
      params: ProductParams,
      success: { status: 200, schema: ProductDetail },
      errors: ['product_not_found'],
      handler: function get_product(call) {
        const product = store.find(productIdOf(call.params.id))
        return product instanceof Promise
          ? product.then((found) => show(found, call))
          : show(product, call)
      },
    }),
    route({
      method: 'POST',
      path: '/products/',
      operation: 'create_product',
      access: 'admin',
      summary: 'Adds a product',
      body: NewProductBody,
      success: { status: 201, schema: ProductDetail },
      errors: ['catalog_full'],
      handler: async function create_product(call) {
        const product = await editing.create(newProductOf(newId(), call.body))
        return call.reply(detailOf(product), { etag: etagOf(product) })
      },
    }),
    route({
      method: 'PUT',
      path: '/products/:id',
      operation: 'update_product',
      access: 'admin',
      summary: 'Changes the fields that are sent; honours If-Match',
      params: ProductParams,
      body: ProductChangesBody,
      success: { status: 200, schema: ProductDetail },
      errors: ['product_not_found', 'version_mismatch'],
      handler: async function update_product(call) {
        const product = await editing.update(
          productIdOf(call.params.id),
          changesOf(call.body),
          admittedVersions(call.header('if-match')),
        )
        return call.reply(detailOf(product), { etag: etagOf(product) })
      },
    }),
    route({
      method: 'DELETE',
      path: '/products/:id',
      operation: 'delete_product',
      access: 'admin',
      summary: 'Takes a product off the shelf; open orders keep it',
      params: ProductParams,
      success: { status: 204, schema: null },
      errors: ['product_not_found'],
      handler: async function delete_product(call) {
        await editing.remove(productIdOf(call.params.id))
        return null
      },
    }),
    ...internalRoutes(store, metrics),
  ]
}

/** The earlier system's words, not a problem document: its clients read these two fields. */
const storeDown = new Reply(
  503,
  { 'content-type': jsonType, 'retry-after': '1' },
  JSON.stringify({ status: 'error', database_connection: 'unavailable' }),
)
