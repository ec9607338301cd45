/**
 * The outbox: entries in the partition of their order, written and dropped by conditional batches
 * there. Two kinds of entry are the store's own: a mark that the spending is still to be told of the
 * order, which goes only when that is done; and, in the place of a delivered entry that has ended a
 * reservation, when the catalog may forget that one.
 */
import { LRUCache } from 'lru-cache'
import { settle } from '../../core/cassandra/settle.ts'
import type { BoundWrite } from '../../core/cassandra/statement.ts'
import type { OrderId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import type { Millis } from '../../core/values/time.ts'
import { isFinal, type VisibleStatus } from './order.ts'
import type { Spending } from './store.cassandra.spending.ts'
import type { EntryRow, Statements } from './store.cassandra.statements.ts'
import type { Effect, OutboxEntry, SettledReservation } from './store.ts'

/** What an order's partition says. */
export interface Partition {
  readonly order: Pick<EntryRow, 'user_id' | 'status' | 'sequence' | 'total' | 'created_at'>
  readonly entries: readonly OutboxEntry[]
  /** When the oldest of them was written. */
  readonly since: Millis | null
  /** Changes of state of which the spending may not have been told. */
  readonly uncounted: readonly number[]
  /** Reservations that have ended, until the catalog has forgotten them. */
  readonly ended: readonly EndedReservation[]
}

export interface EndedReservation extends SettledReservation {
  readonly forgetAt: Millis
}

export interface Entries {
  /** The writes that a change of state carries; `counts` when it changes what the user spent. */
  writesOf(
    id: OrderId,
    change: number,
    effects: readonly Effect[],
    at: Millis,
    counts: boolean,
  ): readonly BoundWrite[]
  read(id: OrderId): Promise<Partition | null>
  /** The same by a serial read, which brings changes that were under way to their end. */
  readSettled(id: OrderId): Promise<Partition | null>
  /** Tells the spending of what the order counts for now, unless it has been told. */
  count(id: OrderId, partition: Pick<Partition, 'order' | 'uncounted'>): Promise<void>
  /** Drops entries of one order, and the marks of which this process knows that they are settled. */
  drop(id: OrderId, entries: readonly OutboxEntry[], forgetAt: Millis): Promise<void>
  /** Drops what is noted of reservations that the catalog has forgotten. */
  dropEnded(id: OrderId, reservations: readonly SettledReservation[]): Promise<void>
}

const mark = 'spend'
const end = 'forget'
/** Orders whose settled marks are remembered; of the others the spending is asked again. */
const remembered = 10_000

export function createEntries(sql: Statements, spending: Spending): Entries {
  const counted = new LRUCache<OrderId, ReadonlySet<number>>({ max: remembered })

  function toPartition(id: OrderId, rows: readonly EntryRow[]): Partition | null {
    const [order] = rows
    if (order === undefined) return null
    const entries: OutboxEntry[] = []
    const uncounted: number[] = []
    const ended: EndedReservation[] = []
    let since: Millis | null = null
    for (const { change, kind, effect, entered_at: at, traceparent } of rows) {
      if (change === null) continue
      if (kind === mark) {
        uncounted.push(change)
        continue
      }
      if (effect === null || at === null) throw new Error('An outbox entry has no effect.')
      if (kind === end) {
        // Written by `drop`.
        const reservation = effect as OrderId
        ended.push({ orderId: id, reservation, sequence: change, forgetAt: at })
        continue
      }
      // Written by `writesOf` from the same type.
      const parsed = JSON.parse(effect) as Effect
      entries.push({ orderId: id, sequence: change, effect: parsed, traceparent })
      if (since === null || at < since) since = at
    }
    return { order, entries, since, uncounted, ended }
  }

  return {
    writesOf(id, change, effects, at, counts) {
      const writes = effects.map((effect) =>
        sql.addEntry.bind(id, change, effect.kind, JSON.stringify(effect), at),
      )
      return counts ? [...writes, sql.addEntry.bind(id, change, mark, undefined, at)] : writes
    },

    read: async (id) => toPartition(id, await sql.entries.all(id)),
    readSettled: async (id) => toPartition(id, await sql.entriesSettled.all(id)),

    async count(id, { order, uncounted }) {
      const known = counted.get(id)
      if (uncounted.every((change) => known?.has(change) === true)) return
      const { status, sequence, total, created_at: createdAt } = order
      await spending.count(order.user_id, {
        id,
        sequence,
        amount: status === 'CANCELLED' ? minor(0) : total,
        createdAt,
        // Only changes past PENDING leave marks, and none of them is REJECTED.
        final: isFinal(status as VisibleStatus),
      })
      counted.set(id, new Set([...(known ?? []), ...uncounted]))
    },

    async drop(id, entries, forgetAt) {
      const marks = [...(counted.get(id) ?? [])]
      const drops = [
        ...entries.map(({ sequence, effect }) => sql.dropEntry.bind(id, sequence, effect.kind)),
        ...marks.map((change) => sql.dropEntry.bind(id, change, mark)),
        ...entries.flatMap(({ sequence, effect }) =>
          effect.kind === 'notify'
            ? []
            : sql.addEntry.bind(id, sequence, end, effect.reservation ?? id, forgetAt),
        ),
      ]
      if (drops.length === 0) return
      const isGone = ({ change, kind }: EntryRow) =>
        !entries.some(({ sequence, effect }) => sequence === change && effect.kind === kind)
      await settle(
        () => sql.dropEntries.run(drops),
        async () => (await sql.entriesSettled.all(id)).every(isGone),
      )
      counted.delete(id)
    },

    async dropEnded(id, reservations) {
      const changes = new Set(reservations.map(({ sequence }) => sequence))
      await settle(
        () =>
          sql.dropEntries.run([...changes].map((change) => sql.dropEnded.bind(id, change, end))),
        async () =>
          (await sql.entriesSettled.all(id)).every(
            ({ change, kind }) => kind !== end || change === null || !changes.has(change),
          ),
      )
    },
  }
}
