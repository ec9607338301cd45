/** Orders in one SQLite file: every conditional write is one command of the group commit. */
import { openDatabase, type Database } from '../../core/sqlite/database.ts'
import { newId, type OrderId, type UserId } from '../../core/values/ids.ts'
import { minor, type Minor } from '../../core/values/money.ts'
import { millis, type Millis } from '../../core/values/time.ts'
import { migrations } from './migrations.sqlite.ts'
import { isFinal } from './order.ts'
import {
  toOrder,
  toOrderRow,
  toPending,
  type OrderRecord,
  type VisibleRecord,
} from './store.rows.ts'
import { sqliteRetention } from './store.sqlite.retention.ts'
import {
  firstAttemptTime,
  type Effect,
  type ListQuery,
  type OrderStore,
  type OutboxEntry,
  type PendingOrder,
  type Waiting,
} from './store.ts'

export interface SqliteOrderStoreOptions {
  readonly path: string
  readonly clock: { now(): Millis }
  readonly observe?: (operation: string, milliseconds: number) => void
}

export function openSqliteOrderStore(options: SqliteOrderStoreOptions): OrderStore {
  const { path, clock, observe } = options
  const database = openDatabase({
    path,
    migrations,
    service: 'order',
    ...(observe !== undefined && { observe }),
  })
  const sql = statementsOf(database)
  const retention = sqliteRetention(database)

  function enqueue(id: OrderId, sequence: number, effects: readonly Effect[], at: Millis): void {
    for (const effect of effects) {
      sql.addEntry.run(id, sequence, JSON.stringify(effect), at, at + firstAttemptTime)
    }
  }

  return {
    insertPending: (order) =>
      database.write(() => {
        const { changes } = sql.insert.run(
          order.id,
          order.userId,
          order.origin.kind === 'cart' ? order.origin.checkoutId : null,
          order.key,
          order.fingerprint,
          JSON.stringify(order.lines),
          order.expectedTotal,
          order.createdAt,
          order.createdAt,
          order.deliveryTime,
          order.traceparent,
          order.instance,
          order.lease.owner,
          order.lease.until,
          ownReservation(order),
        )
        const row = sql.byId.get(order.id)
        if (row === undefined) throw new Error('An inserted order row cannot be read.')
        return { inserted: changes === 1, row: toOrderRow(row, clock.now()) }
      }),

    find: async (id) => {
      const row = sql.byId.get(id)
      return row === undefined ? null : toOrderRow(row, clock.now())
    },

    reopen: (order) =>
      database.write(
        () =>
          sql.reopen.run(
            order.origin.kind === 'cart' ? order.origin.checkoutId : null,
            order.fingerprint,
            order.sequence,
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
            order.id,
            order.sequence - 1,
            clock.now(),
          ).changes === 1,
      ),

    takeLease: (id, lapsed, lease) =>
      database.write(
        () =>
          sql.takeLease.run(lease.owner, lease.until, id, lapsed.owner, lapsed.until).changes === 1,
      ),

    renewLease: (id, owner, until) =>
      database.write(() => sql.renewLease.run(until, id, owner).changes === 1),

    releaseLease: (id, owner, until) =>
      database.write(() => sql.releaseLease.run(newId<string>(), until, id, owner).changes === 1),

    accept: (id, owner, acceptance) =>
      database.write(() => {
        const { changes } = sql.accept.run(
          acceptance.sequence,
          JSON.stringify(acceptance.lines),
          acceptance.total,
          acceptance.at,
          acceptance.at,
          acceptance.nextAt,
          acceptance.answer.status,
          acceptance.answer.body,
          acceptance.answerUntil,
          id,
          owner,
        )
        if (changes === 0) return false
        sql.addSpending.run(acceptance.total, id)
        enqueue(id, acceptance.sequence, acceptance.effects, acceptance.at)
        return true
      }),

    reject: (id, owner, rejection) =>
      database.write(() => {
        const { changes } = sql.reject.run(
          rejection.sequence,
          rejection.at,
          rejection.answer?.status ?? null,
          rejection.answer?.body ?? null,
          rejection.answer === null ? null : rejection.answerUntil,
          id,
          owner,
        )
        if (changes === 0) return false
        enqueue(id, rejection.sequence, rejection.effects, rejection.at)
        return true
      }),

    move: (id, expected, move) =>
      database.write(() => {
        const restedAt = isFinal(move.to) ? move.at : null
        const { changes } = sql.move.run(
          move.to,
          move.at,
          move.nextAt,
          restedAt,
          id,
          expected.status,
          expected.sequence,
        )
        if (changes === 0) return false
        if (move.to === 'CANCELLED') sql.takeSpending.run(id)
        enqueue(id, expected.sequence + 1, move.effects, move.at)
        return true
      }),

    dueOrders: async (now, limit) => sql.due.all(now, limit).map(toOrder),
    lapsedOrders: async (now, limit) => sql.lapsed.all(now, limit).map(toPending),

    undelivered: async (id) =>
      sql.entries.all(id).map(({ sequence, effect, traceparent }) => ({
        orderId: id,
        sequence,
        traceparent,
        // Written by `enqueue` from the same type.
        effect: JSON.parse(effect) as Effect,
      })),

    // Entries of one order that wait for different times give it more than once.
    ordersToDeliver: async (now, limit) => [
      ...new Set(sql.toDeliver.all(now, limit).map((row) => row.order_id)),
    ],

    delivered: (entries) =>
      database.write(() => {
        for (const entry of entries) {
          const { changes } = sql.dropEntry.run(entry.orderId, entry.sequence, kindOf(entry))
          if (changes === 1) retention.ended(entry, clock.now())
        }
      }),

    postpone: (id, until) =>
      database.write(() => {
        sql.postpone.run(until, id)
      }),

    outboxState(now) {
      const since = sql.oldestEntry.get()?.created_at ?? now
      return { entries: sql.entryCount.get()?.count ?? 0, oldest: millis(Math.max(0, now - since)) }
    },

    backlog: async (now, grace) => ({
      halfPlaced: waiting(sql.halfPlaced.get(mostCounted), now),
      overdue: waiting(sql.overdue.get(millis(now - grace), mostCounted), now),
    }),

    listOfUser: async (user, query) => sql.ofUser.all(user, ...listParameters(query)).map(toOrder),
    listAll: async (query) => sql.all.all(...listParameters(query)).map(toOrder),

    async tendLists(restedAfter, limit) {
      const leaving = restedAfter === null ? [] : sql.leaving.all(restedAfter, limit)
      const coming = sql.comingBack.all(restedAfter ?? millis(-1), limit)
      // As a rule there is nothing to write, and so no lock to wait for.
      if (leaving.length + coming.length === 0) return 0
      await database.write(() => {
        for (const { id } of leaving) sql.setUnlisted.run(1, id)
        for (const { id } of coming) sql.setUnlisted.run(null, id)
      })
      return Math.max(leaving.length, coming.length)
    },

    spending: async (user) => sql.spending.get(user)?.total ?? minor(0),

    ...retention.store,

    check: () => database.check(),
    close: () => database.close(),
  }
}

