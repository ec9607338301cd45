/** The invariants of a product index, for tests of whatever changes one. */
import { fromMinor, type Minor } from '../../core/values/money.ts'
import { compare, type ProductIndex } from './product-index.ts'
import { sortKey } from './sort-key.ts'

const decoder = new TextDecoder()

/** Throws unless all that the sketch in product-index.ts promises is so. */
export function checkIndex(index: ProductIndex): void {
  const { size, ids, keys, prices, versions, starts, bytes } = index
  const slots = Array.from({ length: size }, (_, slot) => slot)
  const tie = (a: number, b: number): number => compare(ids[a], ids[b])
  const name = (a: number, b: number): number => compare(keys[a], keys[b])
  const price = (a: number, b: number): number => compare(prices[a], prices[b])
  const sorted = (by: (a: number, b: number) => number, sign: 1 | -1): number[] =>
    slots.toSorted((a, b) => sign * by(a, b) || tie(a, b))
  must(new Set(ids).size === size, 'ids are distinct')
  must(
    [ids, keys, prices, versions].every(({ length }) => length === size),
    'lengths agree',
  )
  must(equal(sorted(name, 1), slots), 'slots are in the order of names')
  must(equal(sorted(name, -1), index.byNameDown), 'byNameDown is that order from its end')
  must(equal(sorted(price, 1), index.byPrice), 'byPrice is in the order of prices')
  must(equal(sorted(price, -1), index.byPriceDown), 'byPriceDown is that order from its end')
  must(starts.length === size + 1 && starts[size] === bytes.length, 'starts cover the bytes')
  for (const slot of slots) {
    const text = decoder.decode(bytes.subarray(starts[slot], starts[slot + 1]))
    must(text.endsWith(','), 'a comma follows every item')
    const item = JSON.parse(text.slice(0, -1)) as Record<string, unknown>
    must(item.product_id === ids[slot], 'the item of a slot has its id')
    must(item.price === fromMinor(prices[slot] as Minor), 'the item of a slot has its price')
    must(sortKey(String(item.name)) === keys[slot], 'the item of a slot has its name')
  }
}

const equal = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.from(a).every((value, at) => value === b[at])

function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`The product index is broken: ${rule} no longer holds.`)
}
