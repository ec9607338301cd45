/** Settings of the order service beside the common ones. */
import { duration, type Config } from '../../core/config/config.ts'
import { millis, type Millis } from '../../core/values/time.ts'

export const orderSettings = {
  ORDER_PROCESSING_AFTER_MS: duration({
    default: 5_000,
    help: 'How long an order stays CREATED',
  }),
  ORDER_SHIPPING_AFTER_MS: duration({
    default: 5_000,
    help: 'How long an order stays PROCESSING',
  }),
  ORDER_DELIVERY_MIN_MS: duration({
    default: 60_000,
    help: 'Shortest time that an order stays SHIPPING',
  }),
  ORDER_DELIVERY_MAX_MS: duration({
    default: 300_000,
    help: 'Longest time that an order stays SHIPPING',
  }),
  ORDER_RETENTION_MS: duration({
    default: 300_000,
    help: 'How long a delivered or cancelled order stays in the lists; 0 keeps it for ever',
  }),
  ORDER_LEASE_MS: duration({
    default: 2_000,
    help: 'How long a half-placed order belongs to the request that places it',
  }),
}

const longestOutage = 86_400_000

/** How long an order may be under way, with a day for whatever keeps it from moving. */
export const longestLifeOf = (config: Config<typeof orderSettings>): Millis =>
  millis(
    config.ORDER_PROCESSING_AFTER_MS +
      config.ORDER_SHIPPING_AFTER_MS +
      config.ORDER_DELIVERY_MAX_MS +
      longestOutage,
  )
