/** Boots a service the same way everywhere: config, store, routes, listen; and stops it again. */
import { join } from 'node:path'
import { createServiceTokens } from '../auth/service-tokens.ts'
import { keyFile } from '../auth/key-files.ts'
import { loadSigningKey, refuseDemoKeys } from '../auth/keys.ts'
import { keysFromFile, keysFromPeer, type KeySource } from '../auth/key-source.ts'
import { createRevocations, type RevocationPage, type Revocations } from '../auth/revocations.ts'
import { createVerifier, serviceRefusals, type ServiceRefusal } from '../auth/verifier.ts'
import { createClientMetrics } from '../clients/client-metrics.ts'
import { ignoreProxies } from '../clients/proxies.ts'
import type { ServiceClient } from '../clients/service-client.ts'
import {
  addressesOf,
  commonRules,
  commonSettings,
  portSetting,
  type CommonConfig,
} from '../config/common.ts'
import { loadConfig, type Config, type Definition } from '../config/config.ts'
import { faultRoutes } from '../faults/fault-routes.ts'
import { createFaults, type FaultKind, type Faults } from '../faults/faults.ts'
import { createApplication } from '../http/application.ts'
import { addressReader } from '../http/client-address.ts'
import { contractVersion } from '../http/contract-version.ts'
import type { Observe } from '../http/pipeline.ts'
import { isStoreFailure } from '../http/outcome-unknown.ts'
import type { Route } from '../http/route.ts'
import { createLogger, type Logger } from '../logging/logger.ts'
import { failureText } from '../logging/sentence.ts'
import { createMetrics, type Metrics } from '../metrics/metrics.ts'
import { createStoreMetrics, nothingObserved } from '../metrics/store-metrics.ts'
import { openProfileFolder } from '../profiling/folder.ts'
import { createLoadMeter } from '../profiling/load.ts'
import { createProfiler } from '../profiling/profiler.ts'
import { profilingRoutes } from '../profiling/routes.ts'
import type { Worker } from '../resilience/worker.ts'
import { createRequestSpans } from '../tracing/requests.ts'
import { noSteps, type Steps } from '../tracing/steps.ts'
import { startTracing } from '../tracing/tracing.ts'
import type { ServiceName } from '../values/service-name.ts'
import { systemClock, type Clock } from '../values/time.ts'
import { createHealth, type Check } from './health.ts'
import { createObserver } from './observer.ts'
import { createPeers, type ClientOptions } from './peers.ts'
import { revocationFeed } from './revocation-feed.ts'
import { serve } from './serve.ts'
import { startingApplication } from './starting.ts'
import { storeOpener, type ObserveStore, type OpenStore } from './store.ts'
import { systemRoutes } from './system-routes.ts'
import { pause } from '../resilience/pause.ts'

/** What a service builds its parts from. */
export interface ServiceContext<S extends Definition> {
  readonly config: CommonConfig & Config<S>
  readonly log: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  /** Folder of this process's own files under the data folder: each copy has another. */
  readonly directory: string
  /** Opens the store that STORE names; call it once. */
  readonly openStore: OpenStore
  /** Steps of the business, as spans where tracing is on. */
  readonly steps: Steps
  /** Planted faults; null outside of the demo profile. */
  readonly faults: Faults | null
  /** A client of another service; call it once per service, it holds breakers and budget. */
  client(name: ServiceName, options?: ClientOptions): ServiceClient
}

export interface ServiceParts {
  readonly routes: readonly Route[]
  /** Throws when the store cannot be reached. */
  readonly check: Check
  /**
   * Seeds and warms; the service is ready when it resolves. Workers start after it. Told to stop, it
   * ends as soon as it can, and the store is closed after it.
   */
  readonly start?: (stopping: AbortSignal) => Promise<void>
  readonly workers?: () => readonly Worker[]
  /** Ends what is under way and closes the store. */
  readonly stop: () => Promise<void>
  /** The user service reads its own store instead of asking itself over HTTP. */
  readonly own?: {
    readonly accessKeys: KeySource
    readonly revocations: (after: number) => Promise<RevocationPage>
    /** Hands over the set, so that a session ended here is refused here at once. */
    readonly onRevocations: (revocations: Revocations) => void
  }
}

