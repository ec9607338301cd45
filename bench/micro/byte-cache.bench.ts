/** Reading a cache that has to let go of entries: 9 of 10 reads find their page. */
import { createByteCache } from '../../core/cache/byte-cache.ts'
import { repeated, type Suite } from './suite.ts'

const entries = 2_000
const page = new Uint8Array(2_500)
const keys = Array.from({ length: entries * 2 }, (_, at) => `category=Фрукты&skip=${at * 20}`)
const batch = 1_000

/** Nine hot keys for each cold one; the cold ones go round and push each other out. */
function keyAt(at: number): string {
  const cold = at % 10 === 0
  const place = cold ? entries + ((at / 10) % entries) : (at * 7) % (entries / 2)
  return keys[place] as string
}

export default {
  mirrors: 'core/cache/byte-cache.ts',
  operation: 'one read, and a write where it missed',
  batch,
  variants: {
    'lru-cache, bounded by bytes'() {
      const cache = createByteCache<Uint8Array>({
        maxBytes: entries * page.length,
        sizeOf: ({ length }) => length,
      })
      let reads = 0
      return repeated(batch, () => {
        const key = keyAt(reads++)
        const found = cache.get(key)
        if (found === undefined) cache.set(key, page)
        return found
      })
    },
    'Map, deleted and put back on each read'() {
      const cache = new Map<string, Uint8Array>()
      let bytes = 0
      let reads = 0
      return repeated(batch, () => {
        const key = keyAt(reads++)
        const found = cache.get(key)
        if (found !== undefined) {
          cache.delete(key)
          cache.set(key, found)
          return found
        }
        cache.set(key, page)
        bytes += page.length
        for (const [oldest, value] of cache) {
          if (bytes <= entries * page.length) break
          cache.delete(oldest)
          bytes -= value.length
        }
        return undefined
      })
    },
  },
} satisfies Suite
