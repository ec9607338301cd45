/** Reserving, selling and giving back one product through the catalog's internal routes. */
import { newId } from '../../core/values/ids.ts'
import { createProduct, stubbornly, type Answer } from '../support/buyers.ts'
import { send } from '../support/send.ts'
import type { Shop } from '../support/shop.ts'
import { tokensOf } from '../support/tokens.ts'
import { ask, codeOf, insist, strange, type Recorder } from './recorder.ts'
import type { StockInput, StockOutput } from './stock.model.ts'
import { chance, oneOf, upTo, type Subject } from './workload.ts'

/** Few enough that orders fall short. */
export const stocked = 12

export function stockSubjects(shop: Shop, recorder: Recorder<StockInput, StockOutput>) {
  const tokens = tokensOf(shop.keysDir)
  const post = (from: 'cart' | 'order', path: string, json: unknown): Promise<Answer> =>
    send('POST', `${shop.urls.catalog}${path}`, { json, token: tokens.service(from, 'catalog') })

  return async (): Promise<Subject> => {
    const product = await productOf(shop)
    /** The orders that clients know of, the older ones forgotten. */
    const orders: { readonly id: string; readonly quantity: number }[] = []

    function choose(): StockInput {
      if (chance(0.3)) return { kind: 'read' }
      if (orders.length === 0 || chance(0.35)) {
        const order = { id: newId<string>(), quantity: upTo(4) }
        orders.push(order)
        return { kind: 'reserve', order: order.id, quantity: order.quantity }
      }
      const { id: order, quantity } = oneOf(orders.slice(-6))
      // On Cassandra an order that comes with two sets of lines at once may be refused for both. The
      // order service never sends it so: the lines of an order are fixed before its first call.
      const other = shop.store === 'sqlite' && chance(0.1)
      if (chance(0.3)) return { kind: 'reserve', order, quantity: quantity + (other ? 1 : 0) }
      return { kind: chance(0.3) ? 'commit' : 'release', order }
    }

    function call(input: StockInput): Promise<Answer> {
      if (input.kind === 'read') {
        return post('cart', '/internal/products/lookup', { product_ids: [product] })
      }
      const { order } = input
      if (input.kind === 'reserve') {
        const lines = [{ product_id: product, quantity: input.quantity }]
        return post('order', '/internal/reservations', { order_id: order, lines })
      }
      const quantity = orders.find(({ id }) => id === order)?.quantity ?? 1
      const lines = [{ product_id: product, quantity }]
      return post('order', `/internal/reservations/${order}/${input.kind}`, { lines })
    }

    return {
      object: product,
      async act() {
        const input = choose()
        await insist(chance(0.5) ? 10 : 1, async () => {
          const asked = await ask(() => call(input))
          if (asked === null) return false
          recorder.note(product, asked, input, asked.answer && read(input, asked.answer))
          return asked.answer !== null || recorder.isMurky(product)
        })
      },
    }
  }
}

async function productOf(shop: Shop): Promise<string> {
  let product = ''
  await stubbornly(async () => {
    product = await createProduct(shop, stocked)
    return { status: 200, text: '', headers: new Headers() }
  })
  return product
}

function read(input: StockInput, answer: Answer): StockOutput {
  const code = codeOf(answer)
  const body = JSON.parse(answer.text) as {
    readonly state: 'reserved' | 'committed'
    readonly products: readonly { readonly stock_count: number }[]
    readonly lines: readonly { readonly available: number }[]
  }
  if (code === 'out_of_stock')
    return { kind: 'out_of_stock', available: body.lines[0]?.available ?? -1 }
  if (code === 'reservation_differs') return { kind: 'differs' }
  if (code === 'reservation_released') return { kind: 'released' }
  if (code === 'reservation_committed') return { kind: 'committed' }
  if (code === 'reservation_missing') return { kind: 'missing' }
  if (answer.status !== 200) throw strange(JSON.stringify(input), answer)
  switch (input.kind) {
    case 'read':
      return { kind: 'read', available: body.products[0]?.stock_count ?? -1 }
    case 'reserve':
      return { kind: 'reserved', state: body.state }
    case 'commit':
      return { kind: 'committed' }
    case 'release':
      return { kind: 'released' }
    default:
      return input satisfies never
  }
}
