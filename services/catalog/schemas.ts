/** What goes over the wire of the catalog. */
import Type, { type Static } from 'typebox'
import { closed, Money, text, Uuid } from '../../core/http/schemas.ts'

const Price = Type.Number({
  exclusiveMinimum: 0,
  maximum: 99_999_999.99,
  description: 'Rubles with at most two decimals',
})

const StockCount = Type.Integer({ minimum: 0, maximum: 1_000_000_000 })

/** Text of several lines: line breaks and tabs, but no other control characters. */
const prose = (maxLength: number) =>
  Type.String({
    maxLength,
    pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]*$',
  })

const Name = text(1, 200)
const Category = text(1, 50)
const Description = Type.Union([prose(1_000), Type.Null()])
const Manufacturer = Type.Union([text(0, 100), Type.Null()])

export const ProductParams = Type.Object({ id: Uuid })

export const ProductQuery = Type.Object({
  category: Type.Optional(Type.String({ description: 'Only admins may leave it out' })),
  skip: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 100 })),
  sort_by: Type.Optional(
    Type.Union([Type.Literal('name'), Type.Literal('price')], { default: 'name' }),
  ),
  sort_order: Type.Optional(
    Type.Union([Type.Literal('asc'), Type.Literal('desc')], { default: 'asc' }),
  ),
  min_price: Type.Optional(Type.Number({ minimum: 0, description: 'Inclusive' })),
  max_price: Type.Optional(Type.Number({ minimum: 0, description: 'Inclusive' })),
})

export const ProductListItem = Type.Object({
  product_id: Uuid,
  name: Type.String(),
  category: Type.String(),
  price: Money,
})

export const ProductPage = Type.Object({
  items: Type.Array(ProductListItem),
  total: Type.Integer({ description: 'Products on all pages, exact' }),
  page: Type.Integer(),
  pages: Type.Integer({ description: 'At least 1' }),
  has_next: Type.Boolean(),
  has_prev: Type.Boolean(),
})

export const ProductDetail = Type.Object({
  product_id: Uuid,
  name: Type.String(),
  category: Type.String(),
  price: Money,
  stock_count: Type.Integer({ description: 'Pieces that can be bought now' }),
  description: Type.Union([Type.String(), Type.Null()]),
  manufacturer: Type.Union([Type.String(), Type.Null()]),
})

export const NewProductBody = closed({
  name: Name,
  category: Category,
  price: Price,
  stock_count: StockCount,
  description: Type.Optional(Description),
  manufacturer: Type.Optional(Manufacturer),
})

export const ProductChangesBody = closed({
  name: Type.Optional(Name),
  category: Type.Optional(Category),
  price: Type.Optional(Price),
  stock_count: Type.Optional(StockCount),
  description: Type.Optional(Description),
  manufacturer: Type.Optional(Manufacturer),
})

export const CategoryList = Type.Array(
  Type.Object({ name: Type.String(), product_count: Type.Integer() }),
)

export const SystemHealth = Type.Object({
  status: Type.String(),
  database_connection: Type.String(),
})

export const OrderParams = Type.Object({ order_id: Uuid })

const Line = closed({
  product_id: Uuid,
  // Orders merge equal products, so a line may be larger than what fits into a cart at once.
  quantity: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
})

const Lines = Type.Array(Line, { minItems: 1, maxItems: 100 })

export const ReservationBody = closed({ order_id: Uuid, lines: Lines })

export const SettlementBody = closed({ lines: Lines })

export const ReservationAnswer = Type.Object({
  order_id: Uuid,
  state: Type.Union([Type.Literal('reserved'), Type.Literal('committed')]),
  lines: Type.Array(
    Type.Object({
      product_id: Uuid,
      name: Type.String(),
      price: Money,
      quantity: Type.Integer(),
    }),
  ),
})

export const SettlementAnswer = Type.Object({
  order_id: Uuid,
  state: Type.Union([Type.Literal('committed'), Type.Literal('released')]),
})

export const LookupBody = closed({
  product_ids: Type.Array(Uuid, { minItems: 1, maxItems: 100 }),
})

export const LookupAnswer = Type.Object({
  products: Type.Array(
    Type.Object({
      product_id: Uuid,
      name: Type.String(),
      price: Money,
      stock_count: Type.Integer(),
      available: Type.Boolean({ description: 'False for a deleted product' }),
    }),
  ),
})

export type ProductQuery = Static<typeof ProductQuery>
export type ProductDetail = Static<typeof ProductDetail>
export type NewProductBody = Static<typeof NewProductBody>
export type ProductChangesBody = Static<typeof ProductChangesBody>
export type WireLine = Static<typeof Line>
export type ReservationAnswer = Static<typeof ReservationAnswer>
export type SettlementAnswer = Static<typeof SettlementAnswer>
export type LookupAnswer = Static<typeof LookupAnswer>
