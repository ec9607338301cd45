/** What goes over the wire of the cart service, and the types made from it. */
import Type, { type Static } from 'typebox'
import { closed, ExpectedTotal, Money, Quantity, Timestamp, Uuid } from '../../core/http/schemas.ts'
import { fromMinor } from '../../core/values/money.ts'
import { toRfc3339 } from '../../core/values/time.ts'
import type { ListedCart, PricedCart, PricedLine } from './cart.ts'
import { maxViews, type View } from './store.ts'

export { Message } from '../../core/http/schemas.ts'

/** The first product of the demo, so that "Try it out" works as it stands. */
const apples = {
  id: 'a9f28744-f0d4-506f-b94b-2e77e6b40d9f',
  name: 'Яблоки Гала «Южный сад», 500 г',
}
const price = 65.9
const total = 131.8

const ProductId = Type.String({ ...Uuid, examples: [apples.id] })
const LineId = Type.String({ ...Uuid, examples: ['019c0d40-9d1a-7f43-a6b8-2c5e7d0f1b94'] })
const UserId = Type.String({ ...Uuid, examples: ['019c0d3a-51b7-7e02-9c1d-3f8a6b2e4d10'] })
const amount = (example: number) => Type.Number({ ...Money, examples: [example] })

const productName = Type.String({ examples: [apples.name] })
const pieces = Type.Integer({ examples: [2] })

export const Item = Type.Object(
  {
    id: LineId,
    product_id: ProductId,
    name: productName,
    price: amount(price),
    quantity: pieces,
    total_price: amount(total),
    available: Type.Boolean({ description: 'False once the product is deleted', examples: [true] }),
  },
  { title: 'CartItem' },
)

const items = Type.Array(Item)
const cartTotal = Type.Number({ description: 'Of the items that can be bought', examples: [total] })
const revision = (description: string) =>
  Type.String({
    format: 'uuid',
    description,
    examples: ['019c0d40-b3c8-7d25-9a61-7e4f0c8b2d53'],
  })

export const Cart = Type.Object(
  {
    items,
    total: cartTotal,
    revision: Type.Optional(
      revision(
        'New with every change, and perhaps after a checkout that failed; absent where there has been no cart yet',
      ),
    ),
  },
  { title: 'Cart' },
)

const UserCart = Type.Object(
  {
    user_id: UserId,
    items,
    total: cartTotal,
    revision: revision('New with every change'),
    updated_at: Timestamp,
  },
  { title: 'UserCart' },
)
export const UserCarts = Type.Array(UserCart)

export const ListCarts = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 100, examples: [20] })),
  cursor: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'From the Link header of the page before',
      examples: ['MDE5YzBkM2EtNTFiNy03ZTAyLTljMWQtM2Y4YTZiMmU0ZDEw'],
    }),
  ),
})

export const ProductParams = Type.Object({ id: ProductId })
export const RecentViews = Type.Array(
  Type.Object({ product_id: ProductId, viewed_at: Timestamp }, { title: 'RecentView' }),
  { maxItems: maxViews, description: 'Newest first, each product once' },
)

export const NewItem = closed(
  { product_id: ProductId, quantity: Quantity },
  { title: 'NewCartItem' },
)
export const ItemChange = closed({ quantity: Quantity }, { title: 'CartItemChange' })
export const ItemParams = Type.Object({
  id: Type.String({ ...ProductId, description: 'Id of the line, or of its product' }),
})

/** An absent body and an empty one are the same. */
export const CheckoutBody = closed(
  { expected_total: Type.Optional(ExpectedTotal) },
  // Without a total, so that "Try it out" orders whatever is in the cart.
  { title: 'Checkout', examples: [{}] },
)

/** The order service's answer goes through byte for byte; this describes it. */
export const Order = Type.Object(
  {
    id: Uuid,
    user_id: UserId,
    items: Type.Array(
      Type.Object(
        {
          product_id: ProductId,
          name: productName,
          price: amount(price),
          quantity: pieces,
        },
        { title: 'OrderLine' },
      ),
    ),
    total: amount(total),
    status: Type.String({ examples: ['CREATED'] }),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { title: 'Order' },
)

/** Bodies between the services. */
export const InternalCart = closed({ user_id: Uuid })
export const InternalCheckout = closed({
  user_id: Uuid,
  idempotency_key: Type.Union([
    Type.String({ minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' }),
    Type.Null(),
  ]),
  expected_total: Type.Optional(ExpectedTotal),
  if_match: Type.Optional(Type.String({ maxLength: 1_000 })),
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

export const userCartOnTheWire = (cart: ListedCart): Static<typeof UserCart> => ({
  user_id: cart.userId,
  items: cart.lines.map(itemOnTheWire),
  total: fromMinor(cart.total),
  revision: cart.revision,
  updated_at: toRfc3339(cart.updatedAt),
})

export const viewsOnTheWire = (views: readonly View[]): Static<typeof RecentViews> =>
  views.map(({ productId, at }) => ({ product_id: productId, viewed_at: toRfc3339(at) }))
