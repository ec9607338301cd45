/**
 * A user's cart. A checkout has two moments, as services/cart/checkout.ts has them: it opens with the
 * lines that it will order, and closes by taking exactly these out: a line that was removed meanwhile
 * and added again is another one, and stays. Each is an operation of its own in the history, called and
 * answered when the checkout was.
 */
import type { Model } from './checker.ts'

/** Pieces by product; a product of which there is none is left out. */
export type Lines = Readonly<Record<string, number>>

export type CartInput =
  | { readonly kind: 'put' | 'add'; readonly product: string; readonly quantity: number }
  | { readonly kind: 'remove'; readonly product: string }
  | { readonly kind: 'clear' | 'read' }
  | { readonly kind: 'open' | 'close'; readonly checkout: string }

export type CartOutput =
  /** Of `put` and `add`: the quantity that the line has now. */
  | { readonly kind: 'line'; readonly quantity: number }
  | { readonly kind: 'done' }
  /** Of `put` and `remove`. */
  | { readonly kind: 'no_line' }
  | { readonly kind: 'read'; readonly lines: Lines }
  | { readonly kind: 'opened'; readonly lines: Lines }
  | { readonly kind: 'empty' }

interface OpenCheckout {
  readonly checkout: string
  /** What it orders. */
  readonly lines: Lines
  /** What of it closing takes out: the lines that have been in the cart since it opened. */
  readonly taken: Lines
}

export interface CartState {
  readonly lines: Lines
  readonly open: OpenCheckout | null
  /** What each checkout has ordered: whoever repeats its key gets that answer again. */
  readonly closed: Readonly<Record<string, Lines>>
}

export const cartModel: Model<CartState, CartInput, CartOutput> = {
  initial: { lines: {}, open: null, closed: {} },
  step(state, input, output) {
    const result = apply(state, input)
    if (result === null) return null
    const [next, answer] = result
    return output === null || text(answer) === text(output) ? next : null
  },
  key: ({ lines, open, closed }) => text([lines, open, closed]),
}

/** Null where the operation has to wait for another one. */
function apply(state: CartState, input: CartInput): [CartState, CartOutput] | null {
  const { lines, open, closed } = state
  const isEmpty = text(lines) === text({})
  switch (input.kind) {
    case 'add':
    case 'put': {
      const { kind, product } = input
      const before = lines[product]
      if (kind === 'put' && before === undefined) return [state, { kind: 'no_line' }]
      const quantity = kind === 'put' ? input.quantity : (before ?? 0) + input.quantity
      const next =
        quantity === before ? state : { ...state, lines: { ...lines, [product]: quantity } }
      return [next, { kind: 'line', quantity }]
    }
    case 'remove': {
      const { product } = input
      if (lines[product] === undefined) return [state, { kind: 'no_line' }]
      const all = { [product]: Infinity }
      const left = open && { ...open, taken: without(open.taken, all) }
      return [{ ...state, lines: without(lines, all), open: left }, { kind: 'done' }]
    }
    case 'clear': {
      if (isEmpty) return [state, { kind: 'done' }]
      return [{ ...state, lines: {}, open: open && { ...open, taken: {} } }, { kind: 'done' }]
    }
    case 'read':
      return [state, { kind: 'read', lines }]
    case 'open': {
      const { checkout } = input
      const ordered = open?.checkout === checkout ? open.lines : closed[checkout]
      if (ordered !== undefined) return [state, { kind: 'opened', lines: ordered }]
      if (open !== null) return null
      if (isEmpty) return [state, { kind: 'empty' }]
      return [
        { ...state, open: { checkout, lines, taken: lines } },
        { kind: 'opened', lines },
      ]
    }
    case 'close': {
      const { checkout } = input
      if (closed[checkout] !== undefined) return [state, { kind: 'done' }]
      if (open?.checkout !== checkout) return null
      const next = {
        lines: without(lines, open.taken),
        open: null,
        closed: { ...closed, [checkout]: open.lines },
      }
      return [next, { kind: 'done' }]
    }
    default:
      return input satisfies never
  }
}

/** Takes pieces out, never more than there are. */
const without = (lines: Lines, taken: Lines): Lines =>
  Object.fromEntries(
    Object.entries(lines)
      .map(([product, quantity]) => [product, quantity - (taken[product] ?? 0)] as const)
      .filter(([, quantity]) => quantity > 0),
  )

/** The same text for equal values, whatever the order of their lines. */
const text = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
