/** What bodies and entity tags mean. */
import { describe, expect, test } from 'bun:test'
import { minor } from '../../core/values/money.ts'
import { admittedStates, changesOf, etagOf, newProductOf, productIdOf } from './products.ts'
import { sampleProduct } from './store.conformance.ts'

const id = productIdOf('01A20AE6-75AC-72E6-B6DC-388A2E0A569C')
const body = { name: 'Яблоко', category: 'Фрукты', price: 89.9, stock_count: 5 }

describe('a body', () => {
  test('becomes a product with money in kopecks and null for what is left out', () => {
    expect(newProductOf(id, body)).toEqual({
      id: productIdOf('01a20ae6-75ac-72e6-b6dc-388a2e0a569c'),
      name: 'Яблоко',
      category: 'Фрукты',
      price: minor(8_990),
      description: null,
      manufacturer: null,
      available: 5,
    })
  })

  test('changes only the fields that it has', () => {
    expect(changesOf({})).toEqual({})
    expect(changesOf({ stock_count: 0, description: null })).toEqual({
      available: 0,
      description: null,
    })
    expect(changesOf({ price: 0.01, name: 'А' })).toEqual({ price: minor(1), name: 'А' })
  })

  test.each([1.234, 0.001, 99_999_999.991])('with a price of %p is refused', (price) => {
    const refused = expect.objectContaining({ code: 'validation_failed' })
    expect(() => newProductOf(id, { ...body, price })).toThrow(refused)
    expect(() => changesOf({ price })).toThrow(refused)
  })

  test('with half a surrogate pair is refused, a whole one is not', () => {
    const refused = expect.objectContaining({ code: 'validation_failed' })
    expect(() => newProductOf(id, { ...body, name: 'Я\ud83c' })).toThrow(refused)
    expect(() => changesOf({ description: '\udf4e' })).toThrow(refused)
    expect(changesOf({ name: '🍎' })).toEqual({ name: '🍎' })
  })
})

describe('an entity tag', () => {
  const product = { ...sampleProduct('а', { available: 7 }), version: 3, deleted: false }

  test('holds version and stock', () => {
    expect(etagOf(product)).toBe('"3.7"')
    expect(admittedStates('"3.7"')).toEqual([{ version: 3, available: 7 }])
    expect(admittedStates('W/"3.9", "4.0"')).toEqual([
      { version: 3, available: 9 },
      { version: 4, available: 0 },
    ])
  })

  test('is good for a change in whatever coding the product came', () => {
    expect(admittedStates('"3.7-gzip", "4.7-br"')).toEqual([
      { version: 3, available: 7 },
      { version: 4, available: 7 },
    ])
  })

  test('that is absent or * admits every version', () => {
    expect(admittedStates(null)).toBeNull()
    expect(admittedStates('*')).toBeNull()
  })

  test('that is none of ours admits no version', () => {
    for (const header of ['"abc"', '3.7', '', '"3"', '"-1.2"', '"3.7-zip"']) {
      expect(admittedStates(header)).toEqual([])
    }
  })
})