export interface ServiceDefinition<S extends Definition> {
  readonly name: ServiceName
  readonly description: string
  /** The gateway's prefix: where clients reach the service. */
  readonly prefix: string
  readonly defaultPort: number
  readonly settings: S
  /** Planted faults that only this service can show. */
  readonly faults?: readonly FaultKind[]
  readonly build: (context: ServiceContext<S>) => ServiceParts | Promise<ServiceParts>
}

/** What every process can suffer from. */
const commonFaults: readonly FaultKind[] = ['latency', 'errors', 'store', 'cpu', 'memory']

/** Milliseconds until a start that met no store is tried again. */
const startAgainAfter = 500
/** Milliseconds that a start which was told to stop gets. */
const startMayEnd = 2_000

/** A start may be repeated like any other: whoever waits for a cluster need not end and begin anew. */
async function untilStored(
  start: ServiceParts['start'],
  log: Logger,
  stopping: AbortSignal,
): Promise<void> {
  while (!stopping.aborted) {
    try {
      return await start?.(stopping)
    } catch (error) {
      if (stopping.aborted) return
      if (!isStoreFailure(error)) throw error
      log.warn({ err: error }, 'the store went away while it was read: trying again')
    }
    await pause(startAgainAfter)
  }
}

/** Runs a service until it is told to stop; what keeps it from starting is told in a sentence. */
export async function runService<S extends Definition>(
  service: ServiceDefinition<S>,
): Promise<void> {
  try {
    await boot(service)
  } catch (error) {
    process.stderr.write(`${service.name}: ${failureText(error)}\n`)
    process.exit(1)
  }
}

function countRefusals(metrics: Metrics): (reason: ServiceRefusal) => void {
  const counter = metrics.counter(
    'service_tokens_refused_total',
    'Tokens of services that were refused',
    ['reason'],
  )
  const slots = new Map(serviceRefusals.map((reason) => [reason, counter.slot({ reason })]))
  return (reason) => slots.get(reason)?.inc()
}

