/** What goes over the wire of the user service, and the types made from it. */
import Type, { type Static } from 'typebox'
import { closed, Money, Timestamp, Uuid } from '../../core/http/schemas.ts'
import { legacy } from '../../core/http/validation.ts'
import { toRfc3339 } from '../../core/values/time.ts'
import type { User as DomainUser } from './users.ts'

/** Visible characters alone: none that is blank, a control, or drawn as nothing. */
const Username = Type.String({
  minLength: 3,
  maxLength: 50,
  pattern: '^[^\\s\\p{C}\\p{DI}\\u2800]*$',
})

/** What a person is called: one line that is not blank, and no half of a surrogate pair. */
const FullName = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: '^(?=.*\\S)[^\\p{Cc}\\p{Cs}\\u2028\\u2029]*$',
})

/** Digits as people write them; empty removes the number. */
const Phone = Type.Union([
  Type.String({ maxLength: 32, pattern: '^(\\+?[0-9][0-9 ().\\-]{2,30})?$' }),
  Type.Null(),
])

export const Registration = closed({
  username: Username,
  password: Type.String({ minLength: 6, maxLength: 128 }),
  full_name: FullName,
  phone: Type.Optional(Phone),
})

export const ProfileChanges = closed({
  full_name: Type.Optional(FullName),
  phone: Type.Optional(Phone),
})

/** RFC 6749, sections 4.3 and 6; `grant_type` may be left out by clients of the earlier system. */
export const TokenRequest = closed({
  grant_type: Type.Optional(Type.Enum(['password', 'refresh_token'])),
  username: Type.Optional(Type.String({ maxLength: 256 })),
  password: Type.Optional(Type.String({ maxLength: 256 })),
  refresh_token: Type.Optional(Type.String({ maxLength: 256 })),
  scope: legacy(),
  client_id: legacy(),
  client_secret: legacy(),
})

export const Tokens = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal('bearer'),
  expires_in: Type.Integer({ description: 'Seconds until the access token expires' }),
  refresh_token: Type.String(),
})

const Degraded = Type.Array(Type.Enum(['cart', 'orders', 'total_spent']), {
  description: 'Parts that could not be had right now',
})

const userFields = {
  id: Uuid,
  username: Type.String(),
  full_name: Type.String(),
  phone: Type.Union([Type.String(), Type.Null()]),
  created_at: Timestamp,
  is_admin: Type.Boolean(),
  total_spent: Type.Union([Money, Type.Null()]),
}

export const User = Type.Object({ ...userFields, degraded: Type.Optional(Degraded) })

/** As the order service knows its statuses; it may learn new ones without this service. */
const OrderStatus = Type.String({ pattern: '^[A-Z_]{1,32}$' })

const OrderSummary = Type.Object({
  id: Uuid,
  status: OrderStatus,
  total: Money,
  created_at: Timestamp,
})

export const OrderSummaries = Type.Array(OrderSummary)

export const Profile = Type.Object({
  ...userFields,
  current_cart_total: Type.Union([Money, Type.Null()]),
  orders: OrderSummaries,
  degraded: Degraded,
})

export const TotalSpent = Type.Object({ total_spent: Money })

export const OrdersQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
})

/** The cart service's answer, passed through as it came. */
export const Cart = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Uuid,
      product_id: Uuid,
      name: Type.String(),
      price: Money,
      quantity: Type.Integer(),
      total_price: Money,
    }),
  ),
  total: Money,
})

/** The order service's answer, passed through as it came. */
export const Order = Type.Object({
  id: Uuid,
  user_id: Uuid,
  items: Type.Array(
    Type.Object({
      product_id: Uuid,
      name: Type.String(),
      price: Money,
      quantity: Type.Integer(),
    }),
  ),
  total: Money,
  status: OrderStatus,
  created_at: Timestamp,
  updated_at: Timestamp,
})

export const OrderStatusChange = closed({
  order_id: Uuid,
  user_id: Uuid,
  status: OrderStatus,
  updated_at: Timestamp,
  sequence: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
})

export const Applied = Type.Object({ applied: Type.Boolean() })

export const RevocationsQuery = Type.Object({
  after: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
})

export const Revocations = Type.Object({
  entries: Type.Array(Type.Object({ session_id: Uuid, ended_at: Timestamp })),
  cursor: Type.Integer(),
})

/** What the peers answer, as far as it is read here. */
export const CartTotal = Type.Object({ total: Money })
export const Spending = Type.Object({ total_spent: Money })
export const OrderPage = Type.Object({
  orders: OrderSummaries,
  next_cursor: Type.Union([Type.String(), Type.Null()]),
})

export type DegradedPart = Static<typeof Degraded>[number]
export type OrderSummaryOnTheWire = Static<typeof OrderSummary>

/** `totalSpent` in the amounts of clients; null when the order service did not tell. */
export const userOnTheWire = (
  user: DomainUser,
  totalSpent: number | null,
): Omit<Static<typeof User>, 'degraded'> => ({
  id: user.id,
  username: user.username,
  full_name: user.fullName,
  phone: user.phone,
  created_at: toRfc3339(user.createdAt),
  is_admin: user.role === 'admin',
  total_spent: totalSpent,
})
