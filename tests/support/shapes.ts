/** What the contract says of every answer, written down apart from the services' own schemas. */
import Type, { type Static, type TProperties, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

/** Exactly these fields: a field that the contract does not name would fail the test. */
const exactly = <P extends TProperties>(properties: P) =>
  Type.Object(properties, { additionalProperties: false })

const Uuid = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
})
const Money = Type.Number({ minimum: 0 })
const Moment = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' })
const Count = Type.Integer({ minimum: 0 })
const Text = Type.String()
const TextOrNull = Type.Union([Type.String(), Type.Null()])
const MoneyOrNull = Type.Union([Money, Type.Null()])

export const Message = exactly({ message: Text })

export const ListItem = exactly({ product_id: Uuid, name: Text, category: Text, price: Money })
export const Page = exactly({
  items: Type.Array(ListItem),
  total: Count,
  page: Type.Integer({ minimum: 1 }),
  pages: Type.Integer({ minimum: 1 }),
  has_next: Type.Boolean(),
  has_prev: Type.Boolean(),
})
export const Product = exactly({
  product_id: Uuid,
  name: Text,
  category: Text,
  price: Money,
  stock_count: Count,
  description: TextOrNull,
  manufacturer: TextOrNull,
})
export const Categories = Type.Array(exactly({ name: Text, product_count: Count }))

export const CartLine = exactly({
  id: Uuid,
  product_id: Uuid,
  name: Text,
  price: Money,
  quantity: Type.Integer({ minimum: 1 }),
  total_price: Money,
  // Additions: what became of the product since it was put into the cart.
  available: Type.Optional(Type.Boolean()),
})
export const Cart = exactly({
  items: Type.Array(CartLine),
  total: Money,
  revision: Type.Optional(TextOrNull),
})

const Status = Type.Enum(['CREATED', 'PROCESSING', 'SHIPPING', 'DELIVERED', 'CANCELLED'])
export const Order = exactly({
  id: Uuid,
  user_id: Uuid,
  items: Type.Array(
    exactly({ product_id: Uuid, name: Text, price: Money, quantity: Type.Integer({ minimum: 1 }) }),
  ),
  total: Money,
  status: Status,
  created_at: Moment,
  updated_at: Moment,
})
export const Orders = Type.Array(Order)
export const Cancelled = exactly({ message: Text, order: Order })
export const OrderSummary = exactly({ id: Uuid, status: Status, total: Money, created_at: Moment })
export const OrderSummaries = Type.Array(OrderSummary)

const userFields = {
  id: Uuid,
  username: Text,
  full_name: Text,
  phone: TextOrNull,
  created_at: Moment,
  total_spent: MoneyOrNull,
  is_admin: Type.Boolean(),
}
export const User = exactly({ ...userFields, degraded: Type.Optional(Type.Array(Text)) })
export const Profile = exactly({
  ...userFields,
  current_cart_total: MoneyOrNull,
  orders: OrderSummaries,
  degraded: Type.Array(Text),
})
export const TotalSpent = exactly({ total_spent: Money })
export const Token = exactly({
  access_token: Text,
  token_type: Type.Literal('bearer'),
  expires_in: Type.Integer({ minimum: 1 }),
  refresh_token: Text,
})
export const KeySet = exactly({
  keys: Type.Array(
    exactly({
      kty: Type.Literal('OKP'),
      crv: Type.Literal('Ed25519'),
      x: Text,
      kid: Text,
      alg: Type.Literal('EdDSA'),
      use: Type.Literal('sig'),
    }),
    { minItems: 1 },
  ),
})

/** RFC 9457 with the house's `code` and `trace_id`; a row of the error table may add members. */
export const ProblemDocument = Type.Object({
  type: Text,
  title: Type.String({ minLength: 1 }),
  status: Type.Integer(),
  detail: Type.String({ minLength: 1 }),
  instance: Text,
  code: Type.String({ pattern: '^[a-z_]+$' }),
  trace_id: Type.String({ pattern: '^[0-9a-f]{32}$' }),
  lines: Type.Optional(
    Type.Union([
      Type.Array(exactly({ product_id: Uuid, requested: Type.Integer(), available: Count })),
      Type.Array(exactly({ product_id: Uuid, old: MoneyOrNull, new: Money })),
    ]),
  ),
  expected_total: Type.Optional(Money),
  total: Type.Optional(Money),
  errors: Type.Optional(Type.Array(exactly({ path: Text, message: Text }))),
})

export type Product = Static<typeof Product>
export type Cart = Static<typeof Cart>
export type CartLine = Static<typeof CartLine>
export type Order = Static<typeof Order>
export type User = Static<typeof User>
export type ProblemDocument = Static<typeof ProblemDocument>

const compiled = new WeakMap<TSchema, ReturnType<typeof Compile>>()

/** The value, typed, when it has the shape; fails the test with all that differs. */
export function conform<S extends TSchema>(schema: S, value: unknown): Static<S> {
  const validator = compiled.get(schema) ?? Compile(schema)
  compiled.set(schema, validator)
  if (!validator.Check(value)) {
    const differences = validator
      .Errors(value)
      .map(({ instancePath, message }) => `${instancePath || '(whole)'} ${message}`)
    throw new Error(
      `Not as the contract says: ${differences.join('; ')}\n${JSON.stringify(value, null, 2)}`,
    )
  }
  // Check() has just proved it.
  return value as Static<S>
}
