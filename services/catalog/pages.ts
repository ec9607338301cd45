/** Pages of listings as bytes: cut from the index once, then sent from memory until their category changes. */
import { createByteCache, type ByteCache } from '../../core/cache/byte-cache.ts'
import type { Asking, Representation } from '../../core/http/compression.ts'
import type { Reply } from '../../core/http/reply.ts'
import type { CategoryIndexes, CategoryView } from './category-indexes.ts'
import type { Freshness } from './freshness.ts'
import type { Listing } from './listing.ts'
import { renderPage, type PageShape } from './page-body.ts'
import { emptyIndex } from './product-index.ts'
import { sliceOf, type Slice } from './product-slice.ts'

export interface PagesOptions {
  readonly indexes: CategoryIndexes
  /** Bytes of all cached pages together, in all codings. */
  readonly maxBytes: number
  readonly freshness: Pick<Freshness, 'mark'>
  readonly onHit: () => void
  readonly onMiss: () => void
}

export interface Pages {
  /** The name of the category that is asked for. */
  readonly named: CategoryIndexes['named']
  /**
   * The answer to a target that was answered before, unparsed; null when it has to be parsed, or
   * encoded first. A target is whatever tells two requests apart, such as a query string.
   */
  known(target: string, asking: Asking): Reply | null
  /** The page that a listing asks for; `target` is what `known` will recognize next time. */
  page(listing: Listing, shape: PageShape, target: string, asking: Asking): Answer
  /** Held by the cached pages. */
  readonly bytes: number
}

export type Answer = Reply | Promise<Reply>

interface CachedPage {
  readonly view: CategoryView
  /** Of the view when the page was cut. */
  readonly generation: number
  readonly content: Representation
}

/** Targets that lead to a cached page; one page has many, as clients order and spell them. */
const aliasBytes = 4 * 1024 * 1024
const longestAlias = 512

/** Searches are as many as clients think of, so they have an eighth of the room to themselves. */
const searchShare = 8

export function createPages(options: PagesOptions): Pages {
  const { indexes, maxBytes, freshness, onHit, onMiss } = options
  const searchBytes = Math.ceil(maxBytes / searchShare)
  const listings = createPageCache(maxBytes - searchBytes)
  const searches = createPageCache(searchBytes)
  const aliases = createByteCache<Alias>({
    maxBytes: aliasBytes,
    sizeOf: ({ key }, target) => 2 * (key.length + target.length) + 160,
  })

  function fresh({ cache, key }: Alias): CachedPage | null {
    const page = cache.get(key)
    return page !== undefined && page.generation === page.view.generation ? page : null
  }

  function send(content: Representation, asking: Asking): Answer {
    const ready = content.ready(asking)
    // As of when it is sent: an answer that waited for its coding may be stale by now.
    return ready === null
      ? content.encoded(asking).then((reply) => freshness.mark(reply))
      : freshness.mark(ready)
  }

  function sliceFor({ category, search, window }: Listing, view: CategoryView | null): Slice {
    if (search !== null) return indexes.search(search, category, window)
    if (category === null) return sliceOf(indexes.all(), window)
    return sliceOf(view?.index ?? emptyIndex, window)
  }

  return {
    named: indexes.named,
    get bytes() {
      return listings.bytes + searches.bytes
    },
    known(target, asking) {
      const alias = aliases.get(target)
      const page = alias === undefined ? null : fresh(alias)
      const reply = page === null ? null : page.content.ready(asking)
      if (reply === null) return null
      onHit()
      return freshness.mark(reply)
    },
    page(listing, shape, target, asking) {
      const { category, window } = listing
      const view = category === null ? null : indexes.category(category)
      // A page of all categories is for admins, hence rare. And nobody can fill the cache with
      // categories and pages that do not exist.
      if (view === null || window.skip >= view.index.size) {
        onMiss()
        return send(renderPage(listing, shape, sliceFor(listing, view)), asking)
      }
      const cache = listing.search === null ? listings : searches
      const alias = { cache, key: `${shape} ${listing.key}` }
      if (target.length <= longestAlias) aliases.set(target, alias)
      const page = fresh(alias)
      if (page !== null) {
        onHit()
        return send(page.content, asking)
      }
      onMiss()
      const { generation } = view
      const content = renderPage(listing, shape, sliceFor(listing, view), () => {
        reweigh(alias, made)
      })
      const made = { view, generation, content }
      cache.set(alias.key, made)
      return send(content, asking)
    },
  }
}

interface Alias {
  readonly cache: ByteCache<CachedPage>
  readonly key: string
}

const createPageCache = (maxBytes: number): ByteCache<CachedPage> =>
  createByteCache({ maxBytes, sizeOf: ({ content }, key) => content.bytes + 2 * key.length + 640 })

/** A cache weighs what it is given once; a page that has got another coding is given to it again. */
function reweigh({ cache, key }: Alias, page: CachedPage): void {
  if (cache.get(key) !== page) return
  cache.delete(key)
  cache.set(key, page)
}
