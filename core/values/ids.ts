/** Identifiers: UUIDv7 for what is created, UUIDv5 for what must come out the same on every machine. */
import { NIL, v5, v7, validate } from 'uuid'
import type { Brand } from './brand.ts'
import type { Millis } from './time.ts'

export type ProductId = Brand<string, 'ProductId'>
export type OrderId = Brand<string, 'OrderId'>
export type UserId = Brand<string, 'UserId'>
export type CheckoutId = Brand<string, 'CheckoutId'>
export type SessionId = Brand<string, 'SessionId'>
export type CartLineId = Brand<string, 'CartLineId'>
export type Revision = Brand<string, 'Revision'>

/** Namespace of every derived identifier of the shop (RFC 9562, section 5.5). */
const namespace = '6f1c1d5e-3c0b-5b52-9d6f-0d5a7b2f4e11'

/** A new time-ordered identifier (UUIDv7, RFC 9562 section 5.7); `now` defaults to the system time. */
export const newId = <T extends string>(now?: Millis): T =>
  (now === undefined ? v7() : v7({ msecs: now })) as T

/** No id is like it, and none sorts before it. */
export const nilId: string = NIL

/** An identifier derived from a name (UUIDv5): equal input gives an equal id on every machine. */
export const derivedId = <T extends string>(kind: string, name: string): T =>
  v5(`${kind}\u0000${name}`, namespace) as T

/** True for any UUID in its canonical text form, upper or lower case. */
export const isUuid = (text: string): boolean => validate(text)

/**
 * The order that an idempotency key stands for. Cart and order service derive it alike, so a retry
 * after any crash meets the same order row.
 */
export const orderIdFor = (user: UserId, operation: string, key: string): OrderId =>
  derivedId('order', `${user}\u0000${operation}\u0000${key}`)

/** The order of a checkout that came without a key. */
export const orderIdForCheckout = (checkout: CheckoutId): OrderId =>
  derivedId('order-of-checkout', checkout)
