/** What goes over the wire of the catalog; the examples are what Swagger shows and sends. */
import Type, { type Static } from 'typebox'
import { closed, Money, prefilled, Uuid } from '../../core/http/schemas.ts'
import { line, optionalLine, pathKey, prose } from '../../core/http/text.ts'
import { maxStock } from './store.ts'

/** The first product of the demo, so that "Try it out" works as it stands. */
const price = 65.9
const ids = {
  apple: 'a9f28744-f0d4-506f-b94b-2e77e6b40d9f',
  order: '019c0d41-2f06-7b19-8e5c-0a3d9c7f6e21',
} as const

const ProductId = Type.String({ ...Uuid, examples: [ids.apple] })
const OrderId = Type.String({ ...Uuid, examples: [ids.order] })

const Price = Type.Number({
  exclusiveMinimum: 0,
  maximum: 99_999_999.99,
  description: 'Rubles with at most two decimals',
  examples: [price],
})
const ListedPrice = Type.Number({ ...Money, examples: [price] })

const stockCount = { examples: [320] }
const StockCount = Type.Integer({ minimum: 0, maximum: maxStock, ...stockCount })

const name = { examples: ['Яблоки Гала «Южный сад», 500 г'] }
const category = { examples: ['Фрукты'] }
const description = { examples: ['Сладкие яблоки с тонкой кожицей. Хранить в прохладном месте.'] }
const manufacturer = { examples: ['ООО «Южный сад»'] }

const Name = line(200, name)
const Category = pathKey(50, category)
const Description = Type.Union([prose(1_000), Type.Null()], description)
const Manufacturer = Type.Union([optionalLine(100), Type.Null()], manufacturer)

export const ProductParams = Type.Object({ id: ProductId })

/**
 * A category that is asked for: longer than any can be, as one may come with its accents apart, and
 * not in the form of a key, as shops of before may have others.
 */
const AskedCategory = { maxLength: 200, ...category }

export const CategoryParams = Type.Object({ category: Type.String(AskedCategory) })

const listingParameters = {
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      description:
        'Words, or beginnings of words, that the name must have; best matches first unless sorted otherwise',
      examples: ['яблоки гала'],
    }),
  ),
  skip: Type.Optional(
    Type.Integer({
      minimum: 0,
      default: 0,
      description: 'Products to pass over; 0 with cursor',
      examples: [0],
    }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 100, examples: [20] })),
  cursor: Type.Optional(
    Type.String({
      maxLength: 4_000,
      description:
        'Empty for the first page, then next_cursor of the page before: nothing repeats or is missed, whatever is written meanwhile',
      examples: [''],
    }),
  ),
  sort_by: Type.Optional(
    Type.Union([Type.Literal('name'), Type.Literal('price')], {
      // No default keyword: tools would send it, and a search would lose its own order.
      description: 'By name unless given; a search has its best matches first',
      examples: ['price'],
    }),
  ),
  sort_order: Type.Optional(
    Type.Union([Type.Literal('asc'), Type.Literal('desc')], { default: 'asc' }),
  ),
  min_price: Type.Optional(Type.Number({ minimum: 0, description: 'Inclusive', examples: [100] })),
  max_price: Type.Optional(Type.Number({ minimum: 0, description: 'Inclusive', examples: [500] })),
}

/** How to page through a category that the path names. */
export const ListingQuery = Type.Object(listingParameters)

export const ProductQuery = Type.Object({
  category: Type.Optional(
    Type.String({ description: 'Only admins may leave it out', ...AskedCategory, ...prefilled }),
  ),
  ...listingParameters,
})

export const ProductListItem = Type.Object(
  {
    product_id: ProductId,
    name: Type.String(name),
    category: Type.String(category),
    price: ListedPrice,
  },
  { title: 'ProductListItem' },
)

export const ProductList = Type.Array(ProductListItem)

export const ProductPage = Type.Object(
  {
    items: ProductList,
    total: Type.Integer({ description: 'Products on all pages, exact', examples: [2_500] }),
    page: Type.Integer({ examples: [1] }),
    pages: Type.Integer({ description: 'At least 1', examples: [25] }),
    has_next: Type.Boolean({ examples: [true] }),
    has_prev: Type.Boolean({ examples: [false] }),
    next_cursor: Type.Optional(
      Type.Union([Type.String(), Type.Null()], {
        description: 'With cursor alone: the cursor of the next page, null on the last one',
        examples: [null],
      }),
    ),
  },
  { title: 'ProductPage' },
)

