/**
 * Single products: read from the store each time, rendered once per version and stock, and served from
 * the last good answer while the store is down.
 */
import { createByteCache } from '../../core/cache/byte-cache.ts'
import {
  replyTo,
  represent,
  type Asking,
  type Representation,
} from '../../core/http/compression.ts'
import { problem, Problem } from '../../core/http/problem.ts'
import { jsonType } from '../../core/http/reply.ts'
import { compileSerializer } from '../../core/http/serializer.ts'
import type { ProductId } from '../../core/values/ids.ts'
import { millis, type Clock, type Millis } from '../../core/values/time.ts'
import { staleReply } from './freshness.ts'
import type { Answer } from './pages.ts'
import { detailOf, tagOf } from './products.ts'
import { ProductDetail } from './schemas.ts'
import type { ProductStore, StockedProduct } from './store.ts'

export interface DetailsOptions {
  readonly store: Pick<ProductStore, 'find'>
  readonly clock: Clock
  /** Bytes of all kept answers together, in all codings. */
  readonly maxBytes: number
  /** Counts a look at a product of this category. */
  readonly onViewed: (category: string) => void
  /** Counts an answer that was served without the store. */
  readonly onStale: () => void
}

export interface Details {
  /**
   * Throws, or rejects with, `product_not_found`; and `store_unavailable` for a product that was not
   * seen before the store went down.
   */
  answer(id: ProductId, asking: Asking): Answer
  /** Shows an own write at once, whatever read is under way. */
  wrote(product: StockedProduct): void
  /** Forgets a product that was deleted. */
  removed(id: ProductId): void
  /** Held by the cached answers. */
  readonly bytes: number
}

interface KeptDetail {
  readonly tag: string
  readonly category: string
  readonly content: Representation
  /** When the store last said so. */
  seenAt: Millis
}

const encoder = new TextEncoder()
const serialize = compileSerializer(ProductDetail)

export function createDetails(options: DetailsOptions): Details {
  const { store, clock, maxBytes, onViewed, onStale } = options
  const kept = createByteCache<KeptDetail>({
    maxBytes,
    sizeOf: ({ content }) => content.bytes + 900,
  })
  const running = new Map<ProductId, Promise<StockedProduct | null>>()

  /** One read for all who ask at the same time; a store that answers at once never gets that far. */
  function find(id: ProductId): StockedProduct | null | Promise<StockedProduct | null> {
    const known = running.get(id)
    if (known !== undefined) return known
    const found = store.find(id)
    if (!(found instanceof Promise)) return found
    const read = found.finally(() => {
      if (running.get(id) === read) running.delete(id)
    })
    running.set(id, read)
    return read
  }

  function keep(product: StockedProduct): KeptDetail {
    const tag = tagOf(product)
    const known = kept.get(product.id)
    if (known?.tag === tag) {
      known.seenAt = clock.now()
      return known
    }
    const content = represent({
      body: encoder.encode(serialize(detailOf(product))),
      tag,
      headers: { 'cache-control': 'no-cache' },
      bodyHeaders: { 'content-type': jsonType },
      onEncoded: () => reweigh(product.id, detail),
    })
    const detail = { tag, category: product.category, content, seenAt: clock.now() }
    kept.set(product.id, detail)
    return detail
  }

  function reweigh(id: ProductId, detail: KeptDetail): void {
    if (kept.get(id) !== detail) return
    kept.delete(id)
    kept.set(id, detail)
  }

  function show(id: ProductId, product: StockedProduct | null, asking: Asking): Answer {
    if (product === null || product.deleted) {
      kept.delete(id)
      throw problem('product_not_found')
    }
    const { content } = keep(product)
    onViewed(product.category)
    return replyTo(content, asking)
  }

  function withoutStore(id: ProductId, error: unknown, asking: Asking): Answer {
    const detail = kept.get(id)
    const down = error instanceof Problem && error.code === 'store_unavailable'
    if (!down || detail === undefined) throw error
    onViewed(detail.category)
    onStale()
    const reply = replyTo(detail.content, asking)
    const age = millis(clock.now() - detail.seenAt)
    return reply instanceof Promise
      ? reply.then((ready) => staleReply(ready, age))
      : staleReply(reply, age)
  }

  return {
    get bytes() {
      return kept.bytes
    },
    answer(id, asking) {
      let found
      try {
        found = find(id)
      } catch (error) {
        return withoutStore(id, error, asking)
      }
      if (!(found instanceof Promise)) return show(id, found, asking)
      return found.then(
        (product) => show(id, product, asking),
        (error: unknown) => withoutStore(id, error, asking),
      )
    },
    wrote(product) {
      running.delete(product.id)
      keep(product)
    },
    removed(id) {
      running.delete(id)
      kept.delete(id)
    },
  }
}
