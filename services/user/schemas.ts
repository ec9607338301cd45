/** What goes over the wire of the user service; the examples are what Swagger shows and sends. */
import Type, { type Static } from 'typebox'
import { closed, ExpectedTotal, Money, Timestamp, Uuid } from '../../core/http/schemas.ts'
import { line, textMark } from '../../core/http/text.ts'
import { legacy } from '../../core/http/validation.ts'
import type { Revocation } from '../../core/auth/revocations.ts'
import { toRfc3339 } from '../../core/values/time.ts'
import type { User as DomainUser } from './users.ts'

/** A believable shop: one user, one order, one cart line. */
const ids = {
  user: '019c0d3a-51b7-7e02-9c1d-3f8a6b2e4d10',
  session: '019c0d3b-07c4-7a9e-8b52-6d1e0f9a7c35',
  order: '019c0d41-2f06-7b19-8e5c-0a3d9c7f6e21',
  line: '019c0d40-9d1a-7f43-a6b8-2c5e7d0f1b94',
  product: 'a9f28744-f0d4-506f-b94b-2e77e6b40d9f',
} as const
const price = 65.9
const total = 131.8
const createdAt = '2026-01-31T09:30:00.000Z'

const id = (example: string) => Type.String({ ...Uuid, examples: [example] })
const amount = (example: number) => Type.Number({ ...Money, examples: [example] })
const moment = (example: string) => Type.String({ ...Timestamp, examples: [example] })

const username = { examples: ['user1'] }
const fullName = { examples: ['Анна Каренина'] }
const phone = { examples: ['+7 (900) 123-45-67'] }
const productName = { examples: ['Яблоки Гала «Южный сад», 500 г'] }

/** Visible characters alone: none that is blank, a control, or drawn as nothing. */
const Username = Type.String({
  minLength: 3,
  maxLength: 50,
  pattern: '^[^\\s\\p{C}\\p{DI}\\u2800]*$',
  [textMark]: 'line',
  examples: ['anna'],
})

/** Of a new password; what is shown at a log-in may be anything. */
const NewPassword = Type.String({ minLength: 6, maxLength: 128, examples: ['correct horse'] })

/** What a person is called. */
const FullName = line(100, fullName)

/** Digits as people write them; empty removes the number. */
const Phone = Type.Union(
  [
    Type.String({
      ...{ maxLength: 32, pattern: '^(\\+?[0-9][0-9 ().\\-]{2,30})?$', [textMark]: 'line' },
    }),
    Type.Null(),
  ],
  phone,
)

export const Registration = closed(
  {
    username: Username,
    password: NewPassword,
    full_name: FullName,
    phone: Type.Optional(Phone),
  },
  { title: 'Registration' },
)

export const ProfileChanges = closed(
  {
    full_name: Type.Optional(FullName),
    phone: Type.Optional(Phone),
  },
  { title: 'ProfileChanges' },
)

export const PasswordChange = closed(
  {
    current_password: Type.String({ maxLength: 256, examples: ['user123'] }),
    new_password: NewPassword,
  },
  { title: 'PasswordChange' },
)

/** RFC 6749, sections 4.3 and 6; `grant_type` may be left out by clients of the earlier system. */
export const TokenRequest = closed(
  {
    grant_type: Type.Optional(
      Type.Enum(['password', 'refresh_token'], { default: 'password', examples: ['password'] }),
    ),
    username: Type.Optional(Type.String({ maxLength: 256, ...username })),
    password: Type.Optional(Type.String({ maxLength: 256, examples: ['user123'] })),
    refresh_token: Type.Optional(
      Type.String({ maxLength: 256, description: 'With its grant type alone', examples: [''] }),
    ),
    scope: legacy(),
    client_id: legacy(),
    client_secret: legacy(),
  },
  // A demo account: what Swagger sends unless it is changed.
  {
    title: 'TokenRequest',
    examples: [{ grant_type: 'password', username: 'user1', password: 'user123' }],
  },
)

export const Tokens = Type.Object(
  {
    access_token: Type.String({
      examples: ['eyJhbGciOiJFZERTQSIsImtpZCI6IjEifQ.eyJzdWIiOiIxIn0.c2ln'],
    }),
    token_type: Type.Literal('bearer', { examples: ['bearer'] }),
    expires_in: Type.Integer({
      description: 'Seconds until the access token expires',
      examples: [1800],
    }),
    refresh_token: Type.String({
      description: 'Works once',
      examples: ['fYt0v3Xb9r2uJ5hQe8LkPwZ1aDcGs7mN4oIiTyVxEjRlCbHzKqMfUgWnSd6pAOt2'],
    }),
  },
  { title: 'Tokens' },
)

/** RFC 7517 with the key type of RFC 8037. */
export const KeySet = Type.Object(
  {
    keys: Type.Array(
      Type.Object({
        kty: Type.String({ examples: ['OKP'] }),
        crv: Type.String({ examples: ['Ed25519'] }),
        x: Type.String({ examples: ['11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'] }),
        kid: Type.String({ examples: ['kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'] }),
        alg: Type.String({ examples: ['EdDSA'] }),
        use: Type.String({ examples: ['sig'] }),
      }),
    ),
  },
  { title: 'KeySet' },
)

