/** The invariants of a search index, for tests of whatever changes one. */
import { compare } from './product-index.ts'
import { sortKey } from './sort-key.ts'
import { headOf, type SearchIndex } from './search-index.ts'
import { searchTextOf } from './search-words.ts'
import type { ListedProduct } from './store.ts'

/** Throws unless all that the sketch in search-index.ts promises is so, for exactly these products. */
export function checkSearchIndex(index: SearchIndex, products: readonly ListedProduct[]): void {
  const { words, documents, byName, byPrice, ...view } = index.view()
  const here = Array.from(byName, (number) => {
    const document = documents[number]
    if (document === undefined) throw new Error(`byName has ${number}, which is no document.`)
    return document
  })
  const byNumber = new Set(here)
  must(here.length === products.length, 'byName holds what is there')
  const expected = new Map(products.map((product) => [product.id, product]))
  for (const { product, key, text, number } of here) {
    const own = expected.get(product.id)
    must(own !== undefined && own.version === product.version, 'documents are the latest')
    must(key === sortKey(product.name), 'keys are those of the names')
    must(text === searchTextOf(product.name).text, 'texts are those of the names')
    must(view.categories[number] === view.categoryOf(product.category), 'categories are theirs')
    must(view.prices[number] === product.price, 'prices are theirs')
    must(view.heads[number] === headOf(text), 'heads are theirs')
    must(documents[number]?.product === product, 'a document stands at its number')
  }
  const tie = (a: ListedProduct, b: ListedProduct): number => compare(a.id, b.id)
  const names = here.toSorted((a, b) => compare(a.key, b.key) || tie(a.product, b.product))
  const prices = here.toSorted(
    ({ product: a }, { product: b }) => compare(a.price, b.price) || tie(a, b),
  )
  const numbersOf = (list: typeof here) => list.map(({ number }) => number).join()
  must(numbersOf(names) === byName.join(), 'byName is in the order of names')
  must(numbersOf(prices) === byPrice.join(), 'byPrice is in the order of prices')
  must(documents.length <= 2 * here.length + 1_000, 'numbers are given out anew in time')

  const found = new Map<string, string[]>()
  words.forEach(({ word, numbers, count }, place) => {
    must(place === 0 || (words[place - 1]?.word ?? '') < word, 'words are sorted, each once')
    must(count > 0 && count <= numbers.length, 'every word has a document')
    for (let at = 0; at < count; at++) {
      const number = numbers[at] ?? 0
      must(at === 0 || (numbers[at - 1] ?? 0) < number, 'lists ascend')
      const document = documents[number]
      if (document === undefined || !byNumber.has(document)) continue
      found.set(document.product.id, [...(found.get(document.product.id) ?? []), word])
    }
  })
  for (const { product } of here) {
    const own = [...searchTextOf(product.name).words].sort()
    must(own.join() === (found.get(product.id) ?? []).join(), 'lists hold the words of the names')
  }
}

function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`The search index is broken: ${rule} no longer holds.`)
}
