/**
 * Notifications on Cassandra: one partition a user, changed by one conditional batch at a time, which
 * takes all that has come for that user meanwhile. An id is the time of its notification, or one
 * more than the last where that is higher: so ids rise, and by them the reader leaves out, without
 * reading it, what has lapsed.
 */
import { createQueues } from '../../core/resilience/queues.ts'
import { rounds } from '../../core/cassandra/rounds.ts'
import { settle } from '../../core/cassandra/settle.ts'
import { newId, nilId, type OrderId, type UserId } from '../../core/values/ids.ts'
import { millis, type Clock, type Millis } from '../../core/values/time.ts'
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
/** Notifications of one user in one conditional batch. */
const batchSize = 50
/** Orders of which this process knows that the feed was told. */
const maxTold = 1_000

interface Recorded {
  readonly change: OrderStatusChange
  readonly at: Millis
}

/** What the user's partition says before a write. */
interface Known {
  readonly last: number | null
  readonly sequences: ReadonlyMap<OrderId, number>
}

interface Added {
  readonly id: number
  readonly change: OrderStatusChange
}

/** Those that are newer than what their order told before, with ids that rise. */
function newsAmong(some: readonly Recorded[], { last, sequences }: Known): readonly Added[] {
  const reached = new Map(sequences)
  let id = last ?? 0
  return some.flatMap(({ change, at }) => {
    if ((reached.get(change.order) ?? -1) >= change.sequence) return []
    reached.set(change.order, change.sequence)
    id = Math.max(id + 1, at)
    return [{ id, change }]
  })
}

export function createNotificationStore(
  sql: Statements,
  feed: Feed<UserId>,
  clock: Clock,
): NotificationMethods {
  /** The sequence of each order, up to which the feed was told by this process; the oldest go first. */
  const told = new Map<OrderId, number>()

  /** One entry for all: it says only that the user has something to read. */
  async function tell(user: UserId, changes: readonly OrderStatusChange[]): Promise<void> {
    await feed.append({ subject: user, at: clock.now() })
    for (const { order, sequence } of changes) {
      told.delete(order)
      told.set(order, sequence)
      const [first] = told.keys()
      if (told.size > maxTold && first !== undefined) told.delete(first)
    }
  }

  async function lastOf(user: UserId, orders: readonly OrderId[]): Promise<Known> {
    const rows = await sql.last.all(user, [nilOrder, ...new Set(orders)])
    return {
      last: rows.find((row) => row.order_id === nilOrder)?.last ?? null,
      sequences: new Map(rows.map((row) => [row.order_id, row.sequence ?? -1])),
    }
  }

  /** False where another write of this user was faster. */
  async function add(user: UserId, last: number | null, news: readonly Added[]): Promise<boolean> {
    const [first] = news
    if (first === undefined) return true
    const operation = newId<string>()
    const { applied } = await settle(
      () =>
        sql.recordNotification.run([
          sql.setLast.bind(news.at(-1)?.id ?? first.id, user, last),
          ...news.map(({ id, change: { order, sequence, status, updatedAt } }) =>
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
          ),
          // Of several of one order the last one counts.
          ...new Map(
            news.map(({ change: { order, sequence } }) => [
              order,
              sql.setSequence.bind(seconds, sequence, user, order),
            ]),
          ).values(),
        ]),
      async () =>
        (await sql.notificationSettled.get(user, first.id, first.change.order))?.operation ===
        operation,
    )
    return applied
  }

  /** Whether each is news; null where another write of this user was faster. */
  async function recordSome(user: UserId, some: readonly Recorded[]) {
    const known = await lastOf(
      user,
      some.map(({ change }) => change.order),
    )
    const news = newsAmong(some, known)
    if (!(await add(user, known.last, news))) return null
    // What was known comes again because whoever recorded it may have died before the feed was told.
    const untold = some.map(({ change }) => change).filter(isUntold)
    if (untold.length > 0) await tell(user, untold)
    const changes = new Set(news.map(({ change }) => change))
    return some.map(({ change }) => changes.has(change))
  }

  const isUntold = ({ order, sequence }: OrderStatusChange): boolean =>
    (told.get(order) ?? -1) < sequence

  const enqueue = createQueues<UserId, Recorded, boolean>({
    maxItems: batchSize,
    run: (user, some) => rounds(() => recordSome(user, some)),
  })

  const oldest = (): number => clock.now() - notificationLife

  return {
    recordOrderStatus: (change, at) => enqueue(change.user, { change, at }),

    async notifications(user, after, limit) {
      const rows = await sql.notifications.all(user, Math.max(after, oldest()), limit)
      return rows.map((row) => toNotification(user, row))
    },

    async lastNotification(user) {
      const { last } = await lastOf(user, [])
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
