/** The catalog's rows of the HTTP contract, against a running service. */
import { afterAll, describe, expect, test } from 'bun:test'
import { newId, type UserId } from '../../core/values/ids.ts'
import { caughtUp } from '../support/caught-up.ts'
import { clientOf } from '../support/client.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { stockOf } from '../support/ledger.ts'
import { Categories, conform, Page, Product } from '../support/shapes.ts'
import { startShop } from '../support/shop.ts'

const shop = await startShop({ processes: ['catalog', 'user'], products: 80 })
afterAll(shop.stop)

const client = clientOf(shop)
const admin = client.tokens.admin()
const user = client.tokens.user(newId<UserId>())

const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  client.call('catalog', 'GET', path, { headers })
const pageOf = async (query: Readonly<Record<string, string | number>>, token?: string) => {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) search.set(key, String(value))
  const answer = await client.get('catalog', `/products/?${search}`, token)
  expect(answer.status).toBe(200)
  return conform(Page, answer.json())
}

/** A category of ten products whose prices and names run against each other. */
async function shelf(category: string): Promise<readonly Product[]> {
  const products: Product[] = []
  for (let at = 0; at < 10; at++) {
    // Two of each name, so that ties happen.
    const fields = { category, name: `Товар ${Math.floor(at / 2)}`, price: 100 - at * 10 + 0.5 }
    products.push(await client.createProduct(fields))
  }
  await caughtUp(shop)
  return products
}

describe('GET /products/', () => {
  const category = 'Полка'
  let products: readonly Product[] = []
  test('lists a category for anyone, with exact paging', async () => {
    products = await shelf(category)
    const page = await pageOf({ category })
    expect(page.items.map((item) => item.product_id).sort()).toEqual(
      products.map((product) => product.product_id).sort(),
    )
    expect(page).toMatchObject({ total: 10, page: 1, pages: 1, has_next: false, has_prev: false })
  })
  test('sorts by name and then product id unless told otherwise', async () => {
    const keyOf = (item: { name: string; product_id: string }) => `${item.name} ${item.product_id}`
    const { items } = await pageOf({ category })
    expect(items.map(keyOf)).toEqual(items.map(keyOf).sort())
  })
  test.each([
    ['price', 'asc'],
    ['price', 'desc'],
    ['name', 'desc'],
  ] as const)('sorts by %s %s', async (sort_by, sort_order) => {
    const { items } = await pageOf({ category, sort_by, sort_order })
    const keys = items.map((item) => item[sort_by])
    const ascending = [...keys].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    expect(keys).toEqual(sort_order === 'asc' ? ascending : ascending.reverse())
  })
  test('pages by skip and limit without gaps and repeats', async () => {
    const seen: string[] = []
    for (const skip of [0, 4, 8]) {
      const page = await pageOf({ category, skip, limit: 4 })
      expect(page).toMatchObject({ total: 10, pages: 3, page: skip / 4 + 1 })
      expect(page.has_prev).toBe(skip > 0)
      expect(page.has_next).toBe(skip < 8)
      seen.push(...page.items.map((item) => item.product_id))
    }
    expect(new Set(seen).size).toBe(10)
    expect(await pageOf({ category, skip: 3, limit: 4 })).toMatchObject({ page: 1, pages: 3 })
    expect(await pageOf({ category, skip: 400, limit: 4 })).toMatchObject({
      items: [],
      total: 10,
      has_next: false,
      has_prev: true,
    })
  })
  test('takes price bounds as inclusive', async () => {
    const { items, total } = await pageOf({ category, min_price: 30.5, max_price: 60.5 })
    expect(total).toBe(4)
    expect(items.map((item) => item.price).sort()).toEqual([30.5, 40.5, 50.5, 60.5])
    expect((await pageOf({ category, min_price: 30.51 })).total).toBe(7)
    expect((await pageOf({ category, max_price: 30.49 })).total).toBe(2)
  })
  test('an unknown category is an empty page, not an error', async () => {
    const page = await pageOf({ category: 'Нет такой' })
    expect(page).toEqual({
      items: [],
      total: 0,
      page: 1,
      pages: 1,
      has_next: false,
      has_prev: false,
    })
  })
  test('without a category it is for admins', async () => {
    expectProblem(await get('/products/'), 403, 'category_required', '/products/')
    expectProblem(await client.get('catalog', '/products/', user), 403, 'category_required')
    expectProblem(await get('/products/?category='), 403, 'category_required')
    const page = await pageOf({ limit: 5 }, admin)
    expect(page.items).toHaveLength(5)
    expect(page.total).toBeGreaterThanOrEqual(90)
  })
  test('without a category a token that is no good is 401', async () => {
    expectProblem(await client.get('catalog', '/products/', 'nonsense'), 401, 'not_authenticated')
  })
  test('a lower bound above the upper one is 400', async () => {
    const answer = await get(`/products/?category=x&min_price=2&max_price=1`)
    expectProblem(answer, 400, 'price_range_inverted')
  })
  test.each([
    'skip=-1',
    'skip=1.5',
    'skip=x',
    'limit=0',
    'limit=101',
    'limit=',
    'sort_by=stock',
    'sort_order=up',
    'min_price=-1',
    'max_price=x',
    'limit=5&limit=6',
  ])('refuses ?%s with 422', async (query) => {
    expectProblem(await get(`/products/?category=x&${query}`), 422, 'validation_failed')
  })
  test('answers the same with and without its slash', async () => {
    const query = `?category=${encodeURIComponent(category)}`
    const [slash, none] = [await get(`/products/${query}`), await get(`/products${query}`)]
    expect(none.status).toBe(200)
    expect(none.text).toBe(slash.text)
  })
  test('has an ETag that changes with the page, and 304 for the one that is known', async () => {
    const path = `/products/?category=${encodeURIComponent(category)}`
    const first = await get(path)
    const etag = first.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[^"]+"$/)
    for (const match of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get(path, { 'if-none-match': match })
      expect(again.status).toBe(304)
      expect(again.text).toBe('')
      expect(again.headers.get('etag')).toBe(etag)
    }
    expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200)
    await client.createProduct({ category })
    await caughtUp(shop)
    const changed = await get(path, { 'if-none-match': etag })
    expect(changed.status).toBe(200)
    expect(changed.headers.get('etag')).not.toBe(etag)
  })
})

