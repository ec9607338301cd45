/** What a client wants to see of the catalog: a query string, understood. */
import { problem } from '../../core/http/problem.ts'
import { invalid } from '../../core/http/validation.ts'
import { fromMinor, minor, toMinor, type Minor } from '../../core/values/money.ts'
import { readCursor, writeCursor, type CursorQuery } from './cursor.ts'
import type { Slice, Window } from './product-slice.ts'
import type { ListingQuery } from './schemas.ts'
import { searchTextOf, type SearchText } from './search-words.ts'

export interface Listing {
  /** Null: all categories. */
  readonly category: string | null
  /** As the client wrote it; null without a search. */
  readonly q: string | null
  readonly search: SearchText | null
  readonly window: Window
  /** How the client turns pages; null while it has not said so, on a first page. */
  readonly paging: 'skip' | 'cursor' | null
  /** Equal for all spellings of one query, different for any two queries. */
  readonly key: string
}

/**
 * Throws the problems `price_range_inverted`, `validation_failed` for a cursor with something to skip,
 * and `bad_request` for a cursor that is not one of this query. An empty cursor asks for the first page.
 */
export function listingOf(query: ListingQuery, category: string | null): Listing {
  const { min_price: min, max_price: max, skip, cursor, q = null } = query
  if (min !== undefined && max !== undefined && min > max) throw problem('price_range_inverted')
  if (cursor !== undefined && (skip ?? 0) > 0) {
    throw invalid([{ path: '/skip', message: 'cannot be combined with cursor' }])
  }
  const search = q === null ? null : searchTextOf(q)
  const descending = query.sort_order === 'desc'
  const order = {
    // Nobody wants the worst matches first, so an order from the end means names.
    sortBy: query.sort_by ?? (search === null || descending ? 'name' : 'relevance'),
    descending,
    minPrice: min === undefined ? null : bound(min, Math.ceil),
    maxPrice: max === undefined ? null : bound(max, Math.floor),
  } as const
  const about = { ...order, category, text: search?.text ?? null }
  const window = {
    ...order,
    skip: skip ?? 0,
    after: cursor === undefined || cursor === '' ? null : readCursor(about, cursor),
    limit: query.limit ?? 100,
  }
  const paging = cursor !== undefined ? 'cursor' : skip !== undefined ? 'skip' : null
  return { category, q, search, window, paging, key: keyOf(window, paging, q, category) }
}

/** The cursor of the page that follows; null on the last one. */
export function nextCursor({ category, search, window }: Listing, slice: Slice): string | null {
  const { skip, count, total, last } = slice
  if (last === null || skip + count >= total) return null
  const query: CursorQuery = { ...window, category, text: search?.text ?? null }
  return writeCursor(query, last)
}

/**
 * `Link: rel="next"` (RFC 8288) relative to the page's own address, so that it holds behind a gateway
 * as well; null on the last page. Who counts pages gets the next count, everybody else a cursor.
 */
export function nextLink(listing: Listing, slice: Slice, withCategory: boolean): string | null {
  const cursor = nextCursor(listing, slice)
  if (cursor === null) return null
  const { window, category, q, paging } = listing
  const parts = new URLSearchParams()
  if (withCategory && category !== null) parts.set('category', category)
  if (q !== null) parts.set('q', q)
  if (window.sortBy !== (q === null ? 'name' : 'relevance')) parts.set('sort_by', window.sortBy)
  if (window.descending) parts.set('sort_order', 'desc')
  if (window.minPrice !== null) parts.set('min_price', String(fromMinor(window.minPrice)))
  if (window.maxPrice !== null) parts.set('max_price', String(fromMinor(window.maxPrice)))
  parts.set('limit', String(window.limit))
  if (paging === 'skip') parts.set('skip', String(window.skip + window.limit))
  else parts.set('cursor', cursor)
  return `<?${parts}>; rel="next"`
}

/** Above every price that there can be; bounds past it mean the same. */
const beyondPrices = minor(10_000_000_000)

/** A bound between two kopecks means the next price inside of it. */
const bound = (amount: number, round: (value: number) => number): Minor =>
  minor(Math.min(beyondPrices, toMinor(amount) ?? round(amount * 100)))

/** JSON keeps the texts apart, whatever is in them. */
const keyOf = (
  { sortBy, descending, minPrice, maxPrice, skip, after, limit }: Window,
  paging: Listing['paging'],
  q: string | null,
  category: string | null,
): string =>
  JSON.stringify([
    paging,
    sortBy,
    descending,
    minPrice,
    maxPrice,
    skip,
    after === null ? null : [after.rank, after.value, after.id],
    limit,
    q,
    category,
  ])
