/** What is to be done now, and how much waits: hints, each proved on its order. */
import { singleFlight } from '../../core/cache/single-flight.ts'
import { proved, survey } from '../../core/cassandra/hint-proof.ts'
import type { Hint, Hints } from '../../core/cassandra/hints.ts'
import type { OrderId } from '../../core/values/ids.ts'
import { millis, type Millis } from '../../core/values/time.ts'
import type { Order } from './order.ts'
import type { Entries, Partition } from './store.cassandra.entries.ts'
import type { Statements, StoredOrder } from './store.cassandra.statements.ts'
import { toOrder, toPending } from './store.rows.ts'
import type { Backlog, OrderStore, PendingOrder, Waiting } from './store.ts'

/**
 * The order's own timer; the end of a lease; the next attempt to deliver its entries; when the catalog
 * may forget a reservation of it; when a rejected one may go.
 */
export const hintKinds = ['timer', 'lease', 'outbox', 'forget', 'drop'] as const
type HintKind = (typeof hintKinds)[number]
export type OrderHint = Hint<HintKind, OrderId>
export type OrderHints = Hints<HintKind, OrderId>

type Work = Pick<
  OrderStore,
  'dueOrders' | 'lapsedOrders' | 'ordersToDeliver' | 'outboxState' | 'backlog'
>

const stale = { kind: 'stale' } as const

export function createWork(sql: Statements, hints: OrderHints, entries: Entries): Work {
  const orderReads = (id: OrderId) => ({
    plain: () => sql.byId.get(id),
    settled: () => sql.settled.get(id),
  })

  const dueOrders: Work['dueOrders'] = async (now, limit) => {
    const due = await hints.take('timer', now, limit, (id, own) =>
      proved<StoredOrder | undefined, Order>(now, own, orderReads(id), (stored) => {
        const sequence = stored?.sequence ?? -1
        const order = stored === undefined ? null : visible(stored)
        return order !== null && order.nextAt !== null && order.nextAt <= now
          ? { kind: 'due', work: order, sequence }
          : { ...stale, sequence }
      }),
    )
    return [...due].sort((a, b) => (a.nextAt ?? 0) - (b.nextAt ?? 0))
  }

  const lapsedOrders: Work['lapsedOrders'] = (now, limit) =>
    hints.take('lease', now, limit, (id, own) =>
      proved<StoredOrder | undefined, PendingOrder>(now, own, orderReads(id), (stored) => {
        const sequence = stored?.sequence ?? -1
        if (stored?.status !== 'PENDING') return { ...stale, sequence }
        const isHeld = (stored.lease_until ?? now) > now
        // A lease that was renewed; this hint is all there is of its end.
        if (isHeld) return { kind: 'early', sequence }
        return { kind: 'due', work: toPending(stored), sequence }
      }),
    )

  const ordersToDeliver: Work['ordersToDeliver'] = (now, limit) =>
    hints.take('outbox', now, limit, async (id, own) => {
      const reads = { plain: () => entries.read(id), settled: () => entries.readSettled(id) }
      const verdict = await proved<Partition | null, Partition>(now, own, reads, (partition) => {
        const sequence = partition?.order.sequence ?? -1
        if (partition === null) return { ...stale, sequence }
        const { entries: waiting, uncounted } = partition
        const isSettled = waiting.length === 0 && uncounted.length === 0
        return isSettled ? { ...stale, sequence } : { kind: 'due', work: partition, sequence }
      })
      if (verdict.kind !== 'due') return verdict
      if (verdict.work.entries.length > 0) return { ...verdict, work: id }
      // Nothing for a receiver; what is left is between the order and its user's spending.
      await entries.count(id, verdict.work)
      await entries.drop(id, [], now)
      return stale
    })

  async function outboxState(now: Millis) {
    const { found, more } = await survey(hints, 'outbox', null, entries.read)
    const waiting = found.filter((partition) => partition !== null && partition.entries.length > 0)
    const count = waiting.reduce((sum, partition) => sum + (partition?.entries.length ?? 0), 0)
    const oldest = Math.min(now, ...waiting.map((partition) => partition?.since ?? now))
    return { entries: count + more, oldest: millis(now - oldest) }
  }

  async function backlog(now: Millis, late: Millis): Promise<Backlog> {
    const [leased, timed] = await Promise.all([
      survey(hints, 'lease', null, (id) => sql.byId.get(id)),
      survey(hints, 'timer', now, (id) => sql.byId.get(id)),
    ])
    const pending = leased.found.flatMap((stored) =>
      stored?.status === 'PENDING' ? [stored.created_at] : [],
    )
    const overdue = timed.found.flatMap((stored) => {
      const nextAt = stored === undefined ? null : (visible(stored)?.nextAt ?? null)
      return nextAt !== null && nextAt <= now - late ? [nextAt] : []
    })
    return {
      halfPlaced: waitingSince(pending, leased.more, now),
      overdue: waitingSince(overdue, timed.more, now),
    }
  }

  // Each gauge asks for itself, all in one scrape.
  const surveys = {
    outbox: singleFlight<'all', Awaited<ReturnType<typeof outboxState>>>(),
    backlog: singleFlight<'all', Backlog>(),
  }

  return {
    dueOrders,
    lapsedOrders,
    ordersToDeliver,
    outboxState: (now) => surveys.outbox('all', () => outboxState(now)),
    backlog: (now, late) => surveys.backlog('all', () => backlog(now, late)),
  }
}

/** Null for an order that no client sees. */
const visible = (stored: StoredOrder): Order | null =>
  stored.status === 'PENDING' || stored.status === 'REJECTED' ? null : toOrder(stored)

const waitingSince = (since: readonly Millis[], more: number, now: Millis): Waiting => ({
  count: since.length + more,
  oldest: millis(Math.max(0, now - Math.min(now, ...since))),
})
