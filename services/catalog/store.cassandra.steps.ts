/** What happens to one line of an order in the partition of its product: pure steps on a draft. */
import type { OrderId, ProductId } from '../../core/values/ids.ts'
import type { Draft, HeldLine, Step, StoredProduct } from './store.cassandra.partition.ts'
import type { CommitResult, OrderLine, ReleaseResult, Stock } from './store.ts'

export type Taken =
  /** The order holds the line; `fresh` when it did not before. */
  | { readonly kind: 'held'; readonly line: HeldLine; readonly fresh: boolean }
  | { readonly kind: 'short'; readonly productId: ProductId; readonly available: number }
  | { readonly kind: 'released' }
  | { readonly kind: 'differs' }

/** Reserves the line for an attempt, or takes it over from another attempt of the order. */
export const take = (
  order: OrderId,
  { productId, quantity }: OrderLine,
  attempt: string,
): Step<Taken> => ({
  order,
  run(draft) {
    const line = draft.line(order)
    if (line?.state === 'released') return { kind: 'released' }
    if (line !== null) {
      if (line.quantity !== quantity) return { kind: 'differs' }
      const isOthers = line.state === 'reserved' && line.attempt !== attempt
      if (isOthers) draft.hold(order, { ...line, attempt })
      return { kind: 'held', line: isOthers ? { ...line, attempt } : line, fresh: false }
    }
    const { product } = draft
    const available = buyable(product)
    if (product === null || available < quantity) return { kind: 'short', productId, available }
    const { name, price } = product
    move(draft, { available: -quantity, reserved: quantity })
    const held = { state: 'reserved', quantity, name, price, attempt } as const
    draft.hold(order, held)
    return { kind: 'held', line: held, fresh: true }
  },
})

/** Gives back what this attempt holds, and leaves no trace: the order may try again. */
export const undo = (order: OrderId, attempt: string): Step<'undone'> => ({
  order,
  run(draft) {
    const line = draft.line(order)
    if (line?.state === 'reserved' && line.attempt === attempt) {
      move(draft, { reserved: -line.quantity, available: line.quantity })
      draft.drop(order)
    }
    return 'undone'
  },
})

export const commit = (order: OrderId): Step<CommitResult> => ({
  order,
  run(draft) {
    const line = draft.line(order)
    if (line === null) return { kind: 'missing' }
    if (line.state === 'reserved') {
      move(draft, { reserved: -line.quantity, sold: line.quantity })
      draft.hold(order, { ...line, state: 'committed' })
      return { kind: 'committed' }
    }
    return { kind: line.state }
  },
})

/**
 * Gives the line back, or fences it where nothing was reserved. A product that nobody knows gets no
 * fence: anybody can invent ids, and each would become a partition. A reserve that comes once it is
 * there meets the note that the release left with the order (`attempts`).
 */
export const release = (order: OrderId, quantity: number): Step<ReleaseResult> => ({
  order,
  run(draft) {
    const line = draft.line(order)
    if (line?.state === 'committed') return { kind: 'committed' }
    if (line?.state === 'reserved') {
      move(draft, { reserved: -line.quantity, available: line.quantity })
      draft.hold(order, { ...line, state: 'released' })
    }
    if (line === null && draft.product !== null) {
      draft.hold(order, { state: 'released', quantity, name: null, price: null, attempt: null })
    }
    return { kind: 'released' }
  },
})

/**
 * Drops a settled line. One that is reserved stays, unless its order was released: then it was taken by
 * a reserve that was under way when the product was not there yet, and died before it looked again.
 */
export const forget = (order: OrderId, wasReleased: boolean): Step<'forgotten' | 'kept'> => ({
  order,
  run(draft) {
    const line = draft.line(order)
    if (line === null) return 'forgotten'
    if (line.state === 'reserved') {
      if (!wasReleased) return 'kept'
      move(draft, { reserved: -line.quantity, available: line.quantity })
    }
    draft.drop(order)
    return 'forgotten'
  },
})

/** Pieces that can be bought now. */
export const buyable = (product: StoredProduct | null): number =>
  product === null || product.deleted ? 0 : product.available

function move({ product, count }: Draft, by: Partial<Stock>): void {
  if (product === null) throw new Error('A line is held of a product that nobody knows.')
  const { stocked, available, reserved, sold } = product
  count({
    stocked,
    available: available + (by.available ?? 0),
    reserved: reserved + (by.reserved ?? 0),
    sold: sold + (by.sold ?? 0),
  })
}
