/** The gateway: one address before the four services, for one machine. */
import { loadConfig } from '../../core/config/config.ts'
import { createHealth } from '../../core/lifecycle/health.ts'
import { serve } from '../../core/lifecycle/serve.ts'
import { createLogger } from '../../core/logging/logger.ts'
import { addressesOf, gatewaySettings } from './config.ts'
import { openFolder } from './files.ts'
import { createFlight } from './flight.ts'
import { createGateway } from './gateway.ts'
import { healthPages } from './health.ts'
import { createForward } from './proxy.ts'
import { capturedPolicy, pagePolicy } from './security.ts'
import { watchUpstreams } from './upstreams.ts'

try {
  await boot()
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error)
  process.stderr.write(`gateway: ${reason}\n`)
  process.exit(1)
}

async function boot(): Promise<void> {
  const config = loadConfig(gatewaySettings, process.env)
  const log = createLogger({ service: 'gateway', level: config.LOG_LEVEL })
  const health = createHealth(() => {})
  const flight = createFlight()
  const addresses = addressesOf(config)
  const watch = (service: keyof typeof addresses) =>
    watchUpstreams({
      service,
      addresses: addresses[service],
      interval: config.GATEWAY_CHECK_INTERVAL_MS,
      log,
    })
  const upstreams = {
    catalog: watch('catalog'),
    cart: watch('cart'),
    order: watch('order'),
    user: watch('user'),
  }
  const all = Object.values(upstreams)
  const listening = serve({
    host: config.HOST,
    port: config.PORT,
    handle: createGateway({
      upstreams,
      flight,
      forward: createForward({
        flight,
        timeout: config.GATEWAY_TIMEOUT_MS,
        trustedProxies: config.TRUSTED_PROXIES,
      }),
      maxInFlight: config.MAX_IN_FLIGHT,
      health: healthPages(health),
      docs: openFolder(config.GATEWAY_DOCS_DIR, pagePolicy),
      profiles: openFolder(config.GATEWAY_PROFILES_DIR, capturedPolicy),
    }),
    log,
    drainDelay: config.DRAIN_DELAY_MS,
    grace: config.SHUTDOWN_GRACE_MS,
    onDraining() {
      health.drain()
      flight.endEventStreams()
    },
    inFlight: flight.waiting,
    async stop() {
      await Promise.all(all.map((each) => each.stop()))
    },
  })
  log.info({ port: listening.port }, 'listening')
  warnOfNarrowClient(config.MAX_IN_FLIGHT, log.warn.bind(log))
  await Promise.all(all.map((each) => each.checked))
  health.started()
  log.info('ready')
}

/** Bun reads its ceiling of calls under way at the start of the process, so it can only be told of here. */
function warnOfNarrowClient(maxInFlight: number, warn: (text: string) => void): void {
  const ceiling = Number(process.env['BUN_CONFIG_MAX_HTTP_REQUESTS'] ?? 256)
  if (ceiling >= maxInFlight) return
  warn(
    `BUN_CONFIG_MAX_HTTP_REQUESTS allows ${ceiling} calls to services at once, fewer than MAX_IN_FLIGHT=${maxInFlight}`,
  )
}
