/** Routes of the user service for the other services; the gateway does not route them. */
import { route, type Route } from '../../core/http/route.ts'
import type { OrderId, UserId } from '../../core/values/ids.ts'
import { millis, type Clock } from '../../core/values/time.ts'
import type { Notifications } from './notifications.ts'
import * as schemas from './schemas.ts'
import type { UserStore } from './store.ts'

export interface InternalRoutesOptions {
  readonly notifications: Notifications
  readonly store: Pick<UserStore, 'revocations'>
  readonly clock: Clock
}

/** Entries of the feed in one answer; a reader asks again until a page is empty. */
const feedPage = 1_000

export function internalRoutes({
  notifications,
  store,
  clock,
}: InternalRoutesOptions): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/users/notify/order-status',
      operation: 'notify_order_status',
      access: 'service:order',
      summary: 'Takes a change of order status; a repeated or late delivery changes nothing',
      body: schemas.OrderStatusChange,
      success: { status: 200, schema: schemas.Applied },
      errors: [],
      handler: async function notify_order_status({ body }) {
        const applied = await notifications.record({
          order: body.order_id.toLowerCase() as OrderId,
          user: body.user_id.toLowerCase() as UserId,
          status: body.status,
          updatedAt: millis(Date.parse(body.updated_at)),
          sequence: body.sequence,
        })
        return { applied }
      },
    }),
    route({
      method: 'GET',
      path: '/internal/revocations',
      operation: 'list_revocations',
      access: ['service:catalog', 'service:cart', 'service:order'],
      summary:
        'Ends of sessions whose access tokens may still be good: of one, or of all of a user',
      query: schemas.RevocationsQuery,
      success: { status: 200, schema: schemas.Revocations },
      errors: [],
      handler: async function list_revocations({ query }) {
        const page = await store.revocations(query.after ?? 0, clock.now(), feedPage)
        return {
          entries: page.entries.map(schemas.revocationOnTheWire),
          cursor: page.cursor,
        }
      },
    }),
  ]
}
