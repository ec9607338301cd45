/** What the other services ask of the catalog: reservations and look-ups over HTTP. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { newId } from '../../core/values/ids.ts'
import { openCatalog, type CatalogUnderTest, type Who } from './routes.fixture.ts'

let store: CatalogUnderTest['store']
let metrics: CatalogUnderTest['metrics']
let ask: CatalogUnderTest['ask']
let addApple: CatalogUnderTest['addApple']

beforeEach(async () => {
  const catalog = await openCatalog([])
  ;({ store, metrics, ask, addApple } = catalog)
})

afterEach(() => store.close())

describe('reservations', () => {
  const reserve = (order: string, lines: readonly object[], as: Who = 'order') =>
    ask('POST', '/internal/reservations', { as, body: { order_id: order, lines } })
  const settle = (order: string, verb: 'commit' | 'release', lines: readonly object[]) =>
    ask('POST', `/internal/reservations/${order}/${verb}`, { as: 'order', body: { lines } })
  const stockOf = async (id: string) => (await ask('GET', `/products/${id}`)).json.stock_count

  test('are for the order service alone', async () => {
    const line = { product_id: newId(), quantity: 1 }
    for (const as of ['admin', 'user', 'cart'] as const) {
      expect((await reserve(newId(), [line], as)).status).toBe(403)
    }
    expect((await reserve(newId(), [line], 'nobody')).status).toBe(401)
  })

  test('answer name and price in the order of the lines, equal products merged', async () => {
    const [one, two] = [await addApple({ name: 'А' }), await addApple({ name: 'Б' })]
    const [order, lines] = [
      newId<string>(),
      [two, one, two].map((product_id) => ({ product_id, quantity: 1 })),
    ]
    const expected = {
      order_id: order,
      state: 'reserved',
      lines: [
        { product_id: two, name: 'Б', price: 10.5, quantity: 2 },
        { product_id: one, name: 'А', price: 10.5, quantity: 1 },
      ],
    }
    expect(await reserve(order, lines)).toMatchObject({ status: 200, json: expected })
    expect(await stockOf(two)).toBe(2)
    expect((await reserve(order, lines)).json).toEqual(expected)
    expect(await settle(order, 'commit', lines)).toMatchObject({
      status: 200,
      json: { order_id: order, state: 'committed' },
    })
    expect((await reserve(order, lines)).json).toEqual({ ...expected, state: 'committed' })
    expect(await settle(order, 'release', lines)).toMatchObject({
      status: 409,
      json: { code: 'reservation_committed' },
    })
    expect(await stockOf(two)).toBe(2)
    const text = await metrics.text()
    for (const [result, count] of [
      ['reserved', 1],
      ['repeated', 2],
      ['committed', 1],
      ['refused', 1],
    ]) {
      expect(text).toContain(`stock_reservations_total{result="${result}"} ${count}`)
    }
  })

  test('that fall short name the short lines with what there is', async () => {
    const [id, unknown] = [await addApple(), newId<string>()]
    const lines = [
      { product_id: unknown, quantity: 1 },
      { product_id: id, quantity: 5 },
    ]
    expect(await reserve(newId(), lines)).toMatchObject({
      status: 409,
      json: {
        code: 'out_of_stock',
        lines: [
          { product_id: unknown, requested: 1, available: 0 },
          { product_id: id, requested: 5, available: 4 },
        ],
      },
    })
    expect(await stockOf(id)).toBe(4)
  })

  test('of an order that was released, or has other lines, are refused', async () => {
    const id = await addApple()
    const line = (quantity: number) => [{ product_id: id, quantity }]
    const [fenced, other] = [newId<string>(), newId<string>()]
    expect(await settle(fenced, 'release', line(1))).toMatchObject({ json: { state: 'released' } })
    expect((await reserve(fenced, line(1))).json.code).toBe('reservation_released')
    expect((await settle(fenced, 'commit', line(1))).json.code).toBe('reservation_released')
    await reserve(other, line(1))
    expect(await reserve(other, line(2))).toMatchObject({
      status: 409,
      json: { code: 'reservation_differs' },
    })
    const missing = await settle(newId(), 'commit', line(1))
    expect(missing).toMatchObject({ status: 409, json: { code: 'reservation_missing' } })
    expect(await stockOf(id)).toBe(3)
  })

  test('of no lines, too many lines or no pieces have the wrong shape', async () => {
    const line = { product_id: newId(), quantity: 1 }
    for (const lines of [
      [],
      Array(101).fill(line),
      [{ ...line, quantity: 0 }],
      [{ quantity: 1 }],
    ]) {
      expect((await reserve(newId(), lines)).status).toBe(422)
    }
    expect((await reserve('order', [line])).status).toBe(422)
  })
})

describe('POST /internal/products/lookup', () => {
  const lookup = (ids: readonly string[], as: Who = 'cart') =>
    ask('POST', '/internal/products/lookup', { as, body: { product_ids: ids } })

  test('answers what is known, and marks what was deleted', async () => {
    const [kept, gone] = [await addApple(), await addApple()]
    await ask('DELETE', `/products/${gone}`, { as: 'admin' })
    const { status, json } = await lookup([gone, newId(), kept, kept])
    const product = { name: 'Яблоко', price: 10.5 }
    expect(status).toBe(200)
    expect(json.products).toEqual([
      { product_id: gone, ...product, stock_count: 0, available: false },
      { product_id: kept, ...product, stock_count: 4, available: true },
    ])
  })

  test('is for the cart alone, and takes 1 to 100 ids', async () => {
    expect((await lookup([newId()], 'order')).status).toBe(403)
    expect((await lookup([])).status).toBe(422)
    expect((await lookup(Array.from({ length: 101 }, () => newId()))).status).toBe(422)
  })
})
