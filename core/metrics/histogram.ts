/**
 * Histograms whose recording is an addition in a typed array. One slot (one set of label values) is a
 * run of numbers, the buckets not yet summed up:
 *
 *     |<- slot 0 ---------------------->|<- slot 1 …
 *     | le 0.0005 | … | le 10 | +Inf | sum | le 0.0005 | …
 */
import { Histogram } from 'prom-client'
import { createSlots, type LabelValues } from './slots.ts'

/** Upper bounds in seconds: fine around what a cached page takes, coarse up to the longest budget. */
export const durationBuckets: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2.5, 5, 10,
]

export interface HistogramSlot {
  /** Records one value: seconds for durations. */
  observe(value: number): void
  /**
   * Names the trace behind a value that was observed. Its bucket shows the latest one, in OpenMetrics
   * (https://github.com/prometheus/OpenMetrics, "Exemplars").
   */
  exemplify(value: number, traceId: string): void
}

export interface HistogramFamily {
  /** The slot of one set of label values; bind it once, at boot where the values are known. */
  slot(labels: LabelValues): HistogramSlot
}

export interface HistogramOptions {
  readonly labels?: readonly string[]
  /** Upper bounds in rising order, inclusive; durations in seconds unless given. */
  readonly buckets?: readonly number[]
}

interface Exemplar {
  readonly labelSet: { readonly trace_id: string }
  readonly value: number
  /** Seconds since 1970. */
  readonly timestamp: number
}

/** One line of the exposition, as prom-client takes it. */
interface Sample {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** Labels of the slot; the exposition keeps their text as long as the object is the same one. */
  readonly sharedLabels: Readonly<Record<string, string>>
  readonly exemplar?: Exemplar | undefined
}

/** Makes a family of histograms and the metric through which prom-client shows it. */
export function createHistogram(
  name: string,
  help: string,
  { labels = [], buckets = durationBuckets }: HistogramOptions,
): { readonly family: HistogramFamily; readonly metric: Histogram } {
  requireRising(name, buckets)
  const bounds = Float64Array.from(buckets)
  const overflow = bounds.length
  const sum = overflow + 1
  const slots = createSlots(name, labels, sum + 1)
  /** By the place of their bucket in the array. */
  const exemplars = new Map<number, Exemplar>()

  function bucketOf(value: number): number {
    let bucket = 0
    while (bucket < overflow && value > (bounds[bucket] as number)) bucket += 1
    return bucket
  }

  function bind(labelValues: LabelValues): HistogramSlot {
    const start = slots.offset(labelValues)
    return {
      observe(value) {
        const bucket = bucketOf(value)
        // Read anew each time: the array is replaced when it grows.
        const { values } = slots
        values[start + bucket] = (values[start + bucket] as number) + 1
        values[start + sum] = (values[start + sum] as number) + value
      },
      exemplify(value, traceId) {
        exemplars.set(start + bucketOf(value), {
          labelSet: { trace_id: traceId },
          value,
          timestamp: Date.now() / 1000,
        })
      },
    }
  }
  // Without labels there is one series, and it is there from boot.
  if (labels.length === 0) slots.offset({})

  // One object a bound for all scrapes, so that a scrape allocates samples alone.
  const bucketLabels = [...buckets.map(String), '+Inf'].map((le) => ({ le }))
  const none = {}

  function* samples(): Generator<Sample> {
    for (const { labels: sharedLabels, offset } of slots.all()) {
      let count = 0
      for (const [bucket, bound] of bucketLabels.entries()) {
        count += slots.values[offset + bucket] as number
        const exemplar = exemplars.get(offset + bucket)
        yield { metricName: `${name}_bucket`, labels: bound, value: count, sharedLabels, exemplar }
      }
      const total = slots.values[offset + sum] as number
      yield { metricName: `${name}_sum`, labels: none, value: total, sharedLabels }
      yield { metricName: `${name}_count`, labels: none, value: count, sharedLabels }
    }
  }

  class SlotHistogram extends Histogram {
    /** What a registry's exposition reads of a histogram; prom-client's types leave it out. */
    async getForPromString() {
      return { name, help, type: 'histogram', values: [...samples()] }
    }
  }
  const metric = new SlotHistogram({ name, help, labelNames: [...labels], registers: [] })
  return { family: { slot: bind }, metric }
}

function requireRising(name: string, buckets: readonly number[]): void {
  const rising = buckets.every((bound, index) => index === 0 || bound > (buckets[index - 1] ?? 0))
  if (buckets.length > 0 && rising && buckets.every(Number.isFinite)) return
  throw new TypeError(`The buckets of ${name} must be finite numbers in rising order.`)
}