describe('GET /products/{id}', () => {
  test('is the product with what can be bought now', async () => {
    const made = await client.createProduct({ description: 'Сочная', manufacturer: 'Сад' })
    const answer = await get(`/products/${made.product_id}`)
    expect(answer.status).toBe(200)
    expect(conform(Product, answer.json())).toEqual(made)
    const upper = await get(`/products/${made.product_id.toUpperCase()}/`)
    expect(upper.json()).toEqual(made)
  })
  test('404 for an unknown product, 422 for what is no UUID', async () => {
    const path = `/products/${newId()}`
    const problem = expectProblem(await get(path), 404, 'product_not_found', path)
    expect(problem.detail).toBe('Product not found')
    expectProblem(await get('/products/12'), 422, 'validation_failed')
  })
  test('answers 304 until product or stock changes', async () => {
    const { product_id: id } = await client.createProduct()
    const path = `/products/${id}`
    const etag = (await get(path)).headers.get('etag') ?? ''
    const known = await get(path, { 'if-none-match': etag })
    expect([known.status, known.text]).toEqual([304, ''])
    await client.call('catalog', 'PUT', path, { json: { stock_count: 3 }, token: admin })
    expect((await get(path, { 'if-none-match': etag })).status).toBe(200)
  })
  test('HEAD has the headers of GET and no body', async () => {
    const { product_id: id } = await client.createProduct()
    const path = `/products/${id}`
    const full = await get(path)
    const head = await client.call('catalog', 'HEAD', path)
    expect(head.status).toBe(200)
    expect(head.text).toBe('')
    expect(head.headers.get('etag')).toBe(full.headers.get('etag'))
    expect(head.headers.get('content-type')).toBe(full.headers.get('content-type'))
    expect((await client.call('catalog', 'HEAD', `/products/${newId()}`)).status).toBe(404)
  })
})

