/** The rules of stock that need no store. */
import { expect, test } from 'bun:test'
import { derivedId, type ProductId } from '../../core/values/ids.ts'
import { asAsked, isSound, mergeLines } from './stock.ts'

const [a, b, c] = ['1', '2', '3']
  .map((name) => derivedId<ProductId>('test-product', name))
  .toSorted() as [ProductId, ProductId, ProductId] // three names, three ids

test('equal products are merged, and lines come in the order of ids', () => {
  const lines = [
    { productId: c, quantity: 1 },
    { productId: a, quantity: 2 },
    { productId: c, quantity: 3 },
  ]
  expect(mergeLines(lines)).toEqual([
    { productId: a, quantity: 2 },
    { productId: c, quantity: 4 },
  ])
})

test('an answer comes in the order in which it was asked for', () => {
  const asked = [c, a, c, b].map((productId) => ({ productId, quantity: 1 }))
  const lines = [{ productId: a }, { productId: c }]
  expect(asAsked(asked, lines)).toEqual([{ productId: c }, { productId: a }])
})

test.each([
  [{ stocked: 6, available: 1, reserved: 2, sold: 3 }, true],
  [{ stocked: 7, available: 1, reserved: 2, sold: 3 }, false],
  [{ stocked: 4, available: -1, reserved: 2, sold: 3 }, false],
])('%p is sound: %p', (stock, sound) => {
  expect(isSound(stock)).toBe(sound)
})
