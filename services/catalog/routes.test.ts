/** The catalog's public routes: statuses, shapes and rights as the contract has them. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { newId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { openCatalog, type Answered, type CatalogUnderTest } from './routes.fixture.ts'
import { sampleProduct } from './store.conformance.ts'

let store: CatalogUnderTest['store']
let metrics: CatalogUnderTest['metrics']
let ask: CatalogUnderTest['ask']
let addApple: CatalogUnderTest['addApple']

beforeEach(async () => {
  const catalog = await openCatalog([
    sampleProduct('яблоко', { name: 'яблоко', price: minor(12_000) }),
    sampleProduct('груша', { name: 'груша', price: minor(9_000) }),
    sampleProduct('айва', { name: 'айва', price: minor(20_000) }),
    sampleProduct('лук', { name: 'лук', category: 'Овощи' }),
  ])
  ;({ store, metrics, ask, addApple } = catalog)
})

afterEach(() => store.close())

const fruits = `category=${encodeURIComponent('Фрукты')}`

const namesOf = ({ json }: Answered): readonly string[] =>
  (json.items as { name: string }[]).map(({ name }) => name)

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
    const id = await addApple({ description: 'Сочное', manufacturer: 'ООО «Сад»' })
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
    const id = await addApple()
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
    const id = await addApple()
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
    const id = await addApple()
    const changed = await ask('PUT', `/products/${id}`, { as: 'admin', body: fields })
    expect(changed.status).toBe(422)
  })

  test('a required field can be left out of a change, but not set to null', async () => {
    const id = await addApple({ description: 'Сочное' })
    for (const field of ['name', 'category', 'price', 'stock_count']) {
      const body = { [field]: null }
      expect((await ask('PUT', `/products/${id}`, { as: 'admin', body })).status).toBe(422)
    }
    const body = { description: null }
    const { json } = await ask('PUT', `/products/${id}`, { as: 'admin', body })
    expect(json).toMatchObject({ name: 'Яблоко', description: null })
    expect((await ask('POST', '/products/', { as: 'admin', body: { name: 'А' } })).status).toBe(422)
  })

  test('If-Match compares the version, and the stock too where stock_count is sent', async () => {
    const id = await addApple()
    const put = (tag: string, body: object) =>
      ask('PUT', `/products/${id}`, { as: 'admin', body, headers: { 'if-match': tag } })
    await store.reserve(newId(), [{ productId: id as never, quantity: 1 }])
    expect(await put('"1.4"', { stock_count: 4 })).toMatchObject({
      status: 412,
      json: { code: 'version_mismatch' },
    })
    expect(await put('"1.4"', { name: 'Другое' })).toMatchObject({
      status: 200,
      headers: { etag: '"2.3"' },
    })
    expect(await put('"1.4"', { name: 'Третье' })).toMatchObject({
      status: 412,
      json: { code: 'version_mismatch' },
    })
    expect((await put('*', { name: 'Третье', stock_count: 9 })).status).toBe(200)
  })

  test('a deleted product is gone, and cannot be deleted or changed again', async () => {
    const id = await addApple()
    const berries = `/products/?category=${encodeURIComponent('Ягоды')}`
    expect((await ask('GET', berries)).json.total).toBe(1)
    expect(await ask('DELETE', `/products/${id}`, { as: 'admin' })).toMatchObject({ status: 204 })
    expect((await ask('GET', berries)).json.total).toBe(0)
    expect((await ask('GET', `/products/${id}`)).status).toBe(404)
    expect((await ask('DELETE', `/products/${id}`, { as: 'admin' })).status).toBe(404)
    expect((await ask('PUT', `/products/${id}`, { as: 'admin', body: {} })).status).toBe(404)
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
  expect(text).toContain('catalog_cache_requests_total{result="stale"} 0')
  expect(text).toContain('product_views_total{category="other"} 0')
})
