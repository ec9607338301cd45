/**
 * How what is over ends on Cassandra: found by hints, proved on the order. Answers are not here: their
 * columns carry their own end.
 */
import { proved } from '../../core/cassandra/hint-proof.ts'
import { settle } from '../../core/cassandra/settle.ts'
import type { OrderId } from '../../core/values/ids.ts'
import { millis, type Clock } from '../../core/values/time.ts'
import type { EndedReservation, Entries, Partition } from './store.cassandra.entries.ts'
import type { Statements } from './store.cassandra.statements.ts'
import type { OrderHint, OrderHints } from './store.cassandra.work.ts'
import { rejectedLife, reservationLife, type OutboxEntry, type RetentionStore } from './store.ts'

export interface CassandraRetention {
  /** Drops entries that were delivered; what they have ended is noted in their place. */
  delivered(id: OrderId, entries: readonly OutboxEntry[]): Promise<void>
  readonly store: RetentionStore
}

export interface CassandraRetentionOptions {
  readonly sql: Statements
  readonly hints: OrderHints
  readonly entries: Entries
  readonly clock: Clock
}

interface Rejected {
  readonly id: OrderId
  /** That of its rejection; when it is begun again it gets another one. */
  readonly sequence: number
}

export function createRetention(options: CassandraRetentionOptions): CassandraRetention {
  const { sql, hints, entries, clock } = options
  const readsOf = (id: OrderId) => ({
    plain: () => entries.read(id),
    settled: () => entries.readSettled(id),
  })

  async function delivered(id: OrderId, own: readonly OutboxEntry[]): Promise<void> {
    const forgetAt = millis(clock.now() + reservationLife)
    const forgets = own
      .filter(({ effect }) => effect.kind !== 'notify')
      .map(({ sequence }): OrderHint => ({ kind: 'forget', at: forgetAt, id, sequence }))
    if (forgets.length > 0) await hints.announce(forgets)
    await entries.drop(id, own, forgetAt)
  }

  const reservationsToForget: RetentionStore['reservationsToForget'] = async (now, limit) => {
    const due = await hints.take('forget', now, limit, (id, own) =>
      proved<Partition | null, readonly EndedReservation[]>(now, own, readsOf(id), (partition) => {
        const sequence = partition?.order.sequence ?? -1
        const work = partition?.ended.filter(({ forgetAt }) => forgetAt <= now) ?? []
        return work.length === 0 ? { kind: 'stale', sequence } : { kind: 'due', work, sequence }
      }),
    )
    return due.flat()
  }

  const forgotten: RetentionStore['forgotten'] = async (reservations, at) => {
    const orders = Map.groupBy(reservations, ({ orderId }) => orderId)
    await Promise.all(
      [...orders].map(async ([id, own]) => {
        const partition = await entries.read(id)
        if (partition?.order.status === 'REJECTED') {
          const { sequence } = partition.order
          await hints.announce([{ kind: 'drop', at: millis(at + rejectedLife), id, sequence }])
        }
        await entries.dropEnded(id, own)
        await hints.done('forget', id)
      }),
    )
  }

  const dropRejected: RetentionStore['dropRejected'] = async (now, limit) => {
    const due = await hints.take('drop', now, limit, (id, own) =>
      proved<Partition | null, Rejected>(now, own, readsOf(id), (partition) => {
        const sequence = partition?.order.sequence ?? -1
        const isOver =
          partition?.order.status === 'REJECTED' &&
          partition.entries.length + partition.ended.length === 0 &&
          own.some((hint) => hint.sequence === sequence)
        return isOver
          ? { kind: 'due', work: { id, sequence }, sequence }
          : { kind: 'stale', sequence }
      }),
    )
    await Promise.all(due.map(drop))
    return due.length
  }

  /** Unless it has been begun again meanwhile. */
  async function drop({ id, sequence }: Rejected): Promise<void> {
    await settle(
      () => sql.dropRejected.run(id, sequence),
      async () => (await sql.settled.get(id)) === undefined,
    )
    await hints.done('drop', id)
  }

  return {
    delivered,
    store: { reservationsToForget, forgotten, dropRejected, forgetAnswers: async () => 0 },
  }
}
