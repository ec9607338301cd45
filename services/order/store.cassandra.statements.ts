/** Every statement of the order store on Cassandra, declared once at boot. */
import { declareHints } from '../../core/cassandra/hint-statements.ts'
import type { Keyspace } from '../../core/cassandra/keyspace.ts'
import { nilId, type CheckoutId, type OrderId, type UserId } from '../../core/values/ids.ts'
import type { Minor } from '../../core/values/money.ts'
import type { Millis } from '../../core/values/time.ts'
import type { OrderStatus, VisibleStatus } from './order.ts'
import type { OrderRecord } from './store.rows.ts'

/** What only this store keeps of an order. */
export interface StoredOrder extends OrderRecord {
  readonly rested_at: Millis | null
  /** Of the attempt that inserted the row. */
  readonly inserted_by: string
  /** The operation that made each change of state, by its sequence. */
  readonly operations: ReadonlyMap<number, string> | null
}

/** One row of an order's partition; without entries there is one whose own columns are null. */
export interface EntryRow {
  readonly change: number | null
  readonly kind: string
  readonly effect: string | null
  readonly entered_at: Millis | null
  readonly user_id: UserId
  readonly status: OrderStatus
  readonly sequence: number
  readonly total: Minor
  readonly created_at: Millis
  readonly traceparent: string
  /** By the change of state that ended a reservation: when it may be forgotten, a blank, its id. */
  readonly ended: ReadonlyMap<number, string> | null
}

export interface ListRow {
  readonly created_at: Millis
  readonly order_id: OrderId
  readonly rested_at: Millis | null
}

export interface SpendingRow {
  readonly order_id: OrderId
  /** As digits: a bigint that is no exact number cannot be read. */
  readonly total: string | null
  readonly revision: string | null
  readonly since: Millis | null
  readonly sequence: number | null
  readonly counted: Minor | null
}

/** Nobody's order. The total lies under it among the rows of a spending. */
export const nilOrder = nilId as OrderId

type Slice = [from: Millis, before: Millis, beforeId: OrderId]

export type Statements = ReturnType<typeof declareStatements>

export function declareStatements(keyspace: Keyspace) {
  return {
    ...orderStatements(keyspace),
    ...entryStatements(keyspace),
    ...declareHints<OrderId>(keyspace, 'order_id'),
    ...listStatements(keyspace),
    ...spendingStatements(keyspace),
  }
}

