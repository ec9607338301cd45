/** The list of categories: made once per change of the catalog, then sent from memory. */
import type { Reply } from '../../core/http/reply.ts'
import type { CategoryIndexes } from './category-indexes.ts'
import { answerTo, tagged, type TaggedReply } from './pages.ts'

const encoder = new TextEncoder()

/** Answers with the categories that have products, in the order of their names. */
export function createCategoryList(
  indexes: CategoryIndexes,
): (ifNoneMatch: string | null) => Reply {
  let answer: TaggedReply | null = null
  let generation = -1
  return (ifNoneMatch) => {
    if (answer === null || generation !== indexes.generation) {
      answer = tagged(render(indexes))
      generation = indexes.generation
    }
    return answerTo(answer, ifNoneMatch)
  }
}

function render(indexes: CategoryIndexes): Uint8Array {
  const list = indexes
    .categories()
    .filter(({ index }) => index.size > 0)
    .map(({ name, index }) => ({ name, product_count: index.size }))
  return encoder.encode(JSON.stringify(list))
}
