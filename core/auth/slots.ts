/**
 * Bounded concurrency that is shared out fairly: so many tasks run, so many wait, and each key has a
 * queue of its own.
 *
 * ```
 *   a │ 1 2 3 4        the queues take turns:  a1 b1 c1 a2 b2 a3 a4
 *   b │ 1 2            all places taken, and d comes: the longest queue loses its newest, a4
 *   c │ 1
 * ```
 *
 * So a key that asks for much waits behind itself: another one is served after one task of each key
 * that waits, and no key can keep it out of the queue.
 */

export interface Slots {
  /**
   * Runs the task when its turn comes; throws what `refuse` makes when the queue is full of tasks
   * that have as good a right to their places.
   */
  run<T>(key: string, task: () => Promise<T>): Promise<T>
  /** Tasks that wait for their turn. */
  waiting(): number
}

interface Turn {
  readonly begin: () => void
  readonly refuse: () => void
}

/** Both bounds are needed: without them a burst of costly tasks takes the process down. */
export function createSlots(options: {
  readonly concurrency: number
  readonly queue: number
  readonly refuse: () => Error
}): Slots {
  const { concurrency, queue, refuse } = options
  if (!(concurrency >= 1)) throw new RangeError('The option "concurrency" must be at least 1.')
  if (!(queue >= 0)) throw new RangeError('The option "queue" must be at least 0.')
  /** None of them is empty; whose turn is next comes first. */
  const queues = new Map<string, Turn[]>()
  let running = 0
  let waiting = 0

  /** A freed slot goes straight to who waits, so that nobody new can slip in between. */
  function release(): void {
    const [next] = queues
    if (next === undefined) {
      running--
      return
    }
    const [key, own] = next
    queues.delete(key)
    const turn = own.shift()
    if (own.length > 0) queues.set(key, own)
    waiting--
    turn?.begin()
  }

  /** Takes a place away from the longest queue, if that is still the longer one afterwards. */
  function makeRoomFor(key: string): void {
    let longest: Turn[] = []
    for (const each of queues.values()) if (each.length > longest.length) longest = each
    if (longest.length <= (queues.get(key)?.length ?? 0) + 1) throw refuse()
    waiting--
    longest.pop()?.refuse()
  }

  function turnOf(key: string): Promise<void> {
    if (waiting >= queue) makeRoomFor(key)
    waiting++
    return new Promise((begin, reject) => {
      const turn = { begin, refuse: () => reject(refuse()) }
      const own = queues.get(key)
      if (own === undefined) queues.set(key, [turn])
      else own.push(turn)
    })
  }

  return {
    waiting: () => waiting,
    async run(key, task) {
      if (running < concurrency) running++
      else await turnOf(key)
      try {
        return await task()
      } finally {
        release()
      }
    },
  }
}