function orderStatements(keyspace: Keyspace) {
  // DISTINCT, for the state lies in static columns: one row however many entries there are.
  const order = `SELECT DISTINCT id, user_id, checkout_id, idempotency_key, fingerprint, status,
    sequence, lines, total, created_at, updated_at, next_at, rested_at, delivery_time, traceparent,
    instance, lease_owner, lease_until, answer_status, answer_body, answer_until, inserted_by,
    operations, expected_total, reservation_id FROM orders WHERE id = ?`
  return {
    insert: keyspace.conditional<
      [
        id: OrderId,
        userId: UserId,
        checkoutId: CheckoutId | undefined,
        key: string | undefined,
        fingerprint: string,
        lines: string,
        expectedTotal: Minor | undefined,
        createdAt: Millis,
        updatedAt: Millis,
        deliveryTime: Millis,
        traceparent: string,
        instance: string,
        leaseOwner: string,
        leaseUntil: Millis,
        insertedBy: string,
        reservation: OrderId | undefined,
      ],
      StoredOrder
    >(
      `INSERT INTO orders (id, user_id, checkout_id, idempotency_key, fingerprint, status, sequence,
         lines, expected_total, total, created_at, updated_at, delivery_time, traceparent, instance,
         lease_owner, lease_until, inserted_by, reservation_id)
       VALUES (?, ?, ?, ?, ?, 'PENDING', 0, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS`,
      'insert_pending_order',
    ),
    reopen: keyspace.conditional<
      [
        checkoutId: CheckoutId | null,
        fingerprint: string,
        sequence: number,
        lines: string,
        expectedTotal: Minor | null,
        createdAt: Millis,
        updatedAt: Millis,
        deliveryTime: Millis,
        traceparent: string,
        instance: string,
        leaseOwner: string,
        leaseUntil: Millis,
        reservation: OrderId,
        id: OrderId,
        rejected: number,
      ]
    >(
      `UPDATE orders SET checkout_id = ?, fingerprint = ?, status = 'PENDING', sequence = ?,
         lines = ?, expected_total = ?, created_at = ?, updated_at = ?, delivery_time = ?,
         traceparent = ?, instance = ?, lease_owner = ?, lease_until = ?, reservation_id = ?
       WHERE id = ? IF status = 'REJECTED' AND sequence = ?`,
      'reopen_order',
    ),
    byId: keyspace.read<[OrderId], StoredOrder>(order, 'get_order'),
    settled: keyspace.read<[OrderId], StoredOrder>(order, 'get_order_serial', { serial: true }),
    takeLease: keyspace.conditional<
      [owner: string, until: Millis, id: OrderId, lapsedOwner: string, lapsedUntil: Millis]
    >(
      `UPDATE orders SET lease_owner = ?, lease_until = ?
       WHERE id = ? IF status = 'PENDING' AND lease_owner = ? AND lease_until = ?`,
      'take_order_lease',
    ),
    renewLease: keyspace.conditional<[until: Millis, id: OrderId, owner: string]>(
      `UPDATE orders SET lease_until = ? WHERE id = ? IF status = 'PENDING' AND lease_owner = ?`,
      'renew_order_lease',
      { urgent: true },
    ),
    releaseLease: keyspace.conditional<[nobody: string, until: Millis, id: OrderId, owner: string]>(
      `UPDATE orders SET lease_owner = ?, lease_until = ?
       WHERE id = ? IF status = 'PENDING' AND lease_owner = ?`,
      'release_order_lease',
      { urgent: true },
    ),
    accept: keyspace.conditionalBatch('accept_order'),
    setAccepted: keyspace.conditional<
      [
        sequence: number,
        lines: string,
        total: Minor,
        createdAt: Millis,
        updatedAt: Millis,
        nextAt: Millis,
        change: number,
        operation: string,
        id: OrderId,
        owner: string,
      ]
    >(
      `UPDATE orders SET status = 'CREATED', sequence = ?, lines = ?, total = ?, created_at = ?,
         updated_at = ?, next_at = ?, operations[?] = ?
       WHERE id = ? IF status = 'PENDING' AND lease_owner = ?`,
      'set_order_accepted',
    ),
    setAnswer: keyspace.write<
      [seconds: number, status: number, body: string, until: Millis, id: OrderId]
    >(
      `UPDATE orders USING TTL ? SET answer_status = ?, answer_body = ?, answer_until = ?
       WHERE id = ?`,
      'set_order_answer',
    ),
    reject: keyspace.conditionalBatch('reject_order'),
    setRejected: keyspace.conditional<
      [
        sequence: number,
        updatedAt: Millis,
        change: number,
        operation: string,
        id: OrderId,
        owner: string,
      ]
    >(
      `UPDATE orders SET status = 'REJECTED', sequence = ?, updated_at = ?, lines = '[]',
         operations[?] = ?
       WHERE id = ? IF status = 'PENDING' AND lease_owner = ?`,
      'set_order_rejected',
    ),
    // All that an order has in static columns: of its partition nothing is left.
    dropRejected: keyspace.conditional<[id: OrderId, sequence: number]>(
      `DELETE user_id, checkout_id, idempotency_key, fingerprint, status, sequence, lines,
         expected_total, total, created_at, updated_at, next_at, rested_at, delivery_time, traceparent,
         reservation_id, instance, lease_owner, lease_until, answer_status, answer_body, answer_until,
         inserted_by, operations, ended
       FROM orders WHERE id = ? IF status = 'REJECTED' AND sequence = ?`,
      'drop_rejected_order',
    ),
    move: keyspace.conditionalBatch('move_order'),
    setMoved: keyspace.conditional<
      [
        to: VisibleStatus,
        sequence: number,
        updatedAt: Millis,
        nextAt: Millis | null | undefined,
        restedAt: Millis | undefined,
        change: number,
        operation: string,
        id: OrderId,
        from: VisibleStatus,
        expected: number,
      ]
    >(
      `UPDATE orders SET status = ?, sequence = ?, updated_at = ?, next_at = ?, rested_at = ?,
         operations[?] = ? WHERE id = ? IF status = ? AND sequence = ?`,
      'set_order_moved',
    ),
  }
}

function entryStatements(keyspace: Keyspace) {
  const entries = `SELECT change, kind, effect, entered_at, user_id, status, sequence, total,
    created_at, traceparent, ended FROM orders WHERE id = ?`
  return {
    addEntry: keyspace.write<
      [id: OrderId, change: number, kind: string, effect: string | undefined, at: Millis]
    >(
      'INSERT INTO orders (id, change, kind, effect, entered_at) VALUES (?, ?, ?, ?, ?)',
      'add_outbox_entry',
    ),
    entries: keyspace.read<[OrderId], EntryRow>(entries, 'get_outbox_entries'),
    entriesSettled: keyspace.read<[OrderId], EntryRow>(entries, 'get_outbox_entries_serial', {
      serial: true,
    }),
    dropEntries: keyspace.conditionalBatch('drop_outbox_entries'),
    // Entries come with the first change of state, so it always holds: what it brings is the order
    // of ballots that the entries were written in.
    dropEntry: keyspace.conditional<[id: OrderId, change: number, kind: string]>(
      `DELETE FROM orders WHERE id = ? AND change = ? AND kind = ? IF status != 'PENDING'`,
      'drop_outbox_entry',
    ),
    addEnded: keyspace.write<[change: number, ended: string, id: OrderId]>(
      'UPDATE orders SET ended[?] = ? WHERE id = ?',
      'add_ended_reservation',
    ),
    // The order may be begun again meanwhile, so this one holds in every state.
    dropEnded: keyspace.conditional<[change: number, id: OrderId]>(
      `DELETE ended[?] FROM orders WHERE id = ? IF sequence != -1`,
      'drop_ended_reservation',
    ),
  }
}

