/** The route table of the order service. */
import { checkoutBudget } from '../../core/http/admission.ts'
import { fingerprint, idempotencyKey, replay } from '../../core/http/idempotency.ts'
import type { UserCaller } from '../../core/http/caller.ts'
import { expectedTotalOf } from '../../core/http/expected-total.ts'
import { problem } from '../../core/http/problem.ts'
import { jsonType, problemType, Reply } from '../../core/http/reply.ts'
import { route, tagged, type Call, type Route } from '../../core/http/route.ts'
import { wantedBy } from '../../core/http/wanted.ts'
import {
  newId,
  orderIdFor,
  orderIdForCheckout,
  type CheckoutId,
  type OrderId,
  type ProductId,
  type UserId,
} from '../../core/values/ids.ts'
import { fromMinor, toMinor } from '../../core/values/money.ts'
import { isVisibleStatus, statusNames, type WantedLine } from './order.ts'
import type { Listing } from './listing.ts'
import type { Moves } from './moves.ts'
import type { Placed, Placing } from './placing.ts'
import * as schemas from './schemas.ts'
import type { OrderStore } from './store.ts'

export interface OrderRoutesOptions {
  readonly placing: Placing
  readonly moves: Moves
  readonly listing: Listing
  readonly store: OrderStore
}

const ordersTag = {
  name: 'Orders',
  description: 'Ordering without a cart, following an order, and moving it along',
}

/** Says whose checkout an answer belongs to: a key may be older than the cart's stored answer. */
export const checkoutHeader = 'order-checkout'

