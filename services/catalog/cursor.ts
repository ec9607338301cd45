/**
 * Cursors: where the next page starts, as a position in the order and not as a number of products, so
 * that what is inserted or deleted meanwhile neither repeats a product nor skips one.
 *
 * base64url of a JSON array: `["<fingerprint of the query>", rank, value, "<product id>"]`.
 */
import { fingerprint } from '../../core/http/idempotency.ts'
import { problem } from '../../core/http/problem.ts'
import { isUuid, type ProductId } from '../../core/values/ids.ts'
import type { Position, Window } from './product-slice.ts'
import { sortKey } from './sort-key.ts'

/** What a cursor belongs to; the size of a page may change on the way. */
export interface CursorQuery extends Pick<
  Window,
  'sortBy' | 'descending' | 'minPrice' | 'maxPrice'
> {
  /** Null: all categories. */
  readonly category: string | null
  /** The words of a search; null: none. */
  readonly text: string | null
}

export function writeCursor(query: CursorQuery, { rank, value, id }: Position): string {
  return Buffer.from(JSON.stringify([markOf(query), rank, value, id])).toString('base64url')
}

/**
 * Throws the problem `bad_request` for what is no cursor, or one of another query. It is a position
 * in a list that the caller may read anyway, so it needs no signature.
 */
export function readCursor(query: CursorQuery, cursor: string): Position {
  const parts = partsOf(cursor)
  if (parts === null) throw refused('The cursor is not valid')
  const [mark, rank, value, id] = parts
  if (mark !== markOf(query)) throw refused('The cursor belongs to another query')
  const ofKind = query.sortBy === 'price' ? Number.isSafeInteger(value) : typeof value === 'string'
  if (!isRank(rank) || !ofKind || typeof id !== 'string' || !isUuid(id)) {
    throw refused('The cursor is not valid')
  }
  // Their kinds have just been checked. A cursor from before names were folded has an unfolded key.
  const place = typeof value === 'string' ? sortKey(value) : (value as number)
  return { rank, value: place, id: id as ProductId }
}

function partsOf(cursor: string): readonly unknown[] | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    return Array.isArray(parts) && parts.length === 4 ? parts : null
  } catch {
    return null
  }
}

const isRank = (rank: unknown): rank is number =>
  rank === 0 || rank === 1 || rank === 2 || rank === 3

/** 48 bits tell an honest client's queries apart; nothing depends on a forger's. */
const markOf = ({ category, text, sortBy, descending, minPrice, maxPrice }: CursorQuery): string =>
  fingerprint([category, text, sortBy, descending, minPrice, maxPrice]).slice(0, 8)

const refused = (reason: string) => problem('bad_request', { values: { reason } })
