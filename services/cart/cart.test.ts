/** The rules of lines: adding, setting, subtracting, expiring, pricing. */
import { describe, expect, test } from 'bun:test'
import { newId, type CartLineId, type ProductId, type Revision } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { millis } from '../../core/values/time.ts'
import {
  addPieces,
  findLine,
  liveLines,
  maxLines,
  orderedLines,
  priceCart,
  setQuantity,
  subtractOrdered,
  type CartLine,
} from './cart.ts'

const line = (quantity: number, productId = newId<ProductId>()): CartLine => ({
  id: newId<CartLineId>(),
  productId,
  quantity,
  addedAt: millis(0),
})

const plenty = 1_000

describe('adding', () => {
  test('a new product makes a line at the end', () => {
    const [first, second] = [line(1), line(2)]
    expect(addPieces([first], second, plenty)).toEqual({
      kind: 'changed',
      lines: [first, second],
      line: second,
    })
  })

  test('a product that is there adds up in its own line', () => {
    const [apples, pears] = [line(3), line(1)]
    const more = line(4, apples.productId)
    const sum = { ...apples, quantity: 7 }
    expect(addPieces([apples, pears], more, plenty)).toEqual({
      kind: 'changed',
      lines: [sum, pears],
      line: sum,
    })
  })

  test('stops at 99 pieces, counted together', () => {
    const apples = line(98)
    expect(addPieces([apples], line(1, apples.productId), plenty).kind).toBe('changed')
    expect(addPieces([apples], line(2, apples.productId), plenty).kind).toBe('too_many')
  })

  test('stops at the stock, counted together', () => {
    const apples = line(3)
    expect(addPieces([apples], line(2, apples.productId), 5).kind).toBe('changed')
    expect(addPieces([apples], line(3, apples.productId), 5)).toEqual({
      kind: 'short',
      requested: 6,
      available: 5,
    })
  })

  test('stops at 100 lines, but a line that is there may grow', () => {
    const lines = Array.from({ length: maxLines }, () => line(1))
    expect(addPieces(lines, line(1), plenty).kind).toBe('full')
    expect(addPieces(lines, line(1, lines[7]?.productId), plenty).kind).toBe('changed')
  })
})

test('a quantity is set by the id of the line or of the product, within the stock', () => {
  const apples = line(3)
  const set = { ...apples, quantity: 2 }
  for (const id of [apples.id, apples.productId]) {
    expect(setQuantity([apples], id, 2, 2)).toEqual({ kind: 'changed', lines: [set], line: set })
    expect(setQuantity([apples], id, 3, 2)).toEqual({ kind: 'short', requested: 3, available: 2 })
    expect(findLine([apples], id)).toBe(apples)
  }
  expect(setQuantity([apples], newId<CartLineId>(), 1, 5)).toEqual({ kind: 'missing' })
})

describe('subtracting what was ordered', () => {
  test('leaves what came on top, floors at zero, drops what is empty, forgets what is gone', () => {
    const [grown, shrunk, same, gone, fresh] = [line(2), line(5), line(1), line(4), line(6)]
    const ordered = orderedLines([grown, shrunk, same, gone])
    const now = [{ ...grown, quantity: 5 }, { ...shrunk, quantity: 3 }, same, fresh]
    expect(subtractOrdered(now, ordered)).toEqual([{ ...grown, quantity: 3 }, fresh])
  })

  test('goes by the line, so a product that was added anew stays whole', () => {
    const apples = line(2)
    const again = line(3, apples.productId)
    expect(subtractOrdered([again], orderedLines([apples]))).toEqual([again])
  })
})

test('a cart lives from its last use', () => {
  const lines = [line(1)]
  const cart = { revision: newId<Revision>(), lines, updatedAt: millis(0), usedAt: millis(100) }
  expect(liveLines(cart, millis(109), millis(10))).toBe(lines)
  expect(liveLines(cart, millis(110), millis(10))).toEqual([])
  expect(liveLines(null, millis(0), millis(10))).toEqual([])
})

test('a total counts what can be bought, in exact minor units', () => {
  const [apples, deleted, lost] = [line(3), line(1), line(2)]
  const product = (id: ProductId, price: number, available: boolean) =>
    [id, { id, name: 'Товар', price: minor(price), stock: 9, available }] as const
  const revision = newId<Revision>()
  const cart = priceCart(
    revision,
    [apples, deleted, lost],
    new Map([product(apples.productId, 1999, true), product(deleted.productId, 500, false)]),
  )
  expect(cart.total).toBe(minor(5997))
  expect(cart.lines.map(({ name, total, available }) => [name, total, available])).toEqual([
    ['Товар', minor(5997), true],
    ['Товар', minor(500), false],
    ['', minor(0), false],
  ])
})
