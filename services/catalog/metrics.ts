/** The catalog's own metrics; every series that a panel reads is bound, at zero, from boot. */
import { boundedLabel, otherLabel } from '../../core/metrics/bounded-label.ts'
import type { CounterSlot, Metrics } from '../../core/metrics/metrics.ts'

/** Categories with a series of their own; admins make them, so their number has to be bounded. */
const maxCategories = 50

const stockResults = [
  'reserved',
  'repeated',
  'out_of_stock',
  'committed',
  'released',
  'refused',
] as const

export type StockResult = (typeof stockResults)[number]

export interface CatalogMetrics {
  readonly cacheHit: () => void
  readonly cacheMiss: () => void
  /** Counts an answer that was served without the store, beside its hit or miss. */
  readonly servedStale: () => void
  /** Counts a look at a product of this category. */
  viewed(category: string): void
  /** Makes the series of these categories exist before anybody looks. */
  expectCategories(names: Iterable<string>): void
  stock(result: StockResult): void
  /** Says what is held in memory, whenever it is asked. */
  watch(held: Held): void
  /** So many products' counters did not add up at the last look. */
  violations(count: number): void
}

export interface Held {
  readonly pages: { readonly bytes: number }
  readonly details: { readonly bytes: number }
  readonly indexes: { readonly size: number }
}

export function createCatalogMetrics(metrics: Metrics): CatalogMetrics {
  const views = metrics.counter('product_views_total', 'Looks at single products', ['category'])
  const cache = metrics.counter('catalog_cache_requests_total', 'Pages asked for', ['result'])
  const stock = metrics.counter('stock_reservations_total', 'Changes of reservations', ['result'])
  const hits = cache.slot({ result: 'hit' })
  const misses = cache.slot({ result: 'miss' })
  const stale = cache.slot({ result: 'stale' })
  const byResult = Object.fromEntries(
    stockResults.map((result) => [result, stock.slot({ result })]),
  ) as Record<StockResult, CounterSlot> // made from the list of all results
  const bounded = boundedLabel(maxCategories)
  const byCategory = new Map<string, CounterSlot>()

  let violations = 0
  metrics.gauge(
    'stock_invariant_violations',
    'Products with stocked other than available + reserved + sold',
    () => violations,
  )

  function bind(category: string): CounterSlot {
    const label = bounded(category)
    const slot = byCategory.get(label) ?? views.slot({ category: label })
    byCategory.set(label, slot)
    return slot
  }

  byCategory.set(otherLabel, views.slot({ category: otherLabel }))
  return {
    cacheHit: () => hits.inc(),
    cacheMiss: () => misses.inc(),
    servedStale: () => stale.inc(),
    viewed: (category) => (byCategory.get(category) ?? bind(category)).inc(),
    expectCategories(names) {
      for (const name of names) bind(name)
    },
    stock: (result) => byResult[result].inc(),
    watch({ pages, details, indexes }) {
      metrics.gauge(
        'catalog_cache_bytes',
        'Held by the caches of answers',
        () => [
          { labels: { cache: 'pages' }, value: pages.bytes },
          { labels: { cache: 'details' }, value: details.bytes },
        ],
        ['cache'],
      )
      metrics.gauge('catalog_products', 'Products in the index', () => indexes.size)
    },
    violations(count) {
      violations = count
    },
  }
}
