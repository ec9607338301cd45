/** The rules of changing a product: pure, the same above every store. */
import { maxStock, type ProductChanges, type ProductState, type StockedProduct } from './store.ts'

export type ChangeResult<P extends StockedProduct> =
  | { readonly kind: 'changed'; readonly next: P }
  | { readonly kind: 'version_mismatch' }
  | { readonly kind: 'stock_out_of_range' }

/**
 * The product after the changes. A write that sets the stock is refused when the stock is no longer
 * what the client read: what was sold meanwhile would come back. A relative change needs no such
 * check, as it is right whatever was sold.
 *
 * @param ifStates states one of which the product must have; null: any
 */
export function changed<P extends StockedProduct>(
  product: P,
  { availableDelta = 0, ...fields }: ProductChanges,
  ifStates: readonly ProductState[] | null,
): ChangeResult<P> {
  const setsStock = fields.available !== undefined
  const isAsRead = ({ version, available }: ProductState): boolean =>
    version === product.version && (!setsStock || available === product.available)
  if (ifStates !== null && !ifStates.some(isAsRead)) return { kind: 'version_mismatch' }
  const available = (fields.available ?? product.available) + availableDelta
  if (available < 0 || available > maxStock) return { kind: 'stock_out_of_range' }
  return { kind: 'changed', next: { ...product, ...fields, available } }
}
