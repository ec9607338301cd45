/** A cart and its open checkout, as they lie in one row of Cassandra. */
import type { UserId } from '../../core/values/ids.ts'
import type { Cart, CartLine } from './cart.ts'
import type { CartRow, ListRow } from './store.cassandra.statements.ts'
import type { CartState, OpenCheckout } from './store.ts'

/** What never changes of an open checkout, and stands in no condition. */
type CheckoutText = Omit<OpenCheckout, 'id' | 'userId' | 'attempt' | 'attemptedAt'>

export function checkoutText(checkout: OpenCheckout): string {
  const { orderId, key, fingerprint, lines, expectedTotal } = checkout
  const { revision, traceparent, openedAt } = checkout
  const order = { orderId, key, fingerprint, lines, expectedTotal }
  const text: CheckoutText = { ...order, revision, traceparent, openedAt }
  return JSON.stringify(text)
}

export const toState = (user: UserId, row: CartRow | undefined): CartState =>
  row === undefined
    ? { cart: null, open: null }
    : { cart: toCart(row), open: toOpenCheckout(user, row) }

export const toCart = (row: Omit<ListRow, 'user_id' | 'kind'>): Cart | null =>
  row.revision === null
    ? null
    : {
        revision: row.revision,
        // Written by this store from the same type.
        lines: JSON.parse(row.lines) as CartLine[],
        updatedAt: row.updated_at,
        usedAt: row.used_at,
      }

function toOpenCheckout(userId: UserId, row: CartRow): OpenCheckout | null {
  const { checkout_id: id, checkout, attempt, attempted_at: attemptedAt } = row
  if (id === null) return null
  // Written by `checkoutText` from the same type; an older build named no total.
  const text = JSON.parse(checkout) as Omit<CheckoutText, 'expectedTotal'> & Partial<CheckoutText>
  return { expectedTotal: null, ...text, id, userId, attempt, attemptedAt }
}
