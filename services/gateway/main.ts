/** The gateway: one address before the four services, for one machine. */
import { join } from 'node:path'
import { keysFromPeer, noKeys, type KeySource } from '../../core/auth/key-source.ts'
import { createVerifier } from '../../core/auth/verifier.ts'
import { watchCopies, type Copies } from '../../core/clients/copies.ts'
import { ignoreProxies } from '../../core/clients/proxies.ts'
import { addressesOf, corsRules } from '../../core/config/common.ts'
import { loadConfig, type Config } from '../../core/config/config.ts'
import { addressReader } from '../../core/http/client-address.ts'
import { engine } from '../../core/http/engine/chosen.ts'
import type { Inbound, Listening } from '../../core/http/engine/engine.ts'
import { Reply } from '../../core/http/reply.ts'
import { createHealth } from '../../core/lifecycle/health.ts'
import { createObserver } from '../../core/lifecycle/observer.ts'
import { serve } from '../../core/lifecycle/serve.ts'
import { createLogger, type Logger } from '../../core/logging/logger.ts'
import { failureText } from '../../core/logging/sentence.ts'
import { createMetrics, type Metrics } from '../../core/metrics/metrics.ts'
import { startTracing } from '../../core/tracing/tracing.ts'
import { systemClock } from '../../core/values/time.ts'
import { gatewaySettings } from './config.ts'
import { openDocs } from './docs.ts'
import { createFlight } from './flight.ts'
import { createGateway } from './gateway.ts'
import { healthPages } from './health.ts'
import { createObservation } from './observation.ts'
import { openProfiles } from './profiles.ts'
import { createForward } from './proxy.ts'
import { createRateLimits, type RateLimits } from './rate-limits.ts'
import { createStatus, linkOf } from './status.ts'
import { openSwagger } from './swagger.ts'

try {
  await boot()
} catch (error) {
  process.stderr.write(`gateway: ${failureText(error)}\n`)
  process.exit(1)
}

async function boot(): Promise<void> {
  ignoreProxies()
  const config = loadConfig(gatewaySettings, process.env, corsRules)
  const log = createLogger({ service: 'gateway', level: config.LOG_LEVEL })
  const health = createHealth(() => {})
  const addresses = addressesOf(config)
  const links = config.GATEWAY_LINKS.map(linkOf)
  const watch = (service: keyof typeof addresses) =>
    watchCopies({
      service,
      addresses: addresses[service],
      interval: config.CHECK_INTERVAL_MS,
      otherwise: 'none',
      log,
    })
  const upstreams = {
    catalog: watch('catalog'),
    cart: watch('cart'),
    order: watch('order'),
    user: watch('user'),
  }
  const all = Object.values(upstreams)
  const metrics = createMetrics('gateway')
  const tracing = await startTracing('gateway', config, metrics, log)
  const observer = createObserver(
    metrics,
    log,
    config.ACCESS_LOG_SAMPLE,
    { inFlight: () => flight.waiting(), receiving: () => flight.receiving() },
    config.ACCESS_LOG_PER_SECOND,
  )
  const overShare = metrics
    .counter('http_requests_over_share_total', 'Requests refused as their address had its share')
    .slot({})
  const flight = createFlight({
    maxInFlight: config.MAX_IN_FLIGHT,
    perAddress: config.IN_FLIGHT_PER_ADDRESS,
    maxEventStreams: config.GATEWAY_EVENT_STREAMS,
    onShed: observer.shed,
    onShare: () => overShare.inc(),
  })
  metrics.gauge('event_streams_open', 'Event streams that pass through', flight.eventStreams)
  const addressOf = addressReader(config.TRUSTED_PROXIES)
  const observation = createObservation({
    observer,
    tracing,
    obeyAnybody: config.PROFILE === 'demo',
  })
  const keys = accessKeys(config, upstreams.user, log)
  const listening = serve({
    host: config.HOST,
    port: config.PORT,
    handle: observation.handle(
      createGateway({
        upstreams,
        forward: observation.forward(
          createForward({
            flight,
            timeout: config.GATEWAY_TIMEOUT_MS,
            trustedProxies: config.TRUSTED_PROXIES,
            addressOf,
          }),
        ),
        rateLimits: rateLimits(config, metrics, keys, addressOf),
        corsOrigins: config.CORS_ORIGINS,
        health: healthPages(health),
        docs: openDocs(config.GATEWAY_DOCS_DIR),
        status:
          config.PROFILE === 'demo' ? createStatus({ addresses, links, clock: systemClock }) : null,
        swagger: openSwagger(),
        profiles: config.PROFILE === 'demo' ? openProfiles(config.PROFILES_DIR) : null,
      }),
    ),
    log,
    idleTimeout: config.IDLE_TIMEOUT_MS,
    drainDelay: config.DRAIN_DELAY_MS,
    grace: config.SHUTDOWN_GRACE_MS,
    onDraining() {
      health.drain()
      flight.endEventStreams()
    },
    inFlight: () => flight.waiting() + flight.receiving(),
    async stop() {
      await Promise.all([...all.map((each) => each.stop()), keys.stop(), metricsPage?.close()])
      await tracing?.stop()
    },
  })
  const metricsPage = serveMetrics(config, metrics, log)
  log.info({ port: listening.port }, 'listening')
  warnOfNarrowClient(config.MAX_IN_FLIGHT + config.GATEWAY_EVENT_STREAMS, log.warn.bind(log))
  await Promise.all(all.map((each) => each.checked))
  keys.start()
  health.started()
  log.info('ready')
}