describe('POST /products/', () => {
  const body = { name: 'Хлеб', category: 'Проба', price: 45.9, stock_count: 7 }
  const post = (json: unknown, token?: string) =>
    client.call('catalog', 'POST', '/products/', { json, token })

  test('makes a product that is listed and counted at once', async () => {
    const category = 'Новая'
    const answer = await post({ ...body, category }, admin)
    expect(answer.status).toBe(201)
    const product = conform(Product, answer.json())
    expect(product).toMatchObject({ ...body, category, description: null, manufacturer: null })
    await caughtUp(shop)
    expect((await pageOf({ category })).items).toEqual([
      { product_id: product.product_id, name: body.name, category, price: body.price },
    ])
    const categories = conform(Categories, (await get('/products/categories/list')).json())
    expect(categories).toContainEqual({ name: category, product_count: 1 })
    expect(await stockOf(shop, product.product_id)).toEqual({
      stocked: 7,
      available: 7,
      reserved: 0,
      sold: 0,
    })
  })
  test('takes everything up to its limits', async () => {
    const widest = {
      name: 'я'.repeat(200),
      category: 'к'.repeat(50),
      price: 99_999_999.99,
      stock_count: 0,
      description: 'о'.repeat(1000),
      manufacturer: 'м'.repeat(100),
    }
    const answer = await post(widest, admin)
    expect(answer.status).toBe(201)
    expect(answer.json()).toMatchObject(widest)
    expect((await post({ ...body, price: 0.01 }, admin)).status).toBe(201)
  })
  test('is for admins', async () => {
    expectProblem(await post(body), 401, 'not_authenticated')
    expectProblem(await post(body, user), 403, 'forbidden')
  })
  test.each([
    ['no name', { name: undefined }],
    ['an empty name', { name: '' }],
    ['a name of 201', { name: 'x'.repeat(201) }],
    ['an empty category', { category: '' }],
    ['a category of 51', { category: 'x'.repeat(51) }],
    ['a price of zero', { price: 0 }],
    ['a price below zero', { price: -1 }],
    ['a price of three decimals', { price: 1.005 }],
    ['a price above the limit', { price: 100_000_000 }],
    ['a price as text', { price: '10' }],
    ['a stock below zero', { stock_count: -1 }],
    ['half a piece', { stock_count: 1.5 }],
    ['no stock', { stock_count: undefined }],
    ['a description of 1001', { description: 'x'.repeat(1001) }],
    ['a manufacturer of 101', { manufacturer: 'x'.repeat(101) }],
    ['an id of its own', { product_id: newId() }],
  ])('refuses %s', async (_what, fields) => {
    expectProblem(await post({ ...body, ...fields }, admin), 422, 'validation_failed')
  })
})

