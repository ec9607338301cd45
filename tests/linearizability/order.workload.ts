/** One order under one key: placed, read, cancelled and moved by its owner and an admin at once. */
import { newId } from '../../core/values/ids.ts'
import { bought, createBuyer, order, type Answer } from '../support/buyers.ts'
import type { Shop } from '../support/shop.ts'
import type { OrderInput, OrderOutput, Status } from './order.model.ts'
import { ask, codeOf, insist, strange, type Recorder } from './recorder.ts'
import { chance, oneOf, upTo, type Subject } from './workload.ts'

export function orderSubjects(
  shop: Shop,
  recorder: Recorder<OrderInput, OrderOutput>,
  /** Of which there is plenty. */
  products: readonly string[],
) {
  const admin = createBuyer(shop, 'admin')

  return async (): Promise<Subject> => {
    const owner = createBuyer(shop)
    const key = newId<string>()
    const object = `${owner.id} ${key}`
    const items = [{ product_id: oneOf(products), quantity: upTo(2) }]
    /** Null until somebody has heard it. */
    let id: string | null = null

    function choose(): OrderInput {
      if (id === null || chance(0.15)) return { kind: 'create' }
      if (chance(0.6)) return { kind: 'read' }
      if (chance(0.6)) return { kind: 'move', to: oneOf(['PROCESSING', 'SHIPPING', 'DELIVERED']) }
      return { kind: 'cancel', by: oneOf(['owner', 'admin']) }
    }

    function call(input: OrderInput): Promise<Answer> {
      const base = shop.urls.order
      switch (input.kind) {
        case 'create':
          return order(shop, owner, items, key)
        case 'read':
          return owner.call(base, 'GET', `/orders/${id}`)
        case 'cancel':
          return (input.by === 'owner' ? owner : admin).call(base, 'PUT', `/orders/${id}/cancel`)
        case 'move':
          return admin.call(base, 'PUT', `/orders/${id}/status?status=${input.to}`)
        default:
          return input satisfies never
      }
    }

    return {
      object,
      async act() {
        const input = choose()
        await insist(chance(0.6) ? 10 : 1, async () => {
          const asked = await ask(() => call(input))
          if (asked === null) return false
          const output = asked.answer && read(input, asked.answer)
          if (output?.kind === 'created') id = output.id
          recorder.note(object, asked, input, output)
          return output !== null || recorder.isMurky(object)
        })
      },
    }
  }
}

function read(input: OrderInput, answer: Answer): OrderOutput {
  const code = codeOf(answer)
  if (code === 'order_move_refused') return { kind: 'refused' }
  if (code === 'order_not_found') return { kind: 'missing' }
  if (answer.status !== 200) throw strange(JSON.stringify(input), answer)
  if (input.kind === 'create') return { kind: 'created', id: bought(answer).id }
  if (input.kind !== 'read') return { kind: 'moved' }
  return { kind: 'read', status: bought(answer).status as Status }
}
