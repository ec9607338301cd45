/** What names and searches are compared by: their words, without regard to case, spelling form or ё. */

/** A name or a search, ready to be compared. */
export interface SearchText {
  /** All words in their order, one space between two. */
  readonly text: string
  /** Each of them once. */
  readonly words: readonly string[]
}

/** Letters and digits with the marks on them; all else only separates. */
const word = /[\p{L}\p{N}\p{M}]+/gu

/**
 * Compatible spellings (NFKC: full-width letters, ligatures, е with a separate trema) and both cases
 * become one, and ё becomes е, as few people type it.
 */
export function searchTextOf(text: string): SearchText {
  const all = text.normalize('NFKC').toLowerCase().replaceAll('ё', 'е').match(word) ?? []
  return { text: all.join(' '), words: [...new Set(all)] }
}
