/** The numbers of one metric in one typed array, found by label values when a slot is bound. */
import { labelText } from './exposition.ts'

export type LabelValues = Readonly<Record<string, string>>

export interface Slots {
  /** Replaced when it grows, so read it anew for each recording. */
  readonly values: Float64Array
  /** Where the numbers of these label values begin; makes them, at zero, when they are new. */
  offset(labels: LabelValues): number
  all(): Iterable<Series>
}

export interface Series {
  /** Its labels as the exposition writes them. */
  readonly text: string
  readonly offset: number
}

/**
 * Series of one metric. The routes, methods and statuses of a service stay far below it; what is past
 * it goes into one series whose every label is `other`, so that a mistake costs detail, not memory.
 */
export const maxSeries = 2000

/** `width`: numbers of one series. */
export function createSlots(name: string, labelNames: readonly string[], width: number): Slots {
  let values = new Float64Array(width * 8)
  const series = new Map<string, Series>()
  const other = Object.fromEntries(labelNames.map((label) => [label, 'other']))

  function add(key: string, labels: Record<string, string>): number {
    const offset = series.size * width
    if (offset + width > values.length) {
      const grown = new Float64Array(values.length * 2)
      grown.set(values)
      values = grown
    }
    series.set(key, { text: labelText(labels), offset })
    return offset
  }

  function keyOf(labels: LabelValues): string {
    let key = ''
    for (const label of labelNames) {
      const value = labels[label]
      if (value === undefined) throw new TypeError(`The metric ${name} needs the label ${label}.`)
      // Lengths keep ('a', 'bc') and ('ab', 'c') apart.
      key += `${value.length}:${value}`
    }
    return key
  }

  return {
    get values() {
      return values
    },
    offset(labels) {
      const key = keyOf(labels)
      const known = series.get(key)
      if (known !== undefined) return known.offset
      if (series.size < maxSeries - 1) {
        return add(key, Object.fromEntries(labelNames.map((label) => [label, labels[label] ?? ''])))
      }
      const rest = keyOf(other)
      return series.get(rest)?.offset ?? add(rest, other)
    },
    all: () => series.values(),
  }
}
