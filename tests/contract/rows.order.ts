/** The order service's rows of the contract, performed. */
import Type from 'typebox'
import { newId } from '../../core/values/ids.ts'
import type { Answered } from '../support/send.ts'
import { Cancelled, Message, Order, Orders, OrderSummaries, TotalSpent } from '../support/shapes.ts'
import type { Buyer, PerformedRows, World } from './rows.ts'

const exact = { additionalProperties: false }
const names = {
  CREATED: 'Создан',
  PROCESSING: 'Обрабатывается',
  SHIPPING: 'Доставляется',
  DELIVERED: 'Доставлен',
  CANCELLED: 'Отменен',
}
const StatusNames = Type.Object(
  {
    CREATED: Type.Literal(names.CREATED),
    PROCESSING: Type.Literal(names.PROCESSING),
    SHIPPING: Type.Literal(names.SHIPPING),
    DELIVERED: Type.Literal(names.DELIVERED),
    CANCELLED: Type.Literal(names.CANCELLED),
  },
  exact,
)
const Summaries = Type.Object(
  { orders: OrderSummaries, next_cursor: Type.Union([Type.String(), Type.Null()]) },
  exact,
)
const Spending = Type.Object(
  {
    spending: Type.Array(
      Type.Object({ user_id: Order.properties.id, ...TotalSpent.properties }, exact),
      { minItems: 2, maxItems: 2 },
    ),
  },
  exact,
)

export function orderRows({ buyer, admin, product, order, asService }: World): PerformedRows {
  const place = (who: Buyer, items: readonly object[]): Promise<Answered> =>
    who.call('order', 'POST', '/orders/', { json: { items } })
  const move = (id: string, status: string): Promise<Answered> =>
    admin.call('order', 'PUT', `/orders/${id}/status?status=${status}`)
  const lineOf = async (quantity: number, stock_count = 1_000) => ({
    product_id: (await product({ stock_count })).product_id,
    quantity,
  })
  const fromCart = async (fields: object = {}) => ({
    user_id: newId(),
    checkout_id: newId(),
    idempotency_key: newId<string>(),
    items: [await lineOf(1)],
    ...fields,
  })
  const inside = (path: string, json: unknown): Promise<Answered> =>
    asService('cart', 'order', path, json)
  const forUser = (path: string, json: unknown): Promise<Answered> =>
    asService('user', 'order', path, json)
  /** The order that was asked for under this key, or will never be. */
  const find = ({ user_id, idempotency_key }: { user_id: string; idempotency_key: string }) =>
    inside('/internal/orders/find', { user_id, idempotency_key })

  return {
    'GET /orders/': {
      async good() {
        const who = buyer()
        await order(who)
        return who.call('order', 'GET', '/orders/')
      },
      shape: Orders,
      errors: {
        400: () => buyer().call('order', 'GET', '/orders/?cursor=x'),
        403: () => buyer().call('order', 'GET', '/orders/?all=true'),
        422: () => buyer().call('order', 'GET', '/orders/?limit=0'),
      },
    },
    'POST /orders/': {
      good: async () => place(buyer(), [await lineOf(2)]),
      shape: Order,
      errors: {
        409: async () => place(buyer(), [await lineOf(2, 1)]),
        422: () => place(buyer(), []),
      },
      down: {
        service: 'catalog',
        async prepare() {
          const line = await lineOf(1)
          return () => place(buyer(), [line])
        },
      },
    },
    'GET /orders/{id}': {
      async good() {
        const who = buyer()
        return who.call('order', 'GET', `/orders/${(await order(who)).id}`)
      },
      shape: Order,
      errors: {
        404: async () => buyer().call('order', 'GET', `/orders/${(await order(buyer())).id}`),
        422: () => buyer().call('order', 'GET', '/orders/7'),
      },
    },
    'PUT /orders/{id}/status': {
      good: async () => move((await order(buyer())).id, 'PROCESSING'),
      shape: Message,
      errors: {
        400: async () => move((await order(buyer())).id, 'LOST'),
        404: () => move(newId(), 'PROCESSING'),
        409: async () => move((await order(buyer())).id, 'DELIVERED'),
        422: () => move('7', 'PROCESSING'),
      },
    },
    'PUT /orders/{id}/cancel': {
      async good() {
        const who = buyer()
        return who.call('order', 'PUT', `/orders/${(await order(who)).id}/cancel`)
      },
      shape: Cancelled,
      errors: {
        404: async () =>
          buyer().call('order', 'PUT', `/orders/${(await order(buyer())).id}/cancel`),
        async 409() {
          const who = buyer()
          const { id } = await order(who)
          for (const status of ['PROCESSING', 'SHIPPING']) await move(id, status)
          return who.call('order', 'PUT', `/orders/${id}/cancel`)
        },
        422: () => buyer().call('order', 'PUT', '/orders/7/cancel'),
      },
    },
    'GET /orders/statuses/list': {
      good: () => buyer().call('order', 'GET', '/orders/statuses/list', { token: undefined }),
      shape: StatusNames,
    },
    'POST /internal/orders': {
      good: async () => inside('/internal/orders', await fromCart()),
      shape: Order,
      errors: {
        409: async () =>
          inside('/internal/orders', await fromCart({ items: [await lineOf(2, 1)] })),
        422: async () => inside('/internal/orders', await fromCart({ items: [] })),
      },
      down: {
        service: 'catalog',
        async prepare() {
          const json = await fromCart()
          return () => inside('/internal/orders', json)
        },
      },
    },
    'POST /internal/orders/find': {
      async good() {
        const json = await fromCart()
        await inside('/internal/orders', json)
        return find(json)
      },
      shape: Order,
      errors: {
        404: async () => find(await fromCart()),
        async 409() {
          const json = await fromCart({ items: [await lineOf(2, 1)] })
          await inside('/internal/orders', json)
          return find(json)
        },
        422: () => inside('/internal/orders/find', { user_id: newId() }),
      },
      down: {
        service: 'catalog',
        async prepare() {
          const json = await fromCart()
          return async () => {
            await inside('/internal/orders', json)
            return find(json)
          }
        },
      },
    },
    'POST /internal/orders/list': {
      async good() {
        const who = buyer()
        await order(who)
        return forUser('/internal/orders/list', { user_id: who.id })
      },
      shape: Summaries,
      errors: {
        400: () => forUser('/internal/orders/list', { user_id: newId(), cursor: 'x' }),
        422: () => forUser('/internal/orders/list', { user_id: '7' }),
      },
    },
    'POST /internal/spending': {
      good: () => forUser('/internal/spending', { user_ids: [newId(), newId()] }),
      shape: Spending,
      errors: { 422: () => forUser('/internal/spending', {}) },
    },
  }
}
