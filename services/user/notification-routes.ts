/** The stream of a user's notifications. */
import { eventStreamHeaders } from '../../core/http/event-stream.ts'
import { Reply } from '../../core/http/reply.ts'
import { route, type Call, type Route } from '../../core/http/route.ts'
import { invalid } from '../../core/http/validation.ts'
import type { NotificationStreams } from './notification-streams.ts'
import * as schemas from './schemas.ts'

export interface NotificationRoutesOptions {
  readonly streams: Pick<NotificationStreams, 'open'>
}

export function notificationRoutes({ streams }: NotificationRoutesOptions): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/users/me/notifications',
      operation: 'stream_notifications',
      access: 'user',
      summary:
        'Changes of order status as server-sent events; Last-Event-ID goes on after that one',
      description:
        'Each event is named `order-status` and holds `order_id`, `status`, `updated_at` and `sequence`. Swagger shows nothing before the stream ends; `curl -N` does.',
      query: schemas.NotificationsQuery,
      headers: ['last-event-id'],
      success: { status: 200, type: 'text/event-stream', schema: schemas.NotificationEvents },
      errors: ['too_many_streams', 'service_unavailable'],
      handler: async function stream_notifications(call) {
        // The header is what a client sends that comes back by itself, so it is the newer one.
        const after = idIn(call.header('last-event-id')) ?? call.query.last_event_id ?? null
        const body = await streams.open({
          user: call.caller.id,
          address: call.address,
          after,
          allowed: () => signedIn(call),
        })
        return new Reply(200, eventStreamHeaders, body)
      },
    }),
  ]
}

/** While a stream is open its token can expire and its session can end. */
async function signedIn(call: Pick<Call, 'identify'>): Promise<boolean> {
  try {
    return (await call.identify()) !== null
  } catch {
    return false
  }
}

/** A client that never got an id sends none, or an empty one. */
function idIn(header: string | null): number | null {
  if (header === null || header === '') return null
  if (/^\d{1,16}$/.test(header)) return Number(header)
  throw invalid([{ path: '/last-event-id', message: 'is no id of an event of this stream' }])
}
