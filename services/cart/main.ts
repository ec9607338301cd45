/** The cart service: carts, and checkouts that make one order each. */
import { createAdmission } from '../../core/http/admission.ts'
import { runService } from '../../core/lifecycle/service.ts'
import { pause } from '../../core/resilience/pause.ts'
import { sweep } from '../../core/resilience/sweep.ts'
import { every } from '../../core/resilience/worker.ts'
import { millis } from '../../core/values/time.ts'
import { createCarts } from './carts.ts'
import { createCatalog } from './catalog.ts'
import { createCheckouts } from './checkout.ts'
import { cartSettings } from './config.ts'
import { createListing } from './listing.ts'
import { createCartMetrics } from './metrics.ts'
import { createOrders } from './orders.ts'
import { cartRoutes } from './routes.ts'
import { openSqliteCartStore } from './store.sqlite.ts'
import { createViews } from './views.ts'

/** Bytes of product data kept for showing carts: some 20,000 products. */
const productCacheBytes = 8 * 1024 * 1024

/** Of copies that all sweep the same rows, most should find what another has not taken yet. */
const jitter = 0.5

await runService({
  name: 'cart',
  description: 'Keeps carts and turns each into one order',
  prefix: '/cart-api',
  defaultPort: 8001,
  settings: cartSettings,
  async build({ config, clock, log, metrics, openStore, steps, client }) {
    const life = config.CART_LIFE_MS
    const store = await openStore({
      sqlite: (place) => openSqliteCartStore({ ...place, clock }),
      async cassandra(open) {
        const { migrations, openCassandraCartStore } = await import('./store.cassandra.ts')
        return openCassandraCartStore({ keyspace: await open(migrations), clock, life })
      },
    })
    const counts = createCartMetrics(metrics, () => store.openCheckouts(clock.now()))
    const catalog = createCatalog({
      client: client('catalog'),
      clock,
      freshFor: config.CART_PRODUCTS_FRESH_MS,
      maxBytes: productCacheBytes,
    })
    const carts = createCarts({
      store,
      catalog,
      clock,
      life,
      pause,
      random: Math.random,
      onAdded: counts.added,
      onRemoved: counts.removed,
    })
    const checkouts = createCheckouts({
      store,
      orders: createOrders(client('order')),
      clock,
      life,
      onOrdered: counts.ordered,
      steps,
      admit: createAdmission(),
    })
    const views = createViews({ store, catalog, clock, life })
    const listing = createListing({ store, catalog, clock, life })
    const unusedSince = () => millis(clock.now() - life)
    // What has expired does not show anywhere; sweeping only keeps the file small.
    const sweepInterval = Math.min(60_000, life)
    const sweeping = (name: string, interval: number, drop: (limit: number) => Promise<number>) =>
      every(interval, (isStopping) => sweep(drop, isStopping), { log, jitter, name })
    return {
      routes: cartRoutes({ carts, checkouts, views, listing }),
      check: store.check,
      workers: () => [
        every(1_000, async () => void (await checkouts.sweep()), {
          log,
          jitter,
          name: 'open checkouts',
        }),
        sweeping('unused carts', sweepInterval, (limit) => store.dropUnused(unusedSince(), limit)),
        sweeping('old views', sweepInterval, (limit) => store.forgetViews(unusedSince(), limit)),
        sweeping('old answers', 60_000, (limit) => store.forgetAnswers(clock.now(), limit)),
      ],
      stop: store.close,
    }
  },
})
