/** Tells the user service of an order's change of state. */
import type { ServiceClient } from '../../core/clients/service-client.ts'
import type { Deadline } from '../../core/resilience/deadline.ts'
import type { TraceContext } from '../../core/resilience/trace-context.ts'
import type { OrderId, UserId } from '../../core/values/ids.ts'
import { toRfc3339, type Millis } from '../../core/values/time.ts'
import type { VisibleStatus } from './order.ts'

export interface StatusChange {
  readonly orderId: OrderId
  readonly userId: UserId
  readonly status: VisibleStatus
  readonly updatedAt: Millis
  /** The receiver keeps the highest sequence it has seen of an order. */
  readonly sequence: number
}

export interface Notifications {
  /** Throws unless the user service has taken the change. */
  send(change: StatusChange, deadline: Deadline, trace: TraceContext): Promise<void>
}

export function createNotifications(user: ServiceClient): Notifications {
  return {
    async send(change, deadline, trace) {
      const answer = await user.call({
        method: 'POST',
        path: '/users/notify/order-status',
        body: {
          order_id: change.orderId,
          user_id: change.userId,
          status: change.status,
          updated_at: toRfc3339(change.updatedAt),
          sequence: change.sequence,
        },
        idempotent: true,
        deadline,
        trace,
      })
      if (answer.status !== 200) {
        throw new Error(`The user service answered ${answer.status} to a notification.`)
      }
    },
  }
}
