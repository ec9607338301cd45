/** Pages of listings as bytes: cut from the index once, then sent from memory until their category changes. */
import { createHash } from 'node:crypto'
import { createByteCache } from '../../core/cache/byte-cache.ts'
import { noneMatch } from '../../core/http/conditional.ts'
import { jsonType, Reply } from '../../core/http/reply.ts'
import type { CategoryIndexes, CategoryView } from './category-indexes.ts'
import { emptyIndex, type ProductIndex } from './product-index.ts'
import { sliceOf, type Window } from './product-slice.ts'

export interface PagesOptions {
  readonly indexes: CategoryIndexes
  /** Bytes of all cached pages together. */
  readonly maxBytes: number
  readonly onHit: () => void
  readonly onMiss: () => void
}

export interface Pages {
  /** The answer to a query string that was answered before, unparsed; null when it has to be parsed. */
  known(rawQuery: string, ifNoneMatch: string | null): Reply | null
  /** The page of a category; `rawQuery` is what `known` will recognize next time. */
  ofCategory(category: string, window: Window, rawQuery: string, ifNoneMatch: string | null): Reply
  /** A page of all categories: for admins, hence rare, hence not cached. */
  ofAll(window: Window): Reply
}

interface CachedPage {
  readonly view: CategoryView
  /** Of the view when the page was cut. */
  readonly generation: number
  readonly answer: TaggedReply
}

/** An answer with its entity tag, in its two forms. */
export interface TaggedReply {
  readonly etag: string
  readonly full: Reply
  readonly notModified: Reply
  readonly bytes: number
}

/** Query strings that lead to a cached page; one page has many, as clients order and spell them. */
const aliasBytes = 4 * 1024 * 1024
const longestAlias = 512

export function createPages({ indexes, maxBytes, onHit, onMiss }: PagesOptions): Pages {
  const pages = createByteCache<CachedPage>({
    maxBytes,
    sizeOf: ({ answer }, key) => answer.bytes + 2 * key.length + 512,
  })
  const aliases = createByteCache<string>({
    maxBytes: aliasBytes,
    sizeOf: (key, raw) => 2 * (key.length + raw.length) + 128,
  })

  function fresh(key: string): CachedPage | null {
    const page = pages.get(key)
    return page !== undefined && page.generation === page.view.generation ? page : null
  }

  function hit({ answer }: CachedPage, ifNoneMatch: string | null): Reply {
    onHit()
    return answerTo(answer, ifNoneMatch)
  }

  function cut(view: CategoryView, window: Window, key: string): CachedPage {
    onMiss()
    const { generation } = view
    const page = { view, generation, answer: tagged(envelope(view.index, window)) }
    pages.set(key, page)
    return page
  }

  return {
    known(rawQuery, ifNoneMatch) {
      const key = aliases.get(rawQuery)
      if (key === undefined) return null
      const page = fresh(key)
      return page === null ? null : hit(page, ifNoneMatch)
    },
    ofCategory(category, window, rawQuery, ifNoneMatch) {
      const view = indexes.category(category)
      // Nobody can fill the cache with categories and pages that do not exist.
      if (view === null || window.skip >= view.index.size) {
        onMiss()
        return answerTo(tagged(envelope(view?.index ?? emptyIndex, window)), ifNoneMatch)
      }
      const key = keyOf(category, window)
      if (rawQuery.length <= longestAlias) aliases.set(rawQuery, key)
      const page = fresh(key)
      if (page !== null) return hit(page, ifNoneMatch)
      return answerTo(cut(view, window, key).answer, ifNoneMatch)
    },
    ofAll: (window) => new Reply(200, jsonHeaders, envelope(indexes.all(), window)),
  }
}

const jsonHeaders = { 'content-type': jsonType }

/** Equal bytes have equal tags, in every copy of the service and after every restart. */
export function tagged(body: Uint8Array): TaggedReply {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  // Keep it, but ask each time: an answer may be outdated a moment later.
  const headers = { etag, 'cache-control': 'no-cache' }
  return {
    etag,
    full: new Reply(200, { ...jsonHeaders, ...headers }, body),
    notModified: new Reply(304, headers, null),
    bytes: body.length,
  }
}

/** 304 when the client has these bytes already. */
export const answerTo = (answer: TaggedReply, ifNoneMatch: string | null): Reply =>
  ifNoneMatch !== null && noneMatch(ifNoneMatch, answer.etag) ? answer.notModified : answer.full

/** The category comes last, as it alone can hold any character. */
const keyOf = (category: string, window: Window): string =>
  `${window.sortBy} ${window.descending} ${window.minPrice} ${window.maxPrice} ${window.skip} ${window.limit} ${category}`

const encoder = new TextEncoder()
const head = encoder.encode('{"items":[')

function envelope(index: ProductIndex, window: Window): Uint8Array {
  const { skip, limit } = window
  const { items, total } = sliceOf(index, window)
  const paging = {
    total,
    page: Math.floor(skip / limit) + 1,
    pages: Math.max(1, Math.ceil(total / limit)),
    has_next: skip + limit < total,
    has_prev: skip > 0,
  }
  const tail = encoder.encode(`],${JSON.stringify(paging).slice(1)}`)
  const body = new Uint8Array(head.length + items.length + tail.length)
  body.set(head)
  body.set(items, head.length)
  body.set(tail, head.length + items.length)
  return body
}
