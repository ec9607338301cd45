/** What goes over the wire of the cart service, and the types made from it. */
import Type, { type Static } from 'typebox'
import { closed, Money, Quantity, Uuid } from '../../core/http/schemas.ts'
import { fromMinor } from '../../core/values/money.ts'
import type { PricedCart, PricedLine } from './cart.ts'

export { Message } from '../../core/http/schemas.ts'

export const Item = Type.Object({
  id: Uuid,
  product_id: Uuid,
  name: Type.String(),
  price: Money,
  quantity: Type.Integer(),
  total_price: Money,
  available: Type.Boolean({ description: 'False once the product is deleted' }),
})

export const Cart = Type.Object({
  items: Type.Array(Item),
  total: Type.Number({ description: 'Of the items that can be bought' }),
  revision: Type.Optional(
    Type.String({
      format: 'uuid',
      description: 'New with every change; absent where there has been no cart yet',
    }),
  ),
})

export const NewItem = closed({ product_id: Uuid, quantity: Quantity })
export const ItemChange = closed({ quantity: Quantity })
export const ItemParams = Type.Object({ id: Uuid })

/** A checkout says nothing but who asks; an absent body and an empty one are the same. */
export const CheckoutBody = closed({})

/** The order service's answer goes through byte for byte; this describes it. */
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
  status: Type.String(),
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.String({ format: 'date-time' }),
})

/** Bodies between the services. */
export const InternalCart = closed({ user_id: Uuid })
export const InternalCheckout = closed({
  user_id: Uuid,
  idempotency_key: Type.Union([
    Type.String({ minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' }),
    Type.Null(),
  ]),
})

/** What the catalog answers to a look-up. */
export const LookupAnswer = Type.Object({
  products: Type.Array(
    Type.Object({
      product_id: Uuid,
      name: Type.String(),
      price: Money,
      stock_count: Type.Integer(),
      available: Type.Boolean(),
    }),
  ),
})

/** What the cart itself reads of the order service's answers. */
export const PlacedOrder = Type.Object({ total: Money })
export const Refusal = Type.Object({ code: Type.String() })

export const itemOnTheWire = (line: PricedLine): Static<typeof Item> => ({
  id: line.id,
  product_id: line.productId,
  name: line.name,
  price: fromMinor(line.price),
  quantity: line.quantity,
  total_price: fromMinor(line.total),
  available: line.available,
})

export const cartOnTheWire = (cart: PricedCart): Static<typeof Cart> => ({
  items: cart.lines.map(itemOnTheWire),
  total: fromMinor(cart.total),
  ...(cart.revision !== null && { revision: cart.revision }),
})
