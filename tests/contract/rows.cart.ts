/** The cart's rows of the contract, performed. */
import Type from 'typebox'
import { newId } from '../../core/values/ids.ts'
import type { Answered } from '../support/send.ts'
import { Cart, CartLine, Message, Order } from '../support/shapes.ts'
import type { Buyer, Down, PerformedRows, World } from './rows.ts'

const exact = { additionalProperties: false }
const { id: Uuid, updated_at: Moment } = Order.properties
const Views = Type.Array(Type.Object({ product_id: Uuid, viewed_at: Moment }, exact), {
  minItems: 1,
})
const Carts = Type.Array(
  Type.Object({ ...Cart.properties, user_id: Uuid, revision: Uuid, updated_at: Moment }, exact),
  { minItems: 1 },
)

export function cartRows({
  buyer,
  admin,
  product,
  withCart,
  asService,
  client,
}: World): PerformedRows {
  const item = (who: Buyer, json: unknown): Promise<Answered> =>
    who.call('cart', 'POST', '/cart/items', { json })
  const put = (who: Buyer, id: string, quantity: number): Promise<Answered> =>
    who.call('cart', 'PUT', `/cart/items/${id}`, { json: { quantity } })
  const checkout = (who: Buyer, sent = {}): Promise<Answered> =>
    who.call('cart', 'POST', '/cart/checkout', sent)
  const inside = (path: string, json: unknown): Promise<Answered> =>
    asService('user', 'cart', path, json)
  const insideCheckout = (user_id: string, idempotency_key: string | null = null) =>
    inside('/internal/checkout', { user_id, idempotency_key })

  /** A filled cart whose product has been sold to others meanwhile. */
  async function soldOut(): Promise<Buyer> {
    const who = await withCart()
    const path = `/products/${who.product.product_id}`
    await admin.call('catalog', 'PUT', path, { json: { stock_count: 0 } })
    return who
  }
  const whileDown = (
    service: 'catalog' | 'order',
    ask: (who: Awaited<ReturnType<World['withCart']>>) => Promise<Answered>,
  ): Down => ({
    service,
    async prepare() {
      const who = await withCart()
      return () => ask(who)
    },
  })

  return {
    'GET /cart/': {
      good: async () => (await withCart()).call('cart', 'GET', '/cart/'),
      shape: Cart,
      down: whileDown('catalog', (who) => who.call('cart', 'GET', '/cart/')),
    },
    'POST /cart/items': {
      good: async () => item(buyer(), { product_id: (await product()).product_id, quantity: 99 }),
      shape: CartLine,
      errors: {
        404: () => item(buyer(), { product_id: newId(), quantity: 1 }),
        async 409() {
          const { product_id } = await product({ stock_count: 1 })
          return item(buyer(), { product_id, quantity: 2 })
        },
        async 422() {
          return item(buyer(), { product_id: (await product()).product_id, quantity: 100 })
        },
      },
      down: whileDown('catalog', (who) => {
        return item(who, { product_id: who.product.product_id, quantity: 1 })
      }),
    },
    'PUT /cart/items/{id}': {
      async good() {
        const who = await withCart()
        return put(who, who.product.product_id, 5)
      },
      shape: CartLine,
      errors: {
        404: async () => put(await withCart(), newId(), 1),
        async 409() {
          const { product_id } = await product({ stock_count: 1 })
          const who = buyer()
          await item(who, { product_id, quantity: 1 })
          return put(who, product_id, 2)
        },
        422: () => put(buyer(), newId(), 0),
      },
      down: whileDown('catalog', (who) => put(who, who.product.product_id, 3)),
    },
    'DELETE /cart/items/{id}': {
      async good() {
        const who = await withCart()
        return who.call('cart', 'DELETE', `/cart/items/${who.product.product_id}`)
      },
      shape: Message,
      errors: {
        404: () => buyer().call('cart', 'DELETE', `/cart/items/${newId()}`),
        422: () => buyer().call('cart', 'DELETE', '/cart/items/7'),
      },
    },
    'DELETE /cart/': {
      good: async () => (await withCart()).call('cart', 'DELETE', '/cart/'),
      shape: Message,
    },
    'POST /cart/checkout': {
      good: async () => checkout(await withCart()),
      shape: Order,
      errors: {
        400: () => checkout(buyer()),
        409: async () => checkout(await soldOut()),
        412: async () => checkout(await withCart(), { headers: { 'if-match': '"1"' } }),
        422: async () =>
          checkout(await withCart(), { headers: { 'idempotency-key': 'two words' } }),
      },
      down: whileDown('order', (who) => checkout(who)),
    },
    'POST /products/{id}/view': {
      good: async () =>
        buyer().call('cart', 'POST', `/products/${(await product()).product_id}/view`),
      shape: Message,
      errors: {
        404: () => buyer().call('cart', 'POST', `/products/${newId()}/view`),
        422: () => buyer().call('cart', 'POST', '/products/7/view'),
      },
      down: whileDown('catalog', (who) => {
        return who.call('cart', 'POST', `/products/${who.product.product_id}/view`)
      }),
    },
    'GET /products/recent-views': {
      async good() {
        const who = buyer()
        await who.call('cart', 'POST', `/products/${(await product()).product_id}/view`)
        return who.call('cart', 'GET', '/products/recent-views')
      },
      shape: Views,
    },
    'GET /carts/': {
      async good() {
        await withCart()
        return client.get('cart', '/carts/', admin.token)
      },
      shape: Carts,
      errors: {
        400: () => admin.call('cart', 'GET', '/carts/?cursor=nonsense'),
        422: () => admin.call('cart', 'GET', '/carts/?limit=0'),
      },
      down: whileDown('catalog', () => admin.call('cart', 'GET', '/carts/')),
    },
    'POST /internal/cart': {
      good: async () => inside('/internal/cart', { user_id: (await withCart()).id }),
      shape: Cart,
      errors: { 422: () => inside('/internal/cart', { user_id: '7' }) },
      down: whileDown('catalog', ({ id }) => inside('/internal/cart', { user_id: id })),
    },
    'POST /internal/checkout': {
      good: async () => insideCheckout((await withCart()).id),
      shape: Order,
      errors: {
        400: () => insideCheckout(buyer().id),
        409: async () => insideCheckout((await soldOut()).id),
        412: async () => {
          const { id } = await withCart()
          return inside('/internal/checkout', {
            user_id: id,
            idempotency_key: null,
            if_match: '"1"',
          })
        },
        422: () => insideCheckout('7'),
      },
      down: whileDown('order', ({ id }) => insideCheckout(id)),
    },
  }
}
