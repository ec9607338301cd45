/** Single-flight: equal work that is asked for at the same time is done once. */

/**
 * Runs `load` unless a load of the same key is under way, and returns that one's promise then.
 * A failure goes to all who wait and is not remembered: the next call loads again.
 */
export type SingleFlight<K, V> = (key: K, load: () => V | Promise<V>) => Promise<V>

/** Holds no more entries than loads are under way, so it needs no bound of its own. */
export function singleFlight<K, V>(): SingleFlight<K, V> {
  const flights = new Map<K, Promise<V>>()
  return (key, load) => {
    const running = flights.get(key)
    if (running !== undefined) return running
    const flight = settled(load).finally(() => flights.delete(key))
    flights.set(key, flight)
    return flight
  }
}

/** Turns what `load` throws at once into a rejection, too. */
const settled = async <V>(load: () => V | Promise<V>): Promise<V> => load()
