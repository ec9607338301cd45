/**
 * A checkout's writes on the bare stores: all five of its own and the two of its outbox, without HTTP.
 * On which stores, STORE tells, as it does to the services.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  newId,
  orderIdForCheckout,
  type CartLineId,
  type CheckoutId,
  type ProductId,
  type Revision,
  type UserId,
} from '../../core/values/ids.ts'
import { millis, systemClock } from '../../core/values/time.ts'
import { demoProduct } from '../../services/catalog/demo-products.ts'
import { totalOf, type OrderLine } from '../../services/order/order.ts'
import { orderOnTheWire } from '../../services/order/schemas.ts'
import { forEach } from '../macro/shop.ts'
import { openStores } from './stores.ts'

const [count = '', together = '', products = ''] = process.argv.slice(2)
const clock = systemClock
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00'
const directory = mkdtempSync(join(tmpdir(), 'bare-store-'))
const { catalog, carts, orders, users } = await openStores(directory, clock)

const goods = Array.from({ length: Number(products) }, (_, at) => ({
  ...demoProduct(at),
  id: newId<ProductId>(),
  available: 1_000_000,
}))
await forEach(goods, (product) => catalog.create(product))

interface Buyer {
  readonly user: UserId
  readonly revision: Revision
  readonly productId: ProductId
}

const buyers: Buyer[] = Array.from({ length: Number(count) }, (_, at) => ({
  user: newId(),
  revision: newId(),
  productId: (goods[at % goods.length] as (typeof goods)[number]).id,
}))
await forEach(buyers, ({ user, revision, productId }) => {
  const at = clock.now()
  const line = { id: newId<CartLineId>(), productId, quantity: 1, addedAt: at }
  return carts.save(user, null, { revision, lines: [line], at })
})

const begun = performance.now()
await forEach(buyers, checkout, Number(together))
const seconds = (performance.now() - begun) / 1_000
await Promise.all([catalog.close(), carts.close(), orders.close(), users.close()])
rmSync(directory, { recursive: true, force: true })
process.stdout.write(JSON.stringify({ rate: buyers.length / seconds }))

async function checkout({ user }: Buyer): Promise<void> {
  const at = clock.now()
  const id = newId<CheckoutId>(at)
  const orderId = orderIdForCheckout(id)
  const { cart } = await carts.load(user)
  if (cart === null) throw new Error('A cart is missing.')
  const lines = cart.lines.map((line) => ({
    lineId: line.id,
    productId: line.productId,
    quantity: line.quantity,
  }))
  const common = { key: null, fingerprint: '', traceparent, lines, expectedTotal: null }
  const opening = await carts.openCheckout({
    ...common,
    id,
    userId: user,
    orderId,
    revision: cart.revision,
    openedAt: at,
    attempt: 1,
    attemptedAt: at,
  })
  require(opening.kind === 'opened')

  const owner = newId<string>()
  const deliveryTime = millis(60_000)
  const { inserted } = await orders.insertPending({
    ...common,
    id: orderId,
    reservation: orderId,
    sequence: 0,
    userId: user,
    origin: { kind: 'cart', checkoutId: id },
    createdAt: at,
    deliveryTime,
    instance: '/cart/checkout',
    lease: { owner, until: millis(at + 2_000) },
  })
  require(inserted)
  const reserved = await catalog.reserve(orderId, lines)
  if (reserved.kind !== 'reserved') throw new Error(`The stock answered ${reserved.kind}.`)
  const bought: readonly OrderLine[] = reserved.lines
  const order = {
    id: orderId,
    reservation: orderId,
    userId: user,
    status: 'CREATED' as const,
    sequence: 1,
    lines: bought,
    total: totalOf(bought),
    createdAt: at,
    updatedAt: at,
    nextAt: millis(at + 5_000),
    deliveryTime,
    traceparent,
  }
  const answer = { status: 200, body: JSON.stringify(orderOnTheWire(order)) }
  const answerUntil = millis(at + 86_400_000)
  const accepted = await orders.accept(orderId, owner, {
    sequence: order.sequence,
    lines: bought,
    total: order.total,
    at,
    nextAt: order.nextAt,
    answer,
    answerUntil,
    effects: [{ kind: 'notify', userId: user, status: 'CREATED', updatedAt: at }],
  })
  require(accepted)
  const closed = await carts.closeCheckout(
    user,
    id,
    { kind: 'made', answer, answerUntil },
    { revision: newId<Revision>(at), at },
  )
  require(closed)
  await users.recordOrderStatus(
    { order: orderId, user, status: 'CREATED', updatedAt: at, sequence: 1 },
    at,
  )
  await orders.delivered(await orders.undelivered(orderId))
}

function require(held: boolean): void {
  if (!held) throw new Error('A conditional write did not hold.')
}