describe('PUT /products/{id}', () => {
  const put = (id: string, json: unknown, headers = {}, token: string | undefined = admin) =>
    client.call('catalog', 'PUT', `/products/${id}`, { json, headers, token })

  test('changes the fields that are sent and no others', async () => {
    const made = await client.createProduct({ description: 'Была' })
    const answer = await put(made.product_id, { price: 99.99 })
    expect(answer.status).toBe(200)
    expect(conform(Product, answer.json())).toEqual({ ...made, price: 99.99 })
    expect((await put(made.product_id, { description: null })).json()).toMatchObject({
      description: null,
    })
    expect((await put(made.product_id, {})).json()).toMatchObject({ price: 99.99 })
  })
  test('moves a product between categories at once', async () => {
    const made = await client.createProduct({ category: 'Откуда' })
    await put(made.product_id, { category: 'Куда' })
    await caughtUp(shop)
    expect((await pageOf({ category: 'Откуда' })).total).toBe(0)
    expect((await pageOf({ category: 'Куда' })).total).toBe(1)
  })
  test('stock_count sets what can be bought and moves what is stocked', async () => {
    const { product_id: id } = await client.createProduct({ stock_count: 10 })
    const answer = await put(id, { stock_count: 4 })
    expect(answer.json()).toMatchObject({ stock_count: 4 })
    expect(await stockOf(shop, id)).toEqual({ stocked: 4, available: 4, reserved: 0, sold: 0 })
  })
  test('stock_delta adds to what can be bought, or takes from it, and never below zero', async () => {
    const { product_id: id } = await client.createProduct({ stock_count: 10 })
    expect((await put(id, { stock_delta: -4 })).json()).toMatchObject({ stock_count: 6 })
    const problem = expectProblem(await put(id, { stock_delta: -7 }), 409, 'stock_out_of_range')
    expect(problem.detail).toContain('less than 0 or more than 1000000000')
    expect((await put(id, { stock_delta: 1 })).json()).toMatchObject({ stock_count: 7 })
    expect(await stockOf(shop, id)).toEqual({ stocked: 7, available: 7, reserved: 0, sold: 0 })
    const both = { stock_count: 5, stock_delta: 1 }
    expectProblem(await put(id, both), 422, 'validation_failed')
  })
  test('If-Match refuses to set a stock that was sold from since it was read', async () => {
    const { product_id: id } = await client.createProduct({ stock_count: 10 })
    const etag = (await get(`/products/${id}`)).headers.get('etag') ?? ''
    await put(id, { stock_delta: -4 })
    const tags = { 'if-match': etag }
    expectProblem(await put(id, { stock_count: 10 }, tags), 412, 'version_mismatch')
    expect(await stockOf(shop, id)).toEqual({ stocked: 6, available: 6, reserved: 0, sold: 0 })
    // What does not set the stock is no conflict with a sale.
    expect((await put(id, { stock_delta: 4 }, tags)).json()).toMatchObject({ stock_count: 10 })
  })
  test('If-Match compares the version alone where the stock is not set', async () => {
    const { product_id: id } = await client.createProduct()
    const etag = (await get(`/products/${id}`)).headers.get('etag') ?? ''
    await put(id, { stock_count: 5 })
    const changed = await put(id, { name: 'Слива' }, { 'if-match': etag })
    expect(changed.status).toBe(200)
    const problem = expectProblem(
      await put(id, { name: 'Алыча' }, { 'if-match': etag }),
      412,
      'version_mismatch',
    )
    expect(problem.instance).toBe(`/products/${id}`)
    expect((await get(`/products/${id}`)).json()).toMatchObject({ name: 'Слива' })
    const fresh = changed.headers.get('etag') ?? ''
    expect((await put(id, { name: 'Алыча' }, { 'if-match': fresh })).status).toBe(200)
    expect((await put(id, { name: 'Вишня' }, { 'if-match': '*' })).status).toBe(200)
  })
  test.each(['name', 'category', 'price', 'stock_count'])('refuses null for %s', async (field) => {
    const { product_id: id } = await client.createProduct()
    expectProblem(await put(id, { [field]: null }), 422, 'validation_failed')
  })
  test('refuses a price of three decimals', async () => {
    const { product_id: id } = await client.createProduct()
    expectProblem(await put(id, { price: 0.001 }), 422, 'validation_failed')
  })
  test('401, 403, 404 and 422 as everywhere', async () => {
    const id = newId()
    const nobody = await client.call('catalog', 'PUT', `/products/${id}`, { json: {} })
    expectProblem(nobody, 401, 'not_authenticated')
    expectProblem(await put(id, {}, {}, user), 403, 'forbidden')
    expectProblem(await put(id, { price: 1 }), 404, 'product_not_found')
    expectProblem(await put('12', { price: 1 }), 422, 'validation_failed')
  })
})

