/** Work on many items with so many under way at once. */

/**
 * Resolves when the work on every item is done; rejects with the first failure, while what is left of
 * the items still is worked on.
 *
 * @param limit items under way at once
 */
export async function atMost<T>(
  limit: number,
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  if (!(limit >= 1)) throw new TypeError(`At least 1 item must be under way, got ${limit}.`)
  // All workers draw from one iterator, so each item is drawn once.
  const left = Iterator.from(items)
  const worker = async () => {
    for (let next = left.next(); next.done !== true; next = left.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: limit }, worker))
}
