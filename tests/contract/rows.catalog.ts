/** The catalog's rows of the contract, performed. */
import Type from 'typebox'
import { newId } from '../../core/values/ids.ts'
import { clientOf } from '../support/client.ts'
import type { Answered } from '../support/send.ts'
import { Categories, ListItem, Page, Product } from '../support/shapes.ts'
import { startShop } from '../support/shop.ts'
import type { PerformedRows, World } from './rows.ts'

const exact = { additionalProperties: false }
const { product_id: Uuid, name: Text, price: Money } = ListItem.properties
const Count = Type.Integer({ minimum: 0 })
const Reservation = Type.Object(
  {
    order_id: Uuid,
    state: Type.Literal('reserved'),
    lines: Type.Array(
      Type.Object({ product_id: Uuid, name: Text, price: Money, quantity: Count }, exact),
      { minItems: 1 },
    ),
  },
  exact,
)
const settled = (state: string) =>
  Type.Object({ order_id: Uuid, state: Type.Literal(state) }, exact)
const Found = Type.Object(
  {
    products: Type.Array(
      Type.Object(
        {
          product_id: Uuid,
          name: Text,
          price: Money,
          stock_count: Count,
          available: Type.Boolean(),
        },
        exact,
      ),
      { minItems: 1 },
    ),
  },
  exact,
)
const SystemHealth = Type.Object(
  { status: Type.Literal('ok'), database_connection: Type.Literal('ok') },
  exact,
)

const list = `/products/?category=${encodeURIComponent('Фрукты')}`
const byCategory = `/products/by-category/${encodeURIComponent('Фрукты')}`
const newProduct = { name: 'Айва', category: 'Проба', price: 12.5, stock_count: 3 }

export function catalogRows({ client, admin, product, asService }: World): PerformedRows {
  const get = (path: string, token?: string): Promise<Answered> =>
    client.get('catalog', path, token)
  const one = async (): Promise<string> => `/products/${(await product()).product_id}`
  const unknown = (): string => `/products/${newId()}`
  const put = (path: string, json: object, headers = {}): Promise<Answered> =>
    admin.call('catalog', 'PUT', path, { json, headers })

  /** A reservation by the order service; answers its id and lines for what comes after. */
  async function reserved() {
    const lines = [{ product_id: (await product()).product_id, quantity: 2 }]
    const order_id = newId()
    await asService('order', 'catalog', '/internal/reservations', { order_id, lines })
    return { order_id, lines }
  }
  const settle = (order: string, verb: string, json: unknown): Promise<Answered> =>
    asService('order', 'catalog', `/internal/reservations/${order}/${verb}`, json)

  return {
    'GET /system/health': { good: () => get('/system/health'), shape: SystemHealth },
    'GET /products/': {
      good: () => get(list),
      shape: Page,
      errors: {
        400: () => get(`${list}&min_price=2&max_price=1`),
        401: () => get('/products/', 'nonsense'),
        403: () => get('/products/'),
        422: () => get(`${list}&limit=0`),
      },
    },
    'GET /products/{id}': {
      good: async () => get(await one()),
      shape: Product,
      errors: { 404: () => get(unknown()), 422: () => get('/products/7') },
    },
    'POST /products/': {
      good: () => admin.call('catalog', 'POST', '/products/', { json: newProduct }),
      shape: Product,
      errors: {
        async 409() {
          await using full = await startShop({
            store: 'sqlite',
            copies: 1,
            // The user service tells whose tokens are good.
            processes: ['catalog', 'user'],
            products: 8,
            env: { CATALOG_MAX_PRODUCTS: '8' },
          })
          const { call, tokens } = clientOf(full)
          const sent = { json: newProduct, token: tokens.admin() }
          return call('catalog', 'POST', '/products/', sent)
        },
        422: () => {
          const json = { ...newProduct, price: 1.234 }
          return admin.call('catalog', 'POST', '/products/', { json })
        },
      },
    },
    'PUT /products/{id}': {
      good: async () => put(await one(), { price: 9.9 }),
      shape: Product,
      errors: {
        404: () => put(unknown(), { price: 9.9 }),
        409: async () => put(await one(), { stock_delta: -1_000_000_000 }),
        412: async () => put(await one(), { price: 9.9 }, { 'if-match': '"999.1"' }),
        422: async () => put(await one(), { name: null }),
      },
    },
    'DELETE /products/{id}': {
      good: async () => admin.call('catalog', 'DELETE', await one()),
      shape: null,
      errors: {
        404: () => admin.call('catalog', 'DELETE', unknown()),
        422: () => admin.call('catalog', 'DELETE', '/products/7'),
      },
    },
    'GET /products/categories/list': {
      good: () => get('/products/categories/list'),
      shape: Categories,
    },
    'GET /products/by-category/{category}': {
      good: () => get(byCategory),
      shape: Type.Array(ListItem, { minItems: 1 }),
      errors: {
        400: () => get(`${byCategory}?min_price=2&max_price=1`),
        422: () => get(`${byCategory}?limit=101`),
      },
    },
    'POST /internal/reservations': {
      async good() {
        const { lines } = await reserved()
        const json = { order_id: newId(), lines }
        return asService('order', 'catalog', '/internal/reservations', json)
      },
      shape: Reservation,
      errors: {
        async 409() {
          const { product_id } = await product({ stock_count: 1 })
          const json = { order_id: newId(), lines: [{ product_id, quantity: 2 }] }
          return asService('order', 'catalog', '/internal/reservations', json)
        },
        422: () =>
          asService('order', 'catalog', '/internal/reservations', { order_id: newId(), lines: [] }),
      },
    },
    'POST /internal/reservations/{order_id}/commit': {
      async good() {
        const { order_id, lines } = await reserved()
        return settle(order_id, 'commit', { lines })
      },
      shape: settled('committed'),
      errors: {
        async 409() {
          const { lines } = await reserved()
          return settle(newId(), 'commit', { lines })
        },
        422: () => settle(newId(), 'commit', { lines: [] }),
      },
    },
    'POST /internal/reservations/{order_id}/release': {
      async good() {
        const { order_id, lines } = await reserved()
        return settle(order_id, 'release', { lines })
      },
      shape: settled('released'),
      errors: {
        async 409() {
          const { order_id, lines } = await reserved()
          await settle(order_id, 'commit', { lines })
          return settle(order_id, 'release', { lines })
        },
        422: () => settle(newId(), 'release', { lines: [] }),
      },
    },
    'POST /internal/reservations/forget': {
      async good() {
        const { order_id, lines } = await reserved()
        await settle(order_id, 'commit', { lines })
        return asService('order', 'catalog', '/internal/reservations/forget', {
          order_ids: [order_id],
        })
      },
      shape: null,
      errors: {
        422: () =>
          asService('order', 'catalog', '/internal/reservations/forget', { order_ids: [] }),
      },
    },
    'POST /internal/products/lookup': {
      async good() {
        const json = { product_ids: [(await product()).product_id] }
        return asService('cart', 'catalog', '/internal/products/lookup', json)
      },
      shape: Found,
      errors: {
        422: () => asService('cart', 'catalog', '/internal/products/lookup', { product_ids: [] }),
      },
    },
  }
}
