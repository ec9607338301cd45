/** SIGTERM to each process under load through the gateway: no accepted request is cut. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createBuyer, createProduct, type Buyer } from '../support/buyers.ts'
import { startShop, type ProcessName, type Shop } from '../support/shop.ts'
import { serviceNames } from '../../core/values/service-name.ts'

let shop: Shop
beforeAll(async () => {
  // Longer than the gateway's health interval, as in deployment.
  shop = await startShop({ gateway: true, env: { DRAIN_DELAY_MS: '600' } })
}, 60_000)
afterAll(() => shop.stop())

interface Tally {
  answered: number
  /** Refused before anything was done, with a time to come back. */
  refused: number
  /** Anything else: cut connections, 500, 502, 504. */
  readonly cut: string[]
}

/** Calls of every kind, one after the other, until told to stop. */
async function shopper(
  buyer: Buyer,
  product: string,
  tally: Tally,
  on: () => boolean,
): Promise<void> {
  const gateway = shop.urls.gateway
  const item = { product_id: product, quantity: 1 }
  const calls: readonly (readonly [string, string, unknown?])[] = [
    ['GET', '/api/products/?category=%D0%A4%D1%80%D1%83%D0%BA%D1%82%D1%8B'],
    ['GET', `/api/products/${product}`],
    ['POST', '/cart-api/cart/items', item],
    ['GET', '/cart-api/cart/'],
    ['POST', '/order-api/orders/', { items: [item] }],
    ['GET', '/order-api/orders/'],
    ['GET', '/user-api/users/me/total-spent'],
    ['DELETE', '/cart-api/cart/'],
  ]
  for (let index = 0; on(); index++) {
    const [method, path, body] = calls[index % calls.length] ?? ['GET', '/']
    try {
      const answer = await buyer.call(gateway, method, path, body)
      if (answer.status < 500) tally.answered++
      else if (answer.status === 503 && answer.headers.has('retry-after')) tally.refused++
      else tally.cut.push(`${method} ${path} ${answer.status} ${answer.text}`)
    } catch (error) {
      tally.cut.push(`${method} ${path} ${String(error)}`)
    }
  }
}

describe('SIGTERM under load', () => {
  for (const name of serviceNames) {
    test(`to the ${name} service cuts no accepted request and ends with 0`, async () => {
      const product = await createProduct(shop, 100_000)
      const tally: Tally = { answered: 0, refused: 0, cut: [] }
      let on = true
      const load = Promise.all(
        Array.from({ length: 16 }, () => shopper(createBuyer(shop), product, tally, () => on)),
      )
      await Bun.sleep(400)
      const before = tally.answered
      const code = await shop.kill(name, 'SIGTERM')
      await shop.start(name)
      await Bun.sleep(600)
      on = false
      await load
      expect(code).toBe(0)
      expect(tally.cut).toEqual([])
      expect(before).toBeGreaterThan(0)
      expect(tally.answered).toBeGreaterThan(before)
      console.log(`${name}: ${tally.answered} answered, ${tally.refused} refused with Retry-After`)
    }, 60_000)
  }

  test('a process in the middle of nothing ends with 0 as well', async () => {
    for (const name of [...serviceNames, 'gateway'] satisfies ProcessName[]) {
      expect(await shop.kill(name, 'SIGTERM')).toBe(0)
      await shop.start(name)
    }
  }, 60_000)
})
