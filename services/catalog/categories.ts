/** The list of categories: made once per change of the catalog, then sent from memory. */
import { replyTo, type Asking, type Representation } from '../../core/http/compression.ts'
import type { CategoryIndexes } from './category-indexes.ts'
import type { Freshness } from './freshness.ts'
import { representJson } from './page-body.ts'
import type { Answer } from './pages.ts'

const encoder = new TextEncoder()

/** Answers with the categories that have products, in the order of their names. */
export function createCategoryList(
  indexes: CategoryIndexes,
  freshness: Pick<Freshness, 'mark'>,
): (asking: Asking) => Answer {
  let content: Representation | null = null
  let generation = -1
  return (asking) => {
    if (content === null || generation !== indexes.generation) {
      content = representJson(render(indexes))
      generation = indexes.generation
    }
    const reply = replyTo(content, asking)
    return reply instanceof Promise
      ? reply.then((made) => freshness.mark(made))
      : freshness.mark(reply)
  }
}

function render(indexes: CategoryIndexes): Uint8Array {
  const list = indexes
    .categories()
    .filter(({ index }) => index.size > 0)
    .map(({ name, index }) => ({ name, product_count: index.size }))
  return encoder.encode(JSON.stringify(list))
}
