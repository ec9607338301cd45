/** What the other services ask of the catalog; the gateway routes none of it. */
import { problem } from '../../core/http/problem.ts'
import { route, type Route } from '../../core/http/route.ts'
import { askedAt, askedAtHeader } from '../../core/resilience/asked-at.ts'
import type { OrderId, ProductId } from '../../core/values/ids.ts'
import { fromMinor } from '../../core/values/money.ts'
import type { Millis } from '../../core/values/time.ts'
import type { CatalogMetrics } from './metrics.ts'
import { productIdOf } from './products.ts'
import {
  ForgetBody,
  LookupAnswer,
  LookupBody,
  OrderParams,
  ReservationAnswer,
  ReservationBody,
  SettlementAnswer,
  SettlementBody,
  type WireLine,
} from './schemas.ts'
import { asAsked, mergeLines } from './stock.ts'
import type { CatalogStore, OrderLine, ReserveResult, StockedProduct } from './store.ts'

export function internalRoutes(store: CatalogStore, metrics: CatalogMetrics): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/internal/reservations',
      operation: 'reserve_stock',
      access: 'service:order',
      summary: 'Reserves all lines of an order or none; repeating it answers the same',
      body: ReservationBody,
      success: { status: 200, schema: ReservationAnswer },
      errors: ['out_of_stock', 'reservation_released', 'reservation_differs'],
      handler: async function reserve_stock(call) {
        const order = orderIdOf(call.body.order_id)
        const lines = linesOf(call.body.lines)
        const result = await store.reserve(order, mergeLines(lines), askedIn(call))
        return reservationAnswer(order, lines, result, metrics)
      },
    }),
    route({
      method: 'POST',
      path: '/internal/reservations/:order_id/commit',
      operation: 'commit_stock',
      access: 'service:order',
      summary: 'Sells what was reserved; final',
      params: OrderParams,
      body: SettlementBody,
      success: { status: 200, schema: SettlementAnswer },
      errors: ['reservation_released', 'reservation_missing'],
      handler: async function commit_stock(call) {
        const order = orderIdOf(call.params.order_id)
        const lines = mergeLines(linesOf(call.body.lines))
        const { kind } = await store.commit(order, lines, askedIn(call))
        metrics.stock(kind === 'committed' ? 'committed' : 'refused')
        if (kind === 'released') throw problem('reservation_released')
        if (kind === 'missing') throw problem('reservation_missing')
        return { order_id: order, state: kind }
      },
    }),
    route({
      method: 'POST',
      path: '/internal/reservations/:order_id/release',
      operation: 'release_stock',
      access: 'service:order',
      summary: 'Gives back what was reserved, and fences the order; final',
      params: OrderParams,
      body: SettlementBody,
      success: { status: 200, schema: SettlementAnswer },
      errors: ['reservation_committed'],
      handler: async function release_stock(call) {
        const order = orderIdOf(call.params.order_id)
        const lines = mergeLines(linesOf(call.body.lines))
        const { kind } = await store.release(order, lines, askedIn(call))
        metrics.stock(kind === 'released' ? 'released' : 'refused')
        if (kind === 'committed') throw problem('reservation_committed')
        return { order_id: order, state: kind }
      },
    }),
    route({
      method: 'POST',
      path: '/internal/reservations/forget',
      operation: 'forget_reservations',
      access: 'service:order',
      summary: 'Drops what is kept of orders that were committed or released long ago',
      body: ForgetBody,
      success: { status: 204, schema: null },
      errors: [],
      handler: async function forget_reservations(call) {
        await store.forget(call.body.order_ids.map(orderIdOf), askedIn(call))
        return null
      },
    }),
    route({
      method: 'POST',
      path: '/internal/products/lookup',
      operation: 'lookup_products',
      access: 'service:cart',
      summary: 'Names, prices and stock of some products; unknown ones are left out',
      body: LookupBody,
      success: { status: 200, schema: LookupAnswer },
      errors: [],
      handler: async function lookup_products(call) {
        const ids = new Set<ProductId>(call.body.product_ids.map(productIdOf))
        // Unawaited first, so that a store across the network is asked for all of them at once.
        const found = await Promise.all([...ids].map((id) => store.find(id)))
        return { products: found.flatMap((product) => (product === null ? [] : [seen(product)])) }
      },
    }),
  ]
}

const askedIn = (call: { header(name: string): string | null }): Millis | undefined =>
  askedAt(call.header(askedAtHeader))

const orderIdOf = (text: string): OrderId => text.toLowerCase() as OrderId

const linesOf = (lines: readonly WireLine[]): readonly OrderLine[] =>
  lines.map(({ product_id, quantity }) => ({ productId: productIdOf(product_id), quantity }))

/** Throws the problem that a refused reservation is. */
function reservationAnswer(
  order: OrderId,
  asked: readonly OrderLine[],
  result: ReserveResult,
  metrics: CatalogMetrics,
): ReservationAnswer {
  switch (result.kind) {
    case 'reserved':
      metrics.stock(result.fresh ? 'reserved' : 'repeated')
      return {
        order_id: order,
        state: result.state,
        lines: asAsked(asked, result.lines).map(({ productId, name, price, quantity }) => {
          return { product_id: productId, name, price: fromMinor(price), quantity }
        }),
      }
    case 'out_of_stock': {
      metrics.stock('out_of_stock')
      const lines = asAsked(asked, result.lines).map(({ productId, requested, available }) => {
        return { product_id: productId, requested, available }
      })
      throw problem('out_of_stock', { extra: { lines } })
    }
    case 'released':
      metrics.stock('refused')
      throw problem('reservation_released')
    case 'differs':
      metrics.stock('refused')
      throw problem('reservation_differs')
    default:
      return result satisfies never
  }
}

const seen = (product: StockedProduct): LookupAnswer['products'][number] => ({
  product_id: product.id,
  name: product.name,
  price: fromMinor(product.price),
  stock_count: product.deleted ? 0 : product.available,
  available: !product.deleted,
})
