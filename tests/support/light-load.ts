/** A few customers who browse, fill carts, order and look at themselves, whatever the shop answers. */
import { newId } from '../../core/values/ids.ts'
import { apiAt, good, signIn, type Api } from './api.ts'

export interface LightLoad {
  /** Requests that were answered well so far. */
  served(): number
  stop(): Promise<void>
}

/** Milliseconds between an answer and the next request of the same kind. */
const pause = 200

/** Four kinds of requests, one for each service, one after another; `admin` makes what is sold. */
export async function lightLoad(gateway: string, admin: string): Promise<LightLoad> {
  const body = { username: `load-${newId()}`, password: 'correct horse', full_name: 'Load' }
  await good(apiAt(gateway).user.POST('/users/register', { body }))
  const api = await signIn(gateway, body.username, body.password)
  const product = await good(
    apiAt(gateway, admin).catalog.POST('/products/', {
      body: { name: 'Нагрузка', category: 'Проба', price: 10, stock_count: 100_000 },
    }),
  )
  let over = false
  let served = 0
  const loops = requests(api, product.product_id).map(async (request) => {
    while (!over) {
      // A fault fails some of them, which is what the alerts are to see.
      const answer = await request().catch(() => null)
      if (answer?.response.ok === true) served += 1
      await Bun.sleep(pause)
    }
  })
  return {
    served: () => served,
    async stop() {
      over = true
      await Promise.all(loops)
    },
  }
}

type Request = () => Promise<{ readonly response: Response }>

function requests({ catalog, cart, order, user }: Api, product_id: string): readonly Request[] {
  const item = { product_id, quantity: 1 }
  return [
    () => catalog.GET('/products/{id}', { params: { path: { id: product_id } } }),
    () => cart.POST('/cart/items', { body: item }),
    () => order.POST('/orders/', { body: { items: [item] } }),
    () => user.GET('/users/me'),
  ]
}
