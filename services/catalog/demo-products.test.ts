/** The demo products: the same everywhere, evenly spread, believable. */
import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { derivedId } from '../../core/values/ids.ts'
import { fromMinor, minor } from '../../core/values/money.ts'
import { demoChunks, demoProduct } from './demo-products.ts'

const all = [...demoChunks(0, 20_000, 4_096)].flatMap((chunk) => chunk.products)

describe('demo products', () => {
  test('are the same on every machine', () => {
    expect(demoProduct(0)).toEqual({
      id: derivedId('demo-product', 'Фрукты/0'),
      name: 'Яблоки Гала «Южный сад», 500 г',
      category: 'Фрукты',
      price: minor(6_590),
      description:
        'Яблоки Гала торговой марки «Южный сад». Собрано в этом сезоне, без искусственного дозревания. Яркий аромат и естественная сладость. Фасовка: 500 г. Хранить при температуре от 0 до +8 °C.',
      manufacturer: 'ООО «Сады Юга», Краснодарский край',
      available: 1_127,
    })
    const digest = createHash('sha256').update(JSON.stringify(all)).digest('hex')
    expect(digest).toBe('3697d7f0edcc1357ddda47f407e1b723cc42032a0063542f75aff4e51c5341c9')
  })

  test('fall evenly into the eight categories', () => {
    const counts = new Map<string, number>()
    for (const { category } of all) counts.set(category, (counts.get(category) ?? 0) + 1)
    expect(Object.fromEntries(counts)).toEqual({
      Фрукты: 2_500,
      Овощи: 2_500,
      Мясо: 2_500,
      'Молочные продукты': 2_500,
      Хлеб: 2_500,
      Напитки: 2_500,
      Сладости: 2_500,
      'Замороженные товары': 2_500,
    })
  })

  test('have ids and names of their own', () => {
    expect(new Set(all.map(({ id }) => id)).size).toBe(20_000)
    expect(new Set(all.map(({ category, name }) => `${category}/${name}`)).size).toBe(20_000)
  })

  test('keep the limits that the HTTP contract sets for products', () => {
    for (const product of all) {
      expect(product.name.length).toBeLessThanOrEqual(200)
      expect(product.description?.length ?? 0).toBeLessThanOrEqual(1_000)
      expect(product.manufacturer?.length ?? 0).toBeLessThanOrEqual(100)
      expect(fromMinor(product.price)).toBeGreaterThanOrEqual(9)
      expect(fromMinor(product.price)).toBeLessThan(3_000)
      expect(product.available).toBeGreaterThanOrEqual(200)
      expect(product.available).toBeLessThanOrEqual(5_000)
    }
  })

  test('sort alike with and without a collation, as no name needs one', () => {
    for (const { name } of all) expect(name).toMatch(/^[А-Я][а-яА-Я0-9 «»,%-]+$/)
  })

  test('come out the same when a seed is resumed in the middle', () => {
    const resumed = [...demoChunks(777, 1_000, 100)].flatMap((chunk) => chunk.products)
    expect(resumed).toEqual(all.slice(777, 1_000))
    expect([...demoChunks(1_000, 1_000, 100)]).toEqual([])
    expect([...demoChunks(0, 250, 100)].map(({ done }) => done)).toEqual([100, 200, 250])
  })

  test('cover every kind of goods with a few hundred products', () => {
    const fruits = all.slice(0, 8 * 60).filter(({ category }) => category === 'Фрукты')
    expect(new Set(fruits.map(({ name }) => name.split(' ')[0])).size).toBeGreaterThan(20)
  })
})
