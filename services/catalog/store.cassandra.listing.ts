/**
 * Listings: an index of the products by category that no condition can hold together with them.
 *
 * ```
 *   writer   changing = 5 ──► the product becomes version 5 ──► version = 5, name, price
 *   reader   changing > version: the product itself says what it is now
 * ```
 * Every write carries the version as its time, so the order in which writes arrive does not matter,
 * and `changing` need not be cleared: the listing catches up with it.
 */
import { settle } from '../../core/cassandra/settle.ts'
import type { ProductId } from '../../core/values/ids.ts'
import type { ListingRow, Statements } from './store.cassandra.statements.ts'
import type { ListedProduct, Product } from './store.ts'

export interface Listing {
  /**
   * Says that a change is about to make this version of a product of these categories. The change may
   * follow when it resolves.
   */
  announce(id: ProductId, categories: ReadonlySet<string>, version: number): Promise<void>
  /** Writes what the listing of a category shows of the product: nothing if it is there no more. */
  show(category: string, product: Product): Promise<void>
  listed(
    category: string,
    after: ProductId | null,
    limit: number,
  ): Promise<readonly ListedProduct[]>
}

/** Partitions of a category: with a million products in eight categories, 2 MB each. */
const shards = 16
/** Rows read of each shard beyond its even share. */
const spare = 8

interface Cursor {
  readonly shard: number
  rows: readonly Shown[]
  next: number
  isAtEnd: boolean
  after: string
}

/** A row as it is now; the product is null where it is out of the category. */
interface Shown {
  readonly id: ProductId
  readonly product: ListedProduct | null
}

export function createListing(
  sql: Statements,
  find: (id: ProductId) => Promise<Product | null>,
): Listing {
  async function show(category: string, product: Product): Promise<void> {
    const { id, name, price, version } = product
    const isListed = isListedIn(category, product)
    await sql.list.run(version, name, price, version, isListed, category, shardOf(id), id)
  }

  /** Asks the product when a change of it was announced which the listing does not show. */
  async function proved(category: string, row: ListingRow): Promise<Shown> {
    const { id, name, price, listed } = row
    const version = row.version ?? 0
    if ((row.changing ?? 0) > version) {
      const product = await find(id)
      if (product === null) return { id, product: null }
      // Somebody was cut off between the two; unless this succeeds, the next reader does it.
      if (product.version > version) show(category, product).catch(() => {})
      return { id, product: isListedIn(category, product) ? toListed(product) : null }
    }
    if (listed !== true || name === null || price === null) return { id, product: null }
    return { id, product: { id, name, category, price, version } }
  }

  /** Whoever adds it: it is there. */
  async function addCategory(category: string): Promise<void> {
    await settle(
      () => sql.addCategory.run(category),
      async () => (await sql.categorySettled.get(category)) !== undefined,
    )
  }

  return {
    async announce(id, categories, version) {
      await Promise.all(
        [...categories].map(async (category) => {
          // Before the first product, so that its category is looked at in any case.
          if ((await sql.category.get(category)) === undefined) await addCategory(category)
          await sql.announce.run(version, version, category, shardOf(id), id)
        }),
      )
    },

    show,

    async listed(category, after, limit) {
      const share = Math.ceil(limit / shards) + spare
      const read = async (cursor: Cursor): Promise<void> => {
        const rows = await sql.listed.all(category, cursor.shard, cursor.after, share)
        cursor.rows = await Promise.all(rows.map((row) => proved(category, row)))
        cursor.next = 0
        cursor.isAtEnd = rows.length < share
        cursor.after = rows.at(-1)?.id ?? cursor.after
      }
      const cursors: readonly Cursor[] = Array.from({ length: shards }, (_, shard) => {
        return { shard, rows: [], next: 0, isAtEnd: false, after: after ?? '' }
      })
      const found: ListedProduct[] = []
      while (found.length < limit) {
        // Which id comes next is known only where each shard has said its own.
        await Promise.all(cursors.filter(isExhausted).map(read))
        const first = leastOf(cursors)
        if (first === null) break
        const product = first.rows[first.next++]?.product ?? null
        if (product !== null) found.push(product)
      }
      return found
    },
  }
}

const isExhausted = ({ rows, next, isAtEnd }: Cursor): boolean => next === rows.length && !isAtEnd

function leastOf(cursors: readonly Cursor[]): Cursor | null {
  let least: Cursor | null = null
  let leastId: string | null = null
  for (const cursor of cursors) {
    const id = cursor.rows[cursor.next]?.id
    if (id === undefined || (leastId !== null && leastId < id)) continue
    least = cursor
    leastId = id
  }
  return least
}

/** Of every kind of UUID the last digit is random. */
export const shardOf = (id: ProductId): number => Number.parseInt(id.slice(-1), 16) % shards

const isListedIn = (category: string, product: Product): boolean =>
  !product.deleted && product.category === category

const toListed = ({ id, name, category, price, version }: Product): ListedProduct => ({
  ...{ id, name, category, price, version },
})
