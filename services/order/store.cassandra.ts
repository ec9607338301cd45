/**
 * Orders on Cassandra: each in a partition of its own, changed by one conditional batch that carries
 * its consequences. What lies elsewhere is written before (hints, lists) or told after (spending).
 */
import { firstMark } from '../../core/cassandra/hint-statements.ts'
import { createHints } from '../../core/cassandra/hints.ts'
import type { Keyspace } from '../../core/cassandra/keyspace.ts'
import { settle } from '../../core/cassandra/settle.ts'
import type { BoundWrite, ConditionalBatch } from '../../core/cassandra/statement.ts'
import { newId, type OrderId } from '../../core/values/ids.ts'
import { millis, type Clock, type Millis } from '../../core/values/time.ts'
import { isFinal } from './order.ts'
import { createEntries } from './store.cassandra.entries.ts'
import { createWork, hintKinds, type OrderHint } from './store.cassandra.work.ts'
import { createLists } from './store.cassandra.lists.ts'
import { createRetention } from './store.cassandra.retention.ts'
import { createSpending } from './store.cassandra.spending.ts'
import { declareStatements } from './store.cassandra.statements.ts'
import { toOrderRow } from './store.rows.ts'
import { firstAttemptTime, type OrderStore } from './store.ts'

export { migrations } from './migrations.cassandra.ts'

export interface CassandraOrderStoreOptions {
  readonly keyspace: Keyspace
  readonly clock: Clock
  /** How long after its creation an order may still be under way, an outage included. */
  readonly longestLife: Millis
}

/** Seconds that the columns of a first answer outlive the answer. */
const answerMargin = 86_400

