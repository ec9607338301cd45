/** A cache bounded by the bytes it holds; the least recently used entry leaves first. */
import { LRUCache } from 'lru-cache'
import { systemClock, type Clock, type Millis } from '../values/time.ts'

export interface ByteCacheOptions<V> {
  /** Bytes of all entries together. */
  readonly maxBytes: number
  /** Bytes of one entry, its key included where that counts. */
  readonly sizeOf: (value: V, key: string) => number
  /** Milliseconds after which an entry is gone; without it, entries leave only by size or deletion. */
  readonly maxAge?: Millis
  readonly clock?: Clock
}

export interface ByteCache<V> {
  get(key: string): V | undefined
  /** A value larger than the whole cache is not kept, and removes what its key held. */
  set(key: string, value: V): void
  delete(key: string): boolean
  clear(): void
  readonly entries: number
  readonly bytes: number
}

/** @throws TypeError in one sentence when the bound is missing or no bound. */
export function createByteCache<V extends {}>(options: ByteCacheOptions<V>): ByteCache<V> {
  const { maxBytes, sizeOf, maxAge, clock = systemClock } = options
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
    throw new TypeError(
      `maxBytes must be a whole number of bytes above 0, got ${maxBytes}: a cache without a bound grows until the process is killed.`,
    )
  }
  const entries = new LRUCache<string, V>({
    maxSize: maxBytes,
    // The library wants a whole number above zero.
    sizeCalculation: (value, key) => Math.max(1, Math.ceil(sizeOf(value, key))),
    // Resolution 0 asks the clock each time instead of holding a timer between two looks.
    ...(maxAge !== undefined && { ttl: maxAge, ttlResolution: 0, perf: clock }),
  })
  return {
    get: (key) => entries.get(key),
    set(key, value) {
      entries.set(key, value)
    },
    delete: (key) => entries.delete(key),
    clear: () => entries.clear(),
    get entries() {
      return entries.size
    },
    get bytes() {
      return entries.calculatedSize
    },
  }
}
