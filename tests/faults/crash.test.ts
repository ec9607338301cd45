/** kill -9 of each service in turn while a thousand orders are placed by clients that ask again. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  addToCart,
  bought,
  checkout,
  createBuyer,
  createProduct,
  inParallel,
  order,
  stubbornly,
  type Answer,
} from '../support/buyers.ts'
import {
  deliveredNotifications,
  eventually,
  expectStockFollowsOrders,
  expectStockInvariant,
  openCheckouts,
  orderRecords,
  spendingOf,
  stockOf,
  undelivered,
  visibleOrders,
} from '../support/ledger.ts'
import { startShop, type Shop } from '../support/shop.ts'
import { serviceNames } from '../../core/values/service-name.ts'

/** Orders of one run; a fault run of another length sets it. */
const orders = Number(process.env['FAULT_ORDERS'] ?? 1_000)
const killEvery = 1_500
/** Services that start on Cassandra nodes need seconds for it, in which nobody can order. */
const slower = process.env['SHOP_STORE'] === 'cassandra' ? 4 : 1
/** Milliseconds that a client insists. */
const insistence = slower * 60_000

let shop: Shop
beforeAll(async () => {
  shop = await startShop()
}, 240_000)
afterAll(() => shop.stop())

describe('a thousand orders under kill -9', () => {
  let scarce = ''
  const answers: { buyer: string; answer: Answer }[] = []
  let kills = 0
  let abandoned: ReadonlySet<string> = new Set()
  const halfDone = async () =>
    (await orderRecords(shop)).filter(({ status }) => status === 'PENDING').length +
    (await openCheckouts(shop))
  const ofStubborn = async () =>
    (await visibleOrders(shop)).filter(({ user_id }) => !abandoned.has(user_id))

  test(
    'every client gets a lasting answer',
    async () => {
      scarce = await createProduct(shop, 60)
      const plenty = await Promise.all(
        Array.from({ length: 10 }, () => createProduct(shop, 10_000)),
      )
      let buying = true
      const killer = (async () => {
        // At least three rounds, so that every service dies under load also when the run is short.
        for (let round = 0; buying || kills < 3 * serviceNames.length; round++) {
          await Bun.sleep(killEvery)
          const victim = serviceNames[round % serviceNames.length] ?? 'order'
          await shop.restartAfterKill(victim)
          kills++
        }
      })()

      await inParallel(orders, 24, async (index) => {
        const buyer = createBuyer(shop)
        const product = index % 10 === 0 ? scarce : (plenty[index % plenty.length] ?? scarce)
        const item = { product_id: product, quantity: 1 + (index % 3) }
        const key = `order-${index}`
        // Spread over the kills instead of all before the first.
        await Bun.sleep(Math.random() * 300)
        if (index % 2 === 0) {
          answers.push({
            buyer: buyer.id,
            answer: await stubbornly(() => order(shop, buyer, [item], key), insistence),
          })
          return
        }
        const added = await stubbornly(() => addToCart(shop, buyer, item), insistence)
        if (added.status === 409) return
        answers.push({
          buyer: buyer.id,
          answer: await stubbornly(() => checkout(shop, buyer, key), insistence),
        })
      })
      buying = false
      await killer
      expect(kills).toBeGreaterThanOrEqual(12)
      for (const { answer } of answers) expect([200, 409]).toContain(answer.status)
    },
    slower * 300_000,
  )

  test(
    'orders whose clients gave up settle once the services are back',
    async () => {
      const product = await createProduct(shop, 10_000)
      const item = { product_id: product, quantity: 1 }
      const buyers = Array.from({ length: 300 }, () => createBuyer(shop))
      await Promise.all(buyers.map((buyer) => addToCart(shop, buyer, item)))
      let most = 0
      for (const victim of serviceNames) {
        // Nobody asks again: what is half-done when the process dies is the sweepers' to settle.
        const asked = buyers.map((buyer, at) =>
          (at % 2 === 0 ? order(shop, buyer, [item]) : checkout(shop, buyer)).catch(() => null),
        )
        await Bun.sleep(15)
        await shop.kill(victim)
        most = Math.max(most, await halfDone())
        await Promise.all(asked)
        await shop.start(victim)
      }
      const back = performance.now()
      const left = await halfDone()
      await eventually('nothing half-done', async () => (await halfDone()) === 0, slower * 20_000)
      const took = Math.round(performance.now() - back)
      console.log(
        `${kills} kills before; at most ${most} half-done at a kill, ${left} when all were back; settled after ${took} ms`,
      )
      expect(most).toBeGreaterThan(0)
      abandoned = new Set(buyers.map(({ id }) => id))
    },
    slower * 90_000,
  )

  test('every acknowledged order exists once, and none besides', async () => {
    const acknowledged = answers
      .filter(({ answer }) => answer.status === 200)
      .map(({ answer }) => bought(answer))
    expect(acknowledged.length).toBeGreaterThan(orders * 0.8)
    const ids = new Set(acknowledged.map(({ id }) => id))
    expect(ids.size).toBe(acknowledged.length)
    const visible = await ofStubborn()
    expect(new Set(visible.map(({ id }) => id))).toEqual(ids)
    expect(visible).toHaveLength(ids.size)
    // A buyer orders once, so two orders of one buyer would be one order doubled.
    expect(new Set(visible.map((each) => each.user_id)).size).toBe(visible.length)
  })

  test(
    'timers go on, consequences arrive, and units sold equal orders',
    async () => {
      await eventually(
        'all orders delivered and nothing left in the outbox',
        async () =>
          (await visibleOrders(shop)).every(({ status }) => status === 'DELIVERED') &&
          (await undelivered(shop)) === 0,
        slower * 60_000,
      )
      await expectStockInvariant(shop)
      await expectStockFollowsOrders(shop)
      const units = (await visibleOrders(shop))
        .flatMap(({ lines }) => lines)
        .filter(({ productId }) => productId === scarce)
        .reduce((sum, line) => sum + line.quantity, 0)
      expect(await stockOf(shop, scarce)).toEqual({
        stocked: 60,
        available: 60 - units,
        reserved: 0,
        sold: units,
      })
    },
    slower * 90_000,
  )

  test('what each buyer spent is the total of the one order', async () => {
    for (const { buyer, answer } of answers) {
      const total = answer.status === 200 ? bought(answer).total : 0
      expect(await spendingOf(shop, buyer)).toBe(Math.round(total * 100))
    }
  })

  test('the user service was told of every order that it was delivered', async () => {
    const told = await deliveredNotifications(shop)
    expect(told).toEqual(new Set((await visibleOrders(shop)).map(({ id }) => id)))
  })
})
