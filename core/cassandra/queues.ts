/**
 * One conditional write at a time for each key in this process: what waits shares the next one,
 * instead of racing it in the cluster, where of two writes to one partition one has to start again.
 */

export interface QueuesOptions<K, T, R> {
  /** Items in one run at most. */
  readonly batchSize: number
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
export function createQueues<K, T, R>({
  batchSize,
  run,
}: QueuesOptions<K, T, R>): Enqueue<K, T, R> {
  if (!(batchSize >= 1)) throw new RangeError('The option "batchSize" must be at least 1.')
  const queues = new Map<K, Waiting<T, R>[]>()

  async function drain(key: K, queue: Waiting<T, R>[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, batchSize)
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
    batchSize: 1,
    run: async (_key, tasks) => [await tasks[0]?.()],
  })
  // The result of a task is of its type, whatever the types of the others in the queue.
  return <T>(key: K, task: () => Promise<T>) => enqueue(key, task) as Promise<T>
}
