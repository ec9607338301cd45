/**
 * What the cart rules need of a store. All that an order depends on (a user's cart, open checkout,
 * stored answers) lies together, and every change is one conditional write on it. Views lie apart,
 * as they are written without a condition: nothing goes wrong when two of them meet.
 */
import type { StoredAnswer } from '../../core/http/idempotency.ts'
import type { Wanted } from '../../core/http/wanted.ts'
import type { Eventually } from '../../core/values/eventually.ts'
import type { CheckoutId, OrderId, ProductId, Revision, UserId } from '../../core/values/ids.ts'
import type { Minor } from '../../core/values/money.ts'
import type { Millis } from '../../core/values/time.ts'
import type { Cart, CartLine, OrderedLine } from './cart.ts'

/** A checkout that has begun and whose end is not known to be written yet. */
export interface OpenCheckout {
  readonly id: CheckoutId
  readonly userId: UserId
  /** The order that it places, whoever drives it and however often. */
  readonly orderId: OrderId
  /** The client's idempotency key. */
  readonly key: string | null
  /** Digest of the client's own body; see core/http/idempotency.ts. */
  readonly fingerprint: string
  readonly lines: readonly OrderedLine[]
  /** The order is placed at this total or not at all; null for whatever it costs. */
  readonly expectedTotal: Minor | null
  /** The cart's revision that was checked out. */
  readonly revision: Revision
  /** W3C trace context of the request that opened it. */
  readonly traceparent: string
  readonly openedAt: Millis
  /** How often somebody began to drive it: 1 for the request that opened it. */
  readonly attempt: number
  readonly attemptedAt: Millis
}

/** The cart (null when there is none) and its open checkout, as they stood at one moment. */
export interface CartState {
  readonly cart: Cart | null
  readonly open: OpenCheckout | null
}

export type Opening =
  | { readonly kind: 'opened' }
  /** Another one is open. */
  | { readonly kind: 'blocked'; readonly by: OpenCheckout }
  /** The cart has another revision by now, or is gone. */
  | { readonly kind: 'moved' }

/** How a checkout ends. */
export type Closing =
  /** The order stands: its lines leave the cart, and its answer is kept. */
  | { readonly kind: 'made'; readonly answer: StoredAnswer; readonly answerUntil: Millis }
  /** The order was refused for good: the cart stays, and the answer is kept. */
  | { readonly kind: 'rejected'; readonly answer: StoredAnswer; readonly answerUntil: Millis }
  /** Nothing of this checkout was ordered: the cart stays, and the key is free again. */
  | { readonly kind: 'void' }

/** The first answer to a key, with the digest of the body that it answered. */
export interface KeyedAnswer extends StoredAnswer {
  readonly fingerprint: string
}

/** The cart of one of many users. */
export interface UserCart {
  readonly userId: UserId
  readonly cart: Cart
}

export interface CartsQuery {
  /** The user after whose cart the page starts; null for the first page. */
  readonly after: UserId | null
  /** Carts last used at or before this have expired and are left out. */
  readonly usedAfter: Millis
  readonly limit: number
  readonly wanted: Wanted
}

/** That a user looked at a product. */
export interface View {
  readonly productId: ProductId
  readonly at: Millis
}

/** Views that are kept of one user. */
export const maxViews = 10

export interface ViewStore {
  /**
   * Notes a view, in place of an older one of this product, and drops what is past `maxViews`, all in
   * one write. It counts as later than the user's views before it, by a millisecond if need be.
   */
  noteView(user: UserId, view: View): Promise<void>

  /** Newest first, each product once, at most `maxViews`. */
  views(user: UserId): Promise<readonly View[]>

  /** Drops views noted at or before `viewedBefore`; says how many, 0 where they lapse by themselves. */
  forgetViews(viewedBefore: Millis, limit: number): Promise<number>
}

/**
 * Every method rejects with the problem `store_unavailable` when the store cannot be used; a write is
 * durable when its promise resolves. `false` always means: the condition did not hold, nothing changed.
 */
export interface CartStore extends ViewStore {
  load(user: UserId): Promise<CartState>

  /**
   * Replaces the lines if the cart still has the revision `expected` (null: if there is no cart).
   * An open checkout does not stand in the way.
   */
  save(
    user: UserId,
    expected: Revision | null,
    next: { readonly revision: Revision; readonly lines: readonly CartLine[]; readonly at: Millis },
  ): Promise<boolean>

  /**
   * Notes that the cart was looked at, and the prices that its lines were shown with, if it still has
   * this revision; it keeps that, as nothing that is ordered has changed.
   */
  touch(
    user: UserId,
    revision: Revision,
    look: { readonly at: Millis; readonly lines: readonly CartLine[] },
  ): Promise<boolean>

  /**
   * Carts of all users, empty ones among them, in an order that no change of a cart affects: by user
   * on SQLite, by the user's token on Cassandra. A page is short only when it is the last one.
   */
  carts(query: CartsQuery): Promise<readonly UserCart[]>

  /** Opens a checkout if none is open and the cart still has the checkout's revision. */
  openCheckout(checkout: OpenCheckout): Promise<Opening>

  /** Begins another attempt at a checkout if it is open and `attempt` is still its last. */
  claimCheckout(
    user: UserId,
    id: CheckoutId,
    attempt: number,
    claim: { readonly attempt: number; readonly at: Millis },
  ): Promise<boolean>

  /**
   * Ends a checkout if it is open. One write removes it, takes exactly its lines out of the cart where
   * the order was made (never below zero), keeps the answer under the checkout and its key, and gives
   * the cart the new `revision`, so that nobody goes on from what he read before.
   */
  closeCheckout(
    user: UserId,
    id: CheckoutId,
    closing: Closing,
    now: { readonly revision: Revision; readonly at: Millis },
  ): Promise<boolean>

  /**
   * Ends a checkout without an answer if it is open and nobody began an attempt after `attempt`. The
   * cart may get another revision by it.
   */
  abandonCheckout(user: UserId, id: CheckoutId, attempt: number): Promise<boolean>

  /** The answer kept under an idempotency key; null when there is none or its time is over. */
  answerOfKey(user: UserId, key: string): Promise<KeyedAnswer | null>

  answerOfCheckout(user: UserId, id: CheckoutId): Promise<StoredAnswer | null>

  /** Open checkouts whose last attempt began at or before `attemptedBefore`, the longest idle first. */
  idleCheckouts(attemptedBefore: Millis, limit: number): Promise<readonly OpenCheckout[]>

  /** Open checkouts and the age in milliseconds of the oldest (0 when none), for metrics. */
  openCheckouts(now: Millis): Eventually<{ readonly count: number; readonly oldest: Millis }>

  /**
   * Drops carts last used at or before `usedBefore` that have no open checkout; says how many, 0 where
   * they lapse by themselves. An open checkout outlasts its cart.
   */
  dropUnused(usedBefore: Millis, limit: number): Promise<number>

  /** Drops answers whose time is over; says how many, 0 where they lapse by themselves. */
  forgetAnswers(now: Millis, limit: number): Promise<number>

  /** Throws the problem `store_unavailable` when the store cannot be read. */
  check(): Eventually<void>
  close(): Promise<void>
}
