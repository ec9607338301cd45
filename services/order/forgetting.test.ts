/** The order service tells the catalog what to forget, again and again until it is known to be done. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { join } from 'node:path'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { createLogger } from '../../core/logging/logger.ts'
import { newId, type OrderId, type ProductId, type UserId } from '../../core/values/ids.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { createForgetting } from './forgetting.ts'
import { place, placementOf, processOf } from './saga.fixture.ts'
import { createStockModel, type StockModel } from './stock.model.ts'
import { openSqliteOrderStore } from './store.sqlite.ts'
import { rejectedLife, reservationLife, type OrderStore } from './store.ts'

const log = createLogger({ service: 'order', level: 'silent' })
const product = newId<ProductId>()
const going = () => false

let clock: ReturnType<typeof manualClock>
let store: OrderStore
let stock: StockModel

beforeEach(() => {
  clock = manualClock(1_800_000_000_000)
  store = openSqliteOrderStore({ path: join(temporaryFolder('order'), 'order.db'), clock })
  stock = createStockModel(new Map([[product, 5]]))
})
afterEach(() => store.close())

/** An order that falls short, and whose release has been confirmed. */
async function refused(key: string | null): Promise<OrderId> {
  const process = processOf({ clock }, store, stock)
  const placement = placementOf(newId<UserId>(), product, key, 9)
  await place(process, placement, { clock })
  await process.outbox.idle()
  expect(stock.stateOf(placement.orderId)).toBe('released')
  return placement.orderId
}

test('what the catalog failed to forget, or what a crash kept from being noted, is forgotten next time', async () => {
  const id = await refused('k')
  clock.advance(reservationLife)
  let asked = 0
  const failing = {
    forget: async () => {
      asked += 1
      throw new Error('down')
    },
  }
  await createForgetting({ store, stock: failing, clock, log }).sweep(going)
  expect([asked, stock.stateOf(id)]).toEqual([1, 'released'])
  // Forgotten over there, and the process dies before it can note it.
  const dying = { ...store, forgotten: () => Promise.reject(new Error('crash')) }
  await createForgetting({ store: dying, stock, clock, log }).sweep(going)
  expect(stock.stateOf(id)).toBeUndefined()
  await createForgetting({ store, stock, clock, log }).sweep(going)
  expect(await store.reservationsToForget(clock.now(), 10)).toEqual([])
  clock.advance(rejectedLife)
  expect(await store.dropRejected(clock.now(), 10)).toBe(1)
  expect(await store.find(id)).toBeNull()
})

test('all that is due is forgotten in one sweep, in calls of a hundred, unless the process stops', async () => {
  for (let n = 0; n < 230; n++) await refused(null)
  clock.advance(reservationLife)
  const calls: number[] = []
  const counting = {
    async forget(ids: readonly OrderId[]) {
      calls.push(ids.length)
    },
  }
  const forgetting = createForgetting({ store, stock: counting, clock, log })
  await forgetting.sweep(() => true)
  expect(calls).toEqual([])
  await forgetting.sweep(going)
  expect(calls).toEqual([100, 100, 30])
})

test('the catalog hears when it was known that a call is wanted: before the lease, before the entries', async () => {
  const seen: number[] = []
  const start = clock.now()
  const slow: StockModel = {
    ...stock,
    reserve(id, lines, deadline, trace, asked) {
      seen.push(asked)
      return stock.reserve(id, lines, deadline, trace, asked)
    },
    finish(id, verb, lines, deadline, trace, asked) {
      seen.push(asked)
      return stock.finish(id, verb, lines, deadline, trace, asked)
    },
  }
  // The store takes its time, and what is asked for is as old as the look at it.
  const late: OrderStore = {
    ...store,
    async insertPending(order) {
      clock.advance(700)
      return store.insertPending(order)
    },
    async undelivered(id) {
      clock.advance(300)
      return store.undelivered(id)
    },
  }
  const process = processOf({ clock }, late, slow)
  await place(process, placementOf(newId<UserId>(), product, 'k', 9), { clock })
  await process.outbox.idle()
  expect(seen).toEqual([start, millis(start + 700)])
})