type GatewayConfig = Config<typeof gatewaySettings>

/** The gateway only tells users apart; what a token allows is for the services to say. */
function accessKeys(config: GatewayConfig, user: Copies, log: Logger): KeySource {
  return keysFromPeer({
    copies: user,
    cacheFile: join(config.DATA_DIR, 'gateway/jwks-cache.json'),
    allowDemo: config.PROFILE === 'demo',
    clock: systemClock,
    log,
  })
}

function rateLimits(
  config: GatewayConfig,
  metrics: Metrics,
  keys: KeySource,
  addressOf: (inbound: Inbound) => string,
): RateLimits | null {
  if (config.RATE_LIMIT_PER_SECOND === 0) return null
  const { verify } = createVerifier({
    service: 'user',
    accessKeys: keys,
    serviceKeys: noKeys,
    revocations: { isRevoked: () => false },
    clock: systemClock,
  })
  return createRateLimits({
    account: { rate: config.RATE_LIMIT_PER_SECOND, burst: config.RATE_LIMIT_BURST },
    address: {
      rate: config.RATE_LIMIT_ADDRESS_PER_SECOND,
      burst: config.RATE_LIMIT_ADDRESS_BURST,
    },
    authenticate: verify,
    addressOf,
    metrics,
    clock: systemClock,
  })
}

/** On a port of its own, since everything on the gateway's port is open to the outside. */
function serveMetrics(config: GatewayConfig, metrics: Metrics, log: Logger): Listening | null {
  if (config.GATEWAY_METRICS_PORT === 0) return null
  return engine.listen({
    host: config.GATEWAY_METRICS_HOST,
    port: config.GATEWAY_METRICS_PORT,
    idleTimeout: 30_000,
    async handle(inbound) {
      if (inbound.path !== '/metrics') return new Reply(404, {}, null)
      const page = await metrics.page(inbound.header('accept'))
      return new Reply(200, { 'content-type': page.contentType }, page.text)
    },
    onError: (error) => log.error({ err: error }, 'metrics failed'),
  })
}

/** Bun reads its ceiling of calls under way at the start of the process, so it can only be told of here. */
function warnOfNarrowClient(calls: number, warn: (text: string) => void): void {
  const ceiling = Number(process.env['BUN_CONFIG_MAX_HTTP_REQUESTS'] ?? 256)
  if (ceiling >= calls) return
  warn(
    `BUN_CONFIG_MAX_HTTP_REQUESTS allows ${ceiling} calls to services at once, fewer than the ${calls} of MAX_IN_FLIGHT and GATEWAY_EVENT_STREAMS`,
  )
}
