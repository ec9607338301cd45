/** A long list in short ones. */

/** Slices of at most `size` items, in order; none of an empty list. */
export function* chunks<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size)
}
