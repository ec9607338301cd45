/** Tracing of one process, put together at its start; null, and nothing loaded, where it is off. */
import type { MeteredClient } from '../clients/client-metrics.ts'
import type { Logger } from '../logging/logger.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { StoreMetrics, StoreObserver } from '../metrics/store-metrics.ts'
import type { ServiceName } from '../values/service-name.ts'
import { withSpans } from './client-spans.ts'
import { unsampledTrace } from './requests.ts'
import { createSampling, type RequestTracing } from './sampling.ts'
import type { RecordSpan } from './span.ts'
import { createSteps, type Steps } from './steps.ts'
import { withStoreSpans } from './store-spans.ts'

export interface Tracing {
  readonly record: RecordSpan
  readonly requests: RequestTracing
  /** Milliseconds from which a request is told of after the fact. */
  readonly slow: number
  readonly steps: Steps
  /** The same client, whose calls also leave spans. */
  client(metered: MeteredClient, peer: ServiceName): MeteredClient
  store(observe: StoreMetrics, system: 'sqlite' | 'cassandra'): StoreObserver
  /** Sends what waits and ends. */
  stop(): Promise<void>
}

/** The settings that decide on tracing; see core/config/common.ts. */
export interface TracingConfig {
  readonly PROFILE: 'demo' | 'production'
  readonly TRUSTED_PROXIES: readonly string[]
  /** Empty: no tracing. */
  readonly OTEL_EXPORTER_OTLP_ENDPOINT: string
  readonly TRACE_SAMPLE: number
  readonly TRACE_PER_SECOND: number
  readonly TRACE_CHECKOUTS_PER_SECOND: number
  readonly TRACE_SLOW_MS: number
}

export async function startTracing(
  service: string,
  config: TracingConfig,
  metrics: Metrics,
  log: Logger,
): Promise<Tracing | null> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT
  if (endpoint === '') return null
  const { createOtlpExport } = await import('./otlp.ts')
  const { record, stop } = createOtlpExport({ endpoint, service, metrics, log })
  return {
    record,
    requests: {
      sample: createSampling({
        share: config.TRACE_SAMPLE,
        perSecond: config.TRACE_PER_SECOND,
        checkoutsPerSecond: config.TRACE_CHECKOUTS_PER_SECOND,
        obeyAnybody: config.PROFILE === 'demo',
        trustedProxies: config.TRUSTED_PROXIES,
      }),
      unsampled: unsampledTrace,
    },
    slow: config.TRACE_SLOW_MS,
    steps: createSteps(record),
    client: (metered, peer) => ({
      ...metered,
      measured: (client) => withSpans(metered.measured(client), peer, record),
    }),
    store: (observe, system) => withStoreSpans(observe, system, record),
    stop,
  }
}
