/** Reading and changing carts: compare-and-set on the revision, prices and stock from the catalog. */
import { problem, type Problem } from '../../core/http/problem.ts'
import { newId, type CartLineId, type ProductId, type UserId } from '../../core/values/ids.ts'
import type { Clock, Millis } from '../../core/values/time.ts'
import {
  addPieces,
  findLine,
  liveLines,
  maxLines,
  maxQuantity,
  priceCart,
  priceLine,
  setQuantity,
  shown,
  type Cart,
  type CartLine,
  type Changed,
  type PricedCart,
  type PricedLine,
  type Product,
} from './cart.ts'
import type { Catalog } from './catalog.ts'
import { inTurn } from './in-turn.ts'
import type { CartStore } from './store.ts'
import type { Within } from '../../core/clients/within.ts'

export interface Carts {
  view(user: UserId, within: Within): Promise<PricedCart>
  add(user: UserId, product: ProductId, quantity: number, within: Within): Promise<PricedLine>
  /** `id` is a line's or a product's. */
  setQuantity(user: UserId, id: string, quantity: number, within: Within): Promise<PricedLine>
  /** `id` is a line's or a product's. */
  remove(user: UserId, id: string): Promise<void>
  clear(user: UserId): Promise<void>
}

export interface CartsOptions {
  readonly store: CartStore
  readonly catalog: Catalog
  readonly clock: Clock
  /** Milliseconds without use after which a cart is empty. */
  readonly life: Millis
  /** Waits that many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>
  readonly random: () => number
  readonly onAdded: (product: Product) => void
  readonly onRemoved: (lines: number) => void
}

/** Only another process can get in between here, so a few attempts are plenty. */
const maxAttempts = 6
/** Pause before a repeated attempt: up to this many milliseconds times its number. */
const pauseStep = 10
/** A look at the cart counts as use, written down this often in a life at most: hourly in a week. */
const notesInLife = 7 * 24

export function createCarts(options: CartsOptions): Carts {
  const { store, catalog, clock, life } = options
  const turn = inTurn<UserId>()

  const linesOf = (cart: Cart | null) => liveLines(cart, clock.now(), life)

  /** Replaces the lines by what `edit` makes of them; an `edit` that gives them back writes nothing. */
  const change = <T>(
    user: UserId,
    edit: (lines: readonly CartLine[]) => { lines: readonly CartLine[]; result: T },
  ): Promise<T> =>
    turn(user, async () => {
      for (let attempt = 1; attempt <= maxAttempts; attempt++) {
        const { cart } = await store.load(user)
        const before = linesOf(cart)
        const { lines, result } = edit(before)
        if (lines === before) return result
        const at = clock.now()
        const next = { revision: newId<Cart['revision']>(at), lines, at }
        if (await store.save(user, cart?.revision ?? null, next)) return result
        await options.pause(options.random() * pauseStep * attempt)
      }
      throw problem('cart_busy', { retryAfter: 1 })
    })

  function noteLook(user: UserId, cart: Cart, priced: readonly PricedLine[]): void {
    const now = clock.now()
    const lines = shown(cart.lines, priced)
    if (lines === cart.lines && now - cart.usedAt < life / notesInLife) return
    // Nobody waits for it: a look that is not noted costs the cart a hundredth of its life at most,
    // and a buyer whose prices change is told an older one.
    store.touch(user, cart.revision, { at: now, lines }).catch(() => {})
  }

  return {
    async view(user, within) {
      const { cart } = await store.load(user)
      const lines = linesOf(cart)
      const products =
        lines.length === 0
          ? new Map<ProductId, Product>()
          : await catalog.recent(
              lines.map((line) => line.productId),
              within,
            )
      const priced = priceCart(cart?.revision ?? null, lines, products)
      if (cart !== null && lines.length > 0) noteLook(user, cart, priced.lines)
      return priced
    },

    async add(user, productId, quantity, within) {
      const product = (await catalog.current([productId], within)).get(productId)
      if (product === undefined || !product.available) throw problem('product_not_found')
      const line = await change(user, (lines) => {
        const now = clock.now()
        const id = newId<CartLineId>(now)
        const fresh = { id, productId, quantity, addedAt: now, shownPrice: product.price }
        return accepted(productId, addPieces(lines, fresh, product.stock))
      })
      options.onAdded(product)
      return priceLine(line, product)
    },

    async setQuantity(user, id, quantity, within) {
      const { cart } = await store.load(user)
      const wanted = findLine(linesOf(cart), id)
      if (wanted === undefined) throw problem('cart_item_not_found')
      const { productId } = wanted
      const product = (await catalog.current([productId], within)).get(productId)
      if (product === undefined) throw shortage(productId, quantity, 0)
      const line = await change(user, (lines) =>
        accepted(productId, setQuantity(lines, id, quantity, product.stock, product.price)),
      )
      return priceLine(line, product)
    },

    async remove(user, id) {
      await change(user, (lines) => {
        const line = findLine(lines, id)
        if (line === undefined) throw problem('cart_item_not_found')
        return { lines: lines.filter((each) => each !== line), result: undefined }
      })
      options.onRemoved(1)
    },

    async clear(user) {
      const removed = await change(user, (lines) => ({
        lines: lines.length === 0 ? lines : [],
        result: lines.length,
      }))
      options.onRemoved(removed)
    },
  }
}

/** The changed lines, or the problem that the refusing rule is. */
function accepted(
  productId: ProductId,
  changed: Changed,
): { lines: readonly CartLine[]; result: CartLine } {
  switch (changed.kind) {
    case 'changed':
      return { lines: changed.lines, result: changed.line }
    case 'full':
      throw problem('cart_full', { values: { limit: maxLines } })
    case 'too_many':
      throw problem('quantity_limit', { values: { limit: maxQuantity } })
    case 'short':
      throw shortage(productId, changed.requested, changed.available)
    case 'missing':
      throw problem('cart_item_not_found')
    default:
      return changed satisfies never
  }
}

const shortage = (product: ProductId, requested: number, available: number): Problem =>
  problem('out_of_stock', { extra: { lines: [{ product_id: product, requested, available }] } })
