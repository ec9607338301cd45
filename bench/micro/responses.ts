/** A believable answer for every response schema of the services, made from the schemas' own examples. */
import type { TSchema } from 'typebox'
import * as cart from '../../services/cart/schemas.ts'
import * as catalog from '../../services/catalog/schemas.ts'
import * as order from '../../services/order/schemas.ts'
import * as user from '../../services/user/schemas.ts'

export interface Response {
  readonly name: string
  readonly schema: TSchema
  readonly value: unknown
}

const byType: Readonly<Record<string, unknown>> = {
  string: 'текст',
  number: 65.9,
  integer: 42,
  boolean: true,
  null: null,
}

const response = (name: string, schema: TSchema, items = 5): Response => ({
  name,
  schema,
  value: sampleOf(schema, items),
})

/** Lists hold what a page of them holds; a cart or an order five lines. */
export const responses: readonly Response[] = [
  response('catalog: page of 20', catalog.ProductPage, 20),
  response('catalog: page of 100', catalog.ProductPage, 100),
  response('catalog: list of 20', catalog.ProductList, 20),
  response('catalog: product', catalog.ProductDetail),
  response('catalog: categories', catalog.CategoryList, 8),
  response('catalog: health', catalog.SystemHealth),
  response('catalog: reservation', catalog.ReservationAnswer),
  response('catalog: settlement', catalog.SettlementAnswer),
  response('catalog: look-up', catalog.LookupAnswer),
  response('cart: line', cart.Item),
  response('cart: cart', cart.Cart),
  response('cart: carts of 20 users', cart.UserCarts, 20),
  response('cart: recent views', cart.RecentViews, 10),
  response('cart: message', cart.Message),
  response('order: order', order.Order),
  response('order: 20 orders', order.Orders, 20),
  response('order: cancelled', order.Cancelled),
  response('order: summaries of 20', order.SummaryPage, 20),
  response('order: spending', order.Spending),
  response('order: status names', order.StatusNames),
  response('user: tokens', user.Tokens),
  response('user: keys', user.KeySet, 2),
  response('user: user', user.User),
  response('user: profile with 20 orders', user.Profile, 20),
  response('user: 20 order summaries', user.OrderSummaries, 20),
  response('user: total spent', user.TotalSpent),
  response('user: applied', user.Applied),
  response('user: revocations', user.Revocations, 20),
]

interface Keywords {
  readonly examples?: readonly unknown[]
  readonly type?: string
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly items?: TSchema
  readonly anyOf?: readonly TSchema[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
}

/** The schema's example where it has one; lists get `items` elements. */
function sampleOf(schema: TSchema, items: number): unknown {
  // TypeBox schemas are JSON schemas; these are the keywords that the responses use.
  const { properties, items: element, ...rest } = schema as Keywords
  if (properties !== undefined) {
    return Object.fromEntries(
      Object.entries(properties).map(([name, each]) => [name, sampleOf(each, items)]),
    )
  }
  if (element !== undefined) {
    // A list inside of a list's element is a cart's or an order's.
    return Array.from({ length: items }, () => sampleOf(element, Math.min(items, 5)))
  }
  if (rest.examples !== undefined) return rest.examples[0]
  if (rest.const !== undefined) return rest.const
  if (rest.enum !== undefined) return rest.enum[0]
  if (rest.anyOf?.[0] !== undefined) return sampleOf(rest.anyOf[0], items)
  const value = byType[rest.type ?? '']
  if (value === undefined) throw new Error(`No sample for ${JSON.stringify(schema)}.`)
  return value
}
