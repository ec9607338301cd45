/** What a page of a listing looks like on the wire. */
import { createHash } from 'node:crypto'
import { represent, type Representation } from '../../core/http/compression.ts'
import { jsonType } from '../../core/http/reply.ts'
import { nextCursor, nextLink, type Listing } from './listing.ts'
import type { Slice } from './product-slice.ts'

/** An object with the items and the numbers of paging, or the array of the items alone. */
export type PageShape = 'object' | 'array'

/** `onEncoded` is told when the page has been made in another coding. */
export function renderPage(
  listing: Listing,
  shape: PageShape,
  slice: Slice,
  onEncoded?: () => void,
): Representation {
  const body =
    shape === 'array'
      ? joined(openArray, slice.items, closeArray)
      : joined(openObject, slice.items, encoder.encode(pagingOf(listing, slice)))
  const link = nextLink(listing, slice, shape === 'object')
  return representJson(body, link === null ? {} : { link }, onEncoded)
}

/** JSON that a client keeps, and asks each time whether it is still so: it may change any moment. */
export const representJson = (
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
  onEncoded?: () => void,
): Representation =>
  represent({
    body,
    // Equal bytes have equal tags, in every copy of the service and after every restart.
    tag: createHash('sha256').update(body).digest('base64url').slice(0, 22),
    headers: { ...headers, 'cache-control': 'no-cache' },
    bodyHeaders: { 'content-type': jsonType },
    ...(onEncoded !== undefined && { onEncoded }),
  })

/** The rest of the object after its items. */
function pagingOf(listing: Listing, slice: Slice): string {
  const { limit } = listing.window
  const { total, skip } = slice
  const paging = {
    total,
    page: Math.floor(skip / limit) + 1,
    pages: Math.max(1, Math.ceil(total / limit)),
    has_next: skip + limit < total,
    has_prev: skip > 0,
    ...(listing.paging === 'cursor' && { next_cursor: nextCursor(listing, slice) }),
  }
  return `],${JSON.stringify(paging).slice(1)}`
}

const encoder = new TextEncoder()
const openObject = encoder.encode('{"items":[')
const openArray = encoder.encode('[')
const closeArray = encoder.encode(']')

function joined(head: Uint8Array, items: Uint8Array, tail: Uint8Array): Uint8Array {
  const body = new Uint8Array(head.length + items.length + tail.length)
  body.set(head)
  body.set(items, head.length)
  body.set(tail, head.length + items.length)
  return body
}
