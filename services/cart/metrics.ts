/** The cart service's own metrics. */
import { boundedLabel } from '../../core/metrics/bounded-label.ts'
import type { CounterSlot, Metrics } from '../../core/metrics/metrics.ts'
import { whenKnown, type Eventually } from '../../core/values/eventually.ts'
import type { Minor } from '../../core/values/money.ts'
import type { Millis } from '../../core/values/time.ts'
import type { OrderedLine, Product } from './cart.ts'

export interface CartMetrics {
  added(product: Product): void
  removed(lines: number): void
  ordered(total: Minor, lines: readonly OrderedLine[]): void
}

/** What the gauges read at scrape time. */
export interface OpenCheckoutState {
  readonly count: number
  readonly oldest: Millis
}

/** Names of products are data that people make, so only the first of them get a series. */
const maxProductNames = 200

export function createCartMetrics(
  metrics: Metrics,
  openCheckouts: () => Eventually<OpenCheckoutState>,
): CartMetrics {
  const value = metrics
    .histogram('cart_value_cents', 'Total of a cart at its checkout, in minor units', {
      buckets: [
        1_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000,
      ],
    })
    .slot({})
  const count = metrics
    .histogram('cart_items_count', 'Lines of a cart at its checkout', {
      buckets: [1, 2, 3, 5, 10, 20, 50, 100],
    })
    .slot({})
  const checkouts = metrics.counter('checkouts_total', 'Carts that became an order').slot({})
  const removed = metrics
    .counter('items_removed_from_cart_total', 'Lines taken out of carts')
    .slot({})
  const added = metrics.counter('items_added_to_cart_total', 'Additions to carts', ['product_name'])
  const label = boundedLabel(maxProductNames)
  const slots = new Map<string, CounterSlot>([['other', added.slot({ product_name: 'other' })]])
  metrics.gauge('open_checkouts', 'Checkouts whose end is not known yet', () => {
    return whenKnown(openCheckouts(), (open) => open.count)
  })
  metrics.gauge('open_checkout_age_seconds', 'Age of the oldest open checkout', () => {
    return whenKnown(openCheckouts(), ({ oldest }) => oldest / 1000)
  })

  return {
    added({ name }) {
      const productName = label(name)
      const slot = slots.get(productName) ?? added.slot({ product_name: productName })
      slots.set(productName, slot)
      slot.inc()
    },
    removed: (lines) => removed.inc(lines),
    ordered(total, lines) {
      checkouts.inc()
      value.observe(total)
      count.observe(lines.length)
    },
  }
}