function listStatements(keyspace: Keyspace) {
  const page = 'AND (created_at) >= (?) AND (created_at, order_id) < (?, ?)'
  const columns = 'SELECT created_at, order_id, rested_at FROM'
  return {
    listOfUser: {
      page: keyspace.read<[user: UserId, month: number, ...Slice], ListRow>(
        `${columns} orders_by_user WHERE user_id = ? AND month = ? ${page}`,
        'list_orders_of_user',
        { pageSize: 200 },
      ),
      add: keyspace.write<[user: UserId, month: number, createdAt: Millis, id: OrderId]>(
        'INSERT INTO orders_by_user (user_id, month, created_at, order_id) VALUES (?, ?, ?, ?)',
        'add_order_of_user',
      ),
      rest: keyspace.write<
        [restedAt: Millis, user: UserId, month: number, createdAt: Millis, id: OrderId]
      >(
        `UPDATE orders_by_user SET rested_at = ?
         WHERE user_id = ? AND month = ? AND created_at = ? AND order_id = ?`,
        'rest_order_of_user',
      ),
      drop: keyspace.write<[user: UserId, month: number, createdAt: Millis, id: OrderId]>(
        `DELETE FROM orders_by_user
         WHERE user_id = ? AND month = ? AND created_at = ? AND order_id = ?`,
        'drop_order_of_user',
      ),
    },
    days: keyspace.read<
      [block: number, from: number, to: number],
      { readonly day: number; readonly shard: number }
    >(
      'SELECT day, shard FROM order_days WHERE block = ? AND day >= ? AND day <= ?',
      'list_order_days',
      { maxRows: 4_000 },
    ),
    addDay: keyspace.write<[block: number, day: number, shard: number]>(
      'INSERT INTO order_days (block, day, shard) VALUES (?, ?, ?)',
      'add_order_day',
    ),
    listOfDay: {
      any: keyspace.read<[day: number, shard: number], { readonly order_id: OrderId }>(
        'SELECT order_id FROM orders_by_day WHERE day = ? AND shard = ? LIMIT 1',
        'has_orders_of_day',
      ),
      page: keyspace.read<[day: number, shard: number, ...Slice], ListRow>(
        `${columns} orders_by_day WHERE day = ? AND shard = ? ${page}`,
        'list_all_orders',
        { pageSize: 200 },
      ),
      add: keyspace.write<[day: number, shard: number, createdAt: Millis, id: OrderId]>(
        'INSERT INTO orders_by_day (day, shard, created_at, order_id) VALUES (?, ?, ?, ?)',
        'add_order_of_day',
      ),
      rest: keyspace.write<
        [restedAt: Millis, day: number, shard: number, createdAt: Millis, id: OrderId]
      >(
        `UPDATE orders_by_day SET rested_at = ?
         WHERE day = ? AND shard = ? AND created_at = ? AND order_id = ?`,
        'rest_order_of_day',
      ),
      drop: keyspace.write<[day: number, shard: number, createdAt: Millis, id: OrderId]>(
        `DELETE FROM orders_by_day
         WHERE day = ? AND shard = ? AND created_at = ? AND order_id = ?`,
        'drop_order_of_day',
      ),
    },
  }
}

function spendingStatements(keyspace: Keyspace) {
  const rows = `SELECT order_id, CAST(total AS text) AS total, revision, since, sequence,
    counted FROM spending
    WHERE user_id = ? AND order_id IN ?`
  return {
    spending: keyspace.read<[UserId], { total: string; since: Millis }>(
      `SELECT CAST(total AS text) AS total, since FROM spending WHERE user_id = ? AND order_id = ${nilId}`,
      'get_spending',
    ),
    spendingRows: keyspace.read<[UserId, readonly OrderId[]], SpendingRow>(
      rows,
      'get_counted_orders',
    ),
    spendingRowsSettled: keyspace.read<[UserId, readonly OrderId[]], SpendingRow>(
      rows,
      'get_counted_orders_serial',
      { serial: true },
    ),
    count: keyspace.conditionalBatch('count_spending'),
    setTotal: keyspace.conditional<
      [
        total: Minor,
        revision: string,
        since: Millis | undefined,
        user: UserId,
        expected: string | null,
      ]
    >(
      `UPDATE spending SET total = ?, revision = ?, since = ?
       WHERE user_id = ? AND order_id = ${nilId} IF revision = ?`,
      'set_spending',
    ),
    setCounted: keyspace.write<
      [seconds: number, sequence: number, counted: Minor, user: UserId, id: OrderId]
    >(
      'UPDATE spending USING TTL ? SET sequence = ?, counted = ? WHERE user_id = ? AND order_id = ?',
      'set_order_counted',
    ),
  }
}
