/** When two names are one name. */
import { expect, test } from 'bun:test'
import { nameKeyOf } from './users.ts'

test('names that differ in case or Unicode form alone are one name', () => {
  for (const [one, other] of [
    ['Admin', 'aDMIN'],
    ['ЁЖИК', 'ёжик'],
    ['ёжик', 'е\u0308жик'],
    ['ａｄｍｉｎ', 'admin'],
    ['ﬁnn', 'FINN'],
    ['İstanbul', 'i\u0307stanbul'],
  ] as const) {
    expect(nameKeyOf(one)).toBe(nameKeyOf(other))
  }
})

test('folding a folded name changes nothing', () => {
  for (const name of ['Admin', 'İSTANBUL', 'ẞtraße', 'ϓ', 'Ⅷ', 'ﷺ', 'ᴬᴮ']) {
    expect(nameKeyOf(nameKeyOf(name))).toBe(nameKeyOf(name))
  }
})

test('different names stay different', () => {
  const names = ['anna', 'annа', 'anna1', 'аnna', 'boris']
  expect(new Set(names.map(nameKeyOf)).size).toBe(names.length)
})
