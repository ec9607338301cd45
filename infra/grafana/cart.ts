/** The cart's dashboard: what goes into carts, what becomes an order, what is stuck on the way. */
import { quantileOf } from '../prometheus/recording.ts'
import { lines, rate, stat, window } from './panels.ts'
import { copiesOf, serviceBoard } from './service-rows.ts'

const copies = copiesOf('cart')
const perSecond = (metric: string): string => `sum(rate(${metric}{${copies}}[${window}]))`
const spread = (metric: string, factor: string) =>
  Object.fromEntries(
    [0.5, 0.95].map((q) => [
      `p${q * 100}`,
      `${quantileOf({ q, metric, labels: '', selector: copies, window })}${factor}`,
    ]),
  )

export const cartBoard = serviceBoard('cart', 'Cart', 'Carts and their checkouts.', {
  title: 'Business',
  panels: [
    stat('Checkouts', perSecond('checkouts_total'), { unit: 'ops' }),
    stat('Added', perSecond('items_added_to_cart_total'), { unit: 'ops' }),
    stat('Removed', perSecond('items_removed_from_cart_total'), { unit: 'ops' }),
    stat(
      'Value of a cart',
      `${perSecond('cart_value_cents_sum')} / ${perSecond('cart_value_cents_count')} / 100`,
      { unit: 'currencyRUB', description: 'Mean at checkout.' },
    ),
    stat('Open checkouts', `sum(open_checkouts{${copies}})`, { unit: 'short' }),
    stat('Oldest open checkout', `max(open_checkout_age_seconds{${copies}})`, {
      unit: 's',
      limit: 60,
    }),
    lines(
      'Added, the ten products most in demand',
      {
        '{{product_name}}': `topk(10, ${rate('items_added_to_cart_total', copies, 'product_name')})`,
      },
      { unit: 'ops' },
    ),
    lines(
      'Added, removed, ordered',
      {
        'lines added': perSecond('items_added_to_cart_total'),
        'lines removed': perSecond('items_removed_from_cart_total'),
        'carts ordered': perSecond('checkouts_total'),
      },
      { unit: 'ops' },
    ),
    lines('Value of a cart at checkout', spread('cart_value_cents', ' / 100'), {
      unit: 'currencyRUB',
    }),
    lines('Lines of a cart at checkout', spread('cart_items_count', ''), { unit: 'short' }),
  ],
})