export const ProductDetail = Type.Object(
  {
    product_id: ProductId,
    name: Type.String(name),
    category: Type.String(category),
    price: ListedPrice,
    stock_count: Type.Integer({ description: 'Pieces that can be bought now', ...stockCount }),
    description: Type.Union([Type.String(), Type.Null()], description),
    manufacturer: Type.Union([Type.String(), Type.Null()], manufacturer),
  },
  { title: 'Product' },
)

export const NewProductBody = closed(
  {
    name: Name,
    category: Category,
    price: Price,
    stock_count: StockCount,
    description: Type.Optional(Description),
    manufacturer: Type.Optional(Manufacturer),
  },
  {
    title: 'NewProduct',
    examples: [
      {
        name: name.examples[0],
        category: 'Фрукты',
        price,
        stock_count: 320,
        description: description.examples[0],
        manufacturer: manufacturer.examples[0],
      },
    ],
  },
)

export const ProductChangesBody = closed(
  {
    name: Type.Optional(Name),
    category: Type.Optional(Category),
    price: Type.Optional(Price),
    stock_count: Type.Optional(StockCount),
    stock_delta: Type.Optional(
      Type.Integer({
        minimum: -maxStock,
        maximum: maxStock,
        description: 'Pieces to add, or to take away where negative; not beside stock_count',
        examples: [-3],
      }),
    ),
    description: Type.Optional(Description),
    manufacturer: Type.Optional(Manufacturer),
  },
  { title: 'ProductChanges', examples: [{ price: 59.9, stock_count: 500 }] },
)

export const CategoryList = Type.Array(
  Type.Object(
    { name: Type.String(category), product_count: Type.Integer({ examples: [2_500] }) },
    { title: 'Category' },
  ),
)

export const SystemHealth = Type.Object({
  status: Type.String({ examples: ['ok'] }),
  database_connection: Type.String({ examples: ['ok'] }),
})

export const OrderParams = Type.Object({ order_id: OrderId })

const Line = closed({
  product_id: ProductId,
  // Orders merge equal products, so a line may be larger than what fits into a cart at once.
  quantity: Type.Integer({ minimum: 1, maximum: 1_000_000, examples: [2] }),
})

const Lines = Type.Array(Line, { minItems: 1, maxItems: 100 })

export const ReservationBody = closed({ order_id: OrderId, lines: Lines })

export const SettlementBody = closed({ lines: Lines })

export const ForgetBody = closed({
  order_ids: Type.Array(OrderId, { minItems: 1, maxItems: 100 }),
})

export const ReservationAnswer = Type.Object({
  order_id: OrderId,
  state: Type.Union([Type.Literal('reserved'), Type.Literal('committed')], {
    examples: ['reserved'],
  }),
  lines: Type.Array(
    Type.Object({
      product_id: ProductId,
      name: Type.String(name),
      price: ListedPrice,
      quantity: Type.Integer({ examples: [2] }),
    }),
  ),
})

export const SettlementAnswer = Type.Object({
  order_id: OrderId,
  state: Type.Union([Type.Literal('committed'), Type.Literal('released')], {
    examples: ['committed'],
  }),
})

export const LookupBody = closed({
  product_ids: Type.Array(ProductId, { minItems: 1, maxItems: 100 }),
})

export const LookupAnswer = Type.Object({
  products: Type.Array(
    Type.Object({
      product_id: ProductId,
      name: Type.String(name),
      price: ListedPrice,
      stock_count: Type.Integer(stockCount),
      available: Type.Boolean({ description: 'False for a deleted product', examples: [true] }),
    }),
  ),
})

export type ListingQuery = Static<typeof ListingQuery>
export type ProductQuery = Static<typeof ProductQuery>
export type ProductDetail = Static<typeof ProductDetail>
export type NewProductBody = Static<typeof NewProductBody>
export type ProductChangesBody = Static<typeof ProductChangesBody>
export type WireLine = Static<typeof Line>
export type ReservationAnswer = Static<typeof ReservationAnswer>
export type SettlementAnswer = Static<typeof SettlementAnswer>
export type LookupAnswer = Static<typeof LookupAnswer>
