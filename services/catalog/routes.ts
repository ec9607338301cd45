/** The route table of the catalog. */
import type { Asking } from '../../core/http/compression.ts'
import { jsonType, Reply } from '../../core/http/reply.ts'
import type { Caller } from '../../core/http/caller.ts'
import type { Inbound } from '../../core/http/engine/engine.ts'
import { problem } from '../../core/http/problem.ts'
import { route, tagged, type Call, type Route } from '../../core/http/route.ts'
import { systemTag } from '../../core/lifecycle/system-routes.ts'
import { keepFrame } from '../../core/profiling/keep-frame.ts'
import { newId } from '../../core/values/ids.ts'
import type { Details } from './details.ts'
import type { Editing } from './editing.ts'
import { internalRoutes } from './internal-routes.ts'
import { listingOf } from './listing.ts'
import type { CatalogMetrics } from './metrics.ts'
import type { Answer, Pages } from './pages.ts'
import {
  admittedStates,
  changesOf,
  detailOf,
  etagOf,
  newProductOf,
  productIdOf,
} from './products.ts'
import {
  CategoryList,
  CategoryParams,
  ListingQuery,
  NewProductBody,
  ProductChangesBody,
  ProductDetail,
  ProductList,
  ProductPage,
  ProductParams,
  ProductQuery,
  SystemHealth,
} from './schemas.ts'
import type { CatalogStore } from './store.ts'

export interface CatalogParts {
  readonly store: CatalogStore
  readonly pages: Pages
  readonly details: Details
  /** The list of categories. */
  readonly categories: (asking: Asking) => Answer
  readonly editing: Editing
  readonly metrics: CatalogMetrics
}

const products = { name: 'Products', description: 'What the shop sells, and at what price' }

/** Headers of an answer that may be a stale one. */
const freshness = ['age', 'x-cache'] as const

export function catalogRoutes(parts: CatalogParts): readonly Route[] {
  const { store, pages, details, categories, editing, metrics } = parts

  function pageFor(call: Call<unknown, ProductQuery>): Answer {
    const { category = '' } = call.query
    const listing = listingOf(call.query, category === '' ? null : pages.named(category))
    const answer = () => pages.page(listing, 'object', call.inbound.query, call)
    if (listing.category !== null) return answer()
    const answerTo = (caller: Caller | null): Answer => {
      if (caller?.kind !== 'user' || caller.role !== 'admin') throw problem('category_required')
      return answer()
    }
    const caller = call.identify()
    return caller instanceof Promise ? caller.then(answerTo) : answerTo(caller)
  }

  return tagged(products, [
    route({
      method: 'GET',
      path: '/system/health',
      operation: 'get_system_health',
      tag: systemTag,
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
      summary: 'Products of a category, in pages, or a search in it; of all categories for admins',
      description:
        'Pages by `skip`, or by `cursor`, which neither repeats nor misses a product while others are written. The answer may be a stale one while the store is down, which `X-Cache` tells.',
      query: ProductQuery,
      headers: ['if-none-match'],
      success: { status: 200, schema: ProductPage, headers: ['link', ...freshness] },
      errors: ['price_range_inverted', 'bad_request', 'category_required', 'not_authenticated'],
      cached: function get_products(inbound) {
        return keepFrame(pages.known(inbound.query, inbound))
      },
      handler: function get_products(call) {
        return keepFrame(pageFor(call))
      },
    }),
    route({
      method: 'GET',
      path: '/products/categories/list',
      operation: 'get_categories',
      access: 'public',
      summary: 'Categories that have products, and how many',
      headers: ['if-none-match'],
      success: { status: 200, schema: CategoryList, headers: freshness },
      errors: [],
      handler: function get_categories(call) {
        return keepFrame(categories(call))
      },
    }),
    route({
      method: 'GET',
      path: '/products/by-category/:category',
      operation: 'get_products_by_category',
      access: 'public',
      summary: 'Products of a category as an array; Link names the next page',
      params: CategoryParams,
      query: ListingQuery,
      headers: ['if-none-match'],
      success: { status: 200, schema: ProductList, headers: ['link', ...freshness] },
      errors: ['price_range_inverted', 'bad_request'],
      cached: function get_products_by_category(inbound) {
        return keepFrame(pages.known(targetOf(inbound), inbound))
      },
      handler: function get_products_by_category(call) {
        const listing = listingOf(call.query, pages.named(call.params.category))
        return keepFrame(pages.page(listing, 'array', targetOf(call.inbound), call))
      },
    }),
    route({
      method: 'GET',
      path: '/products/:id',
      operation: 'get_product',
      access: 'public',
      summary: 'One product with what can be bought now',
      description:
        '`If-None-Match` saves the body while neither the product nor its stock has changed.',
      params: ProductParams,
      headers: ['if-none-match'],
      success: { status: 200, schema: ProductDetail, headers: freshness },
      errors: ['product_not_found'],
      handler: function get_product(call) {
        return keepFrame(details.answer(productIdOf(call.params.id), call))
      },
    }),
    route({
      method: 'POST',
      path: '/products/',
      operation: 'create_product',
      access: 'admin',
      summary: 'Adds a product',
      body: NewProductBody,
      success: { status: 201, schema: ProductDetail, headers: ['etag'] },
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
      description:
        '`stock_count` sets what can be bought now, `stock_delta` adds to it or takes from it. With `If-Match` nothing is changed when the product is no longer the one that was read; its stock counts where `stock_count` is sent, so that what was sold meanwhile does not come back.',
      params: ProductParams,
      body: ProductChangesBody,
      headers: ['if-match'],
      success: { status: 200, schema: ProductDetail },
      errors: ['product_not_found', 'stock_out_of_range', 'version_mismatch'],
      handler: async function update_product(call) {
        const product = await editing.update(
          productIdOf(call.params.id),
          changesOf(call.body),
          admittedStates(call.header('if-match')),
        )
        details.wrote(product)
        return call.reply(detailOf(product), { etag: etagOf(product) })
      },
    }),
    route({
      method: 'DELETE',
      path: '/products/:id',
      operation: 'delete_product',
      access: 'admin',
      summary: 'Takes a product off the shelf; open orders keep it',
      description: 'Carts show it as not available; orders keep it.',
      params: ProductParams,
      success: { status: 204, schema: null },
      errors: ['product_not_found'],
      handler: async function delete_product(call) {
        const id = productIdOf(call.params.id)
        await editing.remove(id)
        details.removed(id)
        return null
      },
    }),
    ...internalRoutes(store, metrics),
  ])
}

/** A whole target, which begins as no bare query string can. */
const targetOf = ({ path, query }: Inbound): string => `\n${path}?${query}`

/** The earlier system's words, not a problem document: its clients read these two fields. */
const storeDown = new Reply(
  503,
  { 'content-type': jsonType, 'retry-after': '1' },
  JSON.stringify({ status: 'error', database_connection: 'unavailable' }),
)
