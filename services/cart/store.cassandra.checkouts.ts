/**
 * Open checkouts: part of their cart's row, with a hint in time by which a sweeper finds them. Every
 * end of one gives the cart a new revision: an opening whose answer was lost, and which comes late,
 * then finds no cart that it could open on once more.
 */
import { singleFlight } from '../../core/cache/single-flight.ts'
import { proved, survey } from '../../core/cassandra/hint-proof.ts'
import { createHints, type Hint } from '../../core/cassandra/hints.ts'
import type { BoundWrite, ConditionalBatch } from '../../core/cassandra/statement.ts'
import { rounds } from '../../core/cassandra/rounds.ts'
import { newId, type CheckoutId, type Revision, type UserId } from '../../core/values/ids.ts'
import { millis, type Clock, type Millis } from '../../core/values/time.ts'
import { subtractOrdered, type Cart } from './cart.ts'
import type { Change } from './store.cassandra.change.ts'
import { lifeInSeconds } from './store.cassandra.life.ts'
import { checkoutText, toState } from './store.cassandra.rows.ts'
import type { CartRow, HintId, Statements } from './store.cassandra.statements.ts'
import type { CartStore, Closing, OpenCheckout } from './store.ts'

type Checkouts = Pick<
  CartStore,
  | 'openCheckout'
  | 'claimCheckout'
  | 'closeCheckout'
  | 'abandonCheckout'
  | 'idleCheckouts'
  | 'openCheckouts'
>

export interface CheckoutsOptions {
  readonly sql: Statements
  readonly change: Change
  readonly clock: Clock
  /** Seconds that a cart lasts without use. */
  readonly cartSeconds: number
}

/**
 * Milliseconds from an attempt to its hint. What lies ahead is written exactly there, so whoever ends
 * the checkout knows which hint to drop.
 */
const hintDelay = 1_000

