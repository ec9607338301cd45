/**
 * A shop of real processes, used by many at once while its services are killed and paused: what its
 * clients saw of stock, carts and orders is what one of each, asked one at a time, would have said.
 *
 * LINEARIZABILITY_OPERATIONS is their number in all; LINEARIZABILITY_NODES=3 starts a Cassandra
 * cluster of its own, puts the shop on it and kills and pauses its nodes as well.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createProduct } from '../support/buyers.ts'
import { startCluster, useCluster, type TestCluster } from '../support/cassandra.ts'
import { startShop, type Shop } from '../support/shop.ts'
import { cartModel, type CartInput, type CartOutput } from './cart.model.ts'
import { cartSubjects } from './cart.workload.ts'
import { check, type Model } from './checker.ts'
import { explain } from './explain.ts'
import { disturb } from './disturbances.ts'
import { orderModel, type OrderInput, type OrderOutput } from './order.model.ts'
import { orderSubjects } from './order.workload.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { stockModel, type StockInput, type StockOutput } from './stock.model.ts'
import { stocked, stockSubjects } from './stock.workload.ts'
import { work } from './workload.ts'

const operations = Number(process.env['LINEARIZABILITY_OPERATIONS'] ?? 3_000)
const nodes = Number(process.env['LINEARIZABILITY_NODES'] ?? 0)
/** Five minutes, and more where more is asked. */
const patience = 300_000 + operations * 100

let cluster: TestCluster | null = null
let shop: Shop
beforeAll(async () => {
  if (nodes > 0) cluster = await startCluster(nodes, 60)
  if (cluster !== null) useCluster(cluster)
  shop = await startShop(cluster === null ? {} : { store: 'cassandra' })
}, patience)
afterAll(async () => {
  await shop?.stop()
  await cluster?.remove()
}, patience)

describe('a shop whose services are killed and paused', () => {
  const stock = createRecorder<StockInput, StockOutput>()
  const carts = createRecorder<CartInput, CartOutput>()
  const orders = createRecorder<OrderInput, OrderOutput>()

  test(
    'is used by many at once',
    async () => {
      const plenty = await Promise.all([1, 2, 3].map(() => createProduct(shop, 1_000_000)))
      const disturbances = disturb(shop, cluster)
      const each = Math.ceil(operations / 3)
      await Promise.all([
        work(
          stock,
          { operations: each, perObject: 90, width: 3, clients: 4 },
          stockSubjects(shop, stock),
        ),
        work(
          carts,
          { operations: each, perObject: 90, width: 3, clients: 4 },
          cartSubjects(shop, carts, plenty),
        ),
        work(
          orders,
          { operations: each, perObject: 20, width: 4, clients: 3 },
          orderSubjects(shop, orders, plenty),
        ),
      ])
      const { kills, pauses } = await disturbances.stop()
      const all = [stock, carts, orders].map(({ history }) => history.length)
      const unknown = [stock, carts, orders].map(
        ({ history }) => history.filter(({ output }) => output === null).length,
      )
      console.log(
        `${kills} kills, ${pauses} pauses; stock, carts, orders: ${all} operations, ${unknown} of unknown outcome`,
      )
      expect(kills + pauses).toBeGreaterThan(0)
    },
    patience,
  )

  function expectLinearizable<State, Input, Output>(
    model: Model<State, Input, Output>,
    { history }: Recorder<Input, Output>,
  ): void {
    const verdict = check(model, history)
    if (!verdict.linearizable) console.error(explain(verdict, history))
    expect(verdict.linearizable).toBe(true)
  }

  test('its stock is linearizable', () => expectLinearizable(stockModel(stocked), stock), patience)
  test('its carts are linearizable', () => expectLinearizable(cartModel, carts), patience)
  test('its orders are linearizable', () => expectLinearizable(orderModel, orders), patience)
})
