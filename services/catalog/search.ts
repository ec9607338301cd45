/**
 * Search in product names: every word of the search begins a word of the name. Results stand by rank
 *
 * ```
 *  0  the name is the search                      «молоко» finds Молоко
 *  1  all words of the search are words of it     «молоко» finds Сухое молоко
 *  2  the name begins with the search             «мол»    finds Молоко
 *  3  all others                                  «мол»    finds Сухое молоко
 * ```
 *
 * and within a rank in the order of names, ties by product id; or by name or price alone.
 */
import { itemJson, turned } from './product-index.ts'
import { startOf, type Position, type Slice, type Window } from './product-slice.ts'
import {
  headOf,
  rangeOf,
  type SearchDocument,
  type SearchIndex,
  type SearchView,
} from './search-index.ts'
import { createMarks } from './search-marks.ts'
import type { SearchText } from './search-words.ts'

/** Cuts a page out of what matches in a category, or in all for null. */
export type Search = (text: SearchText, category: string | null, window: Window) => Slice

interface Results {
  readonly numbers: Uint32Array
  /** Beside `numbers`; empty in an order without ranks. */
  readonly ranks: Uint32Array
}

/** Ranks are 0 to 3. */
const rankCount = 4

const none = new Uint32Array(0)

/** The searches of one process; what they need beside the index is made once. */
export function createSearch(index: Pick<SearchIndex, 'view'>): Search {
  const matches = createMarks()
  const wholes = createMarks()

  /** Marks what has all words; false when nothing can. */
  function mark({ words, documents }: SearchView, text: SearchText): boolean {
    matches.begin(documents.length)
    wholes.begin(documents.length)
    for (const word of text.words) {
      const range = rangeOf(words, word)
      // A word itself comes before the longer ones that begin with it.
      const [shortest] = range
      if (shortest === undefined) return false
      matches.word()
      for (const postings of range) matches.add(postings)
      wholes.word()
      if (shortest.word === word) wholes.add(shortest)
    }
    return text.words.length > 0
  }

  /** Documents that match, in the order of names or prices. */
  function matching(view: SearchView, category: string | null, window: Window): Uint32Array {
    const { categories, prices } = view
    const wanted = category === null ? null : view.categoryOf(category)
    const low = window.minPrice ?? 0
    const high = window.maxPrice ?? Infinity
    const order = window.sortBy === 'price' ? view.byPrice : view.byName
    const found = new Uint32Array(order.length)
    let size = 0
    for (let place = 0; place < order.length; place++) {
      const number = order[place] ?? 0
      if (!matches.has(number)) continue
      const price = prices[number] ?? 0
      if (price < low || price > high) continue
      if (wanted === null || categories[number] === wanted) found[size++] = number
    }
    return found.subarray(0, size)
  }

  function byRank(view: SearchView, numbers: Uint32Array, { text }: SearchText): Results {
    const head = headOf(text)
    const mask = text.length === 1 ? 0xffff_0000 : 0xffff_ffff
    const rankOf = (number: number): number => {
      // Few names begin like the search; the others are told without a look at them.
      const near = (((view.heads[number] ?? 0) ^ head) & mask) === 0
      const name = near ? documentOf(view, number).text : ''
      if (name === text) return 0
      if (wholes.has(number)) return 1
      return near && name.startsWith(text) ? 2 : 3
    }
    const found = numbers.map(rankOf)
    const ranks = new Uint32Array(numbers.length)
    const sorted = new Uint32Array(numbers.length)
    let size = 0
    for (let rank = 0; rank < rankCount; rank++) {
      const first = size
      for (let place = 0; place < numbers.length; place++) {
        if (found[place] === rank) sorted[size++] = numbers[place] ?? 0
      }
      ranks.fill(rank, first, size)
    }
    return { numbers: sorted, ranks }
  }

  function find(text: SearchText, category: string | null, window: Window): Results {
    const view = index.view()
    if (!mark(view, text)) return { numbers: none, ranks: none }
    const numbers = matching(view, category, window)
    if (window.sortBy === 'relevance') return byRank(view, numbers, text)
    if (!window.descending) return { numbers, ranks: none }
    const valueOf = (number: number) => valueIn(documentOf(view, number), window)
    return { numbers: turned(numbers, (a, b) => valueOf(a) === valueOf(b)), ranks: none }
  }

  return (text, category, window) => {
    const { numbers, ranks } = find(text, category, window)
    const view = index.view()
    const positionAt = (place: number): Position => {
      const document = documentOf(view, numbers[place] ?? 0)
      return {
        rank: ranks[place] ?? 0,
        value: valueIn(document, window),
        id: document.product.id,
      }
    }
    const skip = startOf(window, numbers.length, positionAt)
    const page = Array.from(numbers.subarray(skip, skip + window.limit), (number) =>
      itemJson(documentOf(view, number).product),
    )
    return {
      total: numbers.length,
      skip,
      count: page.length,
      items: encoder.encode(page.join(',')),
      last: page.length === 0 ? null : positionAt(skip + page.length - 1),
    }
  }
}

const encoder = new TextEncoder()

/** What the order of the window compares first. */
const valueIn = ({ product, key }: SearchDocument, { sortBy }: Window): string | number =>
  sortBy === 'price' ? product.price : key

/** The lists and orders of a view hold numbers of its documents alone. */
function documentOf(view: SearchView, number: number): SearchDocument {
  const document = view.documents[number]
  if (document === undefined) throw new RangeError(`The search index has no document ${number}.`)
  return document
}