async function boot<S extends Definition>(service: ServiceDefinition<S>): Promise<void> {
  const { name } = service
  ignoreProxies()
  const clock = systemClock
  const settings = {
    ...commonSettings,
    PORT: portSetting(service.defaultPort),
    ...service.settings,
  }
  const config = loadConfig<Definition>(settings, process.env, (loaded) =>
    // The spread loses that S adds to the common settings and replaces none of them.
    commonRules(loaded as CommonConfig),
  ) as CommonConfig & Config<S>
  const log = createLogger({ service: name, level: config.LOG_LEVEL })
  const metrics = createMetrics(name)
  const allowDemo = config.PROFILE === 'demo'
  const signingFile = keyFile.service(config.KEYS_DIR, name)
  const signingKey = loadSigningKey(signingFile)
  if (!allowDemo) refuseDemoKeys([signingKey], signingFile)
  const tokens = createServiceTokens({ name, key: signingKey, clock })
  const directory = join(config.DATA_DIR, config.COPY === 0 ? name : `${name}-${config.COPY}`)

  const tracing = await startTracing(name, config, metrics, log)
  const clientMetrics = createClientMetrics(metrics)
  const peers = createPeers({
    addresses: addressesOf(config),
    interval: config.CHECK_INTERVAL_MS,
    tokens,
    clock,
    log,
    metered: tracing === null ? clientMetrics : (peer) => tracing.client(clientMetrics(peer), peer),
  })

  const faults = allowDemo
    ? createFaults({ kinds: [...commonFaults, ...(service.faults ?? [])], metrics, log })
    : null
  const observeStore: ObserveStore = (system) => {
    const counted = config.METRICS ? createStoreMetrics(metrics, system) : nothingObserved
    const traced = tracing === null ? counted : tracing.store(counted, system)
    return faults === null || system === 'cassandra' ? traced : faults.slowed(traced)
  }
  // Nobody waits for a store in silence: the process says that it lives while the store is opened.
  let check: Check = () => {}
  const health = createHealth(() => check())
  const info = {
    title: `Product Store: ${name}`,
    version: contractVersion,
    description: service.description,
    server: service.prefix,
    tokenUrl: '/user-api/token',
  }
  const system = { name, health, metrics, info }
  let application = startingApplication(systemRoutes({ ...system, routes: [] }), clock)
  let stopService = async (): Promise<void> => {}
  const listening = serve({
    host: config.HOST,
    port: config.PORT,
    handle: (inbound) => application.handle(inbound),
    log,
    idleTimeout: config.IDLE_TIMEOUT_MS,
    drainDelay: config.DRAIN_DELAY_MS,
    grace: config.SHUTDOWN_GRACE_MS,
    onDraining: () => health.drain(),
    isServing: health.isStarted,
    inFlight: () => application.inFlight() + application.receiving(),
    async stop() {
      await stopService()
      await peers.stop()
      await tracing?.stop()
    },
  })
  log.info({ port: listening.port }, 'listening')

  const parts = await service.build({
    config,
    log,
    metrics,
    clock,
    directory,
    openStore: storeOpener({
      name,
      config,
      directory,
      metrics,
      observe: observeStore,
      ...(faults !== null && { before: faults.storePause }),
      log,
      clock,
    }),
    steps: tracing?.steps ?? noSteps,
    faults,
    client: peers.client,
  })
  check = parts.check

  const serviceKeys = keysFromFile({
    file: keyFile.services(config.KEYS_DIR),
    allowDemo,
    clock,
    log,
  })
  const accessKeys =
    parts.own?.accessKeys ??
    keysFromPeer({
      copies: peers.copiesOf('user'),
      cacheFile: join(directory, 'jwks-cache.json'),
      allowDemo,
      clock,
      log,
    })
  const revocations = createRevocations({
    fetchPage: parts.own?.revocations ?? revocationFeed(peers.client('user')),
    clock,
    log,
  })
  parts.own?.onRevocations(revocations)
  metrics.gauge(
    'revocation_feed_lag_seconds',
    'Age of what is known of ended sessions',
    () => revocations.lag() / 1000,
  )
  const verifier = createVerifier({
    service: name,
    accessKeys,
    serviceKeys,
    revocations,
    clock,
    onServiceRefused: countRefusals(metrics),
  })

  const observer = createObserver(
    metrics,
    log,
    config.ACCESS_LOG_SAMPLE,
    { inFlight: () => application.inFlight(), receiving: () => application.receiving() },
    config.ACCESS_LOG_PER_SECOND,
  )
  const spans =
    tracing === null ? null : createRequestSpans({ ...tracing, exemplify: observer.exemplify })
  const meter = config.METRICS ? createLoadMeter() : null
  const operations = parts.routes.map(({ operation }) => operation)
  const folder = openProfileFolder(join(config.PROFILES_DIR, name))
  const keep = config.PROFILES_KEEP
  const profiler = createProfiler({ service: name, folder, keep, operations, meter, clock, log })
  const routes = [
    ...(faults?.planted(parts.routes) ?? parts.routes),
    ...profilingRoutes({ service: name, profiler, folder, operations }),
  ]
  const observed = (route: Route): Observe =>
    meter === null ? observer.bind(route) : meter.bind(route, observer.bind(route))
  application = createApplication({
    routes: [
      ...routes,
      ...systemRoutes({ ...system, routes }),
      ...(faults === null ? [] : faultRoutes(faults)),
    ],
    authenticate: verifier.verify,
    clock,
    ...(config.METRICS && {
      observe: spans === null ? observed : (route) => spans(route, observed(route)),
    }),
    ...(tracing !== null && { tracing: tracing.requests }),
    onStray: observer.stray,
    onShed: observer.shed,
    addressOf: addressReader(config.TRUSTED_PROXIES),
    maxInFlight: config.MAX_IN_FLIGHT,
    corsOrigins: config.CORS_ORIGINS,
  })

  let workers: readonly Worker[] = []
  const stopping = new AbortController()
  let starting = Promise.resolve()
  stopService = async () => {
    stopping.abort()
    // A start that hangs must not hold up the end.
    await Promise.race([starting.catch(() => {}), pause(startMayEnd)])
    await Promise.all(workers.map((worker) => worker.stop()))
    await Promise.all([revocations.stop(), accessKeys.stop(), serviceKeys.stop()])
    await parts.stop()
  }
  accessKeys.start()
  serviceKeys.start()
  revocations.start()
  starting = untilStored(parts.start, log, stopping.signal)
  await Promise.all([starting, peers.checked()])
  if (stopping.signal.aborted) return
  workers = parts.workers?.() ?? []
  health.started()
  log.info('ready')
}
