/** The order service's dashboard: orders on their way, and whatever waits to be done about them. */
import { quantileOf } from '../prometheus/recording.ts'
import { lines, rate, stat, window } from './panels.ts'
import { copiesOf, serviceBoard } from './service-rows.ts'

const copies = copiesOf('order')
const worst = (metric: string): string => `max(${metric}{${copies}})`
const perSecond = (metric: string): string => `sum(rate(${metric}{${copies}}[${window}]))`

export const orderBoard = serviceBoard('order', 'Order', 'Orders from checkout to delivery.', {
  title: 'Business',
  panels: [
    stat('Created', perSecond('orders_created_total'), { unit: 'ops' }),
    stat('Refused for lack of stock', perSecond('orders_rejected_total'), { unit: 'ops' }),
    stat('Half placed', worst('half_placed_orders'), { unit: 'short' }),
    stat('Overdue', worst('overdue_orders'), { unit: 'short' }),
    stat('Outbox', worst('outbox_entries'), { unit: 'short' }),
    stat('Oldest in the outbox', worst('outbox_lag_seconds'), { unit: 's', limit: 30 }),
    lines(
      'Orders by status reached',
      { '{{status}}': rate('orders_status_total', copies, 'status') },
      { unit: 'ops' },
    ),
    lines(
      'From creation to delivery',
      Object.fromEntries(
        [0.5, 0.95].map((q) => [
          `p${q * 100}`,
          quantileOf({
            q,
            metric: 'order_delivery_duration_seconds',
            labels: '',
            selector: copies,
            window,
          }),
        ]),
      ),
      { unit: 's' },
    ),
    lines(
      'Age of the oldest that is stuck',
      {
        'half placed': worst('half_placed_order_age_seconds'),
        overdue: worst('overdue_order_age_seconds'),
        'in the outbox': worst('outbox_lag_seconds'),
      },
      { unit: 's', limit: 60 },
    ),
    lines(
      'Deliveries of the outbox',
      { '{{kind}} {{result}}': rate('outbox_deliveries_total', copies, 'kind, result') },
      { unit: 'ops' },
    ),
  ],
})
