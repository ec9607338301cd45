/** What goes over the wire of the order service, and the types made from it. */
import Type, { type Static } from 'typebox'
import { closed, Money, Timestamp, Uuid } from '../../core/http/schemas.ts'
import { legacy } from '../../core/http/validation.ts'
import { fromMinor } from '../../core/values/money.ts'
import { toRfc3339 } from '../../core/values/time.ts'
import { visibleStatuses, type Order as DomainOrder } from './order.ts'

/** More lines than a household buys; bounds the work of one reservation. */
export const maxLines = 100
const maxQuantity = 999

export const Status = Type.Enum([...visibleStatuses])

export const OrderLine = Type.Object({
  product_id: Uuid,
  name: Type.String(),
  price: Money,
  quantity: Type.Integer(),
})

export const Order = Type.Object({
  id: Uuid,
  user_id: Uuid,
  items: Type.Array(OrderLine),
  total: Money,
  status: Status,
  created_at: Timestamp,
  updated_at: Timestamp,
})

const WantedLine = closed({
  product_id: Uuid,
  quantity: Type.Integer({ minimum: 1, maximum: maxQuantity }),
  name: legacy(),
  price: legacy(),
})

const WantedLines = Type.Array(WantedLine, { minItems: 1, maxItems: maxLines })

export const NewOrder = closed({
  items: WantedLines,
  total: legacy(),
  user_id: legacy(),
})

export const OrderParams = Type.Object({ id: Uuid })

export const ListOrders = Type.Object({
  all: Type.Optional(Type.Boolean()),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  cursor: Type.Optional(Type.String({ maxLength: 200 })),
})

export const StatusQuery = Type.Object({ status: Type.String() })
export const Message = Type.Object({ message: Type.String() })
export const Cancelled = Type.Object({ message: Type.String(), order: Order })

/** Bodies between the services. */
export const InternalOrder = closed({
  user_id: Uuid,
  checkout_id: Uuid,
  idempotency_key: Type.Union([
    Type.String({ minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' }),
    Type.Null(),
  ]),
  items: Type.Array(
    closed({ product_id: Uuid, quantity: Type.Integer({ minimum: 1, maximum: maxQuantity }) }),
    { minItems: 1, maxItems: maxLines },
  ),
})

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

export const SpendingQuery = closed({ user_id: Uuid })
export const Spending = Type.Object({ user_id: Uuid, total_spent: Money })

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
