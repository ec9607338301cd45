/**
 * One conditional write at a time for each key in this process: what waits shares the next one,
 * instead of racing it in the cluster, where of two writes to one partition one has to start again.
 */

export interface QueuesOptions<K, T, R> {
  /** Items in one run at most. */
  readonly maxItems: number
  /** Handles items of one key; resolves with a result for each, in their order. */
  readonly run: (key: K, items: readonly T[]) => Promise<readonly R[]>
}

/** Resolves or rejects with the run that took the item. */
export type Enqueue<K, T, R> = (key: K, item: T) => Promise<R>

interface Waiting<T, R> {
  readonly item: T
  readonly resolve: (result: R) => void
  readonly reject: (error: unknown) => void
}

/** Holds no more than the callers that wait. */
export function createQueues<K, T, R>({ maxItems, run }: QueuesOptions<K, T, R>): Enqueue<K, T, R> {
  if (!(maxItems >= 1)) throw new RangeError('The option "maxItems" must be at least 1.')
  const queues = new Map<K, Waiting<T, R>[]>()

  async function drain(key: K, queue: Waiting<T, R>[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, maxItems)
      try {
        const results = await run(
          key,
          batch.map(({ item }) => item),
        )
        if (results.length !== batch.length) throw new Error('A run has left items without result.')
        // The lengths are the same; the type of R may include undefined.
        batch.forEach(({ resolve }, index) => resolve(results[index] as R))
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    queues.delete(key)
  }

  return (key, item) =>
    new Promise((resolve, reject) => {
      const waiting = { item, resolve, reject }
      const queue = queues.get(key)
      if (queue !== undefined) {
        queue.push(waiting)
        return
      }
      const own = [waiting]
      queues.set(key, own)
      void drain(key, own)
    })
}

/** One task at a time for each key. */
export function createTurns<K>(): <T>(key: K, task: () => Promise<T>) => Promise<T> {
  const enqueue = createQueues<K, () => Promise<unknown>, unknown>({
    maxItems: 1,
    run: async (_key, tasks) => [await tasks[0]?.()],
  })
  // The result of a task is of its type, whatever the types of the others in the queue.
  return <T>(key: K, task: () => Promise<T>) => enqueue(key, task) as Promise<T>
}

export interface InBatchesOptions<K, T> {
  /** Items of one batch. */
  readonly maxItems: number
  /** Does all items of a batch, in the order in which they came; its failure goes to all who wait for it. */
  readonly run: (key: K, items: readonly T[]) => Promise<void>
}

/** The same where the items have no results of their own. */
export const inBatches = <K, T>({ maxItems, run }: InBatchesOptions<K, T>) =>
  createQueues<K, T, void>({
    maxItems,
    async run(key, items) {
      await run(key, items)
      return items.map(() => undefined)
    },
  })
