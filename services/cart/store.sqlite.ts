/** Carts in one SQLite file: every conditional write is one command of the group commit. */
import { openDatabase, type Database, type DatabaseOptions } from '../../core/sqlite/database.ts'
import type { CheckoutId, OrderId, Revision, UserId } from '../../core/values/ids.ts'
import type { Minor } from '../../core/values/money.ts'
import { millis, type Clock, type Millis } from '../../core/values/time.ts'
import { subtractOrdered, type Cart, type CartLine, type OrderedLine } from './cart.ts'
import { migrations } from './migrations.sqlite.ts'
import type { CartStore, OpenCheckout } from './store.ts'
import { sqliteViews } from './views.sqlite.ts'

interface CartRow {
  revision: Revision
  lines: string
  updated_at: Millis
  used_at: Millis
}

interface CheckoutRow {
  user_id: UserId
  id: CheckoutId
  order_id: OrderId
  idempotency_key: string | null
  fingerprint: string
  lines: string
  expected_total: Minor | null
  revision: Revision
  traceparent: string
  opened_at: Millis
  attempt: number
  attempted_at: Millis
}

interface AnswerRow {
  fingerprint: string
  status: number
  body: string
}

/** Opens (or creates) the file and brings its schema up to date. */
export function openSqliteCartStore(
  options: Pick<DatabaseOptions, 'path' | 'observe'> & { readonly clock: Clock },
): CartStore {
  const { clock } = options
  const database = openDatabase({ ...options, migrations, service: 'cart' })
  const sql = statementsOf(database)

  /** The open checkout of a user, if it is this one. */
  function openCheckoutOf(user: UserId, id: CheckoutId): OpenCheckout | null {
    const row = sql.open.get(user)
    return row === undefined || row.id !== id ? null : toOpenCheckout(row)
  }

  return {
    load: async (user) => {
      const cart = sql.cart.get(user)
      const open = sql.open.get(user)
      return {
        cart: cart === undefined ? null : toCart(cart),
        open: open === undefined ? null : toOpenCheckout(open),
      }
    },

    save: (user, expected, { revision, lines, at }) =>
      database.write(() => {
        const text = JSON.stringify(lines)
        const { changes } =
          expected === null
            ? sql.insertCart.run(user, revision, text, at, at)
            : sql.updateCart.run(revision, text, at, at, user, expected)
        return changes === 1
      }),

    touch: (user, revision, { at, lines }) =>
      database.write(() => sql.touch.run(at, JSON.stringify(lines), user, revision).changes === 1),

    carts: async ({ after, usedAfter, limit }) =>
      sql.carts
        .all(after ?? '', usedAfter, limit)
        .map((row) => ({ userId: row.user_id, cart: toCart(row) })),

    openCheckout: (checkout) =>
      database.write(() => {
        const blocking = sql.open.get(checkout.userId)
        if (blocking !== undefined) return { kind: 'blocked', by: toOpenCheckout(blocking) }
        const { changes } = sql.openCheckout.run(
          checkout.id,
          checkout.orderId,
          checkout.key,
          checkout.fingerprint,
          JSON.stringify(checkout.lines),
          checkout.expectedTotal,
          checkout.traceparent,
          checkout.openedAt,
          checkout.attempt,
          checkout.attemptedAt,
          checkout.userId,
          checkout.revision,
        )
        return { kind: changes === 1 ? 'opened' : 'moved' }
      }),

    claimCheckout: (user, id, attempt, claim) =>
      database.write(() => sql.claim.run(claim.attempt, claim.at, user, id, attempt).changes === 1),

    closeCheckout: (user, id, closing, { revision, at }) =>
      database.write(() => {
        const checkout = openCheckoutOf(user, id)
        if (checkout === null) return false
        sql.drop.run(user)
        const cart = sql.cart.get(user)
        if (cart !== undefined) {
          const lines = toLines(cart.lines)
          const left = closing.kind === 'made' ? subtractOrdered(lines, checkout.lines) : lines
          sql.updateCart.run(revision, JSON.stringify(left), at, at, user, cart.revision)
        }
        if (closing.kind === 'void') return true
        // What stands under this key has had its time, or the key would not have opened a checkout.
        if (checkout.key !== null) sql.dropAnswerOfKey.run(user, checkout.key)
        const { answer, answerUntil } = closing
        sql.keepAnswer.run(
          user,
          id,
          checkout.key,
          checkout.fingerprint,
          answer.status,
          answer.body,
          answerUntil,
        )
        return true
      }),

    abandonCheckout: (user, id, attempt) =>
      database.write(() => sql.abandon.run(user, id, attempt).changes === 1),

    answerOfKey: async (user, key) => sql.answerOfKey.get(user, key, clock.now()) ?? null,
    answerOfCheckout: async (user, id) => {
      const row = sql.answerOfCheckout.get(user, id, clock.now())
      return row === undefined ? null : { status: row.status, body: row.body }
    },

    idleCheckouts: async (attemptedBefore, limit) =>
      sql.idle.all(attemptedBefore, limit).map(toOpenCheckout),

    openCheckouts(now) {
      const found = sql.openState.get(mostCounted)
      if (found === undefined || found.oldest === null) return { count: 0, oldest: millis(0) }
      return { count: found.count, oldest: millis(Math.max(0, now - found.oldest)) }
    },

    dropUnused: (usedBefore, limit) =>
      database.write(() => sql.dropUnused.run(usedBefore, limit).changes),
    forgetAnswers: (now, limit) => database.write(() => sql.forgetAnswers.run(now, limit).changes),

    ...sqliteViews(database),

    check: () => database.check(),
    close: () => database.close(),
  }
}

