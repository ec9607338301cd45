/** The stock rules once more, as plainly as they can be said: what a store is compared with in tests. */
import type { OrderId, ProductId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { mergeLines } from './stock.ts'
import type { CatalogStore, OrderLine, ReservedLine, Stock } from './store.ts'

type Counters = { -readonly [Name in keyof Stock]: Stock[Name] }

interface OrderState {
  state: 'reserved' | 'committed' | 'released'
  lines: readonly ReservedLine[]
}

/** One random operation, with the answer that the rules demand. */
export interface Move {
  readonly name: string
  readonly expected: unknown
  run(store: CatalogStore): Promise<unknown>
}

export type Random = (below: number) => number

/** Whole numbers from 0 to `below - 1`, the same for the same seed (a linear congruential generator). */
export function randomFrom(seed: number): Random {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Every product of the model is named `Товар` and its id, and costs 89.90, until a move changes that. */
export function createStockModel(
  products: readonly { readonly id: ProductId; readonly available: number }[],
) {
  const stocks = new Map<ProductId, Counters>()
  const prices = new Map<ProductId, number>()
  const deleted = new Set<ProductId>()
  const orders = new Map<OrderId, OrderState>()
  const ids = products.map(({ id }) => id)
  for (const { id, available } of products) {
    stocks.set(id, { stocked: available, available, reserved: 0, sold: 0 })
  }

  const stock = (id: ProductId): Counters => {
    const found = stocks.get(id)
    if (found === undefined) throw new Error(`The model has no product ${id}.`)
    return found
  }
  const buyable = (id: ProductId): number => (deleted.has(id) ? 0 : stock(id).available)

  function reserve(order: OrderId, lines: readonly OrderLine[]): unknown {
    const known = orders.get(order)
    if (known?.state === 'released') return { kind: 'released' }
    if (known !== undefined) {
      const same = known.lines.map(({ productId, quantity }) => ({ productId, quantity }))
      if (JSON.stringify(same) !== JSON.stringify(lines)) return { kind: 'differs' }
      return { kind: 'reserved', state: known.state, lines: pricesOf(known), fresh: false }
    }
    const short = lines.filter(({ productId, quantity }) => buyable(productId) < quantity)
    if (short.length > 0) return { kind: 'out_of_stock' }
    for (const { productId, quantity } of lines) {
      stock(productId).available -= quantity
      stock(productId).reserved += quantity
    }
    const reserved = lines.map((line) => ({
      ...line,
      name: '',
      price: minor(prices.get(line.productId) ?? 8_990),
    }))
    orders.set(order, { state: 'reserved', lines: reserved })
    return {
      kind: 'reserved',
      state: 'reserved',
      lines: pricesOf({ lines: reserved }),
      fresh: true,
    }
  }

  function commit(order: OrderId): unknown {
    const known = orders.get(order)
    if (known === undefined) return { kind: 'missing' }
    if (known.state === 'reserved') {
      for (const { productId, quantity } of known.lines) {
        stock(productId).reserved -= quantity
        stock(productId).sold += quantity
      }
      known.state = 'committed'
    }
    return { kind: known.state }
  }

  function release(order: OrderId): unknown {
    const known = orders.get(order)
    if (known === undefined) orders.set(order, { state: 'released', lines: [] })
    if (known?.state === 'reserved') {
      for (const { productId, quantity } of known.lines) {
        stock(productId).reserved -= quantity
        stock(productId).available += quantity
      }
      known.state = 'released'
    }
    return { kind: known?.state ?? 'released' }
  }

  return {
    stock,
    /** Draws the next move and plays it in the model. */
    draw(random: Random, order: (number: number) => OrderId): Move {
      const number = random(25)
      const id = order(number)
      // An order mostly sends its own lines; one time in eight it sends others.
      const lines = linesOf(ids, random(8) === 0 ? random(25) : number)
      const product = ids[random(ids.length)] as ProductId // there is at least one
      const kind = random(20)
      if (kind < 8) {
        const expected = reserve(id, lines)
        const run = async (store: CatalogStore) => summary(await store.reserve(id, lines))
        return { name: `reserve ${number}`, expected, run }
      }
      const own = linesOf(ids, number)
      if (kind < 12) {
        // A commit of what was reserved with other lines is not part of the rules.
        const held = orders.get(id)?.lines
        const exact = held === undefined || held.length === 0 ? own : held
        const run = (store: CatalogStore) => store.commit(id, exact)
        return { name: `commit ${number}`, expected: commit(id), run }
      }
      if (kind < 16) {
        const held = orders.get(id)?.lines
        const exact = held === undefined || held.length === 0 ? own : held
        const run = (store: CatalogStore) => store.release(id, exact)
        return { name: `release ${number}`, expected: release(id), run }
      }
      if (kind === 16) {
        // Only what is over is forgotten.
        if (orders.get(id)?.state !== 'reserved') orders.delete(id)
        const run = (store: CatalogStore) => store.forget([id])
        return { name: `forget ${number}`, expected: undefined, run }
      }
      if (kind < 19) {
        const available = random(30)
        const price = minor(1 + random(9_999))
        const alive = !deleted.has(product)
        if (alive) {
          const counters = stock(product)
          counters.stocked += available - counters.available
          counters.available = available
          prices.set(product, price)
        }
        const run = async (store: CatalogStore) =>
          (await store.update(product, { available, price }, null)).kind
        return { name: 'restock', expected: alive ? 'updated' : 'missing', run }
      }
      // The last two products stay, so that the history goes on.
      const removed = ids.indexOf(product) > 1 && !deleted.has(product)
      if (removed) deleted.add(product)
      return {
        name: 'remove',
        expected: removed ? 'removed' : 'missing',
        run: async (store) =>
          ids.indexOf(product) > 1 ? (await store.remove(product)).kind : 'missing',
      }
    },
  }
}

/** The lines of an order follow from its number, so that a repetition sends the same. */
function linesOf(ids: readonly ProductId[], number: number): readonly OrderLine[] {
  const random = randomFrom(number + 1_000)
  return mergeLines(
    Array.from({ length: 1 + random(3) }, () => ({
      productId: ids[random(ids.length)] as ProductId, // there is at least one
      quantity: 1 + random(4),
    })),
  )
}

const pricesOf = ({ lines }: Pick<OrderState, 'lines'>) =>
  lines.map(({ productId, quantity, price }) => ({ productId, quantity, price }))

/** A reserve's answer as far as the model knows it. */
function summary(result: Awaited<ReturnType<CatalogStore['reserve']>>): unknown {
  if (result.kind === 'out_of_stock') return { kind: result.kind }
  return result.kind === 'reserved' ? { ...result, lines: pricesOf(result) } : result
}
