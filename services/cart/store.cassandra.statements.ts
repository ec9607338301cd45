/** Every statement of the cart store on Cassandra, declared once at boot. */
import { declareHints } from '../../core/cassandra/hint-statements.ts'
import type { Keyspace } from '../../core/cassandra/keyspace.ts'
import type { CheckoutId, Revision, UserId } from '../../core/values/ids.ts'
import type { Millis } from '../../core/values/time.ts'

/** A user's row of the kind 'cart'. Its halves come and go apart: either may be null. */
export interface CartRow {
  readonly revision: Revision | null
  readonly lines: string
  readonly updated_at: Millis
  readonly used_at: Millis
  readonly checkout_id: CheckoutId | null
  /** What never changes of it, as JSON. */
  readonly checkout: string
  readonly attempt: number
  readonly attempted_at: Millis
}

/** One row of the list of all carts, the first of its user. */
export interface ListRow extends Pick<CartRow, 'revision' | 'lines' | 'updated_at' | 'used_at'> {
  readonly user_id: UserId
  readonly kind: string
}

export interface AnswerRow {
  readonly fingerprint: string
  readonly status: number
  readonly body: string
  readonly expires_at: Millis
}

/** User and checkout, with a slash between them. */
export type HintId = `${UserId}/${CheckoutId}`

export type Statements = ReturnType<typeof declareStatements>

/** The half of the row that a cart is; every one of them is written with each change. */
type CartColumns = [
  seconds: number,
  revision: Revision,
  lines: string,
  updatedAt: Millis,
  usedAt: Millis,
]

export function declareStatements(keyspace: Keyspace) {
  const row = `FROM carts WHERE user_id = ? AND kind = 'cart' AND name = ''`
  const cart = `SELECT revision, lines, updated_at, used_at, checkout_id, checkout, attempt,
    attempted_at ${row}`
  const update = 'UPDATE carts USING TTL ? SET'
  const columns = 'revision = ?, lines = ?, updated_at = ?, used_at = ?'
  const none = 'checkout_id = null, checkout = null, attempt = null, attempted_at = null'
  const ofUser = `WHERE user_id = ? AND kind = 'cart' AND name = ''`
  const list = 'SELECT user_id, kind, revision, lines, updated_at, used_at FROM carts'
  return {
    ...declareHints<HintId>(keyspace, 'checkout'),

    /** What a cart's changes run in, each together with the row of its operation. */
    changes: {
      save: keyspace.conditionalBatch('save_cart'),
      touch: keyspace.conditionalBatch('touch_cart'),
      open: keyspace.conditionalBatch('open_checkout'),
      claim: keyspace.conditionalBatch('claim_checkout'),
      close: keyspace.conditionalBatch('close_checkout'),
      abandon: keyspace.conditionalBatch('abandon_checkout'),
    },
    addOperation: keyspace.write<[user: UserId, operation: string, seconds: number]>(
      `INSERT INTO carts (user_id, kind, name) VALUES (?, 'operation', ?) USING TTL ?`,
      'add_cart_operation',
    ),
    operation: keyspace.read<[user: UserId, operation: string], { readonly name: string }>(
      `SELECT name FROM carts WHERE user_id = ? AND kind = 'operation' AND name = ?`,
      'get_cart_operation_serial',
      { serial: true },
    ),

    cart: keyspace.read<[UserId], CartRow>(cart, 'get_cart'),
    cartSettled: keyspace.read<[UserId], CartRow>(cart, 'get_cart_serial', { serial: true }),
    setCart: keyspace.conditional<[...CartColumns, user: UserId, expected: Revision | null]>(
      `${update} ${columns} ${ofUser} IF revision = ?`,
      'set_cart',
    ),
    // The first page, and those after a user; the first row of each user is the cart, if there is one.
    firstCarts: keyspace.read<[], ListRow>(`${list} PER PARTITION LIMIT 1`, 'list_first_carts', {
      pageSize: 100,
    }),
    cartsAfter: keyspace.read<[UserId], ListRow>(
      `${list} WHERE token(user_id) > token(?) PER PARTITION LIMIT 1`,
      'list_carts',
      { pageSize: 100 },
    ),

    setCheckout: keyspace.conditional<
      [
        id: CheckoutId,
        checkout: string,
        attempt: number,
        attemptedAt: Millis,
        user: UserId,
        revision: Revision,
      ]
    >(
      `UPDATE carts SET checkout_id = ?, checkout = ?, attempt = ?, attempted_at = ?
       ${ofUser} IF revision = ? AND checkout_id = null`,
      'set_checkout',
    ),
    setAttempt: keyspace.conditional<
      [attempt: number, at: Millis, user: UserId, id: CheckoutId, expected: number]
    >(
      `UPDATE carts SET attempt = ?, attempted_at = ?
       ${ofUser} IF checkout_id = ? AND attempt = ?`,
      'set_attempt',
    ),
    setClosed: keyspace.conditional<
      [...CartColumns, user: UserId, id: CheckoutId, attempt: number, expected: Revision]
    >(
      `${update} ${columns}, ${none} ${ofUser}
       IF checkout_id = ? AND attempt = ? AND revision = ?`,
      'set_closed',
    ),
    // The cart has lapsed under its open checkout.
    setClosedWithoutCart: keyspace.conditional<[user: UserId, id: CheckoutId, attempt: number]>(
      `UPDATE carts SET ${none} ${ofUser} IF checkout_id = ? AND attempt = ? AND revision = null`,
      'set_closed_without_cart',
    ),

    keepAnswer: keyspace.write<
      [
        user: UserId,
        id: CheckoutId,
        fingerprint: string,
        status: number,
        body: string,
        expiresAt: Millis,
        seconds: number,
      ]
    >(
      `INSERT INTO carts (user_id, kind, name, fingerprint, status, body, expires_at)
       VALUES (?, 'checkout', ?, ?, ?, ?, ?) USING TTL ?`,
      'keep_answer',
    ),
    keepKey: keyspace.write<[user: UserId, key: string, answeredBy: CheckoutId, seconds: number]>(
      `INSERT INTO carts (user_id, kind, name, answered_by)
       VALUES (?, 'key', ?, ?) USING TTL ?`,
      'keep_key',
    ),
    answer: keyspace.read<[user: UserId, id: CheckoutId], AnswerRow>(
      `SELECT fingerprint, status, body, expires_at FROM carts
       WHERE user_id = ? AND kind = 'checkout' AND name = ?`,
      'get_answer_of_checkout',
    ),
    key: keyspace.read<[user: UserId, key: string], { readonly answered_by: CheckoutId }>(
      `SELECT answered_by FROM carts WHERE user_id = ? AND kind = 'key' AND name = ?`,
      'get_answer_of_key',
    ),

    views: keyspace.read<[UserId], { readonly views: string }>(
      'SELECT views FROM recent_views WHERE user_id = ?',
      'get_views',
    ),
    // The caller's own time, later than that of the views that he read, whatever his clock says.
    noteView: keyspace.write<[user: UserId, views: string, micros: number, seconds: number]>(
      'INSERT INTO recent_views (user_id, views) VALUES (?, ?) USING TIMESTAMP ? AND TTL ?',
      'note_view',
    ),
  }
}
