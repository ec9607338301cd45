/** All carts for an admin, page by page, priced as their owners see them. */
import { problem } from '../../core/http/problem.ts'
import type { Wanted } from '../../core/http/wanted.ts'
import { chunks } from '../../core/values/chunks.ts'
import { isUuid, type ProductId, type UserId } from '../../core/values/ids.ts'
import { millis, type Clock, type Millis } from '../../core/values/time.ts'
import { maxLines, priceCart, type ListedCart, type Product } from './cart.ts'
import type { Catalog } from './catalog.ts'
import type { CartStore, UserCart } from './store.ts'
import type { Within } from '../../core/clients/within.ts'

export interface Page {
  readonly carts: readonly ListedCart[]
  /** Where the next page starts; null on the last one. */
  readonly nextCursor: string | null
}

export interface Listing {
  /** Expired carts are left out. @throws bad_request for a bad cursor, service_unavailable */
  page(
    query: { readonly limit: number; readonly cursor: string | null },
    within: Within & { readonly wanted: Wanted },
  ): Promise<Page>
}

export interface ListingOptions {
  readonly store: Pick<CartStore, 'carts'>
  readonly catalog: Catalog
  readonly clock: Clock
  /** Milliseconds without use after which a cart is empty. */
  readonly life: Millis
}

export function createListing({ store, catalog, clock, life }: ListingOptions): Listing {
  /** One call after another: an admin's page must not crowd out those who buy. */
  async function productsOf(
    carts: readonly UserCart[],
    within: Within,
  ): Promise<ReadonlyMap<ProductId, Product>> {
    const ids = new Set(carts.flatMap(({ cart }) => cart.lines.map((line) => line.productId)))
    const products = new Map<ProductId, Product>()
    for (const some of chunks([...ids], maxLines)) {
      for (const [id, product] of await catalog.recent(some, within)) products.set(id, product)
    }
    return products
  }

  return {
    async page({ limit, cursor }, within) {
      const found = await store.carts({
        after: cursor === null ? null : readCursor(cursor),
        usedAfter: millis(clock.now() - life),
        // One more than asked for tells whether there is a next page.
        limit: limit + 1,
        wanted: within.wanted,
      })
      const shown = found.slice(0, limit)
      const products = await productsOf(shown, within)
      const carts = shown.map(({ userId, cart: { revision, lines, updatedAt } }) => ({
        ...priceCart(revision, lines, products),
        revision,
        userId,
        updatedAt,
      }))
      const last = shown.at(-1)
      const more = found.length > limit && last !== undefined
      return { carts, nextCursor: more ? writeCursor(last.userId) : null }
    },
  }
}

const writeCursor = (user: UserId): string => Buffer.from(user).toString('base64url')

/** A cursor is a position in a list that the caller may read anyway, so it needs no signature. */
function readCursor(cursor: string): UserId {
  const user = Buffer.from(cursor, 'base64url').toString('latin1')
  if (!isUuid(user)) {
    throw problem('bad_request', { values: { reason: 'The cursor is not valid' } })
  }
  return user.toLowerCase() as UserId
}
