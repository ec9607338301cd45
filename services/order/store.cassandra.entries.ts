/**
 * The outbox: entries in the partition of their order, written and dropped by conditional batches
 * there. One kind of entry is the store's own: a mark that the spending is still to be told of the
 * order, which goes only when that is done. In the place of a delivered entry that has ended a
 * reservation, the order says when the catalog may forget that one.
 */
import { LRUCache } from 'lru-cache'
import { settle } from '../../core/cassandra/settle.ts'
import type { BoundWrite } from '../../core/cassandra/statement.ts'
import type { OrderId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { millis, type Millis } from '../../core/values/time.ts'
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
/** Orders whose settled marks are remembered; of the others the spending is asked again. */
const remembered = 10_000

export function createEntries(sql: Statements, spending: Spending): Entries {
  const counted = new LRUCache<OrderId, ReadonlySet<number>>({ max: remembered })

  function toPartition(id: OrderId, rows: readonly EntryRow[]): Partition | null {
    const [order] = rows
    if (order === undefined) return null
    const entries: OutboxEntry[] = []
    const uncounted: number[] = []
    let since: Millis | null = null
    for (const { change, kind, effect, entered_at: at, traceparent } of rows) {
      if (change === null) continue
      if (kind === mark) {
        uncounted.push(change)
        continue
      }
      if (effect === null || at === null) throw new Error('An outbox entry has no effect.')
      // Written by `writesOf` from the same type.
      const parsed = JSON.parse(effect) as Effect
      entries.push({ orderId: id, sequence: change, effect: parsed, traceparent })
      if (since === null || at < since) since = at
    }
    return { order, entries, since, uncounted, ended: endedOf(id, order) }
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
            : sql.addEnded.bind(sequence, `${forgetAt} ${effect.reservation ?? id}`, id),
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
      const changes = [...new Set(reservations.map(({ sequence }) => sequence))]
      await settle(
        () => sql.dropEntries.run(changes.map((change) => sql.dropEnded.bind(change, id))),
        async () => {
          const [order] = await sql.entriesSettled.all(id)
          return changes.every((change) => order?.ended?.has(change) !== true)
        },
      )
    },
  }
}

const endedOf = (id: OrderId, { ended }: Pick<EntryRow, 'ended'>): readonly EndedReservation[] =>
  [...(ended ?? [])].map(([sequence, text]) => {
    // Written by `drop`.
    const [forgetAt = '', reservation = ''] = text.split(' ')
    return {
      orderId: id,
      reservation: reservation as OrderId,
      sequence,
      forgetAt: millis(Number(forgetAt)),
    }
  })
