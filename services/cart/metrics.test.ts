/** The cart's metrics keep the names of the contract, exist at zero, and stay bounded. */
import { expect, test } from 'bun:test'
import { createMetrics } from '../../core/metrics/metrics.ts'
import { newId, type CartLineId, type ProductId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { millis } from '../../core/values/time.ts'
import { createCartMetrics } from './metrics.ts'

function world() {
  const metrics = createMetrics('cart')
  const counts = createCartMetrics(metrics, () => ({ count: 3, oldest: millis(4_500) }))
  return { counts, text: () => metrics.text() }
}

const product = (name: string) => ({
  id: newId<ProductId>(),
  name,
  price: minor(1),
  stock: 1,
  available: true,
})

test('every series exists at zero from boot', async () => {
  const { text } = world()
  const page = await text()
  for (const line of [
    'cart_value_cents_count 0',
    'cart_items_count_count 0',
    'items_added_to_cart_total{product_name="other"} 0',
    'items_removed_from_cart_total 0',
    'checkouts_total 0',
    'open_checkouts 3',
    'open_checkout_age_seconds 4.5',
  ]) {
    expect(page).toContain(line)
  }
})

test('a checkout is counted with its value and its lines', async () => {
  const { counts, text } = world()
  const line = { lineId: newId<CartLineId>(), productId: newId<ProductId>(), quantity: 9 }
  counts.ordered(minor(12_345), [line, line])
  counts.removed(2)
  const page = await text()
  expect(page).toContain('checkouts_total 1')
  expect(page).toContain('cart_value_cents_sum 12345')
  expect(page).toContain('cart_items_count_sum 2')
  expect(page).toContain('items_removed_from_cart_total 2')
})

test('the first 200 names of products have a series, the rest shares one', async () => {
  const { counts, text } = world()
  for (let n = 0; n < 205; n++) counts.added(product(`Яблоки ${n}`))
  counts.added(product('Яблоки 0'))
  const page = await text()
  expect(page.match(/^items_added_to_cart_total\{/gm)).toHaveLength(201)
  expect(page).toContain('items_added_to_cart_total{product_name="Яблоки 0"} 2')
  expect(page).toContain('items_added_to_cart_total{product_name="other"} 5')
})