export async function openCassandraOrderStore(
  options: CassandraOrderStoreOptions,
): Promise<OrderStore> {
  const { keyspace, clock, longestLife } = options
  const sql = declareStatements(keyspace)
  await keyspace.prepare()
  const hints = await createHints({ sql, kinds: hintKinds, clock })
  const first = await firstMark(sql, 'first order', clock.now())
  const lists = await createLists({ sql, clock, first, longestLife })
  const spending = createSpending(sql)
  const entries = createEntries(sql, spending)
  const retention = createRetention({ sql, hints, entries, clock })

  const timer = (id: OrderId, sequence: number, at: Millis): OrderHint => ({
    kind: 'timer',
    at,
    id,
    sequence,
  })
  const lease = (id: OrderId, at: Millis, sequence = 0): OrderHint => ({
    kind: 'lease',
    at,
    id,
    sequence,
  })
  const attempt = (id: OrderId, sequence: number, at: Millis): OrderHint => ({
    kind: 'outbox',
    at,
    id,
    sequence,
  })

  /** A change of state: its batch, known by its operation also to those who come later. */
  async function change(
    batch: ConditionalBatch,
    id: OrderId,
    sequence: number,
    writesOf: (operation: string) => readonly BoundWrite[],
  ): Promise<boolean> {
    const operation = newId<string>()
    const { applied } = await settle(
      () => batch.run(writesOf(operation)),
      async () => (await sql.settled.get(id))?.operations?.get(sequence) === operation,
    )
    return applied
  }

  const insertPending: OrderStore['insertPending'] = async (order) => {
    const { id, origin } = order
    const insertedBy = newId<string>()
    await hints.announce([lease(id, order.lease.until)])
    const { applied, rows } = await settle(
      () =>
        sql.insert.run(
          id,
          order.userId,
          origin.kind === 'cart' ? origin.checkoutId : undefined,
          order.key ?? undefined,
          order.fingerprint,
          JSON.stringify(order.lines),
          order.expectedTotal ?? undefined,
          order.createdAt,
          order.createdAt,
          order.deliveryTime,
          order.traceparent,
          order.instance,
          order.lease.owner,
          order.lease.until,
          insertedBy,
          order.reservation === id ? undefined : order.reservation,
        ),
      async () => (await sql.settled.get(id))?.inserted_by === insertedBy,
    )
    if (applied) return { inserted: true, row: { kind: 'pending', ...order } }
    const [standing] = rows
    if (standing === undefined) throw new Error('An order row that stands cannot be read.')
    return { inserted: false, row: toOrderRow(standing, clock.now()) }
  }

  const reopen: OrderStore['reopen'] = async (order) => {
    const { id, origin, sequence } = order
    // No entry is added to an order while it is rejected, so none comes between this look and the change.
    const partition = await entries.readSettled(id)
    if (partition === null || partition.entries.length > 0) return false
    // Of one rejection, which the sequence names, an answer only ever goes.
    const stored = await sql.byId.get(id)
    const row = stored === undefined ? null : toOrderRow(stored, clock.now())
    if (row?.kind !== 'rejected' || row.answer !== null) return false
    // Ahead of the row's sequence, so that a sweeper who meets it first waits for the change.
    await hints.announce([lease(id, order.lease.until, sequence)])
    const { applied } = await settle(
      () =>
        sql.reopen.run(
          origin.kind === 'cart' ? origin.checkoutId : null,
          order.fingerprint,
          sequence,
          JSON.stringify(order.lines),
          order.expectedTotal,
          order.createdAt,
          order.createdAt,
          order.deliveryTime,
          order.traceparent,
          order.instance,
          order.lease.owner,
          order.lease.until,
          order.reservation,
          id,
          sequence - 1,
        ),
      async () => (await sql.settled.get(id))?.reservation_id === order.reservation,
    )
    return applied
  }

  const takeLease: OrderStore['takeLease'] = async (id, lapsed, taken) => {
    await hints.announce([lease(id, taken.until)])
    const { applied } = await settle(
      () => sql.takeLease.run(taken.owner, taken.until, id, lapsed.owner, lapsed.until),
      async () => (await sql.settled.get(id))?.lease_owner === taken.owner,
    )
    if (applied) void hints.done('lease', id)
    return applied
  }

  /** Without a hint of its own: the one from when it was taken stays until the order is settled. */
  const renewLease: OrderStore['renewLease'] = async (id, owner, until) => {
    const { applied } = await settle(
      () => sql.renewLease.run(until, id, owner),
      async () => {
        const stored = await sql.settled.get(id)
        return stored?.lease_owner === owner && stored.lease_until === until
      },
    )
    return applied
  }

  const releaseLease: OrderStore['releaseLease'] = async (id, owner, until) => {
    const nobody = newId<string>()
    await hints.announce([lease(id, until)])
    const { applied } = await settle(
      () => sql.releaseLease.run(nobody, until, id, owner),
      async () => (await sql.settled.get(id))?.lease_owner === nobody,
    )
    return applied
  }

  const accept: OrderStore['accept'] = async (id, owner, acceptance) => {
    const pending = await sql.byId.get(id)
    if (pending === undefined) return false
    const { at, answer, answerUntil, total, sequence } = acceptance
    const { user_id: userId, lease_until: until } = pending
    await hints.announce(
      [
        timer(id, sequence, acceptance.nextAt),
        attempt(id, sequence, millis(at + firstAttemptTime)),
      ],
      () => lists.add({ id, userId, createdAt: at }),
    )
    const answerLife = Math.ceil((answerUntil - at) / 1000) + answerMargin
    const accepted = await change(sql.accept, id, sequence, (operation) => [
      sql.setAccepted.bind(
        sequence,
        JSON.stringify(acceptance.lines),
        total,
        at,
        at,
        acceptance.nextAt,
        sequence,
        operation,
        id,
        owner,
      ),
      sql.setAnswer.bind(answerLife, answer.status, answer.body, answerUntil, id),
      ...entries.writesOf(id, sequence, acceptance.effects, at, true),
    ])
    if (!accepted) return false
    if (until !== null) void hints.drop(lease(id, until, sequence - 1))
    const order = {
      user_id: userId,
      status: 'CREATED',
      sequence,
      total,
      created_at: at,
    } as const
    await entries.count(id, { order, uncounted: [sequence] })
    return true
  }

  const reject: OrderStore['reject'] = async (id, owner, rejection) => {
    const { sequence, at, answer, answerUntil, effects } = rejection
    await hints.announce([attempt(id, sequence, millis(at + firstAttemptTime))])
    const seconds = Math.ceil((answerUntil - at) / 1000) + answerMargin
    return change(sql.reject, id, sequence, (operation) => [
      sql.setRejected.bind(sequence, at, sequence, operation, id, owner),
      ...(answer === null
        ? []
        : [sql.setAnswer.bind(seconds, answer.status, answer.body, answerUntil, id)]),
      ...entries.writesOf(id, sequence, effects, at, false),
    ])
  }

  const move: OrderStore['move'] = async (id, expected, { to, at, nextAt, effects }) => {
    const sequence = expected.sequence + 1
    const rests = isFinal(to)
    await hints.announce([
      attempt(id, sequence, millis(at + firstAttemptTime)),
      ...(nextAt === null ? [] : [timer(id, sequence, nextAt)]),
    ])
    const moved = await change(sql.move, id, sequence, (operation) => [
      sql.setMoved.bind(
        to,
        sequence,
        at,
        // Of an order at rest nobody reads it, so it costs no tombstone.
        nextAt ?? (rests ? undefined : null),
        rests ? at : undefined,
        sequence,
        operation,
        id,
        expected.status,
        expected.sequence,
      ),
      ...entries.writesOf(id, sequence, effects, at, rests),
    ])
    if (!moved) return false
    void hints.done('timer', id)
    if (rests) await settleAccounts(id, at)
    return true
  }

  /** What an order that has come to rest changes elsewhere. */
  async function settleAccounts(id: OrderId, at: Millis): Promise<void> {
    const partition = await entries.read(id)
    if (partition === null) throw new Error('An order that was moved cannot be read.')
    const { user_id: userId, created_at: createdAt } = partition.order
    // Unless they succeed, the next reader of the lists does it.
    for (const write of lists.rest({ id, userId, createdAt }, at)) write.catch(() => {})
    await entries.count(id, partition)
  }

  return {
    insertPending,

    find: async (id) => {
      const stored = await sql.byId.get(id)
      return stored === undefined ? null : toOrderRow(stored, clock.now())
    },

    reopen,
    takeLease,
    renewLease,
    releaseLease,
    accept,
    reject,
    move,
    ...createWork(sql, hints, entries),

    async undelivered(id) {
      const partition = await entries.read(id)
      if (partition === null) return []
      if (partition.uncounted.length > 0) await entries.count(id, partition)
      return partition.entries
    },

    async delivered(all) {
      const orders = Map.groupBy(all, (entry) => entry.orderId)
      await Promise.all([...orders].map(([id, own]) => retention.delivered(id, own)))
    },

    async postpone(id, until) {
      await hints.announce([attempt(id, 0, until)])
      await hints.done('outbox', id)
    },

    async listOfUser(user, query) {
      const since = query.restedAfter === null ? await spending.since(user) : first
      // Counted just after it was created, so the very first order may not be known there yet.
      return lists.ofUser(user, since ?? millis(clock.now() - longestLife), query)
    },

    listAll: lists.ofAll,
    async tendLists() {
      await lists.tend()
      return 0
    },
    spending: spending.total,

    ...retention.store,

    check: keyspace.check,
    close: keyspace.close,
  }
}
