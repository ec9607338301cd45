/** Cuts pages out of a product index. */
import type { Minor } from '../../core/values/money.ts'
import { itemOf, lowest, type ProductIndex } from './product-index.ts'

export interface Window {
  readonly sortBy: 'name' | 'price'
  readonly descending: boolean
  /** Minor units, inclusive. */
  readonly minPrice: Minor | null
  readonly maxPrice: Minor | null
  readonly skip: number
  readonly limit: number
}

export interface Slice {
  /** Products within the price bounds, on all pages together. */
  readonly total: number
  readonly count: number
  /** `count` list items as JSON, joined by commas; may be a view into the index. */
  readonly items: Uint8Array
}

/** Cuts a page. */
export function sliceOf(index: ProductIndex, window: Window): Slice {
  const { minPrice, maxPrice, skip, limit } = window
  const from = minPrice === null ? 0 : firstAt(index, minPrice)
  const to = maxPrice === null ? index.size : firstAt(index, maxPrice + 1)
  const total = Math.max(0, to - from)
  const count = Math.max(0, Math.min(limit, total - skip))
  if (count === 0) return { total, count, items: new Uint8Array(0) }
  if (window.sortBy === 'price') {
    // Equal prices lie on the same side of a bound, so turning the order round mirrors the range.
    const order = window.descending ? index.byPriceDown : index.byPrice
    const first = (window.descending ? index.size - to : from) + skip
    return { total, count, items: gather(index, order.subarray(first, first + count)) }
  }
  if (total < index.size) {
    return { total, count, items: gather(index, slotsByName(index, window, count)) }
  }
  if (window.descending) {
    return { total, count, items: gather(index, index.byNameDown.subarray(skip, skip + count)) }
  }
  const start = index.starts[skip] ?? 0
  const end = (index.starts[skip + count] ?? 0) - 1
  return { total, count, items: index.bytes.subarray(start, end) }
}

/** The first position in `byPrice` with at least this price. */
const firstAt = (index: ProductIndex, price: number): number =>
  lowest(index.size, (i) => (index.prices[index.byPrice[i] ?? 0] ?? 0) >= price)

/** Slots of a page in the order of names where price bounds leave gaps: a walk, 10 us at 2,500. */
function slotsByName(index: ProductIndex, window: Window, count: number): Uint32Array {
  const low = window.minPrice ?? 0
  const high = window.maxPrice ?? Infinity
  const slots = new Uint32Array(count)
  let skip = window.skip
  for (let i = 0, found = 0; found < count; i++) {
    const slot = window.descending ? (index.byNameDown[i] ?? 0) : i
    const price = index.prices[slot] ?? 0
    if (price < low || price > high || skip-- > 0) continue
    slots[found++] = slot
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
