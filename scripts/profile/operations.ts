/** The operations that are profiled, each as what one client asks for, again and again. */
import { randomUUID } from 'node:crypto'
import type { ServiceName } from '../../core/values/service-name.ts'
import { callerOf, signIn, type Addresses, type Caller } from './caller.ts'

/** What a client does once; `round` counts from 0. */
export type Act = (round: number) => Promise<unknown>

export interface ProfiledOperation {
  readonly service: ServiceName
  readonly operation: string
  /** One more client. */
  readonly client: (stock: Stock, buyer: Caller) => Act
}

export interface Stock {
  readonly addresses: Addresses
  readonly categories: readonly Category[]
  readonly products: readonly string[]
}

interface Category {
  readonly name: string
  readonly product_count: number
}

const pageSize = 20
/** Lines that a client puts into its cart before it empties it; a cart holds 100. */
const linesPerCart = 60
/** Orders that a client places before it lists them: as many as the list shows. */
const ordersPerList = 20

/** Where a client of a shop spends its time: what is profiled unless an operation is named. */
export const operations: readonly ProfiledOperation[] = [
  {
    service: 'catalog',
    operation: 'get_products',
    client({ addresses, categories }) {
      const visitor = callerOf(addresses, null)
      return () => visitor.call('catalog', 'GET', `/products/?${pageOf(oneOf(categories))}`)
    },
  },
  {
    service: 'cart',
    operation: 'add_to_cart',
    client({ products }, buyer) {
      return async (round) => {
        if (round % linesPerCart === 0) await buyer.call('cart', 'DELETE', '/cart/')
        return buyer.call('cart', 'POST', '/cart/items', {
          product_id: products[round % products.length],
          quantity: 1,
        })
      }
    },
  },
  {
    service: 'order',
    operation: 'create_order',
    client({ products }, buyer) {
      return () =>
        buyer.call('order', 'POST', '/orders/', {
          items: [{ product_id: oneOf(products), quantity: 1 }],
        })
    },
  },
  {
    service: 'user',
    operation: 'get_user_profile',
    client: (_stock, buyer) => () => buyer.call('user', 'GET', '/users/me/profile'),
  },
]

/** Two more by name: their goals in the benchmarks are missed, and their profiles say why. */
export const namedOperations: readonly ProfiledOperation[] = [
  ...operations,
  {
    service: 'catalog',
    operation: 'get_product',
    client({ addresses, products }) {
      const visitor = callerOf(addresses, null)
      return () => visitor.call('catalog', 'GET', `/products/${oneOf(products)}`)
    },
  },
  {
    service: 'order',
    operation: 'list_orders',
    client({ products }, buyer) {
      return (round) =>
        round < ordersPerList
          ? buyer.call('order', 'POST', '/orders/', {
              items: [{ product_id: oneOf(products), quantity: 1 }],
            })
          : buyer.call('order', 'GET', '/orders/')
    },
  },
]

/** Reads what there is to buy. */
export async function readStock(addresses: Addresses): Promise<Stock> {
  const visitor = callerOf(addresses, null)
  // Both as the contract has them.
  const categories = (await visitor.call(
    'catalog',
    'GET',
    '/products/categories/list',
  )) as Category[]
  const pages = await Promise.all(
    categories.map(({ name }) =>
      visitor.call('catalog', 'GET', `/products/?category=${encodeURIComponent(name)}&limit=100`),
    ),
  )
  const products = (pages as { items: { product_id: string }[] }[]).flatMap(({ items }) =>
    items.map(({ product_id }) => product_id),
  )
  if (products.length === 0) throw new Error('This shop has no products to buy.')
  return { addresses, categories, products }
}

/** Accounts that nobody else uses. */
export function registerBuyers(addresses: Addresses, count: number): Promise<readonly Caller[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const username = `profile-${randomUUID()}`
      const password = randomUUID()
      const account = { username, password, full_name: 'Profiled' }
      await callerOf(addresses, null).call('user', 'POST', '/users/register', account)
      return signIn(addresses, username, password)
    }),
  )
}

/**
 * Any page of a category, by name or price. Every third is of prices that nobody has asked for
 * before, so that the profile shows how a page is made, not only how it is found in the cache.
 */
function pageOf({ name, product_count }: Category): string {
  const skip = Math.floor((Math.random() * product_count) / pageSize) * pageSize
  return String(
    new URLSearchParams({
      category: name,
      skip: String(skip),
      limit: String(pageSize),
      sort_by: Math.random() < 0.5 ? 'name' : 'price',
      ...(Math.random() < 1 / 3 && { min_price: (Math.random() * 50).toFixed(4) }),
    }),
  )
}

function oneOf<T>(values: readonly T[]): T {
  const value = values[Math.floor(Math.random() * values.length)]
  if (value === undefined) throw new Error('There is nothing to choose from.')
  return value
}
