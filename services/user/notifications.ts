/** Changes of order status as the order service tells them, kept per user. */
import type { OrderId, UserId } from '../../core/values/ids.ts'
import { millis, type Clock, type Millis } from '../../core/values/time.ts'

export interface OrderStatusChange {
  readonly order: OrderId
  readonly user: UserId
  readonly status: string
  readonly updatedAt: Millis
  /** Counts an order's changes; deliveries repeat and overtake one another, this tells them apart. */
  readonly sequence: number
}

/** A change that was applied; ids rise, so a reader can go on where it stopped. */
export interface Notification extends OrderStatusChange {
  readonly id: number
}

/** How long a notification can be read: 7 days. */
export const notificationLife: Millis = millis(7 * 24 * 60 * 60 * 1000)

export interface Notifications {
  /** Applies a change; false when it, or a later one of its order, was applied before. */
  record(change: OrderStatusChange): Promise<boolean>
}

/** `onRecorded` is told of every change that was applied, once it can be read. */
export function createNotifications(
  store: { recordOrderStatus(change: OrderStatusChange, at: Millis): Promise<boolean> },
  clock: Clock,
  onRecorded: (user: UserId) => void,
): Notifications {
  return {
    async record(change) {
      const applied = await store.recordOrderStatus(change, clock.now())
      if (applied) onRecorded(change.user)
      return applied
    },
  }
}
