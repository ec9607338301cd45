/** What is to be done now, and how much waits: hints, each proved on its order. */
import { singleFlight } from '../../core/cache/single-flight.ts'
import type { OrderId } from '../../core/values/ids.ts'
import { millis, type Millis } from '../../core/values/time.ts'
import type { Order } from './order.ts'
import type { Entries, Partition } from './store.cassandra.entries.ts'
import {
  chunks,
  grace,
  type Hint,
  type HintKind,
  type Hints,
  type Verdict,
} from './store.cassandra.hints.ts'
import type { Statements, StoredOrder } from './store.cassandra.statements.ts'
import { toOrder, toPending } from './store.rows.ts'
import type { Backlog, OrderStore, PendingOrder, Waiting } from './store.ts'

type Work = Pick<
  OrderStore,
  'dueOrders' | 'lapsedOrders' | 'ordersToDeliver' | 'outboxState' | 'backlog'
>

/** Orders that metrics ask for; of what waits behind them, each hint counts as one. */
const asked = 5_000
const askedAtOnce = 64

const stale = { kind: 'stale' } as const
const early = { kind: 'early' } as const

export function createWork(sql: Statements, hints: Hints, entries: Entries): Work {
  /**
   * A hint waits for a change that has not come. While its writer may still be at work it stays;
   * then a serial read brings the change to its end, if it was made at all.
   */
  async function proved<S, T>(
    now: Millis,
    own: readonly Hint[],
    reads: { plain: () => Promise<S>; settled: () => Promise<S> },
    judge: (state: S) => Verdict<T> & { readonly sequence: number },
  ): Promise<Verdict<T>> {
    const isBehind = (verdict: Verdict<T> & { readonly sequence: number }) =>
      verdict.kind === 'stale' && own.some(({ sequence }) => sequence > verdict.sequence)
    const verdict = judge(await reads.plain())
    if (!isBehind(verdict)) return verdict
    if (own.some(({ at }) => now - at < grace)) return early
    return judge(await reads.settled())
  }

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
        const isLapsed = stored?.status === 'PENDING' && (stored.lease_until ?? now) <= now
        return isLapsed
          ? { kind: 'due', work: toPending(stored), sequence }
          : { ...stale, sequence }
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
      await entries.drop(id, [])
      return stale
    })

  /** Distinct orders with a hint up to `to`, read by `ask`; and how many more hints there are. */
  async function survey<T>(
    kind: HintKind,
    to: Millis | null,
    ask: (id: OrderId) => Promise<T>,
  ): Promise<{ readonly found: readonly T[]; readonly more: number }> {
    const ids = new Set<OrderId>()
    let more = 0
    for await (const round of hints.all(kind, to)) {
      for (const { id } of round) {
        if (ids.has(id)) continue
        if (ids.size < asked) ids.add(id)
        else more++
      }
    }
    const found: T[] = []
    for (const some of chunks([...ids], askedAtOnce)) {
      found.push(...(await Promise.all(some.map(ask))))
    }
    return { found, more }
  }

  async function outboxState(now: Millis) {
    const { found, more } = await survey('outbox', null, entries.read)
    const waiting = found.filter((partition) => partition !== null && partition.entries.length > 0)
    const count = waiting.reduce((sum, partition) => sum + (partition?.entries.length ?? 0), 0)
    const oldest = Math.min(now, ...waiting.map((partition) => partition?.since ?? now))
    return { entries: count + more, oldest: millis(now - oldest) }
  }

  async function backlog(now: Millis, late: Millis): Promise<Backlog> {
    const [leased, timed] = await Promise.all([
      survey('lease', null, (id) => sql.byId.get(id)),
      survey('timer', now, (id) => sql.byId.get(id)),
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