const degraded = (example: readonly string[]) =>
  Type.Array(Type.Enum(['cart', 'orders', 'total_spent']), {
    description: 'Parts that could not be had right now',
    examples: [example],
  })

const userFields = {
  id: id(ids.user),
  username: Type.String(username),
  full_name: Type.String(fullName),
  phone: Type.Union([Type.String(), Type.Null()], phone),
  created_at: moment(createdAt),
  is_admin: Type.Boolean({ examples: [false] }),
  total_spent: Type.Union([Money, Type.Null()], { examples: [total] }),
}

export const User = Type.Object(
  {
    ...userFields,
    degraded: Type.Optional(degraded(['total_spent'])),
  },
  { title: 'User' },
)

/** As the order service knows its statuses; it may learn new ones without this service. */
const OrderStatus = Type.String({
  maxLength: 32,
  pattern: '^[A-Z_]{1,32}$',
  examples: ['CREATED'],
})

const OrderSummary = Type.Object(
  {
    id: id(ids.order),
    status: OrderStatus,
    total: amount(total),
    created_at: moment(createdAt),
  },
  { title: 'OrderSummary' },
)

export const OrderSummaries = Type.Array(OrderSummary)

export const Profile = Type.Object(
  {
    ...userFields,
    current_cart_total: Type.Union([Money, Type.Null()], { examples: [price] }),
    orders: OrderSummaries,
    degraded: degraded([]),
  },
  { title: 'Profile' },
)

export const TotalSpent = Type.Object({ total_spent: amount(total) }, { title: 'TotalSpent' })

/** What the cart's own checkout takes. */
export const Checkout = closed(
  { expected_total: Type.Optional(ExpectedTotal) },
  // Without a total, so that "Try it out" orders whatever is in the cart.
  { title: 'Checkout', examples: [{}] },
)

export const OrdersQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 100, examples: [20] })),
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'From the Link header of the page before',
      examples: ['MTc2OTg1MTgwMDAwMA'],
    }),
  ),
})

/** The cart service's answer, passed through as it came. */
export const Cart = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        id: id(ids.line),
        product_id: id(ids.product),
        name: Type.String(productName),
        price: amount(price),
        quantity: Type.Integer({ examples: [2] }),
        total_price: amount(total),
      }),
    ),
    total: amount(total),
  },
  { title: 'Cart' },
)

/** The order service's answer, passed through as it came. */
export const Order = Type.Object(
  {
    id: id(ids.order),
    user_id: id(ids.user),
    items: Type.Array(
      Type.Object({
        product_id: id(ids.product),
        name: Type.String(productName),
        price: amount(price),
        quantity: Type.Integer({ examples: [2] }),
      }),
    ),
    total: amount(total),
    status: OrderStatus,
    created_at: moment(createdAt),
    updated_at: moment(createdAt),
  },
  { title: 'Order' },
)

export const OrderStatusChange = closed({
  order_id: id(ids.order),
  user_id: id(ids.user),
  status: OrderStatus,
  updated_at: moment(createdAt),
  sequence: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, examples: [1] }),
})

export const Applied = Type.Object({ applied: Type.Boolean({ examples: [true] }) })

export const NotificationsQuery = Type.Object({
  last_event_id: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'As the header Last-Event-ID, for a first request that cannot set it',
      examples: [41],
    }),
  ),
})

/** Each event's data is a JSON object: order_id, status, updated_at, sequence. */
export const NotificationEvents = Type.String({
  description: 'Server-sent events named order-status; the id of each is for Last-Event-ID',
  examples: [
    `id: 42\nevent: order-status\ndata: ${JSON.stringify({
      order_id: ids.order,
      status: 'SHIPPING',
      updated_at: createdAt,
      sequence: 3,
    })}\n\n`,
  ],
})

export const RevocationsQuery = Type.Object({
  after: Type.Optional(
    Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, examples: [0] }),
  ),
})

export const Revocations = Type.Object({
  entries: Type.Array(
    Type.Object({
      session_id: id(ids.session),
      ended_at: moment(createdAt),
      user_id: Type.Optional(id(ids.user)),
      epoch: Type.Optional(Type.Integer({ examples: [28_987_200] })),
      keep_session_id: Type.Optional(id(ids.session)),
    }),
  ),
  cursor: Type.Integer({ examples: [17] }),
})

/**
 * With a user it is the end of all sessions but one. No session has that id, so readers of before see
 * the end of none.
 */
export const revocationOnTheWire = (
  revocation: Revocation,
): Static<typeof Revocations>['entries'][number] => {
  const ended_at = toRfc3339(revocation.endedAt)
  if ('session' in revocation) return { session_id: revocation.session, ended_at }
  const { user: user_id, epoch, keep } = revocation
  const all = { session_id: user_id, ended_at, user_id, epoch }
  return keep === null ? all : { ...all, keep_session_id: keep }
}

/** What the peers answer, as far as it is read here. */
export const CartTotal = Type.Object({ total: amount(total) })
export const Spending = Type.Object({
  spending: Type.Array(Type.Object({ user_id: id(ids.user), total_spent: amount(total) })),
})
export const OrderPage = Type.Object({
  orders: OrderSummaries,
  next_cursor: Type.Union([Type.String(), Type.Null()], { examples: [null] }),
})

export type DegradedPart = Static<typeof Profile>['degraded'][number]
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
