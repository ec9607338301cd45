/** Bounded concurrency: so many run, so many wait in order, the rest is refused at once. */

export interface Slots {
  /** Runs the task when its turn comes; throws what `refuse` makes when the queue is full. */
  run<T>(task: () => Promise<T>): Promise<T>
  /** Tasks that wait for their turn. */
  waiting(): number
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
  const waiting: (() => void)[] = []
  let running = 0

  /** A freed slot goes straight to who waits longest, so that nobody new can slip in between. */
  function release(): void {
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }

  return {
    waiting: () => waiting.length,
    async run(task) {
      if (running < concurrency) running++
      else if (waiting.length < queue) await new Promise<void>((turn) => waiting.push(turn))
      else throw refuse()
      try {
        return await task()
      } finally {
        release()
      }
    },
  }
}
