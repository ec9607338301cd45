/** The order service: saga, timers, outbox. */
import { createAdmission } from '../../core/http/admission.ts'
import { runService } from '../../core/lifecycle/service.ts'
import { pause } from '../../core/resilience/pause.ts'
import { sweep } from '../../core/resilience/sweep.ts'
import { every } from '../../core/resilience/worker.ts'
import { createAnswers } from './answers.ts'
import { longestLifeOf, orderSettings } from './config.ts'
import { createForgetting } from './forgetting.ts'
import { createListing } from './listing.ts'
import { createOrderMetrics } from './metrics.ts'
import { createMoves } from './moves.ts'
import { createNotifications } from './notifications.ts'
import { createOutbox, holdable } from './outbox.ts'
import { createPlacing } from './placing.ts'
import { orderRoutes } from './routes.ts'
import { createStock } from './stock.ts'
import { openSqliteOrderStore } from './store.sqlite.ts'

/** Of copies that all look for the same due orders, most should find what another has not taken yet. */
const jitter = 0.5

await runService({
  name: 'order',
  description: 'Places orders, moves them along and keeps what everybody has spent',
  prefix: '/order-api',
  defaultPort: 8002,
  settings: orderSettings,
  faults: ['outbox'],
  async build({ config, clock, log, metrics, openStore, steps, faults, client }) {
    const store = await openStore({
      sqlite: (place) => openSqliteOrderStore({ ...place, clock }),
      async cassandra(open) {
        const { migrations, openCassandraOrderStore } = await import('./store.cassandra.ts')
        const keyspace = await open(migrations)
        return openCassandraOrderStore({ keyspace, clock, longestLife: longestLifeOf(config) })
      },
    })
    const stock = createStock(client('catalog'))
    const notifications = createNotifications(client('user'))
    const counts = createOrderMetrics(metrics, { store, clock })
    const delivering = createOutbox({
      store,
      stock,
      notifications,
      clock,
      log,
      concurrency: 64,
      random: Math.random,
      steps,
      onAttempt: counts.attempted,
    })
    const outbox = faults === null ? delivering : holdable(delivering, faults.outboxHeld)
    const timing = {
      processingAfter: config.ORDER_PROCESSING_AFTER_MS,
      shippingAfter: config.ORDER_SHIPPING_AFTER_MS,
      deliveryMin: config.ORDER_DELIVERY_MIN_MS,
      deliveryMax: config.ORDER_DELIVERY_MAX_MS,
    }
    const placing = createPlacing({
      store,
      stock,
      outbox,
      answers: createAnswers(),
      clock,
      timing,
      leaseTime: config.ORDER_LEASE_MS,
      random: Math.random,
      pause,
      onCreated: counts.created,
      onRejected: counts.rejected,
      steps,
      admit: createAdmission(),
    })
    const moves = createMoves({ store, outbox, clock, timing, onMoved: counts.moved, steps })
    const forgetting = createForgetting({ store, stock, clock, log })
    const sweeping = (name: string, drop: (limit: number) => Promise<number>) =>
      every(60_000, (isStopping) => sweep(drop, isStopping), { log, jitter, name })
    const listing = createListing(store, clock, config.ORDER_RETENTION_MS)
    return {
      routes: orderRoutes({ placing, moves, listing, store }),
      check: store.check,
      workers: () => [
        every(500, async () => void (await moves.advanceDue()), {
          log,
          jitter,
          name: 'order timers',
        }),
        every(1_000, async () => void (await placing.sweep()), {
          log,
          jitter,
          name: 'half-placed orders',
        }),
        every(1_000, async () => void (await outbox.sweep()), { log, jitter, name: 'outbox' }),
        every(1_000, listing.tend, { log, jitter, name: 'order lists' }),
        every(60_000, forgetting.sweep, { log, jitter, name: 'settled reservations' }),
        sweeping('old answers', (limit) => store.forgetAnswers(clock.now(), limit)),
        sweeping('rejected orders', (limit) => store.dropRejected(clock.now(), limit)),
      ],
      async stop() {
        await outbox.idle()
        await store.close()
      },
    }
  },
})
