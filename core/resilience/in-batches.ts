/** What waits for the same key goes on together: one batch of a key at a time, other keys beside it. */

export interface InBatchesOptions<K, T> {
  /** Items of one batch. */
  readonly maxItems: number
  /** Does all items of a batch, in the order in which they came; its failure goes to all who wait for it. */
  readonly run: (key: K, items: readonly T[]) => Promise<void>
}

interface Waiter<T> {
  readonly item: T
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Callers of one key share batches instead of racing each other: what comes while a batch is under way
 * waits for the next one. Resolves when the batch of the item is done. Holds no more than the callers
 * that wait, so it needs no bound of its own.
 */
export function inBatches<K, T>({ maxItems, run }: InBatchesOptions<K, T>) {
  if (!(maxItems >= 1)) {
    throw new TypeError(`A batch needs a bound (maxItems) of at least 1 item, got ${maxItems}.`)
  }
  const queues = new Map<K, Waiter<T>[]>()

  async function drain(key: K, queue: Waiter<T>[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, maxItems)
      try {
        await run(
          key,
          batch.map(({ item }) => item),
        )
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    queues.delete(key)
  }

  return (key: K, item: T): Promise<void> =>
    new Promise((resolve, reject) => {
      const waiter = { item, resolve, reject }
      const queue = queues.get(key)
      if (queue !== undefined) {
        queue.push(waiter)
        return
      }
      const own = [waiter]
      queues.set(key, own)
      void drain(key, own)
    })
}
