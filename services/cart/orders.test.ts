/** What the cart makes of each thing that the order service can say, or fail to say. */
import { expect, test } from 'bun:test'
import {
  UpstreamFailure,
  type Answer,
  type ServiceRequest,
} from '../../core/clients/service-client.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { newTrace } from '../../core/resilience/trace-context.ts'
import {
  newId,
  type CartLineId,
  type CheckoutId,
  type OrderId,
  type ProductId,
  type Revision,
  type UserId,
} from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { millis } from '../../core/values/time.ts'
import { createOrders } from './orders.ts'
import type { OpenCheckout } from './store.ts'

const within = { deadline: deadlineIn(1_000), trace: newTrace() }

const checkout: OpenCheckout = {
  id: newId<CheckoutId>(),
  userId: newId<UserId>(),
  orderId: newId<OrderId>(),
  key: 'k',
  fingerprint: 'f',
  lines: [{ lineId: newId<CartLineId>(), productId: newId<ProductId>(), quantity: 2 }],
  expectedTotal: null,
  revision: newId<Revision>(),
  traceparent: '',
  openedAt: millis(0),
  attempt: 1,
  attemptedAt: millis(0),
}

/** The order service as far as its answer goes, and what it was asked. */
function world(answer: () => Answer) {
  const requests: ServiceRequest[] = []
  const orders = createOrders({
    async call(request) {
      requests.push(request)
      return answer()
    },
  })
  return { orders, requests }
}

async function placed(answer: () => Answer) {
  const { orders, requests } = world(answer)
  return { result: await orders.place(checkout, within), request: requests[0] }
}

async function found(answer: () => Answer) {
  const { orders, requests } = world(answer)
  return { result: await orders.find(checkout.userId, 'k', within), request: requests[0] }
}

const says =
  (status: number, text: string, headers: Record<string, string> = {}) =>
  (): Answer => ({
    status,
    text,
    json: () => JSON.parse(text) as unknown,
    header: (name) => headers[name] ?? null,
  })

const fails = (error: Error) => (): Answer => {
  throw error
}

test('an order that stands is made, and its text is not touched', async () => {
  const text = '{ "total": 19.90, "id":"x" }'
  const headers = { 'order-checkout': checkout.id, 'idempotency-replayed': 'true' }
  const { result, request } = await placed(says(200, text, headers))
  expect(result).toEqual({
    kind: 'made',
    total: minor(1990),
    answer: { status: 200, body: text },
    replayed: true,
    checkoutId: checkout.id,
  })
  expect(request).toMatchObject({
    path: '/internal/orders',
    idempotent: true,
    body: {
      user_id: checkout.userId,
      checkout_id: checkout.id,
      idempotency_key: 'k',
      items: [{ product_id: checkout.lines[0]?.productId, quantity: 2 }],
    },
  })
})

const problemText = (code: string) => JSON.stringify({ code })

test.each([
  ['too little stock', says(409, problemText('out_of_stock')), 'rejected'],
  ['a duplicate that runs', says(409, problemText('request_in_progress')), 'running'],
  ['a refusal of the body', says(422, problemText('validation_failed')), 'impossible'],
  ['a refusal of the token', says(401, problemText('not_authenticated')), 'refused'],
  ['a route that is not there', says(404, problemText('not_found')), 'refused'],
  ['a call that was not sent', fails(new UpstreamFailure('order', 'no', null)), 'refused'],
  ['a call without an answer', fails(new UpstreamFailure('order', 'unknown', null)), 'unknown'],
  ['a defect on this side', fails(new TypeError('x')), 'unknown'],
  ['an order that cannot be read', says(200, '<html>'), 'unknown'],
  ['an order without a total', says(200, '{}'), 'unknown'],
  ['a refusal that cannot be read', says(409, 'no'), 'unknown'],
] as const)('%s', async (_, answer, kind) => {
  expect((await placed(answer)).result.kind).toBe(kind)
})

test('an order of long ago is found by its key, and its text is not touched', async () => {
  const text = '{ "total": 19.90, "id":"x" }'
  const { result, request } = await found(says(200, text, { 'idempotency-replayed': 'true' }))
  expect(result).toMatchObject({ kind: 'made', answer: { status: 200, body: text } })
  expect(request).toMatchObject({
    path: '/internal/orders/find',
    idempotent: true,
    body: { user_id: checkout.userId, idempotency_key: 'k' },
  })
})

test.each([
  ['no such order', says(404, problemText('order_not_found')), 'none'],
  ['a refusal for stock', says(409, problemText('out_of_stock')), 'rejected'],
  ['an order that is being placed', says(409, problemText('request_in_progress')), 'running'],
  ['a route that is not there', says(404, problemText('not_found')), 'unknown'],
  ['a refusal of the token', says(401, problemText('not_authenticated')), 'unknown'],
  ['a refusal of the body', says(422, problemText('validation_failed')), 'unknown'],
  ['a 404 that cannot be read', says(404, 'no'), 'unknown'],
  ['an order that cannot be read', says(200, '<html>'), 'unknown'],
  ['a call that was not sent', fails(new UpstreamFailure('order', 'no', null)), 'unknown'],
] as const)('looked for: %s', async (_, answer, kind) => {
  expect((await found(answer)).result.kind).toBe(kind)
})