export function orderRoutes({
  placing,
  moves,
  listing,
  store,
}: OrderRoutesOptions): readonly Route[] {
  return tagged(ordersTag, [
    route({
      method: 'GET',
      path: '/orders/',
      operation: 'list_orders',
      access: 'user',
      summary: 'Orders of the caller, newest first; of everybody for an admin with all=true',
      description:
        'Orders that were delivered or cancelled leave the lists after a while; `GET /orders/{id}` still answers.',
      query: schemas.ListOrders,
      success: { status: 200, schema: schemas.Orders, headers: ['link'] },
      errors: ['forbidden', 'bad_request'],
      handler: async function list_orders(call) {
        const { all = false, limit = 100, cursor = null } = call.query
        if (all && call.caller.role !== 'admin') throw problem('forbidden')
        const user = all ? null : call.caller.id
        const page = await listing.page({ user, limit, cursor, wanted: wantedBy(call) })
        const orders = page.orders.map(schemas.orderOnTheWire)
        if (page.nextCursor === null) return orders
        const query = `limit=${limit}&cursor=${page.nextCursor}${all ? '&all=true' : ''}`
        return call.reply(orders, { link: `<?${query}>; rel="next"` })
      },
    }),
    route({
      method: 'POST',
      path: '/orders/',
      operation: 'create_order',
      checkout: true,
      access: 'user',
      summary: 'Orders products directly; names and prices are the catalog’s',
      description:
        'All lines or none: when one is short, nothing is reserved and the answer names what is short. `name` and `total` of older clients are accepted and ignored. With `expected_total` the order is placed at that total or not at all.',
      body: schemas.NewOrder,
      headers: ['idempotency-key'],
      budget: checkoutBudget,
      success: { status: 200, schema: schemas.Order },
      errors: [
        'out_of_stock',
        'price_changed',
        'order_too_large',
        'idempotency_key_reused',
        'request_in_progress',
        'outcome_unknown',
      ],
      handler: async function create_order(call) {
        const key = idempotencyKey(call)
        const userId = call.caller.id
        const { items } = call.body
        const lines = items.map(toWantedLine)
        const expectedTotal = expectedTotalOf(call.body)
        const placed = await placing.place(
          {
            orderId: key === null ? newId<OrderId>() : orderIdFor(userId, 'create_order', key),
            userId,
            origin: { kind: 'direct' },
            key,
            // Of the lines as sent, not merged: the client's own body is what a retry repeats.
            fingerprint: fingerprint(
              expectedTotal === null ? lines : { lines, expected_total: expectedTotal },
            ),
            lines: items.map(toSeenLine),
            expectedTotal,
            instance: call.inbound.path,
          },
          call.deadline,
          call.trace,
        )
        return answerOf(placed, call)
      },
    }),
    route({
      method: 'GET',
      path: '/orders/statuses/list',
      operation: 'list_statuses',
      access: 'public',
      summary: 'The statuses of an order and their names',
      success: { status: 200, schema: schemas.StatusNames },
      errors: [],
      handler: function list_statuses() {
        return statusNames
      },
    }),
    route({
      method: 'GET',
      path: '/orders/:id',
      operation: 'get_order',
      access: 'user',
      summary: 'One order, also after it has left the lists',
      params: schemas.OrderParams,
      success: { status: 200, schema: schemas.Order },
      errors: ['order_not_found'],
      handler: async function get_order(call) {
        return schemas.orderOnTheWire(await moves.visible(orderId(call.params.id), call.caller))
      },
    }),
    route({
      method: 'PUT',
      path: '/orders/:id/status',
      operation: 'set_order_status',
      access: 'admin',
      summary: 'Moves an order along its state machine',
      description:
        'An order goes CREATED, PROCESSING, SHIPPING, DELIVERED, by itself or by this; any other move is 409.',
      params: schemas.OrderParams,
      query: schemas.StatusQuery,
      success: { status: 200, schema: schemas.Message },
      errors: ['order_status_unknown', 'order_not_found', 'order_move_refused'],
      handler: async function set_order_status(call) {
        const { status } = call.query
        if (!isVisibleStatus(status)) throw problem('order_status_unknown')
        await moves.move(orderId(call.params.id), status, call.caller)
        return { message: `Order status updated to ${status}` }
      },
    }),
    route({
      method: 'PUT',
      path: '/orders/:id/cancel',
      operation: 'cancel_order',
      access: 'user',
      summary: 'Cancels an order; its stock comes back',
      description: 'Its owner may until it is SHIPPING, an admin until it is DELIVERED.',
      params: schemas.OrderParams,
      success: { status: 200, schema: schemas.Cancelled },
      errors: ['order_not_found', 'order_move_refused'],
      handler: async function cancel_order(call) {
        const order = await moves.move(orderId(call.params.id), 'CANCELLED', call.caller)
        return { message: 'Order cancelled', order: schemas.orderOnTheWire(order) }
      },
    }),
    ...internalRoutes({ placing, listing, store }),
  ])
}

