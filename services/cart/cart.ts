/** What a cart is and how its lines change: pure rules, no HTTP, no SQL. */
import type { CartLineId, ProductId, Revision, UserId } from '../../core/values/ids.ts'
import { lineTotal, minor, sum, type Minor } from '../../core/values/money.ts'
import type { Millis } from '../../core/values/time.ts'

/** Nothing a client could lie about: name and price are the catalog's. */
export interface CartLine {
  readonly id: CartLineId
  readonly productId: ProductId
  /** Pieces, 1 to `maxQuantity`. */
  readonly quantity: number
  readonly addedAt: Millis
  /** What a piece cost when its buyer last saw the line; absent from lines of older builds. */
  readonly shownPrice?: Minor
}

export interface Cart {
  /** A UUIDv7 that is new with every change and never comes back. */
  readonly revision: Revision
  /** One line a product, in the order in which they were added. */
  readonly lines: readonly CartLine[]
  readonly updatedAt: Millis
  /** When somebody last changed or looked at it; the cart expires by this. */
  readonly usedAt: Millis
}

/** More lines than a household buys; an order and a catalog look-up hold as many. */
export const maxLines = 100
/** Pieces of one product in one cart. */
export const maxQuantity = 99

/** A change of lines, or the rule that refuses it. */
export type Changed =
  | { readonly kind: 'changed'; readonly lines: readonly CartLine[]; readonly line: CartLine }
  | { readonly kind: 'full' }
  | { readonly kind: 'too_many' }
  | { readonly kind: 'short'; readonly requested: number; readonly available: number }
  | { readonly kind: 'missing' }

/** Adds pieces of a product of which `available` can be bought; `fresh` is the line if it needs one. */
export function addPieces(
  lines: readonly CartLine[],
  fresh: CartLine,
  available: number,
): Exclude<Changed, { kind: 'missing' }> {
  const line = lines.find((each) => each.productId === fresh.productId)
  const quantity = (line?.quantity ?? 0) + fresh.quantity
  if (quantity > maxQuantity) return { kind: 'too_many' }
  if (quantity > available) return { kind: 'short', requested: quantity, available }
  if (line === undefined) {
    if (lines.length >= maxLines) return { kind: 'full' }
    return { kind: 'changed', lines: [...lines, fresh], line: fresh }
  }
  return replaced(lines, { ...line, ...shownAt(fresh.shownPrice), quantity })
}

/** Sets the quantity of a line that is named by its own id or by its product's. */
export function setQuantity(
  lines: readonly CartLine[],
  id: string,
  quantity: number,
  available: number,
  price?: Minor,
): Exclude<Changed, { kind: 'full' | 'too_many' }> {
  const line = findLine(lines, id)
  if (line === undefined) return { kind: 'missing' }
  if (quantity > available) return { kind: 'short', requested: quantity, available }
  return replaced(lines, { ...line, ...shownAt(price), quantity })
}

const shownAt = (price: Minor | undefined): Pick<CartLine, 'shownPrice'> =>
  price === undefined ? {} : { shownPrice: price }

/** The lines as their buyer sees them now; the same array where he has seen all of it before. */
export function shown(
  lines: readonly CartLine[],
  priced: readonly PricedLine[],
): readonly CartLine[] {
  const changed = new Map(
    priced
      .filter((line) => line.available && line.price !== line.shownPrice)
      .map((line) => [line.id, line.price]),
  )
  return changed.size === 0
    ? lines
    : lines.map((line) => ({ ...line, ...shownAt(changed.get(line.id)) }))
}

/** Ids of lines and of products are both UUIDs and never equal. */
export const findLine = (lines: readonly CartLine[], id: string): CartLine | undefined =>
  lines.find((line) => line.id === id || line.productId === id)

const replaced = (lines: readonly CartLine[], line: CartLine) => ({
  kind: 'changed' as const,
  lines: lines.map((each) => (each.id === line.id ? line : each)),
  line,
})

/** What a checkout orders: the line it came from, so that only that very line shrinks by it. */
export interface OrderedLine {
  readonly lineId: CartLineId
  readonly productId: ProductId
  readonly quantity: number
  /** What its buyer saw; he is told it again where the price has changed. */
  readonly seenPrice?: Minor
}

export const orderedLines = (lines: readonly CartLine[]): readonly OrderedLine[] =>
  lines.map(({ id, productId, quantity, shownPrice }) => ({
    lineId: id,
    productId,
    quantity,
    ...(shownPrice !== undefined && { seenPrice: shownPrice }),
  }))

/**
 * Takes what was ordered out of a cart that may have changed meanwhile. A line that shrank ends at
 * zero and goes; one that was removed and added again has another id, so it stays whole.
 */
export function subtractOrdered(
  lines: readonly CartLine[],
  ordered: readonly OrderedLine[],
): readonly CartLine[] {
  const quantities = new Map(ordered.map((line) => [line.lineId, line.quantity]))
  return lines.flatMap((line) => {
    const quantity = line.quantity - (quantities.get(line.id) ?? 0)
    return quantity > 0 ? [{ ...line, quantity }] : []
  })
}

/** A cart that nobody used for `life` is as good as empty, also before a worker sweeps it. */
export const liveLines = (cart: Cart | null, now: Millis, life: Millis): readonly CartLine[] =>
  cart === null || cart.usedAt + life <= now ? [] : cart.lines

/** What the catalog says of a product now. */
export interface Product {
  readonly id: ProductId
  readonly name: string
  readonly price: Minor
  /** Pieces that can be bought now; 0 for a deleted product. */
  readonly stock: number
  /** False once the product is deleted. */
  readonly available: boolean
}

export interface PricedLine extends CartLine {
  readonly name: string
  readonly price: Minor
  readonly total: Minor
  readonly available: boolean
}

export interface PricedCart {
  /** Null where there has been no cart yet, or none is left. */
  readonly revision: Revision | null
  readonly lines: readonly PricedLine[]
  /** Of the lines that can be bought. */
  readonly total: Minor
}

/** As the list of all carts shows it. */
export interface ListedCart extends PricedCart {
  readonly userId: UserId
  readonly revision: Revision
  readonly updatedAt: Millis
}

export function priceLine(line: CartLine, product: Product): PricedLine {
  const { name, price, available } = product
  return { ...line, name, price, available, total: lineTotal(price, line.quantity) }
}

/** A product that the catalog does not know any more is shown nameless and does not count. */
export function priceCart(
  revision: Revision | null,
  lines: readonly CartLine[],
  products: ReadonlyMap<ProductId, Product>,
): PricedCart {
  const priced = lines.map((line) =>
    priceLine(line, products.get(line.productId) ?? unknownProduct(line.productId)),
  )
  const buyable = priced.filter((line) => line.available)
  return { revision, lines: priced, total: sum(buyable.map((line) => line.total)) }
}

const unknownProduct = (id: ProductId): Product => ({
  id,
  name: '',
  price: minor(0),
  stock: 0,
  available: false,
})
