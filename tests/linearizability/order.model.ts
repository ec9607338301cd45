/** An order that clients create under one key, cancel, move and read, while timers move it as well. */
import type { Model } from './checker.ts'

const way = ['CREATED', 'PROCESSING', 'SHIPPING', 'DELIVERED'] as const
type OnTheWay = (typeof way)[number]
export type Status = OnTheWay | 'CANCELLED'

export type OrderInput =
  | { readonly kind: 'create' }
  | { readonly kind: 'read' }
  /** The owner may until the order is SHIPPING, an admin until it is DELIVERED. */
  | { readonly kind: 'cancel'; readonly by: 'owner' | 'admin' }
  | { readonly kind: 'move'; readonly to: Exclude<OnTheWay, 'CREATED'> }

export type OrderOutput =
  | { readonly kind: 'created'; readonly id: string }
  | { readonly kind: 'read'; readonly status: Status }
  /** Of whatever needs an order that is there. */
  | { readonly kind: 'missing' }
  /** Of `cancel` and `move`. */
  | { readonly kind: 'moved' | 'refused' }

/**
 * A timer may have moved the order further than anybody has seen. What is kept is how far it must be:
 * whatever can follow from a later status can follow from this one.
 */
export interface OrderState {
  /** Null while only a request whose answer is unknown has created it. */
  readonly id: string | null
  readonly status: Status
}

export const orderModel: Model<OrderState | null, OrderInput, OrderOutput> = {
  initial: null,
  key: (state) => `${state?.id} ${state?.status}`,
  step(state, input, output) {
    if (input.kind === 'create') return create(state, output)
    if (state === null) return output === null || output.kind === 'missing' ? state : null
    if (output?.kind === 'missing') return null
    if (input.kind === 'read') {
      if (output?.kind !== 'read') return state
      return output.status === 'CANCELLED' || state.status === 'CANCELLED'
        ? state.status === output.status
          ? state
          : null
        : reach(state, output.status)
    }
    return input.kind === 'cancel' ? cancel(state, input.by, output) : move(state, input.to, output)
  },
}

function create(state: OrderState | null, output: OrderOutput | null): OrderState | null {
  const id = output?.kind === 'created' ? output.id : null
  if (state === null) return { id, status: 'CREATED' }
  if (id === null || id === state.id) return state
  // Another id for the same key is another order.
  return state.id === null ? { ...state, id } : null
}

/** Null when the order must be further already. */
function reach(state: OrderState, status: OnTheWay): OrderState | null {
  const distance = rank(status) - rank(state.status)
  if (distance < 0) return null
  return distance === 0 ? state : { ...state, status }
}

function cancel(
  state: OrderState,
  by: 'owner' | 'admin',
  output: OrderOutput | null,
): OrderState | null {
  const tooLate = by === 'owner' ? 'SHIPPING' : 'DELIVERED'
  const may = rank(state.status) < rank(tooLate)
  if (output === null) return may ? { ...state, status: 'CANCELLED' } : state
  if (output.kind === 'moved') return may ? { ...state, status: 'CANCELLED' } : null
  return atLeast(state, tooLate)
}

function move(
  state: OrderState,
  to: Exclude<OnTheWay, 'CREATED'>,
  output: OrderOutput | null,
): OrderState | null {
  const distance = rank(to) - rank(state.status)
  if (output === null) return distance > 0 ? { ...state, status: to } : state
  if (output.kind === 'moved') return distance > 0 ? { ...state, status: to } : null
  // Refused where it is not one step before: it may be two, or a timer was first.
  return distance > 1 ? state : atLeast(state, to)
}

const atLeast = (state: OrderState, status: OnTheWay): OrderState => reach(state, status) ?? state

/** Nothing follows a cancelled order. */
const rank = (status: Status): number => (status === 'CANCELLED' ? Infinity : way.indexOf(status))
