/** The catalog's rows of the contract about reading: cursors, search, categories by path, codings. */
import { afterAll, describe, expect, test } from 'bun:test'
import { caughtUp } from '../support/caught-up.ts'
import { clientOf } from '../support/client.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { conform, Page } from '../support/shapes.ts'
import { startShop } from '../support/shop.ts'

const shop = await startShop({ processes: ['catalog', 'user'], products: 80 })
afterAll(shop.stop)

const client = clientOf(shop)
const admin = client.tokens.admin()

const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  client.call('catalog', 'GET', path, { headers })
const pageOf = async (query: Readonly<Record<string, string | number>>, token?: string) => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) search.set(name, String(value))
  const answer = await client.get('catalog', `/products/?${search}`, token)
  expect(answer.status).toBe(200)
  return conform(Page, answer.json())
}

describe('GET /products/ by cursor', () => {
  const category = 'Курсор'
  const query = `category=${encodeURIComponent(category)}`
  test('answers next_cursor, and shows each product once whatever is written meanwhile', async () => {
    const products: string[] = []
    for (let price = 1; price <= 10; price++) {
      products.push((await client.createProduct({ category, price })).product_id)
    }
    await caughtUp(shop)
    const seen: string[] = []
    let cursor: unknown = ''
    while (cursor !== null) {
      const answer = await get(`/products/?${query}&limit=3&sort_by=price&cursor=${cursor}`)
      expect(answer.status).toBe(200)
      const { next_cursor, ...page } = answer.json() as Record<string, unknown>
      const { items, has_next } = conform(Page, page)
      expect(has_next).toBe(next_cursor !== null)
      seen.push(...items.map((item) => item.product_id))
      cursor = next_cursor
      // Before everything: a page counted by number would now repeat a product.
      await client.createProduct({ category, price: 0.01 })
    }
    expect(seen).toEqual(products)
  })
  test('refuses a cursor of another query, a broken one, and one beside skip', async () => {
    const first = await get(`/products/?${query}&limit=3&cursor=`)
    const { next_cursor } = first.json() as { next_cursor: string }
    for (const other of ['sort_order=desc', 'min_price=1', 'q=x']) {
      const answer = await get(`/products/?${query}&${other}&cursor=${next_cursor}`)
      expectProblem(answer, 400, 'bad_request')
    }
    expectProblem(await get(`/products/?${query}&cursor=x`), 400, 'bad_request')
    const skipping = `/products/?${query}&skip=3&cursor=${next_cursor}`
    expectProblem(await get(skipping), 422, 'validation_failed')
  })
})

describe('GET /products/ with q', () => {
  const category = 'Поиск'
  const found = async (q: string, more: Readonly<Record<string, string | number>> = {}) =>
    (await pageOf({ category, q, ...more })).items.map((item) => item.name)
  test('searches in names: prefixes of words, all of them, whatever the case and the ё', async () => {
    for (const name of ['Сок Мёдовый', 'Мёд', 'Медовик с орехом', 'Мёд липовый', 'Хлеб']) {
      await client.createProduct({ category, name })
    }
    await caughtUp(shop)
    expect(await found('мед')).toEqual(['Мёд', 'Мёд липовый', 'Медовик с орехом', 'Сок Мёдовый'])
    expect(await found('МЁД ЛИП')).toEqual(['Мёд липовый'])
    expect(await found('мёд хлеб')).toEqual([])
    expect(await found('мед', { sort_by: 'name', limit: 1, skip: 3 })).toEqual(['Сок Мёдовый'])
    const { total, pages } = await pageOf({ category, q: 'мед', limit: 3 })
    expect([total, pages]).toEqual([4, 2])
  })
  test('without a category is for admins, and has a bound', async () => {
    expectProblem(await get('/products/?q=x'), 403, 'category_required')
    expect((await pageOf({ q: 'липовый' }, admin)).items.map((item) => item.name)).toEqual([
      'Мёд липовый',
    ])
    for (const q of ['', 'x'.repeat(101)]) {
      expectProblem(await get(`/products/?category=x&q=${q}`), 422, 'validation_failed')
    }
  })
})

describe('GET /products/by-category/{category}', () => {
  const category = 'Хлеб'
  const path = `/products/by-category/${encodeURIComponent(category)}`
  test('is an array of list items, paged as the list is', async () => {
    const page = await pageOf({ category, sort_by: 'price', skip: 2, limit: 5 })
    const answer = await get(`${path}?sort_by=price&skip=2&limit=5`)
    expect(answer.status).toBe(200)
    expect(answer.json()).toEqual(page.items)
    expect(answer.headers.get('link')).toMatch(/^<\?[^>]*skip=7[^>]*>; rel="next"$/)
    expectProblem(await get(`${path}?limit=0`), 422, 'validation_failed')
  })
  test('leads from page to page by Link', async () => {
    const seen: unknown[] = []
    let next: string | undefined = '?limit=4'
    while (next !== undefined) {
      const answer = await get(path + next)
      seen.push(...(answer.json() as unknown[]))
      next = /^<(\?[^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1]
    }
    expect(seen).toEqual((await pageOf({ category })).items)
  })
  test('of an unknown category is empty', async () => {
    const answer = await get(`/products/by-category/${encodeURIComponent('Нет такой')}`)
    expect([answer.status, answer.json()]).toEqual([200, []])
  })
})

describe('codings', () => {
  test.each([
    ['gzip', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['br;q=0.1, gzip;q=0.2', 'gzip'],
    ['identity', null],
    ['gzip;q=0', null],
  ])('a list for Accept-Encoding %p comes as %p', async (accepted, coding) => {
    const path = `/products/?category=${encodeURIComponent('Хлеб')}`
    const plain = await get(path, { 'accept-encoding': 'identity' })
    const answer = await get(path, { 'accept-encoding': accepted })
    expect(answer.headers.get('content-encoding')).toBe(coding)
    expect(answer.headers.get('vary')).toBe('Accept-Encoding')
    expect(answer.text).toBe(plain.text)
    const etag = answer.headers.get('etag') ?? ''
    expect(etag !== plain.headers.get('etag')).toBe(coding !== null)
    const known = await get(path, { 'accept-encoding': accepted, 'if-none-match': etag })
    expect([known.status, known.headers.get('etag')]).toEqual([304, etag])
  })
})
