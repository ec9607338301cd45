/**
 * Metrics: recorded into typed arrays (9–20 ns, where prom-client's own counters take 260–515 ns) and
 * shown by prom-client, which reads the arrays at scrape time.
 */
import {
  Counter,
  Gauge,
  Registry,
  collectDefaultMetrics,
  type Metric,
  type OpenMetricsContentType,
} from 'prom-client'
import {
  loopDelays,
  watchEventLoop,
  watchResolution,
  watchTurn,
  type LoopDelays,
} from './event-loop.ts'
import { createRegistry, seriesText, type SelfWriting } from './exposition.ts'
import {
  createHistogram,
  type HistogramFamily,
  type HistogramOptions,
  type HistogramSlot,
} from './histogram.ts'
import type { Eventually } from '../values/eventually.ts'
import { createSlots, type LabelValues } from './slots.ts'

export type { HistogramFamily, HistogramOptions, HistogramSlot, LabelValues }

export interface CounterSlot {
  /** Adds `by`, 1 unless given; never negative. */
  inc(by?: number): void
}

export interface CounterFamily {
  /** The slot of one set of label values; bind it once, at boot where the values are known. */
  slot(labels: LabelValues): CounterSlot
}

/** One number of a gauge with labels. */
export interface GaugeSample {
  readonly labels: LabelValues
  readonly value: number
}

export interface MetricsPage {
  readonly contentType: string
  readonly text: string
}

export interface Metrics {
  /** A slot's series exists, at zero, from when it is bound; one without labels from now on. */
  counter(name: string, help: string, labels?: readonly string[]): CounterFamily
  histogram(name: string, help: string, options?: HistogramOptions): HistogramFamily
  /**
   * A value that is read when it is scraped; a reader that throws or rejects leaves its series out.
   * A scrape waits for one that gives a promise, so that has to be bounded in time.
   */
  gauge(name: string, help: string, read: () => Eventually<number>): void
  gauge(
    name: string,
    help: string,
    read: () => Iterable<GaugeSample>,
    labels: readonly string[],
  ): void
  /** The exposition: Prometheus text 0.0.4, or OpenMetrics 1.0. */
  text(openMetrics?: boolean): Promise<string>
  /** The exposition in the format that an `Accept` header asks for, with its content type. */
  page(accept: string | null): Promise<MetricsPage>
}

/**
 * What prom-client offers and Bun cannot tell: V8's heap spaces (asking for them blocks the loop for
 * 1.2 to 2.4 ms, most of a whole scrape, and the answer is zeros), garbage collection (no `gc` entries
 * reach a PerformanceObserver), active handles (always none). `process_heap_bytes` is the address
 * space, gigabytes of it. The delays of the event loop are our own; see event-loop.ts.
 */
const untold = new Set([
  ...['total', 'used', 'available'].map((kind) => `nodejs_heap_space_size_${kind}_bytes`),
  ...['resources', 'handles', 'requests'].flatMap((kind) => [
    `nodejs_active_${kind}`,
    `nodejs_active_${kind}_total`,
  ]),
  ...['', 'min_', 'max_', 'mean_', 'stddev_', 'p50_', 'p90_', 'p99_'].map(
    (kind) => `nodejs_eventloop_lag_${kind}seconds`,
  ),
  'nodejs_gc_duration_seconds',
  'process_heap_bytes',
])

/**
 * Makes the metrics of one process: what the service registers, and `process_*` and runtime metrics.
 *
 * @param service stands in `service_info`, and in no other series: the scraper's labels tell services apart
 */
