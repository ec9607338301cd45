/** One user's cart in several browsers at once, ordered from all of them. */
import { newId } from '../../core/values/ids.ts'
import {
  addToCart,
  bought,
  checkout,
  createBuyer,
  type Answer,
  type Item,
} from '../support/buyers.ts'
import type { Shop } from '../support/shop.ts'
import type { CartInput, CartOutput, Lines } from './cart.model.ts'
import { ask, codeOf, insist, strange, type Recorder } from './recorder.ts'
import { chance, oneOf, upTo, type Subject } from './workload.ts'

/**
 * Another service was out of reach before anything was written, or too many others came first. That
 * these had no effect is checked by leaving them out of the history.
 */
const harmless = ['service_unavailable', 'cart_changed']

export function cartSubjects(
  shop: Shop,
  recorder: Recorder<CartInput, CartOutput>,
  /** Of which there is plenty. */
  products: readonly string[],
) {
  return async (): Promise<Subject> => {
    const buyer = createBuyer(shop)
    const { cart } = shop.urls

    function choose(): CartInput {
      const product = oneOf(products)
      if (chance(0.35)) return { kind: 'read' }
      if (chance(0.5)) return { kind: 'add', product, quantity: upTo(3) }
      if (chance(0.5)) return { kind: 'put', product, quantity: upTo(9) }
      return chance(0.7) ? { kind: 'remove', product } : { kind: 'clear' }
    }

    function call(input: CartInput): Promise<Answer> {
      switch (input.kind) {
        case 'read':
          return buyer.call(cart, 'GET', '/cart/')
        case 'clear':
          return buyer.call(cart, 'DELETE', '/cart/')
        case 'remove':
          return buyer.call(cart, 'DELETE', `/cart/items/${input.product}`)
        case 'put':
          return buyer.call(cart, 'PUT', `/cart/items/${input.product}`, {
            quantity: input.quantity,
          })
        case 'add':
          return addToCart(shop, buyer, { product_id: input.product, quantity: input.quantity })
        case 'open':
        case 'close':
          throw new Error('A checkout is asked for as a whole.')
        default:
          return input satisfies never
      }
    }

    /** The two moments of a checkout; only the opening knows that the cart was empty. */
    async function order(key: string): Promise<boolean> {
      const asked = await ask(() => checkout(shop, buyer, key), harmless)
      if (asked === null) return false
      const { answer } = asked
      const open = { kind: 'open', checkout: key } as const
      if (answer !== null && codeOf(answer) === 'cart_empty') {
        recorder.note(buyer.id, asked, open, { kind: 'empty' })
        return true
      }
      const lines = answer && linesOf(bought(answer).items)
      recorder.note(buyer.id, asked, open, lines && { kind: 'opened', lines })
      const close = { kind: 'close', checkout: key } as const
      recorder.note(buyer.id, asked, close, lines && { kind: 'done' })
      return lines !== null || recorder.isMurky(buyer.id)
    }

    return {
      object: buyer.id,
      async act() {
        if (chance(0.12)) {
          const key = newId<string>()
          return insist(chance(0.6) ? 10 : 1, () => order(key))
        }
        const input = choose()
        // Asking twice may add twice, so nobody insists.
        const asked = await ask(() => call(input), harmless)
        if (asked === null) return
        const { answer } = asked
        recorder.note(buyer.id, asked, input, answer && read(input, answer))
      },
    }
  }
}

const linesOf = (items: readonly Item[]): Lines =>
  Object.fromEntries(items.map(({ product_id, quantity }) => [product_id, quantity]))

function read(input: CartInput, answer: Answer): CartOutput {
  if (codeOf(answer) === 'cart_item_not_found') return { kind: 'no_line' }
  if (answer.status !== 200) throw strange(JSON.stringify(input), answer)
  const body = JSON.parse(answer.text) as {
    readonly quantity: number
    readonly items: readonly Item[]
  }
  if (input.kind === 'read') return { kind: 'read', lines: linesOf(body.items) }
  return input.kind === 'add' || input.kind === 'put'
    ? { kind: 'line', quantity: body.quantity }
    : { kind: 'done' }
}
