/**
 * Do the counters add up? Each call reads on where the one before stopped, around the ring of tokens, so
 * that its cost does not grow with the catalog; what it finds is looked at again by every later call.
 */
import type { ProductId } from '../../core/values/ids.ts'
import { productEntry, sumsPerRead, type Statements } from './store.cassandra.statements.ts'
import { isSound } from './stock.ts'

/** Readings of one call, of `sumsPerRead` products each. */
const readsPerCall = 4
/** Products whose counters are wrong and which are remembered: one is enough to be alarmed. */
const maxRemembered = 1_000

type Counters = Readonly<Record<'stocked' | 'available' | 'reserved' | 'sold', number | null>>

export function createStockCheck(sql: Statements): () => Promise<number> {
  const wrong = new Set<ProductId>()
  let last: ProductId | null = null

  async function lookAgain(id: ProductId): Promise<void> {
    const row = await sql.entries.get(id, [productEntry])
    if (row === undefined || addsUp(row)) wrong.delete(id)
  }

  return async () => {
    await Promise.all([...wrong].map(lookAgain))
    for (let reading = 0; reading < readsPerCall; reading++) {
      const rows = await (last === null ? sql.firstSums.all() : sql.nextSums.all(last))
      for (const row of rows) {
        if (!addsUp(row) && wrong.size < maxRemembered) wrong.add(row.id)
      }
      last = rows.length < sumsPerRead ? null : (rows.at(-1)?.id ?? null)
      if (last === null) break
    }
    return wrong.size
  }
}

/** A row without counters is no product: an older build fenced an order of one that nobody knows. */
const addsUp = ({ stocked, available, reserved, sold }: Counters): boolean =>
  isSound({
    stocked: stocked ?? 0,
    available: available ?? 0,
    reserved: reserved ?? 0,
    sold: sold ?? 0,
  })
