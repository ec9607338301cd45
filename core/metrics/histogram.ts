/**
 * Histograms whose recording is an addition in a typed array. One slot (one set of label values) is a
 * run of numbers, the buckets not yet summed up:
 *
 *     |<- slot 0 ---------------------->|<- slot 1 …
 *     | le 0.0005 | … | le 10 | +Inf | sum | le 0.0005 | …
 */
import { Histogram } from 'prom-client'
import { seriesText, type SelfWriting } from './exposition.ts'
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
  readonly traceId: string
  readonly value: number
  /** Seconds since 1970. */
  readonly timestamp: number
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
          traceId,
          value,
          timestamp: Date.now() / 1000,
        })
      },
    }
  }
  // Without labels there is one series, and it is there from boot.
  if (labels.length === 0) slots.offset({})

  const bucketTexts = [...buckets.map(String), '+Inf'].map((le) => `le="${le}"`)
  /** Of each series, the beginnings of its lines; labels never change. */
  const beginnings = new Map<string, readonly string[]>()

  function beginningsOf(labelValues: string): readonly string[] {
    const known = beginnings.get(labelValues)
    if (known !== undefined) return known
    const made = [
      ...bucketTexts.map((bound) => `\n${seriesText(`${name}_bucket`, bound, labelValues)} `),
      `\n${seriesText(`${name}_sum`, labelValues)} `,
      `\n${seriesText(`${name}_count`, labelValues)} `,
    ]
    beginnings.set(labelValues, made)
    return made
  }

  class SlotHistogram extends Histogram implements SelfWriting {
    samples(openMetrics: boolean): string {
      const { values } = slots
      let text = ''
      for (const { text: labelValues, offset } of slots.all()) {
        const lines = beginningsOf(labelValues)
        let count = 0
        for (let bucket = 0; bucket <= overflow; bucket++) {
          count += values[offset + bucket] as number
          text += `${lines[bucket]}${count}`
          const exemplar = openMetrics ? exemplars.get(offset + bucket) : undefined
          if (exemplar !== undefined) text += exemplarText(exemplar)
        }
        text += `${lines[overflow + 1]}${values[offset + sum]}${lines[overflow + 2]}${count}`
      }
      return text
    }
  }
  const metric = new SlotHistogram({ name, help, labelNames: [...labels], registers: [] })
  return { family: { slot: bind }, metric }
}

const exemplarText = ({ traceId, value, timestamp }: Exemplar): string =>
  ` # {trace_id="${traceId}"} ${value} ${timestamp}`

function requireRising(name: string, buckets: readonly number[]): void {
  const rising = buckets.every((bound, index) => index === 0 || bound > (buckets[index - 1] ?? 0))
  if (buckets.length > 0 && rising && buckets.every(Number.isFinite)) return
  throw new TypeError(`The buckets of ${name} must be finite numbers in rising order.`)
}