function internalRoutes({
  placing,
  listing,
  store,
}: Pick<OrderRoutesOptions, 'placing' | 'listing' | 'store'>): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/internal/orders',
      operation: 'create_order_of_cart',
      access: 'service:cart',
      summary: 'Orders what a cart’s open checkout holds',
      body: schemas.InternalOrder,
      budget: checkoutBudget,
      success: { status: 200, schema: schemas.Order },
      errors: [
        'out_of_stock',
        'price_changed',
        'order_too_large',
        'request_in_progress',
        'outcome_unknown',
      ],
      handler: async function create_order_of_cart(call) {
        const { body } = call
        const userId = folded<UserId>(body.user_id)
        const checkoutId = folded<CheckoutId>(body.checkout_id)
        const key = body.idempotency_key
        const placed = await placing.place(
          {
            orderId:
              key === null ? orderIdForCheckout(checkoutId) : orderIdFor(userId, 'checkout', key),
            userId,
            origin: { kind: 'cart', checkoutId },
            key,
            // The cart compares what its clients sent; here the checkout's own lines always count.
            fingerprint: 'cart',
            lines: body.items.map(toSeenLine),
            expectedTotal: expectedTotalOf(body),
            instance: '/cart/checkout',
          },
          call.deadline,
          call.trace,
        )
        return answerOf(placed, call)
      },
    }),
    route({
      method: 'POST',
      path: '/internal/orders/find',
      operation: 'find_order_of_cart',
      access: 'service:cart',
      summary: 'The order that a checkout’s key stands for; never makes one',
      body: schemas.InternalFind,
      budget: checkoutBudget,
      success: { status: 200, schema: schemas.Order },
      errors: ['order_not_found', 'out_of_stock', 'request_in_progress', 'outcome_unknown'],
      handler: async function find_order_of_cart(call) {
        const { user_id, idempotency_key } = call.body
        const id = orderIdFor(folded<UserId>(user_id), 'checkout', idempotency_key)
        const placed = await placing.find(id, call.deadline, call.trace)
        if (placed === null) throw problem('order_not_found')
        return answerOf(placed, call)
      },
    }),
    route({
      method: 'POST',
      path: '/internal/orders/list',
      operation: 'list_orders_of_user',
      access: 'service:user',
      summary: 'Summaries of a user’s orders, newest first',
      body: schemas.InternalList,
      success: { status: 200, schema: schemas.SummaryPage },
      errors: ['bad_request'],
      handler: async function list_orders_of_user(call) {
        const { user_id, limit = 100, cursor = null } = call.body
        const user = folded<UserId>(user_id)
        const page = await listing.page({ user, limit, cursor, wanted: wantedBy(call) })
        return { orders: page.orders.map(schemas.summaryOnTheWire), next_cursor: page.nextCursor }
      },
    }),
    route({
      method: 'POST',
      path: '/internal/spending',
      operation: 'get_spending',
      access: 'service:user',
      summary: 'All that users ordered and did not cancel',
      body: schemas.SpendingQuery,
      success: { status: 200, schema: schemas.Spending },
      errors: [],
      handler: async function get_spending(call) {
        const found = await Promise.allSettled(
          call.body.user_ids.map(async (id) => {
            const userId = folded<UserId>(id)
            return { user_id: userId, total_spent: fromMinor(await store.spending(userId)) }
          }),
        )
        // Who cannot be told is left out: the question is put together from several requests.
        const spending = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
        const failed = found.find((each) => each.status === 'rejected')
        if (spending.length === 0 && failed !== undefined) throw failed.reason
        return { spending }
      },
    }),
  ]
}

/** Ids compare as text, so they are folded to lower case where they come in. */
const folded = <Id extends string>(text: string): Id => text.toLowerCase() as Id

const orderId = (text: string): OrderId => folded<OrderId>(text)

const toWantedLine = (line: { product_id: string; quantity: number }): WantedLine => ({
  productId: folded<ProductId>(line.product_id),
  quantity: line.quantity,
})

/** What an older client sends as a price may be anything; only an amount of money can be told back. */
function seenPriceOf(price: unknown): Pick<WantedLine, 'seenPrice'> {
  const seenPrice = typeof price === 'number' ? toMinor(price) : null
  return seenPrice === null ? {} : { seenPrice }
}

const toSeenLine = (line: {
  product_id: string
  quantity: number
  price?: unknown
}): WantedLine => ({ ...toWantedLine(line), ...seenPriceOf(line.price) })

function answerOf(
  placed: Placed,
  call: Pick<Call<unknown, unknown, unknown, UserCaller>, 'reply'>,
): Reply {
  const { origin } = placed
  const checkout = origin.kind === 'cart' ? { [checkoutHeader]: origin.checkoutId } : {}
  if (placed.kind === 'current') {
    // No longer the first answer, but just as little a new order.
    const headers = { ...checkout, 'idempotency-replayed': 'true' }
    return call.reply(schemas.orderOnTheWire(placed.order), headers)
  }
  const type = placed.answer.status === 200 ? jsonType : problemType
  const reply = placed.replayed
    ? replay(placed.answer, type)
    : new Reply(placed.answer.status, { 'content-type': type }, placed.answer.body)
  return new Reply(reply.status, { ...reply.headers, ...checkout }, reply.body)
}