export async function createCheckouts(options: CheckoutsOptions): Promise<Checkouts> {
  const { sql, change, clock, cartSeconds } = options
  const hints = await createHints<'checkout', HintId>({ sql, kinds: ['checkout'], clock })

  const hintOf = (
    user: UserId,
    id: CheckoutId,
    attempt: number,
    attemptedAt: Millis,
  ): Hint<'checkout', HintId> => ({
    kind: 'checkout',
    at: millis(attemptedAt + hintDelay),
    id: `${user}/${id}`,
    sequence: attempt,
  })

  /** Ends the open checkout if there is one and it is the wanted one. */
  async function end(
    batch: ConditionalBatch,
    user: UserId,
    isWanted: (open: OpenCheckout) => boolean,
    closing: Closing,
    cartAfter: (cart: Cart, open: OpenCheckout) => Cart,
  ): Promise<boolean> {
    return rounds(async () => {
      const { cart, open } = toState(user, await sql.cart.get(user))
      if (open === null || !isWanted(open)) return false
      const { id, attempt, attemptedAt } = open
      const closed = await change(batch, user, [
        cart === null
          ? sql.setClosedWithoutCart.bind(user, id, attempt)
          : closeWith(cart.revision, cartAfter(cart, open), open),
        ...answerWrites(open, closing),
      ])
      if (!closed) return null
      void hints.drop(hintOf(user, id, attempt, attemptedAt))
      return true
    })
  }

  function closeWith(expected: Revision, next: Cart, open: OpenCheckout): BoundWrite {
    const { revision, lines, updatedAt, usedAt } = next
    return sql.setClosed.bind(
      cartSeconds,
      revision,
      JSON.stringify(lines),
      updatedAt,
      usedAt,
      open.userId,
      open.id,
      open.attempt,
      expected,
    )
  }

  function answerWrites(open: OpenCheckout, closing: Closing): readonly BoundWrite[] {
    if (closing.kind === 'void') return []
    const { userId, id, key, fingerprint } = open
    const { answer, answerUntil } = closing
    const seconds = lifeInSeconds(millis(answerUntil - clock.now()))
    const { status, body } = answer
    const writes = [
      sql.keepAnswer.bind(userId, id, fingerprint, status, body, answerUntil, seconds),
    ]
    return key === null ? writes : [...writes, sql.keepKey.bind(userId, key, id, seconds)]
  }

  const openCheckout: Checkouts['openCheckout'] = async (checkout) => {
    const { id, userId, attempt, attemptedAt, revision } = checkout
    const hint = hintOf(userId, id, attempt, attemptedAt)
    await hints.announce([hint])
    const opened = await change(sql.changes.open, userId, [
      sql.setCheckout.bind(id, checkoutText(checkout), attempt, attemptedAt, userId, revision),
    ])
    if (opened) return { kind: 'opened' }
    void hints.drop(hint)
    const { open } = toState(userId, await sql.cart.get(userId))
    return open === null ? { kind: 'moved' } : { kind: 'blocked', by: open }
  }

  const claimCheckout: Checkouts['claimCheckout'] = async (user, id, attempt, claim) => {
    const hint = hintOf(user, id, claim.attempt, claim.at)
    await hints.announce([hint])
    const claimed = await change(sql.changes.claim, user, [
      sql.setAttempt.bind(claim.attempt, claim.at, user, id, attempt),
    ])
    // Who loses leaves the hint: it may be the winner's as well, of the same attempt and instant.
    if (claimed) void hints.done('checkout', hint.id)
    return claimed
  }

  const closeCheckout: Checkouts['closeCheckout'] = (user, id, closing, { revision, at }) =>
    end(
      sql.changes.close,
      user,
      (open) => open.id === id,
      closing,
      ({ lines }, open) => ({
        revision,
        lines: closing.kind === 'made' ? subtractOrdered(lines, open.lines) : lines,
        updatedAt: at,
        usedAt: at,
      }),
    )

  const abandonCheckout: Checkouts['abandonCheckout'] = (user, id, attempt) =>
    end(
      sql.changes.abandon,
      user,
      (open) => open.id === id && open.attempt === attempt,
      { kind: 'void' },
      (cart) => ({ ...cart, revision: newId<Revision>(clock.now()) }),
    )

  const idleCheckouts: Checkouts['idleCheckouts'] = async (attemptedBefore, limit) => {
    const now = millis(attemptedBefore + hintDelay)
    const idle = await hints.take('checkout', now, limit, (hinted, own) => {
      const [user, id] = partsOf(hinted)
      const reads = {
        plain: () => sql.cart.get(user),
        settled: () => sql.cartSettled.get(user),
      }
      return proved<CartRow | undefined, OpenCheckout>(now, own, reads, (row) => {
        const { open } = toState(user, row)
        // Closed, or not opened yet: only time tells.
        if (open?.id !== id) return { kind: 'stale', sequence: 0 }
        const { attempt: sequence, attemptedAt } = open
        return attemptedAt <= attemptedBefore
          ? { kind: 'due', work: open, sequence }
          : { kind: 'stale', sequence }
      })
    })
    return idle.toSorted((a, b) => a.attemptedAt - b.attemptedAt)
  }

  async function openState(now: Millis) {
    const { found, more } = await survey(hints, 'checkout', null, async (hinted) => {
      const [user, id] = partsOf(hinted)
      const { open } = toState(user, await sql.cart.get(user))
      return open?.id === id ? open.openedAt : null
    })
    const openedAt = found.filter((at) => at !== null)
    const oldest = millis(Math.max(0, now - Math.min(now, ...openedAt)))
    return { count: openedAt.length + more, oldest }
  }
  // Each gauge asks for itself, all in one scrape.
  const shared = singleFlight<'all', Awaited<ReturnType<typeof openState>>>()

  return {
    openCheckout,
    claimCheckout,
    closeCheckout,
    abandonCheckout,
    idleCheckouts,
    openCheckouts: (now) => shared('all', () => openState(now)),
  }
}

/** Made by `hintOf`. */
const partsOf = (hinted: HintId): [UserId, CheckoutId] => hinted.split('/') as [UserId, CheckoutId]