type Listing = readonly [Millis, Millis, OrderId | '', number]

/** The last possible position stands for "from the newest". */
function listParameters(query: ListQuery): [...Listing] {
  const restedAfter = query.restedAfter ?? millis(-1)
  const { after } = query
  const createdAt = after?.createdAt ?? millis(Number.MAX_SAFE_INTEGER)
  return [restedAfter, createdAt, after?.id ?? '', query.limit]
}

function statementsOf(database: Database) {
  const columns = `id, user_id, checkout_id, idempotency_key, fingerprint, status, sequence, lines,
    expected_total, total, created_at, updated_at, next_at, delivery_time, traceparent,
    reservation_id, instance, lease_owner, lease_until, answer_status, answer_body, answer_until`
  // Handing a text over takes about 1 us a column, so lists leave out what they do not show.
  const orderColumns = `id, user_id, status, sequence, lines, total, created_at, updated_at, next_at,
    delivery_time, traceparent, reservation_id`
  // A partial index holds what is listed. What the other conditions leave out is what an older build
  // has put there, and what came to rest long ago since `tendLists` last ran.
  const listed = `unlisted IS NULL AND status NOT IN ('PENDING', 'REJECTED')
    AND (rested_at IS NULL OR rested_at > ?)
    AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?`
  return {
    insert: database.statement(
      `INSERT INTO orders (id, user_id, checkout_id, idempotency_key, fingerprint, status, sequence,
         lines, expected_total, total, created_at, updated_at, delivery_time, traceparent, instance,
         lease_owner, lease_until, reservation_id, unlisted)
       VALUES (?, ?, ?, ?, ?, 'PENDING', 0, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, 1)
       ON CONFLICT (id) DO NOTHING`,
      'insert_pending_order',
    ),
    reopen: database.statement(
      `UPDATE orders SET checkout_id = ?, fingerprint = ?, status = 'PENDING', sequence = ?,
         lines = ?, expected_total = ?, created_at = ?, updated_at = ?, delivery_time = ?,
         traceparent = ?, instance = ?, lease_owner = ?, lease_until = ?, reservation_id = ?,
         drop_at = NULL
       WHERE id = ? AND status = 'REJECTED' AND sequence = ?
         AND (answer_status IS NULL OR answer_until <= ?)
         AND NOT EXISTS (SELECT 1 FROM outbox WHERE order_id = orders.id)`,
      'reopen_order',
    ),
    byId: database.statement<[OrderId], OrderRecord>(
      `SELECT ${columns} FROM orders WHERE id = ?`,
      'get_order',
    ),
    takeLease: database.statement(
      `UPDATE orders SET lease_owner = ?, lease_until = ?
       WHERE id = ? AND status = 'PENDING' AND lease_owner = ? AND lease_until = ?`,
      'take_order_lease',
    ),
    renewLease: database.statement(
      `UPDATE orders SET lease_until = ? WHERE id = ? AND status = 'PENDING' AND lease_owner = ?`,
      'renew_order_lease',
    ),
    releaseLease: database.statement(
      `UPDATE orders SET lease_owner = ?, lease_until = ?
       WHERE id = ? AND status = 'PENDING' AND lease_owner = ?`,
      'release_order_lease',
    ),
    accept: database.statement(
      `UPDATE orders SET status = 'CREATED', sequence = ?, lines = ?, total = ?, created_at = ?,
         updated_at = ?, next_at = ?, answer_status = ?, answer_body = ?, answer_until = ?,
         lease_owner = NULL, lease_until = NULL, unlisted = NULL
       WHERE id = ? AND status = 'PENDING' AND lease_owner = ?`,
      'accept_order',
    ),
    reject: database.statement(
      `UPDATE orders SET status = 'REJECTED', sequence = ?, updated_at = ?, answer_status = ?,
         answer_body = ?, answer_until = ?, lines = '[]', lease_owner = NULL, lease_until = NULL
       WHERE id = ? AND status = 'PENDING' AND lease_owner = ?`,
      'reject_order',
    ),
    move: database.statement(
      `UPDATE orders SET status = ?, sequence = sequence + 1, updated_at = ?, next_at = ?, rested_at = ?
       WHERE id = ? AND status = ? AND sequence = ?`,
      'move_order',
    ),
    addSpending: database.statement(
      `INSERT INTO spending (user_id, total) SELECT user_id, ? FROM orders WHERE id = ?
       ON CONFLICT (user_id) DO UPDATE SET total = total + excluded.total`,
      'add_spending',
    ),
    takeSpending: database.statement(
      `UPDATE spending SET total = spending.total - orders.total
       FROM orders WHERE orders.id = ? AND spending.user_id = orders.user_id`,
      'take_spending',
    ),
    due: database.statement<[Millis, number], VisibleRecord>(
      `SELECT ${orderColumns} FROM orders WHERE next_at <= ? ORDER BY next_at LIMIT ?`,
      'due_orders',
    ),
    lapsed: database.statement<[Millis, number], OrderRecord>(
      `SELECT ${columns} FROM orders WHERE lease_until <= ? ORDER BY lease_until LIMIT ?`,
      'lapsed_orders',
    ),
    addEntry: database.statement(
      `INSERT INTO outbox (order_id, sequence, kind, effect, created_at, next_attempt_at)
       SELECT ?1, ?2, json_extract(?3, '$.kind'), ?3, ?4, ?5`,
      'add_outbox_entry',
    ),
    entries: database.statement<
      [OrderId],
      { sequence: number; effect: string; traceparent: string }
    >(
      `SELECT o.sequence, o.effect, orders.traceparent FROM outbox o
       JOIN orders ON orders.id = o.order_id WHERE o.order_id = ? ORDER BY o.sequence`,
      'outbox_entries',
    ),
    toDeliver: database.statement<[Millis, number], { order_id: OrderId }>(
      `SELECT order_id FROM outbox WHERE next_attempt_at <= ?
       GROUP BY next_attempt_at, order_id ORDER BY next_attempt_at, order_id LIMIT ?`,
      'outbox_due',
    ),
    dropEntry: database.statement(
      'DELETE FROM outbox WHERE order_id = ? AND sequence = ? AND kind = ?',
      'drop_outbox_entry',
    ),
    postpone: database.statement(
      'UPDATE outbox SET next_attempt_at = ? WHERE order_id = ?',
      'postpone_outbox_entries',
    ),
    // Triggers keep it.
    entryCount: database.statement<[], { count: number }>(
      "SELECT count FROM totals WHERE name = 'outbox'",
    ),
    oldestEntry: database.statement<[], { created_at: Millis }>(
      'SELECT created_at FROM outbox ORDER BY created_at LIMIT 1',
    ),
    // Both walk a partial index that holds these rows alone, the oldest first.
    halfPlaced: database.statement<[number], WaitingRow>(
      `SELECT count(*) AS count, min(created_at) AS since FROM (
         SELECT created_at FROM orders WHERE lease_until IS NOT NULL ORDER BY created_at LIMIT ?)`,
    ),
    overdue: database.statement<[Millis, number], WaitingRow>(
      `SELECT count(*) AS count, min(next_at) AS since FROM (
         SELECT next_at FROM orders WHERE next_at <= ? ORDER BY next_at LIMIT ?)`,
    ),
    ofUser: database.statement<[UserId, ...Listing], VisibleRecord>(
      `SELECT ${orderColumns} FROM orders WHERE user_id = ? AND ${listed}`,
      'list_orders_of_user',
    ),
    all: database.statement<[...Listing], VisibleRecord>(
      `SELECT ${orderColumns} FROM orders WHERE ${listed}`,
      'list_all_orders',
    ),
    leaving: database.statement<[Millis, number], { id: OrderId }>(
      `SELECT id FROM orders WHERE unlisted IS NULL AND rested_at <= ?
       ORDER BY rested_at LIMIT ?`,
      'orders_leaving_lists',
    ),
    comingBack: database.statement<[Millis, number], { id: OrderId }>(
      `SELECT id FROM orders WHERE unlisted = 1 AND rested_at > ? ORDER BY rested_at LIMIT ?`,
      'orders_coming_back',
    ),
    setUnlisted: database.statement<[1 | null, OrderId]>(
      'UPDATE orders SET unlisted = ? WHERE id = ?',
      'set_unlisted',
    ),
    // Summed up exactly, and shown as the largest amount that a number holds where it is more.
    spending: database.statement<[UserId], { total: Minor }>(
      `SELECT min(total, ${Number.MAX_SAFE_INTEGER}) AS total FROM spending WHERE user_id = ?`,
      'get_spending',
    ),
  }
}

/** Where gauges of what waits end: past it nobody needs the exact number. */
const mostCounted = 10_000

interface WaitingRow {
  count: number
  since: Millis | null
}

const waiting = (row: WaitingRow | undefined, now: Millis): Waiting => ({
  count: row?.count ?? 0,
  oldest: millis(Math.max(0, now - (row?.since ?? now))),
})

/** Null for the order's own id, which most reservations have. */
const ownReservation = ({ id, reservation }: PendingOrder): OrderId | null =>
  reservation === id ? null : reservation

const kindOf = (entry: OutboxEntry): string => entry.effect.kind
