/** The rules of stock and reservations: pure, the same above every store. */
import { problem, type Problem } from '../../core/http/problem.ts'
import { isTooLate } from '../../core/resilience/asked-at.ts'
import type { ProductId } from '../../core/values/ids.ts'
import type { Millis } from '../../core/values/time.ts'
import type {
  CommitResult,
  OrderLine,
  ReleaseResult,
  ReservedLine,
  ReserveResult,
  Stock,
} from './store.ts'

/**
 * Throws where an operation that was asked for at `asked` must not change anything any more: by now
 * the fence that it should have met may be forgotten. Who still wants it asks again, of now.
 */
export function refuseLate(asked: Millis, now: Millis): void {
  if (isTooLate(asked, now)) throw tooLate()
}

export const tooLate = (): Problem =>
  problem('service_unavailable', { values: { service: 'catalog' }, retryAfter: 1 })

/** One line of an order as the store keeps it; a fence has no name and no price. */
export type Reservation =
  | (ReservedLine & { readonly state: 'reserved' | 'committed' })
  | (OrderLine & { readonly state: 'released' })

export type ReservationState = Reservation['state']

/** True when nothing was lost or sold twice. */
export const isSound = ({ stocked, available, reserved, sold }: Stock): boolean =>
  stocked === available + reserved + sold && available >= 0 && reserved >= 0 && sold >= 0

/** Adds up lines of equal products and puts them in the order of their ids, in which stores lock them. */
export function mergeLines(lines: readonly OrderLine[]): readonly OrderLine[] {
  const quantities = new Map<ProductId, number>()
  for (const { productId, quantity } of lines) {
    quantities.set(productId, (quantities.get(productId) ?? 0) + quantity)
  }
  return [...quantities]
    .map(([productId, quantity]) => ({ productId, quantity }))
    .sort((a, b) => (a.productId < b.productId ? -1 : 1))
}

/** What a reserve answers when the order has reservations already, which are in the order of ids. */
export function repeatedReserve(
  held: readonly Reservation[],
  lines: readonly OrderLine[],
): ReserveResult {
  const taken = held.filter((line) => line.state !== 'released')
  if (taken.length < held.length) return { kind: 'released' }
  const same =
    taken.length === lines.length &&
    taken.every(({ productId, quantity }, at) => {
      return productId === lines[at]?.productId && quantity === lines[at].quantity
    })
  if (!same) return { kind: 'differs' }
  const state = taken.every((line) => line.state === 'committed') ? 'committed' : 'reserved'
  const answer = taken.map(({ productId, quantity, name, price }) => {
    return { productId, quantity, name, price }
  })
  return { kind: 'reserved', state, lines: answer, fresh: false }
}

/** Why a commit of these products must not happen; null when it may. */
export function commitObstacle(
  held: readonly Reservation[],
  lines: readonly OrderLine[],
): Exclude<CommitResult, { kind: 'committed' }> | null {
  const states = statesOf(held, lines)
  if (states.includes('released')) return { kind: 'released' }
  return states.includes(undefined) ? { kind: 'missing' } : null
}

/** Why a release of these products must not happen; null when it may. */
export const releaseObstacle = (
  held: readonly Reservation[],
  lines: readonly OrderLine[],
): Exclude<ReleaseResult, { kind: 'released' }> | null =>
  statesOf(held, lines).includes('committed') ? { kind: 'committed' } : null

function statesOf(
  held: readonly Reservation[],
  lines: readonly OrderLine[],
): readonly (ReservationState | undefined)[] {
  const states = new Map(held.map(({ productId, state }) => [productId, state]))
  return lines.map(({ productId }) => states.get(productId))
}

/** Lines of a store's answer in the order in which the caller named their products. */
export function asAsked<T extends { readonly productId: ProductId }>(
  asked: readonly OrderLine[],
  lines: readonly T[],
): readonly T[] {
  const byProduct = new Map(lines.map((line) => [line.productId, line]))
  return [...new Set(asked.map(({ productId }) => productId))].flatMap((productId) => {
    return byProduct.get(productId) ?? []
  })
}
