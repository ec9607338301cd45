/** What goes over the wire of the order service, and the types made from it. */
import Type, { type Static } from 'typebox'
import { closed, ExpectedTotal, Money, Timestamp, Uuid } from '../../core/http/schemas.ts'
import { legacy } from '../../core/http/validation.ts'
import { fromMinor } from '../../core/values/money.ts'
import { toRfc3339 } from '../../core/values/time.ts'
import { statusNames, visibleStatuses, type Order as DomainOrder } from './order.ts'

/** More lines than a household buys; bounds the work of one reservation. */
export const maxLines = 100
const maxQuantity = 999

/** The first product of the demo, so that "Try it out" works as it stands. */
const apples = {
  id: 'a9f28744-f0d4-506f-b94b-2e77e6b40d9f',
  name: 'Яблоки Гала «Южный сад», 500 г',
}
const price = 65.9
const total = 131.8

const ProductId = Type.String({ ...Uuid, examples: [apples.id] })
const UserId = Type.String({ ...Uuid, examples: ['019c0d3a-51b7-7e02-9c1d-3f8a6b2e4d10'] })
const amount = (example: number) => Type.Number({ ...Money, examples: [example] })

export const Status = Type.Enum([...visibleStatuses], {
  title: 'OrderStatus',
  examples: ['CREATED'],
})

export const OrderLine = Type.Object(
  {
    product_id: ProductId,
    name: Type.String({ examples: [apples.name] }),
    price: amount(price),
    quantity: Type.Integer({ examples: [2] }),
  },
  { title: 'OrderLine', description: 'Name and price are those of the moment of the order' },
)

export const Order = Type.Object(
  {
    id: Uuid,
    user_id: UserId,
    items: Type.Array(OrderLine),
    total: amount(total),
    status: Status,
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { title: 'Order' },
)

export const Orders = Type.Array(Order)

const WantedLine = closed(
  {
    product_id: ProductId,
    quantity: Type.Integer({ minimum: 1, maximum: maxQuantity, examples: [2] }),
    name: legacy(),
    price: Type.Optional(
      Type.Unknown({
        description: 'The price that the buyer saw: told back as `old` when it has changed',
        examples: [price],
      }),
    ),
  },
  { title: 'WantedLine', examples: [{ product_id: apples.id, quantity: 2 }] },
)

const WantedLines = Type.Array(WantedLine, {
  minItems: 1,
  maxItems: maxLines,
  description: 'Equal products are merged',
})

export const NewOrder = closed(
  {
    items: WantedLines,
    expected_total: Type.Optional(ExpectedTotal),
    total: legacy(),
    user_id: legacy(),
  },
  { title: 'NewOrder', examples: [{ items: [{ product_id: apples.id, quantity: 2 }] }] },
)

export const OrderParams = Type.Object({ id: Uuid })

export const ListOrders = Type.Object({
  all: Type.Optional(Type.Boolean({ description: 'Of everybody; for admins', examples: [true] })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 100, examples: [20] })),
  cursor: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'From the Link header of the page before',
      examples: ['MTc2OTg1MTgwMDAwMC4wMTljMGQ0MS0yZjA2LTdiMTktOGU1Yy0wYTNkOWM3ZjZlMjE'],
    }),
  ),
})

export const StatusQuery = Type.Object({
  status: Type.String({
    maxLength: 100,
    description: 'A name from /orders/statuses/list',
    examples: ['SHIPPING'],
  }),
})

export const StatusNames = Type.Record(Status, Type.String(), {
  title: 'OrderStatusNames',
  examples: [statusNames],
})

export { Message } from '../../core/http/schemas.ts'
export const Cancelled = Type.Object(
  { message: Type.String({ examples: ['Order cancelled'] }), order: Order },
  { title: 'CancelledOrder' },
)

/** Bodies between the services. */
const IdempotencyKey = Type.String({ minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' })

export const InternalOrder = closed({
  user_id: Uuid,
  checkout_id: Uuid,
  idempotency_key: Type.Union([IdempotencyKey, Type.Null()]),
  items: Type.Array(
    closed({
      product_id: Uuid,
      quantity: Type.Integer({ minimum: 1, maximum: maxQuantity }),
      price: Type.Optional(Money),
    }),
    { minItems: 1, maxItems: maxLines },
  ),
  expected_total: Type.Optional(ExpectedTotal),
})

export const InternalFind = closed({ user_id: Uuid, idempotency_key: IdempotencyKey })

export const InternalList = closed({
  user_id: Uuid,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  cursor: Type.Optional(Type.String({ maxLength: 200 })),
})

export const OrderSummary = Type.Object({
  id: Uuid,
  status: Status,
  total: Money,
  created_at: Timestamp,
})

export const SummaryPage = Type.Object({
  orders: Type.Array(OrderSummary),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
})

export const SpendingQuery = closed({
  user_ids: Type.Array(Uuid, { minItems: 1, maxItems: 100 }),
})
export const Spending = Type.Object({
  spending: Type.Array(Type.Object({ user_id: Uuid, total_spent: Money })),
})

/** What the catalog answers to a reservation. */
export const Reserved = Type.Object({ lines: Type.Array(OrderLine) })
export const Short = Type.Object({
  code: Type.String(),
  lines: Type.Optional(
    Type.Array(
      Type.Object({ product_id: Uuid, requested: Type.Integer(), available: Type.Integer() }),
    ),
  ),
})

export const orderOnTheWire = (order: DomainOrder): Static<typeof Order> => ({
  id: order.id,
  user_id: order.userId,
  items: order.lines.map((line) => ({
    product_id: line.productId,
    name: line.name,
    price: fromMinor(line.price),
    quantity: line.quantity,
  })),
  total: fromMinor(order.total),
  status: order.status,
  created_at: toRfc3339(order.createdAt),
  updated_at: toRfc3339(order.updatedAt),
})

export const summaryOnTheWire = (order: DomainOrder): Static<typeof OrderSummary> => ({
  id: order.id,
  status: order.status,
  total: fromMinor(order.total),
  created_at: toRfc3339(order.createdAt),
})
