/** Settings of the cart service beside the common ones. */
import { duration } from '../../core/config/config.ts'

export const cartSettings = {
  CART_LIFE_MS: duration({
    default: 7 * 24 * 60 * 60 * 1000,
    min: 1_000,
    help: 'How long a cart lives that nobody uses',
  }),
  CART_PRODUCTS_FRESH_MS: duration({
    default: 300,
    max: 10_000,
    help: 'How long names and prices in a cart may be behind the catalog',
  }),
}
