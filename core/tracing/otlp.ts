/**
 * Sends spans to a collector: OTLP as protobuf over HTTP, in batches, from a bounded queue. A collector
 * that is slow or gone costs spans, never a request. Loaded only where tracing is on.
 */
import {
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type HrTime,
  type SpanContext,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base'
import type { Logger } from '../logging/logger.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { TraceContext } from '../resilience/trace-context.ts'
import { outside } from './scope.ts'
import type { FinishedSpan, RecordSpan } from './span.ts'

export interface SpanExport {
  readonly record: RecordSpan
  /** Sends what waits, for at most two seconds, and ends. */
  stop(): Promise<void>
}

export interface OtlpOptions {
  /** The collector's address, without the path of the signal: `http://127.0.0.1:4318`. */
  readonly endpoint: string
  /** Name of the process in the traces. */
  readonly service: string
  readonly metrics: Metrics
  readonly log: Logger
  /** Spans that may wait; 4,096 unless given. */
  readonly maxQueue?: number
}

/** Milliseconds that a span waits for others to go with. */
const batchDelay = 1_000
/** Milliseconds until an export is given up. */
const exportTimeout = 5_000
/** Milliseconds that the end of the process waits for the last export. */
const stopLimit = 2_000
const maxBatch = 512

export function createOtlpExport(options: OtlpOptions): SpanExport {
  const { endpoint, service, metrics, log, maxQueue = 4_096 } = options
  const spans = metrics.counter('trace_spans_total', 'Spans by what became of them', ['result'])
  const exported = spans.slot({ result: 'exported' })
  const failed = spans.slot({ result: 'failed' })
  const dropped = spans.slot({ result: 'dropped' })
  let queued = 0
  metrics.gauge('trace_span_queue_length', 'Spans that wait for the next export', () => queued)

  const exporter = new OTLPTraceExporter({
    url: `${endpoint}/v1/traces`,
    timeoutMillis: exportTimeout,
  })
  let failing = false
  const counting: SpanExporter = {
    export(batch, done) {
      queued -= batch.length
      exporter.export(batch, (result) => {
        const fine = result.error === undefined && result.code === 0
        ;(fine ? exported : failed).inc(batch.length)
        if (failing === fine) tellOfChange(fine, result.error)
        done(result)
      })
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }

  /** One line when it begins and one when it is over. */
  function tellOfChange(fine: boolean, error: Error | undefined): void {
    failing = !fine
    if (fine) log.info('spans are exported again')
    else log.warn({ err: error }, 'spans cannot be exported')
  }

  const processor = new BatchSpanProcessor(counting, {
    // Never reached: what is past the bound is counted here and not handed over.
    maxQueueSize: maxQueue,
    maxExportBatchSize: Math.min(maxBatch, maxQueue),
    scheduledDelayMillis: batchDelay,
    exportTimeoutMillis: exportTimeout,
  })
  const resource = resourceFromAttributes({
    'service.name': service,
    'service.namespace': 'product-store',
    'service.instance.id': String(process.pid),
  })
  const instrumentationScope = { name: 'product-store' }

  return {
    record(span) {
      if (queued >= maxQueue) return dropped.inc()
      queued += 1
      const shown = { ...readable(span), resource, instrumentationScope }
      // The processor's timer must not hold on to the request whose span started it.
      outside(() => processor.onEnd(shown))
    },
    async stop() {
      let timer: ReturnType<typeof setTimeout> | undefined
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, stopLimit)
      })
      await Promise.race([processor.shutdown().catch(() => {}), limit])
      clearTimeout(timer)
    },
  }
}

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
} as const

type Shown = Omit<ReadableSpan, 'resource' | 'instrumentationScope'>

/** The SDK's shape of a span that has ended. */
function readable(span: FinishedSpan): Shown {
  const own = contextOf(span.context)
  const { parentId, link } = span
  return {
    name: span.name,
    kind: kinds[span.kind],
    spanContext: () => own,
    ...(parentId !== null && { parentSpanContext: { ...own, spanId: parentId } }),
    startTime: hrTime(span.start),
    endTime: hrTime(span.end),
    duration: hrTime(span.end - span.start),
    ended: true,
    status: { code: span.failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: span.attributes ?? {},
    links: link === undefined ? [] : [{ context: contextOf(link) }],
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

const contextOf = ({ traceId, parentId }: TraceContext): SpanContext => ({
  traceId,
  spanId: parentId,
  traceFlags: TraceFlags.SAMPLED,
})

/** Seconds and nanoseconds. */
function hrTime(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000)
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1e6)]
}