function statementsOf(database: Database) {
  const checkout = `user_id, id, order_id, idempotency_key, fingerprint, lines, expected_total,
    revision, traceparent, opened_at, attempt, attempted_at`
  return {
    cart: database.statement<[UserId], CartRow>(
      'SELECT revision, lines, updated_at, used_at FROM carts WHERE user_id = ?',
      'get_cart',
    ),
    // The plus keeps the planner from the index by use, which would sort all carts for one page.
    carts: database.statement<[string, Millis, number], CartRow & { user_id: UserId }>(
      `SELECT user_id, revision, lines, updated_at, used_at FROM carts
       WHERE user_id > ? AND +used_at > ? ORDER BY user_id LIMIT ?`,
      'list_carts',
    ),
    insertCart: database.statement<[UserId, Revision, string, Millis, Millis]>(
      `INSERT INTO carts (user_id, revision, lines, updated_at, used_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (user_id) DO NOTHING`,
      'insert_cart',
    ),
    updateCart: database.statement<[Revision, string, Millis, Millis, UserId, Revision]>(
      `UPDATE carts SET revision = ?, lines = ?, updated_at = ?, used_at = ?
       WHERE user_id = ? AND revision = ?`,
      'update_cart',
    ),
    touch: database.statement<[Millis, string, UserId, Revision]>(
      'UPDATE carts SET used_at = ?, lines = ? WHERE user_id = ? AND revision = ?',
      'touch_cart',
    ),
    open: database.statement<[UserId], CheckoutRow>(
      `SELECT ${checkout} FROM open_checkouts WHERE user_id = ?`,
      'get_open_checkout',
    ),
    openCheckout: database.statement(
      `INSERT INTO open_checkouts (id, order_id, idempotency_key, fingerprint, lines,
         expected_total, traceparent, opened_at, attempt, attempted_at, user_id, revision)
       SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, user_id, revision FROM carts
       WHERE user_id = ? AND revision = ?`,
      'open_checkout',
    ),
    claim: database.statement<[number, Millis, UserId, CheckoutId, number]>(
      `UPDATE open_checkouts SET attempt = ?, attempted_at = ?
       WHERE user_id = ? AND id = ? AND attempt = ?`,
      'claim_checkout',
    ),
    drop: database.statement<[UserId]>(
      'DELETE FROM open_checkouts WHERE user_id = ?',
      'close_checkout',
    ),
    abandon: database.statement<[UserId, CheckoutId, number]>(
      'DELETE FROM open_checkouts WHERE user_id = ? AND id = ? AND attempt = ?',
      'abandon_checkout',
    ),
    idle: database.statement<[Millis, number], CheckoutRow>(
      `SELECT ${checkout} FROM open_checkouts WHERE attempted_at <= ?
       ORDER BY attempted_at LIMIT ?`,
      'idle_checkouts',
    ),
    openState: database.statement<[number], { count: number; oldest: Millis | null }>(
      `SELECT count(*) AS count, min(opened_at) AS oldest FROM (
         SELECT opened_at FROM open_checkouts ORDER BY opened_at LIMIT ?)`,
    ),
    keepAnswer: database.statement(
      `INSERT INTO answers (user_id, checkout_id, idempotency_key, fingerprint, status, body, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      'keep_answer',
    ),
    dropAnswerOfKey: database.statement<[UserId, string]>(
      'DELETE FROM answers WHERE user_id = ? AND idempotency_key = ?',
      'drop_answer_of_key',
    ),
    answerOfKey: database.statement<[UserId, string, Millis], AnswerRow>(
      `SELECT fingerprint, status, body FROM answers
       WHERE user_id = ? AND idempotency_key = ? AND expires_at > ?`,
      'get_answer_of_key',
    ),
    answerOfCheckout: database.statement<[UserId, CheckoutId, Millis], AnswerRow>(
      `SELECT fingerprint, status, body FROM answers
       WHERE user_id = ? AND checkout_id = ? AND expires_at > ?`,
      'get_answer_of_checkout',
    ),
    dropUnused: database.statement<[Millis, number]>(
      `DELETE FROM carts WHERE user_id IN (
         SELECT user_id FROM carts WHERE used_at <= ?
         AND user_id NOT IN (SELECT user_id FROM open_checkouts) LIMIT ?)`,
      'drop_unused_carts',
    ),
    forgetAnswers: database.statement<[Millis, number]>(
      `DELETE FROM answers WHERE (user_id, checkout_id) IN (
         SELECT user_id, checkout_id FROM answers WHERE expires_at <= ? LIMIT ?)`,
      'forget_answers',
    ),
  }
}

/** Where the gauge of open checkouts ends: past it nobody needs the exact number. */
const mostCounted = 10_000

// Written by `save` and `closeCheckout` from the same type.
const toLines = (text: string): readonly CartLine[] => JSON.parse(text) as CartLine[]

const toCart = (row: CartRow): Cart => ({
  revision: row.revision,
  lines: toLines(row.lines),
  updatedAt: row.updated_at,
  usedAt: row.used_at,
})

const toOpenCheckout = (row: CheckoutRow): OpenCheckout => ({
  id: row.id,
  userId: row.user_id,
  orderId: row.order_id,
  key: row.idempotency_key,
  fingerprint: row.fingerprint,
  // Written by `openCheckout` from the same type.
  lines: JSON.parse(row.lines) as OrderedLine[],
  expectedTotal: row.expected_total,
  revision: row.revision,
  traceparent: row.traceparent,
  openedAt: row.opened_at,
  attempt: row.attempt,
  attemptedAt: row.attempted_at,
})
