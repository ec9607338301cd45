/** How a row of the contract is performed: one real request for each status that it names. */
import type { TSchema } from 'typebox'
import { expect } from 'bun:test'
import { newId, type UserId } from '../../core/values/ids.ts'
import type { ServiceName } from '../../core/values/service-name.ts'
import { clientOf, type Client, type NewProduct } from '../support/client.ts'
import { eventually } from '../support/ledger.ts'
import type { Answered, Method, Sent } from '../support/send.ts'
import { conform, Order, type Product } from '../support/shapes.ts'
import type { Shop } from '../support/shop.ts'

export type Ask = () => Promise<Answered>

/** What has to be there first is made while all services run; the request comes while one does not. */
export interface Down {
  readonly service: ServiceName
  readonly prepare: () => Promise<Ask>
}

export interface PerformedRow {
  readonly good: Ask
  /** Of the good answer's JSON; null where it has none. */
  readonly shape: TSchema | null
  /** By status. */
  readonly errors?: Readonly<Record<number, Ask>>
  /** The row's 503, where it comes from another service that is down. */
  readonly down?: Down
}

/** By the row's call, such as `GET /products/{id}`. */
export type PerformedRows = Readonly<Record<string, PerformedRow>>

export interface Buyer {
  readonly id: UserId
  readonly token: string
  call(service: ServiceName, method: Method, path: string, sent?: Sent): Promise<Answered>
}

/** A shop with what most rows need. */
export interface World {
  readonly shop: Shop
  readonly client: Client
  /** Somebody whom the tokens alone know. */
  buyer(): Buyer
  readonly admin: Buyer
  product(fields?: Partial<NewProduct>): Promise<Product>
  /** A buyer whose cart holds some of a product that only this cart knows. */
  withCart(quantity?: number): Promise<Buyer & { readonly product: Product }>
  /** An order of one line, just placed. */
  order(buyer: Buyer): Promise<Order>
  asService(from: ServiceName, to: ServiceName, path: string, json: unknown): Promise<Answered>
}

export function worldOf(shop: Shop): World {
  const client = clientOf(shop)
  const somebody = (id: UserId, token: string): Buyer => ({
    id,
    token,
    call: (service, method, path, sent) => client.call(service, method, path, { token, ...sent }),
  })
  const admin = newId<UserId>()

  const buyer = (): Buyer => {
    const id = newId<UserId>()
    return somebody(id, client.tokens.user(id))
  }
  return {
    shop,
    client,
    buyer,
    admin: somebody(admin, client.tokens.admin(admin)),
    product: (fields) => client.createProduct({ stock_count: 1_000, ...fields }),
    async withCart(quantity = 2) {
      const product = await client.createProduct({ stock_count: 1_000 })
      const who = buyer()
      const json = { product_id: product.product_id, quantity }
      const added = await who.call('cart', 'POST', '/cart/items', { json })
      expect(added.status).toBe(200)
      return { ...who, product }
    },
    async order(who) {
      const { product_id } = await client.createProduct({ stock_count: 1_000 })
      const json = { items: [{ product_id, quantity: 1 }] }
      const placed = await who.call('order', 'POST', '/orders/', { json })
      expect(placed.status).toBe(200)
      return conform(Order, placed.json())
    },
    asService: (from, to, path, json) =>
      client.call(to, 'POST', path, { token: client.tokens.service(from, to), json }),
  }
}

/** Ends a service, performs what was prepared, and leaves a shop that sells again. */
export async function whileDown(
  { shop, buyer, withCart }: World,
  service: ServiceName,
  prepared: readonly (() => Promise<void>)[],
): Promise<void> {
  await shop.kill(service)
  // It remembers products for a while, and would answer from that.
  if (service === 'catalog') await shop.restart('cart')
  try {
    for (const perform of prepared) await perform()
  } finally {
    await shop.start(service)
  }
  await eventually('all services reach each other', async () => {
    const who = await withCart().catch(() => buyer())
    return (await who.call('user', 'POST', '/users/me/orders')).status === 200
  })
}
