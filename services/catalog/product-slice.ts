/** Cuts pages out of a product index. */
import type { ProductId } from '../../core/values/ids.ts'
import type { Minor } from '../../core/values/money.ts'
import { compare, itemOf, lowest, type ProductIndex } from './product-index.ts'

/** Which products, in which order, and which part of them. */
export interface Window {
  /** `relevance` is an order of search results alone. */
  readonly sortBy: 'relevance' | 'name' | 'price'
  readonly descending: boolean
  /** Minor units, inclusive. */
  readonly minPrice: Minor | null
  readonly maxPrice: Minor | null
  /** Products to pass over; 0 beside `after`. */
  readonly skip: number
  /** Starts behind this position, wherever that lies by now; null: at `skip`. */
  readonly after: Position | null
  readonly limit: number
}

/** A place in an order, which is there whether or not a product stands on it. */
export interface Position {
  /** Class of a search result, lowest first; 0 in every other order. */
  readonly rank: number
  /** What is sorted by: a sort key, or a price in minor units. */
  readonly value: string | number
  readonly id: ProductId
}

export interface Slice {
  /** Products within the price bounds, on all pages together. */
  readonly total: number
  /** How many of them come before this page. */
  readonly skip: number
  readonly count: number
  /** `count` list items as JSON, joined by commas; may be a view into the index. */
  readonly items: Uint8Array
  /** The position of the last item; null on an empty page. */
  readonly last: Position | null
}

/** Cuts a page. */
export function sliceOf(index: ProductIndex, window: Window): Slice {
  const order = orderOf(index, window)
  const total = order === null ? index.size : order.length
  const slotAt = (place: number): number => (order === null ? place : (order[place] ?? 0))
  const positionAt = (place: number): Position => positionOf(index, window, slotAt(place))
  const skip = startOf(window, total, positionAt)
  const count = Math.max(0, Math.min(window.limit, total - skip))
  if (count === 0) return { total, skip, count, items: new Uint8Array(0), last: null }
  return {
    total,
    skip,
    count,
    items:
      order === null
        ? index.bytes.subarray(index.starts[skip], (index.starts[skip + count] ?? 0) - 1)
        : gather(index, order.subarray(skip, skip + count)),
    last: positionAt(skip + count - 1),
  }
}

/** How many of `total` products in the order of the window come before its page. */
export function startOf(
  window: Window,
  total: number,
  positionAt: (place: number) => Position,
): number {
  const { after, descending } = window
  if (after === null) return window.skip
  return lowest(total, (place) => isBehind(positionAt(place), after, descending))
}

/** Where two are equal in what is sorted by, the lower id comes first in both directions. */
function isBehind(position: Position, after: Position, descending: boolean): boolean {
  if (position.rank !== after.rank) return position.rank > after.rank
  // A cursor holds the kind of value that its own order has, so the two are of one type.
  const value = compare(position.value as string, after.value as string)
  return (descending ? -value : value) > 0 || (value === 0 && position.id > after.id)
}

const positionOf = (index: ProductIndex, { sortBy }: Window, slot: number): Position => ({
  rank: 0,
  value: (sortBy === 'price' ? index.prices[slot] : index.keys[slot]) ?? 0,
  id: index.ids[slot] as ProductId, // a slot of the index
})

/** The slots within the price bounds in the order of the window; null where they are 0, 1, 2 and so on. */
function orderOf(index: ProductIndex, window: Window): Uint32Array | null {
  const { minPrice, maxPrice, descending } = window
  const from = minPrice === null ? 0 : firstAt(index, minPrice)
  const to = maxPrice === null ? index.size : firstAt(index, maxPrice + 1)
  const total = Math.max(0, to - from)
  if (window.sortBy === 'price') {
    // Equal prices lie on the same side of a bound, so turning the order round mirrors the range.
    const order = descending ? index.byPriceDown : index.byPrice
    const first = descending ? index.size - to : from
    return order.subarray(first, first + total)
  }
  if (total < index.size) return byNameWithin(index, window, total)
  return descending ? index.byNameDown : null
}

/** The first position in `byPrice` with at least this price. */
const firstAt = (index: ProductIndex, price: number): number =>
  lowest(index.size, (i) => (index.prices[index.byPrice[i] ?? 0] ?? 0) >= price)

/** The order of names where price bounds leave gaps: a walk, 10 us at 2,500. */
function byNameWithin(index: ProductIndex, window: Window, total: number): Uint32Array {
  const low = window.minPrice ?? 0
  const high = window.maxPrice ?? Infinity
  const slots = new Uint32Array(total)
  for (let i = 0, found = 0; found < total; i++) {
    const slot = window.descending ? (index.byNameDown[i] ?? 0) : i
    const price = index.prices[slot] ?? 0
    if (price >= low && price <= high) slots[found++] = slot
  }
  return slots
}

/** The items of some slots, joined by commas. */
function gather(index: ProductIndex, slots: Uint32Array): Uint8Array {
  let length = -1
  for (const slot of slots) length += itemOf(index, slot).length
  const items = new Uint8Array(length + 1)
  let at = 0
  for (const slot of slots) {
    const item = itemOf(index, slot)
    items.set(item, at)
    at += item.length
  }
  return items.subarray(0, length)
}
