/**
 * Notifications on Cassandra: one partition a user. An id is the time of its notification, or one
 * more than the last where that is higher: so ids rise, and by them the reader leaves out, without
 * reading it, what has lapsed.
 */
import { createTurns } from '../../core/resilience/queues.ts'
import { rounds } from '../../core/cassandra/rounds.ts'
import { settle } from '../../core/cassandra/settle.ts'
import { newId, nilId, type OrderId, type UserId } from '../../core/values/ids.ts'
import { millis, type Clock } from '../../core/values/time.ts'
import { notificationLife, type OrderStatusChange } from './notifications.ts'
import type { Feed } from './store.cassandra.feed.ts'
import type { Statements } from './store.cassandra.statements.ts'
import { toNotification } from './store.rows.ts'
import type { UserStore } from './store.ts'

type NotificationMethods = Pick<
  UserStore,
  'recordOrderStatus' | 'notifications' | 'lastNotification' | 'notified'
>

/** Seconds that rows outlive what they hold; the clock says when that lapses. */
const margin = 86_400
const seconds = Math.ceil(notificationLife / 1000) + margin
/** How long the feed tells who got notifications: no stream stands still for longer. */
export const notifiedLife = millis(86_400_000)
/** Orders of which this process knows that the feed was told. */
const maxTold = 1_000

export function createNotificationStore(
  sql: Statements,
  feed: Feed<UserId>,
  clock: Clock,
): NotificationMethods {
  const turn = createTurns<UserId>()
  /** The sequence of each order, up to which the feed was told by this process; the oldest go first. */
  const told = new Map<OrderId, number>()

  async function tell({ user, order, sequence }: OrderStatusChange): Promise<void> {
    await feed.append({ subject: user, at: clock.now() })
    told.delete(order)
    told.set(order, sequence)
    const [first] = told.keys()
    if (told.size > maxTold && first !== undefined) told.delete(first)
  }

  async function lastOf(user: UserId, order?: OrderId) {
    const rows = await sql.last.all(user, [nilOrder, ...(order === undefined ? [] : [order])])
    return {
      last: rows.find((row) => row.order_id === nilOrder)?.last ?? null,
      sequence: rows.find((row) => row.order_id === order)?.sequence ?? null,
    }
  }

  const recordOrderStatus: UserStore['recordOrderStatus'] = (change, at) => {
    const { order, user, status, updatedAt, sequence } = change
    return turn(user, () =>
      rounds(async () => {
        const before = await lastOf(user, order)
        if (before.sequence !== null && before.sequence >= sequence) {
          // It comes again because whoever recorded it may have died before the feed was told.
          if ((told.get(order) ?? -1) < sequence) await tell(change)
          return false
        }
        const id = Math.max((before.last ?? 0) + 1, at)
        const operation = newId<string>()
        const { applied } = await settle(
          () =>
            sql.recordNotification.run([
              sql.setLast.bind(id, user, before.last),
              sql.setSequence.bind(seconds, sequence, user, order),
              sql.addNotification.bind(
                user,
                id,
                order,
                sequence,
                status,
                updatedAt,
                operation,
                seconds,
              ),
            ]),
          async () => (await sql.notificationSettled.get(user, id, order))?.operation === operation,
        )
        if (!applied) return null
        await tell(change)
        return true
      }),
    )
  }

  const oldest = (): number => clock.now() - notificationLife

  return {
    recordOrderStatus,

    async notifications(user, after, limit) {
      const rows = await sql.notifications.all(user, Math.max(after, oldest()), limit)
      return rows.map((row) => toNotification(user, row))
    },

    async lastNotification(user) {
      const { last } = await lastOf(user)
      return last !== null && last > oldest() ? last : 0
    },

    async notified(after, limit) {
      if (after === null) return { users: [], cursor: await feed.end() }
      const { entries, cursor } = await feed.read(after, clock.now(), limit)
      return { users: [...new Set(entries.map(({ subject }) => subject))], cursor }
    },
  }
}

// No order has it: its row is the user's own.
const nilOrder = nilId as OrderId
