/** The catalog over its route table: statuses, shapes and rights as the contract has them. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createApplication, type Application } from '../../core/http/application.ts'
import type { Caller } from '../../core/http/caller.ts'
import type { Inbound } from '../../core/http/engine/engine.ts'
import { problem } from '../../core/http/problem.ts'
import { createMetrics, type Metrics } from '../../core/metrics/metrics.ts'
import { newId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { systemClock } from '../../core/values/time.ts'
import { createCategoryIndexes } from './category-indexes.ts'
import { createEditing } from './editing.ts'
import { createCatalogMetrics } from './metrics.ts'
import { createPages } from './pages.ts'
import { catalogRoutes } from './routes.ts'
import { sampleProduct } from './store.conformance.ts'
import { openSqliteStore } from './store.sqlite.ts'
import type { CatalogStore } from './store.ts'

const callers: Readonly<Record<string, Caller>> = {
  admin: { kind: 'user', id: newId(), role: 'admin', session: newId() },
  user: { kind: 'user', id: newId(), role: 'user', session: newId() },
  order: { kind: 'service', name: 'order' },
  cart: { kind: 'service', name: 'cart' },
}

type Who = 'admin' | 'user' | 'order' | 'cart' | 'nobody'

interface Ask {
  readonly as?: Who
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  // Tests look into answers of every shape.
  readonly json: Readonly<Record<string, unknown>>
}

let store: CatalogStore
let metrics: Metrics
let application: Application

beforeEach(async () => {
  store = openSqliteStore({ path: ':memory:' })
  metrics = createMetrics('catalog')
  const counts = createCatalogMetrics(metrics)
  for (const [name, price] of [
    ['яблоко', 12_000],
    ['груша', 9_000],
    ['айва', 20_000],
  ] as const) {
    await store.create(sampleProduct(name, { name, price: minor(price) }))
  }
  await store.create(sampleProduct('лук', { name: 'лук', category: 'Овощи' }))
  const indexes = createCategoryIndexes({ store, clock: systemClock, maxProducts: 100 })
  await indexes.refresh()
  const pages = createPages({
    indexes,
    maxBytes: 1_000_000,
    onHit: counts.cacheHit,
    onMiss: counts.cacheMiss,
  })
  const editing = createEditing(store, indexes, 100)
  application = createApplication({
    routes: catalogRoutes({ store, indexes, pages, editing, metrics: counts }),
    authenticate(authorization) {
      const caller = callers[authorization ?? '']
      if (caller === undefined) throw problem('not_authenticated')
      return caller
    },
    clock: systemClock,
    addressOf: () => '127.0.0.1',
    maxInFlight: 100,
    corsOrigins: [],
  })
})

afterEach(() => store.close())

async function ask(method: string, target: string, options: Ask = {}): Promise<Answered> {
  const { as = 'nobody', body, headers: given } = options
  const headers: Record<string, string> = { ...given }
  if (as !== 'nobody') headers.authorization = as
  if (body !== undefined) headers['content-type'] = 'application/json'
  const bytes = new TextEncoder().encode(body === undefined ? '' : JSON.stringify(body))
  const [path = '', query = ''] = target.split('?')
  const inbound: Inbound = {
    method,
    path,
    query,
    address: '127.0.0.1',
    signal: new AbortController().signal,
    header: (name) => headers[name] ?? null,
    headers: () => Object.entries(headers),
    bytes: () => Promise.resolve(bytes),
    stream: () => null,
  }
  const reply = await application.handle(inbound)
  const text =
    reply.body instanceof Uint8Array ? new TextDecoder().decode(reply.body) : String(reply.body)
  const json = reply.body === null ? {} : (JSON.parse(text) as Answered['json'])
  return { status: reply.status, headers: reply.headers, json }
}

const fruits = `category=${encodeURIComponent('Фрукты')}`

const namesOf = ({ json }: Answered): readonly string[] =>
  (json.items as { name: string }[]).map(({ name }) => name)

async function createApple(fields: object = {}): Promise<string> {
  const body = { name: 'Яблоко', category: 'Ягоды', price: 10.5, stock_count: 4, ...fields }
  const { json } = await ask('POST', '/products/', { as: 'admin', body })
  return String(json.product_id)
}

describe('GET /products/', () => {
  test('answers a page of a category in the order of names', async () => {
    const answer = await ask('GET', `/products/?${fruits}`)
    expect(answer.status).toBe(200)
    expect(namesOf(answer)).toEqual(['айва', 'груша', 'яблоко'])
    expect(Object.keys(answer.json)).toEqual([
      'items',
      'total',
      'page',
      'pages',
      'has_next',
      'has_prev',
    ])
    expect(answer.json).toMatchObject({ total: 3, page: 1, pages: 1 })
    expect(Object.keys((answer.json.items as object[])[0] ?? {})).toEqual([
      'product_id',
      'name',
      'category',
      'price',
    ])
  })

  test('sorts, filters and pages', async () => {
    const by = async (query: string) => namesOf(await ask('GET', `/products?${fruits}&${query}`))
    expect(await by('sort_by=price')).toEqual(['груша', 'яблоко', 'айва'])
    expect(await by('sort_by=price&sort_order=desc')).toEqual(['айва', 'яблоко', 'груша'])
    expect(await by('sort_order=desc')).toEqual(['яблоко', 'груша', 'айва'])
    expect(await by('skip=1&limit=1')).toEqual(['груша'])
    expect(await by('min_price=90&max_price=120.00')).toEqual(['груша', 'яблоко'])
    expect(await by('min_price=90.01')).toEqual(['айва', 'яблоко'])
  })

  test('answers the same bytes from memory, and 304 to who has them', async () => {
    const first = await ask('GET', `/products/?${fruits}&limit=2`)
    const second = await ask('GET', `/products/?${fruits}&limit=2`)
    expect(second).toEqual(first)
    const headers = { 'if-none-match': first.headers.etag ?? '' }
    expect((await ask('GET', `/products/?${fruits}&limit=2`, { headers })).status).toBe(304)
    const text = await metrics.text()
    expect(text).toContain('catalog_cache_requests_total{result="hit"} 2')
    expect(text).toContain('catalog_cache_requests_total{result="miss"} 1')
  })

  test('an unknown category is empty', async () => {
    const { status, json } = await ask('GET', '/products/?category=nothing')
    expect({ status, json }).toMatchObject({ status: 200, json: { items: [], total: 0, pages: 1 } })
  })

  test('without a category is for admins alone', async () => {
    for (const target of ['/products/', '/products/?category=']) {
      expect((await ask('GET', target)).status).toBe(403)
      const refused = await ask('GET', target, { as: 'user' })
      expect(refused).toMatchObject({ status: 403, json: { code: 'category_required' } })
      expect((await ask('GET', target, { as: 'order' })).status).toBe(403)
      const all = await ask('GET', target, { as: 'admin' })
      expect(namesOf(all)).toEqual(['айва', 'груша', 'лук', 'яблоко'])
    }
    const bad = await ask('GET', '/products/', { headers: { authorization: 'forged' } })
    expect(bad.status).toBe(401)
  })

  test('with a category looks at no token', async () => {
    const headers = { authorization: 'forged' }
    expect((await ask('GET', `/products/?${fruits}`, { headers })).status).toBe(200)
  })

  test('refuses what makes no sense', async () => {
    const inverted = await ask('GET', `/products/?${fruits}&min_price=2&max_price=1`)
    expect(inverted).toMatchObject({ status: 400, json: { code: 'price_range_inverted' } })
    for (const query of [
      'limit=0',
      'limit=101',
      'limit=1.5',
      'skip=-1',
      'sort_by=stock',
      'sort_order=up',
      'min_price=-1',
      'max_price=much',
    ]) {
      const { status, json } = await ask('GET', `/products/?${fruits}&${query}`)
      expect({ query, status, code: json.code }).toEqual({
        query,
        status: 422,
        code: 'validation_failed',
      })
    }
  })

  test('a category that looks like code is only a name', async () => {
    for (const name of ['__proto__', "x' OR 1=1 --", 'constructor']) {
      const { status, json } = await ask('GET', `/products/?category=${encodeURIComponent(name)}`)
      expect({ status, total: json.total }).toEqual({ status: 200, total: 0 })
    }
  })
})

describe('GET /products/{id}', () => {
  test('answers the product with its stock and a tag of both', async () => {
    const id = await createApple({ description: 'Сочное', manufacturer: 'ООО «Сад»' })
    const answer = await ask('GET', `/products/${id.toUpperCase()}`)
    expect(answer).toMatchObject({ status: 200, headers: { etag: '"1.4"' } })
    expect(answer.json).toEqual({
      product_id: id,
      name: 'Яблоко',
      category: 'Ягоды',
      price: 10.5,
      stock_count: 4,
      description: 'Сочное',
      manufacturer: 'ООО «Сад»',
    })
    expect(await metrics.text()).toContain('product_views_total{category="Ягоды"} 1')
  })

  test('is not sent again until product or stock have changed', async () => {
    const id = await createApple()
    const headers = { 'if-none-match': '"1.4"' }
    expect((await ask('GET', `/products/${id}`, { headers })).status).toBe(304)
    await ask('PUT', `/products/${id}`, { as: 'admin', body: { stock_count: 3 } })
    expect((await ask('GET', `/products/${id}`, { headers })).headers.etag).toBe('"1.3"')
  })

  test('404 for an unknown one, 422 for what is no UUID', async () => {
    const unknown = await ask('GET', `/products/${newId()}`)
    expect(unknown).toMatchObject({ status: 404, json: { detail: 'Product not found' } })
    expect((await ask('GET', '/products/17')).status).toBe(422)
  })
})

describe('changing products', () => {
  test('is for admins alone', async () => {
    const id = await createApple()
    for (const [method, target] of [
      ['POST', '/products/'],
      ['PUT', `/products/${id}`],
      ['DELETE', `/products/${id}`],
    ] as const) {
      expect((await ask(method, target, { body: {} })).status).toBe(401)
      for (const as of ['user', 'order', 'cart'] as const) {
        expect((await ask(method, target, { as, body: {} })).status).toBe(403)
      }
    }
  })

  test('a created product is in its listing and in the list of categories at once', async () => {
    const body = { name: 'Ежевика', category: 'Ягоды', price: 99_999_999.99, stock_count: 0 }
    const created = await ask('POST', '/products/', { as: 'admin', body })
    expect(created).toMatchObject({
      status: 201,
      headers: { etag: '"1.0"' },
      json: { ...body, description: null, manufacturer: null },
    })
    const berries = `/products/?category=${encodeURIComponent('Ягоды')}`
    expect(namesOf(await ask('GET', berries))).toEqual(['Ежевика'])
    const { json } = await ask('GET', '/products/categories/list')
    expect(json).toEqual([
      { name: 'Овощи', product_count: 1 },
      { name: 'Фрукты', product_count: 3 },
      { name: 'Ягоды', product_count: 1 },
    ] as never)
  })

  test.each<[string, object]>([
    ['an empty name', { name: '' }],
    ['a long name', { name: 'a'.repeat(201) }],
    ['a control character in its name', { name: 'a\u0007' }],
    ['a number for its name', { name: 7 }],
    ['an empty category', { category: '' }],
    ['a long category', { category: 'a'.repeat(51) }],
    ['no price', { price: 0 }],
    ['a negative price', { price: -1 }],
    ['a price of three decimals', { price: 1.001 }],
    ['too high a price', { price: 100_000_000 }],
    ['a text for its price', { price: '1' }],
    ['a negative stock', { stock_count: -1 }],
    ['half a piece in stock', { stock_count: 1.5 }],
    ['null for its stock', { stock_count: null }],
    ['a long description', { description: 'a'.repeat(1_001) }],
    ['a long manufacturer', { manufacturer: 'a'.repeat(101) }],
    ['an id of its own', { product_id: newId() }],
    ['a version of its own', { version: 9 }],
  ])('a product with %s is refused, new or changed', async (_, fields) => {
    const body = { name: 'Имя', category: 'Ягоды', price: 1, stock_count: 1 }
    const created = await ask('POST', '/products/', { as: 'admin', body: { ...body, ...fields } })
    expect(created).toMatchObject({ status: 422, json: { code: 'validation_failed' } })
    const id = await createApple()
    const changed = await ask('PUT', `/products/${id}`, { as: 'admin', body: fields })
    expect(changed.status).toBe(422)
  })

  test('a required field can be left out of a change, but not set to null', async () => {
    const id = await createApple({ description: 'Сочное' })
    for (const field of ['name', 'category', 'price', 'stock_count']) {
      const body = { [field]: null }
      expect((await ask('PUT', `/products/${id}`, { as: 'admin', body })).status).toBe(422)
    }
    const body = { description: null }
    const { json } = await ask('PUT', `/products/${id}`, { as: 'admin', body })
    expect(json).toMatchObject({ name: 'Яблоко', description: null })
    expect((await ask('POST', '/products/', { as: 'admin', body: { name: 'А' } })).status).toBe(422)
  })

  test('If-Match compares the version and not the stock', async () => {
    const id = await createApple()
    const put = (tag: string, body: object) =>
      ask('PUT', `/products/${id}`, { as: 'admin', body, headers: { 'if-match': tag } })
    await store.reserve(newId(), [{ productId: id as never, quantity: 1 }])
    expect(await put('"1.4"', { name: 'Другое' })).toMatchObject({
      status: 200,
      headers: { etag: '"2.3"' },
    })
    expect(await put('"1.4"', { name: 'Третье' })).toMatchObject({
      status: 412,
      json: { code: 'version_mismatch' },
    })
    expect((await put('*', { name: 'Третье' })).status).toBe(200)
  })

  test('a deleted product is gone, and cannot be deleted or changed again', async () => {
    const id = await createApple()
    const berries = `/products/?category=${encodeURIComponent('Ягоды')}`
    expect((await ask('GET', berries)).json.total).toBe(1)
    expect(await ask('DELETE', `/products/${id}`, { as: 'admin' })).toMatchObject({ status: 204 })
    expect((await ask('GET', berries)).json.total).toBe(0)
    expect((await ask('GET', `/products/${id}`)).status).toBe(404)
    expect((await ask('DELETE', `/products/${id}`, { as: 'admin' })).status).toBe(404)
    expect((await ask('PUT', `/products/${id}`, { as: 'admin', body: {} })).status).toBe(404)
  })
})

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
    const [one, two] = [await createApple({ name: 'А' }), await createApple({ name: 'Б' })]
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
    const [id, unknown] = [await createApple(), newId<string>()]
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
    const id = await createApple()
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
    const [kept, gone] = [await createApple(), await createApple()]
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

describe('a store that is down', () => {
  test('is told by the health call, and listings are served on', async () => {
    const up = await ask('GET', '/system/health')
    expect(up).toMatchObject({ status: 200, json: { status: 'ok', database_connection: 'ok' } })
    const id = await createApple()
    await store.close()
    expect(await ask('GET', '/system/health')).toMatchObject({
      status: 503,
      json: { status: 'error', database_connection: 'unavailable' },
    })
    expect((await ask('GET', `/products/?${fruits}`)).status).toBe(200)
    const detail = await ask('GET', `/products/${id}`)
    expect(detail).toMatchObject({ status: 503, json: { code: 'store_unavailable' } })
    expect(detail.headers['retry-after']).toBe('1')
  })
})

test('every series that a panel reads is there from boot, at zero', async () => {
  const text = await metrics.text()
  for (const result of [
    'reserved',
    'repeated',
    'out_of_stock',
    'committed',
    'released',
    'refused',
  ]) {
    expect(text).toContain(`stock_reservations_total{result="${result}"} 0`)
  }
  expect(text).toContain('catalog_cache_requests_total{result="hit"} 0')
  expect(text).toContain('catalog_cache_requests_total{result="miss"} 0')
  expect(text).toContain('product_views_total{category="other"} 0')
})
