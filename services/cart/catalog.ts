/** The catalog as carts see it: names, prices and stock, asked in batches, kept for a moment. */
import { createByteCache } from '../../core/cache/byte-cache.ts'
import type { ServiceClient } from '../../core/clients/service-client.ts'
import { problem } from '../../core/http/problem.ts'
import { compileValidator } from '../../core/http/validation.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import type { ProductId } from '../../core/values/ids.ts'
import { toMinor } from '../../core/values/money.ts'
import type { Clock, Millis } from '../../core/values/time.ts'
import { batched } from '../../core/clients/batches.ts'
import { maxLines, type Product } from './cart.ts'
import { inTime } from '../../core/resilience/in-time.ts'
import { LookupAnswer } from './schemas.ts'
import type { Within } from '../../core/clients/within.ts'

export interface Catalog {
  /** Products as they are now; unknown ones are left out. @throws service_unavailable */
  current(ids: readonly ProductId[], within: Within): Promise<ReadonlyMap<ProductId, Product>>
  /**
   * Products as they were a moment ago, or longer ago while the catalog cannot be reached and all of
   * them are known. @throws service_unavailable
   */
  recent(ids: readonly ProductId[], within: Within): Promise<ReadonlyMap<ProductId, Product>>
}

export interface CatalogOptions {
  readonly client: ServiceClient
  readonly clock: Clock
  /** Milliseconds for which `recent` does not ask again. */
  readonly freshFor: Millis
  readonly maxBytes: number
}

interface Seen {
  /** Null where the catalog has never heard of the product. */
  readonly product: Product | null
  readonly at: Millis
}

/** A call in milliseconds: it serves several requests, so none of their deadlines is its own. */
const callBudget = 1_500
/** Enough to keep the catalog busy from one process; more would only make the batches smaller. */
const maxCalls = 8

export function createCatalog({ client, clock, freshFor, maxBytes }: CatalogOptions): Catalog {
  const read = compileValidator(LookupAnswer)
  const cache = createByteCache<Seen>({
    maxBytes,
    // Ids, numbers and the entry's own objects come to about 300 bytes beside the name.
    sizeOf: ({ product }) => 300 + 2 * (product?.name.length ?? 0),
  })

  async function ask(ids: readonly ProductId[], { trace }: Within) {
    const at = clock.now()
    const answer = await client.call({
      method: 'POST',
      path: '/internal/products/lookup',
      body: { product_ids: ids },
      idempotent: true,
      deadline: deadlineIn(callBudget, clock),
      trace,
    })
    if (answer.status !== 200) throw unusable(`The catalog answered ${answer.status}.`)
    const found = new Map<ProductId, Product>()
    for (const row of readAnswer(answer.json)) found.set(row.id, row)
    for (const id of ids) remember(id, found.get(id) ?? null, at)
    return found
  }

  function readAnswer(json: () => unknown): readonly Product[] {
    try {
      return read(json()).products.map(toProduct)
    } catch (error) {
      throw unusable('The answer of the catalog cannot be read.', error)
    }
  }

  /** A product that the catalog has lost keeps its last name and price, for carts that hold it. */
  function remember(id: ProductId, product: Product | null, at: Millis): void {
    const last = cache.get(id)?.product
    const gone = last ? { ...last, stock: 0, available: false } : null
    cache.set(id, { product: product ?? gone, at })
  }

  const look = batched({ maxKeys: maxLines, maxCalls, load: ask })
  const current: Catalog['current'] = (ids, within) =>
    inTime(within.deadline, look(ids, within), () => unusable('No answer in time.'))

  return {
    current,
    async recent(ids, within) {
      const oldest = clock.now() - freshFor
      const known = new Map<ProductId, Seen>()
      const asked: ProductId[] = []
      for (const id of ids) {
        const seen = cache.get(id)
        if (seen !== undefined) known.set(id, seen)
        if (seen === undefined || seen.at <= oldest) asked.push(id)
      }
      if (asked.length > 0) {
        try {
          const found = await current(asked, within)
          for (const id of asked) {
            // A product that was lost comes from the cache, with the name it had.
            const product = found.get(id) ?? cache.get(id)?.product ?? null
            known.set(id, { product, at: clock.now() })
          }
        } catch (error) {
          if (known.size < new Set(ids).size) throw error
        }
      }
      const products = new Map<ProductId, Product>()
      for (const [id, { product }] of known) if (product !== null) products.set(id, product)
      return products
    },
  }
}

function toProduct(row: {
  product_id: string
  name: string
  price: number
  stock_count: number
  available: boolean
}): Product {
  const price = toMinor(row.price)
  if (price === null) throw new Error('A price has more than two decimals.')
  return {
    // The catalog sends ids in lower case, as they were asked for.
    id: row.product_id as ProductId,
    name: row.name,
    price,
    stock: row.stock_count,
    available: row.available,
  }
}

const unusable = (reason: string, cause?: unknown) =>
  problem('service_unavailable', {
    values: { service: 'catalog' },
    cause: new Error(reason, { cause }),
  })
