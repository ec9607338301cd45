/** A small process that serves until it is told to stop; its gate opens when its parent says so. */
import Type from 'typebox'
import { createApplication } from '../http/application.ts'
import { problem } from '../http/problem.ts'
import { route, type Route } from '../http/route.ts'
import { createLogger } from '../logging/logger.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { systemClock } from '../values/time.ts'
import { createHealth } from './health.ts'
import { serve } from './serve.ts'
import { systemRoutes } from './system-routes.ts'

const gate = Promise.withResolvers<void>()
process.on('message', (message) => {
  if (message === 'open') gate.resolve()
})

const Answer = Type.Object({ message: Type.String() })
const get = (path: `/${string}`, handler: () => Promise<{ message: string }>): Route =>
  route({
    method: 'GET',
    path,
    operation: 'get_thing',
    access: 'public',
    summary: 'A thing',
    success: { status: 200, schema: Answer },
    errors: [],
    handler,
  })

const health = createHealth(() => {})
health.started()
const log = createLogger({ service: 'order', level: 'info' })
const application = createApplication({
  routes: [
    get('/quick', async () => ({ message: 'quick' })),
    get('/gate', async () => {
      process.send?.('waiting')
      await gate.promise
      return { message: 'through the gate' }
    }),
    ...systemRoutes({
      name: 'order',
      health,
      metrics: createMetrics('order'),
      routes: [],
      info: { title: '', version: '', description: '', server: '', tokenUrl: '' },
    }),
  ],
  authenticate() {
    throw problem('not_authenticated')
  },
  clock: systemClock,
  addressOf: (inbound) => inbound.address,
  maxInFlight: 100,
  corsOrigins: [],
})

const { port } = serve({
  host: '127.0.0.1',
  port: 0,
  handle: application.handle,
  log,
  drainDelay: Number(process.env['DRAIN_DELAY_MS']),
  grace: Number(process.env['SHUTDOWN_GRACE_MS']),
  onDraining: () => health.drain(),
  inFlight: application.inFlight,
  async stop() {
    log.info({ in_flight: application.inFlight() }, 'closing the store')
    if (process.env['STOP'] === 'fails') throw new Error('the store is stuck')
  },
})
process.send?.({ port })
