/** The order of names as people read them. */
import { expect, test } from 'bun:test'
import { demoProduct } from './demo-products.ts'
import { compare } from './product-index.ts'
import { sortKey } from './sort-key.ts'

const inOrder = (names: readonly string[]): readonly string[] =>
  names.toSorted((a, b) => compare(sortKey(a), sortKey(b)))

test('case does not count', () => {
  expect(inOrder(['яблоки', 'Арбуз', 'Яйца', 'айва', 'ЯГОДЫ'])).toEqual([
    ...['айва', 'Арбуз', 'яблоки', 'ЯГОДЫ', 'Яйца'],
  ])
})

test('ё stands with е, in either case', () => {
  expect(inOrder(['Жимолость', 'ЁЛКА', 'ель', 'ёжевика', 'Еда', 'Дыня'])).toEqual([
    ...['Дыня', 'Еда', 'ёжевика', 'ЁЛКА', 'ель', 'Жимолость'],
  ])
})

test('numbers count by their value', () => {
  const names = ['Сок, 10 шт', 'Сок, 9 шт', 'Сок, 007 шт', 'Сок, 0 шт', 'Сок, 1000000 шт', 'Сок']
  expect(inOrder(names)).toEqual([
    ...['Сок', 'Сок, 0 шт', 'Сок, 007 шт', 'Сок, 9 шт', 'Сок, 10 шт', 'Сок, 1000000 шт'],
  ])
  expect(inOrder(['2 л', 'а', '10 л', '1,5 л'])).toEqual(['1,5 л', '2 л', '10 л', 'а'])
  // A number of any length is only a text.
  const long = `${'9'.repeat(50)} г`
  expect(sortKey(long)).toBe(long)
})

test('is the order of a collator for the names of the demo', () => {
  const names = Array.from({ length: 20_000 }, (_, ordinal) => demoProduct(ordinal).name)
  const collator = new Intl.Collator('ru', { numeric: true, sensitivity: 'base' })
  const sorted = inOrder(names)
  const wrong = sorted.filter((name, at) => {
    const before = sorted[at - 1]
    return before !== undefined && collator.compare(before, name) > 0
  })
  expect(wrong).toEqual([])
})

test('the key of a key, and of what was sorted by before, is the same key', () => {
  for (const name of ['Ёлка 007, 10 шт', 'İstanbul 5', 'ΣΑΣ', 'Straße', 'Яблоки «Гала», 500 г']) {
    const key = sortKey(name)
    expect(sortKey(key)).toBe(key)
    expect(sortKey(name.replaceAll('ё', 'е').replaceAll('Ё', 'Е'))).toBe(key)
  }
})
