/** What counts as a word, and as the same word. */
import { expect, test } from 'bun:test'
import { searchTextOf } from './search-words.ts'

test.each([
  ['Молоко', 'молоко'],
  ['  Ёлка,ЕЛЬ;ёж ', 'елка ель еж'],
  // The same ё, written as е and a separate trema; and й the same way.
  ['е\u0308лка и\u0306од', 'елка йод'],
  ['Сок «Добрый» (1,5 л) 3,2%', 'сок добрый 1 5 л 3 2'],
  ['Coca‑Cola™ Zero', 'coca colatm zero'],
  ['Ｆｕｌｌ ﬁne ½ № 5', 'full fine 1 2 no 5'],
  ['Café İstanbul', 'café i\u0307stanbul'],
  ['хлеб хлеб', 'хлеб хлеб'],
  ['東京 と', '東京 と'],
  ['«…» — !', ''],
  ['🍎', ''],
])('%p is %p', (text, folded) => {
  expect(searchTextOf(text).text).toBe(folded)
})

test('each word counts once', () => {
  expect(searchTextOf('Хлеб и хлеб И').words).toEqual(['хлеб', 'и'])
})
