/**
 * Which documents have every word so far? One stamp a document; nothing is ever cleared, as each
 * search uses stamps of its own:
 *
 * ```
 *  search  «красное ябл»                    stamps after
 *    красное   0 | 3 | 4                    [ 41 |  7 |  - | 41 | 41 ]   41: has the first word
 *    ябл       0 | 1 | 4                    [ 42 |  7 |  - | 41 | 42 ]   42: has both
 * ```
 */
import type { Postings } from './search-index.ts'

export interface Marks {
  /** Starts a search over the documents 0 to `size - 1`. */
  begin(size: number): void
  /** Starts the next word of the search. */
  word(): void
  /** These documents have the word; for a prefix, called with each word that begins so. */
  add(postings: Postings): void
  /** True for a document that has all words. */
  has(document: number): boolean
}

export function createMarks(): Marks {
  let stamps = new Uint32Array(0)
  let stamp = 0
  let first = true
  let firstWord = true
  return {
    begin(size) {
      // A search has far fewer words than this, so no stamp is ever used twice.
      if (stamps.length < size || stamp > 0xffff_0000) {
        stamps = new Uint32Array(2 * size)
        stamp = 0
      }
      first = true
    },
    word() {
      firstWord = first
      first = false
      stamp++
    },
    add({ numbers, count }) {
      const before = stamp - 1
      for (let place = 0; place < count; place++) {
        const document = numbers[place] ?? 0
        if (firstWord || stamps[document] === before) stamps[document] = stamp
      }
    },
    has: (document) => stamps[document] === stamp,
  }
}
