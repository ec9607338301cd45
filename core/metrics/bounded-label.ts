/** Keeps the values of a label few, where they come from data that users make. */

/** What stands for every value past the bound. */
export const otherLabel = 'other'

/**
 * Passes the first `max` distinct values through and maps all others to `other`, so that names from
 * the catalog cannot grow the metrics without end.
 *
 * @throws TypeError in one sentence when the bound is missing or no bound
 */
export function boundedLabel(max: number): (value: string) => string {
  if (!Number.isSafeInteger(max) || max < 1) {
    throw new TypeError(
      `max must be a whole number of at least 1, got ${max}: a label without a bound grows a series for each value.`,
    )
  }
  const known = new Set<string>()
  return (value) => {
    if (known.has(value)) return value
    if (known.size >= max) return otherLabel
    known.add(value)
    return value
  }
}
