/** A bound for each key on what it holds at once, such as the requests of one address. */

export interface Shares {
  /**
   * Takes a place of the key; null when it holds as many as it may. Calling what is returned gives
   * the place back, once however often it is called.
   */
  take(key: string): (() => void) | null
}

/**
 * Remembers the keys that hold something and no others.
 *
 * @param perKey places of one key, at least 1
 */
export function createShares(perKey: number): Shares {
  if (!(perKey >= 1)) throw new RangeError(`A key needs at least 1 place, got ${perKey}.`)
  const held = new Map<string, number>()
  return {
    take(key) {
      const count = held.get(key) ?? 0
      if (count >= perKey) return null
      held.set(key, count + 1)
      let holds = true
      return () => {
        if (!holds) return
        holds = false
        const left = (held.get(key) ?? 1) - 1
        if (left === 0) held.delete(key)
        else held.set(key, left)
      }
    },
  }
}