export function createMetrics(service: string): Metrics {
  const plain = createRegistry(Registry.PROMETHEUS_CONTENT_TYPE)
  // prom-client fixes a registry's format, and cuts `_total` off the names of the counters it shows
  // as OpenMetrics; so that format has a registry and names of its own, over the same numbers.
  const open = createRegistry(Registry.OPENMETRICS_CONTENT_TYPE)

  function register(metric: Metric): void {
    plain.registerMetric(metric)
    showInOpenMetrics(open, metric)
  }

  // Its watch of the event loop is left out below, but on Bun all watches of a process share one timer:
  // theirs must be as fine as ours.
  collectDefaultMetrics({ register: plain, eventLoopMonitoringPrecision: watchResolution })
  for (const name of untold) plain.removeSingleMetric(name)
  for (const { name } of plain.getMetricsAsArray()) {
    const metric = plain.getSingleMetric(name)
    if (metric !== undefined) showInOpenMetrics(open, metric)
  }
  register(
    new Gauge({
      name: 'service_info',
      help: 'The service that this process is',
      labelNames: ['service'],
      registers: [],
      collect() {
        this.set({ service }, 1)
      },
    }),
  )

  register(
    createGauge('nodejs_eventloop_lag_seconds', 'One turn of the event loop', watchTurn(), []),
  )
  const endWindow = watchEventLoop()
  let delays: LoopDelays
  for (const kind of loopDelays) {
    register(
      createGauge(
        `nodejs_eventloop_lag_${kind}_seconds`,
        `Delay of the event loop: ${kind}`,
        () => {
          // They are read in their order, and the first one begins a new window for all.
          if (kind === loopDelays[0]) delays = endWindow()
          return delays[kind]
        },
        [],
      ),
    )
  }

  const text = (openMetrics = false) => (openMetrics ? open : plain).metrics()
  return {
    counter(name, help, labels = []) {
      const { family, metric } = createCounter(name, help, labels)
      register(metric)
      return family
    },
    histogram(name, help, options = {}) {
      const { family, metric } = createHistogram(name, help, options)
      register(metric)
      return family
    },
    gauge(name: string, help: string, read: Read, labels: readonly string[] = []) {
      register(createGauge(name, help, read, labels))
    },
    text,
    async page(accept) {
      const openMetrics = accept !== null && accept.includes('application/openmetrics-text')
      return {
        contentType: (openMetrics ? open : plain).contentType,
        text: await text(openMetrics),
      }
    },
  }
}

/** Registers a view of the metric: its own name, everything else the metric's. */
function showInOpenMetrics(open: Registry<OpenMetricsContentType>, metric: Metric): void {
  const view: Metric = Object.create(metric, {
    name: { value: nameOf(metric), writable: true, enumerable: true },
  })
  open.registerMetric(view)
}

/** Every metric has a name; prom-client's types leave it out. */
const nameOf = (metric: Metric): string => (metric as unknown as { name: string }).name

function createCounter(name: string, help: string, labelNames: readonly string[]) {
  const slots = createSlots(name, labelNames, 1)
  if (labelNames.length === 0) slots.offset({})

  class SlotCounter extends Counter implements SelfWriting {
    samples(): string {
      let text = ''
      for (const { text: labels, offset } of slots.all()) {
        text += `\n${seriesText(name, labels)} ${slots.values[offset]}`
      }
      return text
    }
  }

  const family: CounterFamily = {
    slot(labels) {
      const offset = slots.offset(labels)
      return {
        inc(by = 1) {
          // Read anew each time: the array is replaced when it grows.
          const { values } = slots
          values[offset] = (values[offset] as number) + by
        },
      }
    },
  }
  const metric = new SlotCounter({ name, help, labelNames: [...labelNames], registers: [] })
  return { family, metric }
}

type Found = number | Iterable<GaugeSample>
type Read = () => Eventually<Found>

function createGauge(name: string, help: string, read: Read, labelNames: readonly string[]): Gauge {
  return new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [],
    collect() {
      const show = (found: Found): void => {
        this.reset()
        if (typeof found === 'number') this.set(found)
        else for (const { labels, value } of found) this.set({ ...labels }, value)
      }
      // A scrape must show the rest even where one reader's store is down; absence is alerted on.
      const leaveOut = (): void => {
        this.reset()
        this.remove()
      }
      try {
        const found = read()
        if (found instanceof Promise) return found.then(show).catch(leaveOut)
        show(found)
      } catch {
        leaveOut()
      }
    },
  })
}
