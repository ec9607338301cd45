/** The catalog through the cart's short cache: how fresh, how stale, and what of products that are gone. */
import { expect, test } from 'bun:test'
import { UpstreamFailure, type ServiceClient } from '../../core/clients/service-client.ts'
import { Problem } from '../../core/http/problem.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { newTrace } from '../../core/resilience/trace-context.ts'
import { newId, type ProductId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { createCatalog } from './catalog.ts'

const within = { deadline: deadlineIn(1_000), trace: newTrace() }
const apples = newId<ProductId>()
const pears = newId<ProductId>()

interface Row {
  name: string
  price: number
  stock_count: number
  available: boolean
}

/** A catalog over a plain map, reached through a client that can be down or talk nonsense. */
function world() {
  const clock = manualClock(1_800_000_000_000)
  const rows = new Map<ProductId, Row>([
    [apples, { name: 'Яблоки', price: 89.9, stock_count: 5, available: true }],
    [pears, { name: 'Груши', price: 120, stock_count: 7, available: true }],
  ])
  const state = { down: false, nonsense: '', calls: 0 }
  const client: ServiceClient = {
    async call({ body }) {
      state.calls++
      if (state.down) throw new UpstreamFailure('catalog', 'no', undefined)
      const { product_ids } = body as { product_ids: ProductId[] }
      const products = product_ids.flatMap((id) => {
        const row = rows.get(id)
        return row === undefined ? [] : [{ product_id: id, ...row }]
      })
      const text = state.nonsense || JSON.stringify({ products })
      return { status: 200, text, json: () => JSON.parse(text) as unknown, header: () => null }
    },
  }
  const catalog = createCatalog({ client, clock, freshFor: millis(300), maxBytes: 100_000 })
  return { clock, rows, state, catalog }
}

const codeOf = async (promise: Promise<unknown>) => {
  const error = await promise.catch((thrown: unknown) => thrown)
  return error instanceof Problem ? error.code : error
}

test('prices become minor units, unknown products are left out', async () => {
  const { catalog } = world()
  const products = await catalog.current([apples, newId<ProductId>()], within)
  expect([...products.values()]).toEqual([
    { id: apples, name: 'Яблоки', price: minor(8990), stock: 5, available: true },
  ])
})

test('recent products are asked once while they are fresh, current ones each time', async () => {
  const { catalog, clock, rows, state } = world()
  await catalog.recent([apples], within)
  rows.set(apples, { name: 'Яблоки', price: 1, stock_count: 5, available: true })
  clock.advance(299)
  expect((await catalog.recent([apples], within)).get(apples)?.price).toBe(minor(8990))
  expect(state.calls).toBe(1)
  expect((await catalog.current([apples], within)).get(apples)?.price).toBe(minor(100))
  // What was asked for one request is fresh for the others, too.
  expect((await catalog.recent([apples], within)).get(apples)?.price).toBe(minor(100))
  expect(state.calls).toBe(2)
  clock.advance(300)
  await catalog.recent([apples], within)
  expect(state.calls).toBe(3)
})

test('while the catalog is down, known products are shown as they were', async () => {
  const { catalog, clock, state } = world()
  await catalog.recent([apples], within)
  clock.advance(60_000)
  state.down = true
  expect((await catalog.recent([apples], within)).get(apples)?.name).toBe('Яблоки')
  expect(await codeOf(catalog.recent([apples, pears], within))).toBe('service_unavailable')
  expect(await codeOf(catalog.current([apples], within))).toBe('service_unavailable')
  state.down = false
  expect((await catalog.recent([apples, pears], within)).size).toBe(2)
})

test('a product that the catalog has lost keeps its name and cannot be bought', async () => {
  const { catalog, clock, rows, state } = world()
  await catalog.recent([apples], within)
  rows.delete(apples)
  clock.advance(300)
  const lost = { id: apples, name: 'Яблоки', price: minor(8990), stock: 0, available: false }
  expect((await catalog.recent([apples], within)).get(apples)).toEqual(lost)
  expect((await catalog.current([apples], within)).has(apples)).toBe(false)
  state.down = true
  clock.advance(300)
  expect((await catalog.recent([apples], within)).get(apples)).toEqual(lost)
})

test('an answer that cannot be read is an outage, not a crash', async () => {
  const { catalog, state } = world()
  for (const nonsense of ['{', '{"products":[{"product_id":"x"}]}', '{"products":7}']) {
    state.nonsense = nonsense
    expect(await codeOf(catalog.current([apples], within))).toBe('service_unavailable')
  }
  const row = { product_id: apples, name: 'Я', price: 1.005, stock_count: 1, available: true }
  state.nonsense = JSON.stringify({ products: [row] })
  expect(await codeOf(catalog.current([apples], within))).toBe('service_unavailable')
})