describe('DELETE /products/{id}', () => {
  const remove = (id: string, token?: string) =>
    client.call('catalog', 'DELETE', `/products/${id}`, { token })

  test('takes the product out of every list, once', async () => {
    const category = 'Уходит'
    const { product_id: id } = await client.createProduct({ category })
    const gone = await remove(id, admin)
    expect([gone.status, gone.text]).toEqual([204, ''])
    await caughtUp(shop)
    expect((await pageOf({ category })).total).toBe(0)
    const categories = conform(Categories, (await get('/products/categories/list')).json())
    expect(categories.map(({ name }) => name)).not.toContain(category)
    expectProblem(await get(`/products/${id}`), 404, 'product_not_found')
    expectProblem(await remove(id, admin), 404, 'product_not_found')
    const change = { json: { price: 1 }, token: admin }
    const put = await client.call('catalog', 'PUT', `/products/${id}`, change)
    expectProblem(put, 404, 'product_not_found')
  })
  test('401, 403, 404 and 422 as everywhere', async () => {
    const { product_id: id } = await client.createProduct()
    expectProblem(await remove(id), 401, 'not_authenticated')
    expectProblem(await remove(id, user), 403, 'forbidden')
    expectProblem(await remove(newId(), admin), 404, 'product_not_found')
    expectProblem(await remove('12', admin), 422, 'validation_failed')
    expect((await get(`/products/${id}`)).status).toBe(200)
  })
})

describe('GET /products/categories/list', () => {
  test('counts the eight categories of the demo data', async () => {
    const answer = await get('/products/categories/list')
    expect(answer.status).toBe(200)
    const counts = new Map(
      conform(Categories, answer.json()).map(({ name, product_count }) => [name, product_count]),
    )
    const demo = [
      'Фрукты',
      'Овощи',
      'Мясо',
      'Молочные продукты',
      'Хлеб',
      'Напитки',
      'Сладости',
      'Замороженные товары',
    ]
    for (const name of demo) expect([name, counts.get(name)]).toEqual([name, 10])
    for (const category of demo) expect((await pageOf({ category })).total).toBe(10)
  })
  test('has an ETag and 304', async () => {
    await caughtUp(shop)
    const path = '/products/categories/list'
    const etag = (await get(path)).headers.get('etag') ?? ''
    expect((await get(path, { 'if-none-match': etag })).status).toBe(304)
  })
})

describe('GET /system/health', () => {
  test('tells of the store', async () => {
    const answer = await get('/system/health')
    expect(answer.status).toBe(200)
    expect(answer.json()).toEqual({ status: 'ok', database_connection: 'ok' })
  })
})

describe('methods', () => {
  test.each([
    ['PATCH', '/products/', 'GET, POST, HEAD, OPTIONS'],
    ['POST', `/products/${newId()}`, 'GET, PUT, DELETE, HEAD, OPTIONS'],
    ['DELETE', '/products/categories/list', 'GET, HEAD, OPTIONS'],
  ] as const)('%s %s is 405 and says what is allowed', async (method, path, allowed) => {
    const answer = await client.call('catalog', method, path, { token: admin })
    expectProblem(answer, 405, 'method_not_allowed')
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(allowed.split(', ').sort())
    const options = await client.call('catalog', 'OPTIONS', path)
    expect([options.status, options.text]).toEqual([204, ''])
    expect(options.headers.get('allow')).toBe(answer.headers.get('allow'))
  })
  test('an unknown path is 404', async () => {
    expectProblem(await get('/product'), 404, 'not_found', '/product')
  })
  test('a body that is not JSON by its type is 415', async () => {
    const sent = { body: '{}', headers: { 'content-type': 'text/plain' }, token: admin }
    expectProblem(await client.call('catalog', 'POST', '/products/', sent), 415)
  })
  test('a body past 64 KiB is 413', async () => {
    const json = { description: 'x'.repeat(70_000) }
    const answer = await client.call('catalog', 'POST', '/products/', { json, token: admin })
    expectProblem(answer, 413, 'payload_too_large')
  })
})
