/** What customers do in a shop, a few of them at a time: load under which every metric moves. */
import { newId } from '../../core/values/ids.ts'
import { apiAt, good, signIn } from './api.ts'

const password = 'correct horse'

/** One customer from registration to order, at a gateway's address. */
async function customer(gateway: string): Promise<void> {
  const username = `buyer-${newId()}`
  const visitor = apiAt(gateway)
  await good(
    visitor.user.POST('/users/register', { body: { username, password, full_name: 'Анна' } }),
  )
  const api = await signIn(gateway, username, password)
  const { items } = await good(
    visitor.catalog.GET('/products/', { params: { query: { category: 'Фрукты', limit: 3 } } }),
  )
  for (const { product_id } of items) {
    await good(api.catalog.GET('/products/{id}', { params: { path: { id: product_id } } }))
    await good(api.cart.POST('/cart/items', { body: { product_id, quantity: 1 } }))
  }
  await good(
    api.cart.POST('/cart/checkout', { params: { header: { 'Idempotency-Key': newId() } } }),
  )
  await good(api.order.GET('/orders/'))
  await good(api.user.GET('/users/me/profile'))
}

export async function tellStory(gateway: string, customers: number): Promise<void> {
  await Promise.all(Array.from({ length: customers }, () => customer(gateway)))
}
