/** Batched look-ups: what many requests ask for at the same time goes into few calls. */
import type { Within } from './within.ts'

export interface BatchOptions<K, V> {
  /** Keys in one call; nobody may ask for more at once. */
  readonly maxKeys: number
  /** Calls under way at once; what comes meanwhile gathers for the next one. */
  readonly maxCalls: number
  /** Loads the values of distinct keys; those that have none are left out. */
  readonly load: (keys: readonly K[], first: Within) => Promise<ReadonlyMap<K, V>>
}

export type Lookup<K, V> = (keys: readonly K[], within: Within) => Promise<ReadonlyMap<K, V>>

interface Waiter<K, V> {
  readonly keys: readonly K[]
  readonly within: Within
  readonly resolve: (values: ReadonlyMap<K, V>) => void
  readonly reject: (error: unknown) => void
}

/**
 * A look-up never joins a call that has left before it came, so it never sees values older than its
 * question. With nothing under way it waits for one turn of the event loop only; when calls are slow
 * the batches grow instead of the number of calls.
 */
export function batched<K, V>({ maxKeys, maxCalls, load }: BatchOptions<K, V>): Lookup<K, V> {
  if (!(maxKeys >= 1) || !(maxCalls >= 1)) {
    throw new TypeError(
      `Batches need maxKeys and maxCalls of at least 1, got ${maxKeys} and ${maxCalls}.`,
    )
  }
  let waiting: Waiter<K, V>[] = []
  let calls = 0
  let scheduled = false

  function schedule(): void {
    if (scheduled || waiting.length === 0 || calls >= maxCalls) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      while (waiting.length > 0 && calls < maxCalls) send()
    })
  }

  function send(): void {
    const { keys, members } = takeBatch()
    const [first] = members
    if (first === undefined) return
    calls++
    load([...keys], first.within)
      .then(
        (values) => members.forEach((member) => member.resolve(values)),
        (error: unknown) => members.forEach((member) => member.reject(error)),
      )
      .finally(() => {
        calls--
        schedule()
      })
  }

  /** The longest run of waiters whose keys fit into one call. */
  function takeBatch(): { keys: ReadonlySet<K>; members: readonly Waiter<K, V>[] } {
    const keys = new Set<K>()
    let count = 0
    for (const waiter of waiting) {
      const more = waiter.keys.filter((key) => !keys.has(key))
      if (count > 0 && keys.size + more.length > maxKeys) break
      for (const key of more) keys.add(key)
      count++
    }
    const members = waiting.slice(0, count)
    waiting = waiting.slice(count)
    return { keys, members }
  }

  return (keys, within) =>
    new Promise((resolve, reject) => {
      if (keys.length > maxKeys) {
        throw new RangeError(`A look-up holds at most ${maxKeys} keys, got ${keys.length}.`)
      }
      waiting.push({ keys, within, resolve, reject })
      schedule()
    })
}
