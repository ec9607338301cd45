/** Stock of one product, as services/catalog/store.ts describes it: what may be bought, and for whom. */
import type { Model } from './checker.ts'

export type StockInput =
  | { readonly kind: 'reserve'; readonly order: string; readonly quantity: number }
  | { readonly kind: 'commit' | 'release'; readonly order: string }
  | { readonly kind: 'read' }

export type StockOutput =
  /** Of `reserve`. */
  | { readonly kind: 'reserved'; readonly state: 'reserved' | 'committed' }
  | { readonly kind: 'out_of_stock'; readonly available: number }
  | { readonly kind: 'differs' }
  /** Of `commit` and `release`; `released` is also how `reserve` and `commit` are refused. */
  | { readonly kind: 'committed' | 'released' | 'missing' }
  | { readonly kind: 'read'; readonly available: number }

interface Reservation {
  readonly quantity: number
  readonly state: 'reserved' | 'committed' | 'released'
}

export interface StockState {
  readonly available: number
  readonly reservations: ReadonlyMap<string, Reservation>
}

export const stockModel = (stocked: number): Model<StockState, StockInput, StockOutput> => ({
  initial: { available: stocked, reservations: new Map() },
  step(state, input, output) {
    const [next, answer] = apply(state, input)
    return output === null || same(answer, output) ? next : null
  },
  key: ({ available, reservations }) =>
    `${available};${[...reservations]
      .map(([order, { quantity, state }]) => `${order} ${quantity} ${state}`)
      .sort()}`,
})

function apply(state: StockState, input: StockInput): [StockState, StockOutput] {
  const { available, reservations } = state
  if (input.kind === 'read') return [state, { kind: 'read', available }]
  const { order } = input
  const held = reservations.get(order)
  const put = (reservation: Reservation, change: number): StockState => ({
    available: available + change,
    reservations: new Map(reservations).set(order, reservation),
  })
  switch (input.kind) {
    case 'reserve': {
      const { quantity } = input
      if (held?.state === 'released') return [state, { kind: 'released' }]
      if (held !== undefined) {
        if (held.quantity !== quantity) return [state, { kind: 'differs' }]
        return [state, { kind: 'reserved', state: held.state }]
      }
      if (quantity > available) return [state, { kind: 'out_of_stock', available }]
      return [
        put({ quantity, state: 'reserved' }, -quantity),
        { kind: 'reserved', state: 'reserved' },
      ]
    }
    case 'commit':
      if (held === undefined) return [state, { kind: 'missing' }]
      if (held.state !== 'reserved') return [state, { kind: held.state }]
      return [put({ ...held, state: 'committed' }, 0), { kind: 'committed' }]
    case 'release':
      if (held === undefined) {
        return [put({ quantity: 0, state: 'released' }, 0), { kind: 'released' }]
      }
      if (held.state !== 'reserved') return [state, { kind: held.state }]
      return [put({ ...held, state: 'released' }, held.quantity), { kind: 'released' }]
    default:
      return input satisfies never
  }
}

const same = (expected: StockOutput, seen: StockOutput): boolean =>
  JSON.stringify(expected) === JSON.stringify(seen)
