/**
 * Carts on Cassandra: one partition per user, changed by one conditional batch at a time. What ends by
 * time ends by itself: carts, answers and views carry a time to live.
 */
import type { Keyspace } from '../../core/cassandra/keyspace.ts'
import type { BoundWrite } from '../../core/cassandra/statement.ts'
import type { Revision, UserId } from '../../core/values/ids.ts'
import type { Clock, Millis } from '../../core/values/time.ts'
import type { Cart } from './cart.ts'
import type { CartStore, KeyedAnswer, UserCart } from './store.ts'
import { createChange } from './store.cassandra.change.ts'
import { createCheckouts } from './store.cassandra.checkouts.ts'
import { lifeInSeconds } from './store.cassandra.life.ts'
import { toCart, toState } from './store.cassandra.rows.ts'
import { declareStatements, type AnswerRow } from './store.cassandra.statements.ts'
import { cassandraViews } from './store.cassandra.views.ts'

export { migrations } from './migrations.cassandra.ts'

export interface CassandraCartStoreOptions {
  readonly keyspace: Keyspace
  readonly clock: Clock
  /** Milliseconds without use after which carts and views are gone. */
  readonly life: Millis
}

export async function openCassandraCartStore({
  keyspace,
  clock,
  life,
}: CassandraCartStoreOptions): Promise<CartStore> {
  const sql = declareStatements(keyspace)
  await keyspace.prepare()
  const change = createChange(sql)
  const cartSeconds = lifeInSeconds(life)

  const load = async (user: UserId) => toState(user, await sql.cart.get(user))

  function setCart(user: UserId, expected: Revision | null, cart: Cart): BoundWrite {
    const { revision, lines, updatedAt, usedAt } = cart
    const text = JSON.stringify(lines)
    return sql.setCart.bind(cartSeconds, revision, text, updatedAt, usedAt, user, expected)
  }

  /** An answer whose time is not over. */
  const fresh = (row: AnswerRow | undefined): KeyedAnswer | null =>
    row === undefined || row.expires_at <= clock.now()
      ? null
      : { fingerprint: row.fingerprint, status: row.status, body: row.body }

  return {
    load,

    save: (user, expected, { revision, lines, at }) =>
      change(sql.changes.save, user, [
        setCart(user, expected, { revision, lines, updatedAt: at, usedAt: at }),
      ]),

    async touch(user, revision, { at, lines }) {
      const { cart } = await load(user)
      if (cart?.revision !== revision) return false
      // All of it, so that all of it lives as long. If it comes twice, it says the same again.
      return change(sql.changes.touch, user, [
        setCart(user, revision, { ...cart, lines, usedAt: at }),
      ])
    },

    async carts({ after, usedAfter, limit, wanted }) {
      const found: UserCart[] = []
      const pages = after === null ? sql.firstCarts.pages() : sql.cartsAfter.pages(after)
      for await (const page of pages) {
        // Where most carts have lapsed, a page of the list is many pages of rows.
        wanted.check()
        for (const row of page) {
          // Of a cart that has lapsed an answer, an operation or an open checkout may be left.
          const cart = row.kind === 'cart' ? toCart(row) : null
          if (cart === null || cart.usedAt <= usedAfter) continue
          found.push({ userId: row.user_id, cart })
          if (found.length === limit) return found
        }
      }
      return found
    },

    ...(await createCheckouts({ sql, change, clock, cartSeconds })),

    async answerOfKey(user, key) {
      const kept = await sql.key.get(user, key)
      return kept === undefined ? null : fresh(await sql.answer.get(user, kept.answered_by))
    },
    async answerOfCheckout(user, id) {
      const answer = fresh(await sql.answer.get(user, id))
      return answer === null ? null : { status: answer.status, body: answer.body }
    },

    // Both lapse by themselves.
    dropUnused: async () => 0,
    forgetAnswers: async () => 0,

    ...cassandraViews(sql, cartSeconds),

    check: keyspace.check,
    close: keyspace.close,
  }
}
