/** The shop's own product route twice, out of its own parts: for anybody, and for signed-in users alone. */
import { createVerifier } from '../../core/auth/verifier.ts'
import { noKeys } from '../../core/auth/key-source.ts'
import { createApplication } from '../../core/http/application.ts'
import { bunEngine } from '../../core/http/engine/bun.ts'
import { route, type Route } from '../../core/http/route.ts'
import { createObserver } from '../../core/lifecycle/observer.ts'
import { createLogger } from '../../core/logging/logger.ts'
import { createMetrics } from '../../core/metrics/metrics.ts'
import { systemClock } from '../../core/values/time.ts'
import { createDetails } from '../../services/catalog/details.ts'
import { productIdOf } from '../../services/catalog/products.ts'
import { ProductDetail, ProductParams } from '../../services/catalog/schemas.ts'
import { openSqliteStore } from '../../services/catalog/store.sqlite.ts'
import { content, port } from './content.ts'

const store = openSqliteStore({ path: content.catalog, clock: systemClock })
const details = createDetails({
  store,
  clock: systemClock,
  maxBytes: 32 * 1024 * 1024,
  onViewed() {},
  onStale() {},
})

const productRoute = (path: '/products/:id' | '/own/:id', access: 'public' | 'user'): Route =>
  route({
    method: 'GET',
    path,
    operation: 'get_product',
    access,
    summary: 'One product',
    params: ProductParams,
    success: { status: 200, schema: ProductDetail },
    errors: ['product_not_found'],
    handler: function get_product(call) {
      return details.answer(productIdOf(call.params.id), call)
    },
  })

const publicKey = { kid: content.keyId, pem: content.publicKey }
const metrics = createMetrics('catalog')
const log = createLogger({ service: 'catalog', level: 'warn' })
const observer = createObserver(metrics, log, 0.01, { inFlight: () => 0, receiving: () => 0 })
const application = createApplication({
  routes: [productRoute('/products/:id', 'public'), productRoute('/own/:id', 'user')],
  authenticate: createVerifier({
    service: 'catalog',
    accessKeys: {
      ...noKeys,
      get: (kid) => (kid === publicKey.kid ? publicKey : undefined),
      size: () => 1,
    },
    serviceKeys: noKeys,
    revocations: { isRevoked: () => false },
    clock: systemClock,
  }).verify,
  clock: systemClock,
  observe: observer.bind,
  addressOf: ({ address }) => address,
  maxInFlight: 2_000,
  corsOrigins: [],
})

bunEngine.listen({
  host: '127.0.0.1',
  port,
  idleTimeout: 75_000,
  handle: application.handle,
  onError: (error) => log.error({ err: error }, 'an error escaped the handle'),
})
