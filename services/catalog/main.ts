/** The catalog service: products, categories, stock. */
import { runService } from '../../core/lifecycle/service.ts'
import { every } from '../../core/resilience/worker.ts'
import { createCategoryList } from './categories.ts'
import { createCategoryIndexes } from './category-indexes.ts'
import { catalogSettings } from './config.ts'
import { createDetails } from './details.ts'
import { createEditing } from './editing.ts'
import { createFreshness } from './freshness.ts'
import { createCatalogMetrics } from './metrics.ts'
import { openCatalogStore } from './open-store.ts'
import { createPages } from './pages.ts'
import { catalogRoutes } from './routes.ts'
import { seedDemo } from './seed.ts'

/** Milliseconds between two looks at the categories' versions: other copies' writes show within 1 s. */
const refreshInterval = 500
/** Milliseconds between two looks at the sums of the stock, which are added up in slices. */
const stockCheckInterval = 10_000

await runService({
  name: 'catalog',
  description: 'Products, their categories and their stock',
  prefix: '/api',
  defaultPort: 8000,
  settings: catalogSettings,
  async build({ config, clock, log, metrics, openStore }) {
    const store = await openCatalogStore(openStore, clock)
    const maxProducts = config.CATALOG_MAX_PRODUCTS
    const indexes = createCategoryIndexes({ store, clock, maxProducts })
    const counts = createCatalogMetrics(metrics)
    const onStale = counts.servedStale
    const freshness = createFreshness({ refresh: indexes.refresh, clock, onStale })
    const pages = createPages({
      indexes,
      maxBytes: config.PAGE_CACHE_BYTES,
      freshness,
      onHit: counts.cacheHit,
      onMiss: counts.cacheMiss,
    })
    const details = createDetails({
      store,
      clock,
      maxBytes: config.DETAIL_CACHE_BYTES,
      onViewed: counts.viewed,
      onStale,
    })
    const categories = createCategoryList(indexes, freshness)
    const editing = createEditing(store, indexes, maxProducts)
    counts.watch({ pages, details, indexes })
    const checkStock = async () => counts.violations(await store.stockViolations())
    return {
      routes: catalogRoutes({ store, pages, details, categories, editing, metrics: counts }),
      check: store.check,
      async start(stopping) {
        if (config.PROFILE === 'demo')
          await seedDemo({ store, total: config.DEMO_PRODUCTS, clock, log, stopping })
        if (stopping.aborted) return
        await freshness.refresh()
        counts.expectCategories(indexes.categories().map(({ name }) => name))
        log.info({ products: indexes.size }, 'index built')
      },
      workers: () => [
        every(refreshInterval, freshness.refresh, { log, name: 'category refresh' }),
        every(stockCheckInterval, checkStock, { log, name: 'stock check' }),
      ],
      stop: store.close,
    }
  },
})
