/** What reading the catalog has beyond the plain page: codings, cursors, search, and a store that is down. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { problem } from '../../core/http/problem.ts'
import { minor } from '../../core/values/money.ts'
import { openCatalog, type Answered, type CatalogUnderTest } from './routes.fixture.ts'
import { sampleProduct } from './store.conformance.ts'
import type { CatalogStore, NewProduct } from './store.ts'

const names = ['Абрикос', 'Айва', 'Яблоко Гала', 'Яблоко', 'Груша «Яблочная»', 'Дыня'] as const

const fruits: readonly NewProduct[] = names.map((name, n) =>
  sampleProduct(name, {
    name,
    price: minor(10_000 - 1_000 * n),
    description: 'Спелое. '.repeat(80),
  }),
)
const leek = sampleProduct('лук', { name: 'Лук и яблоко', category: 'Овощи' })

const path = `/products/by-category/${encodeURIComponent('Фрукты')}`
const list = `/products/?category=${encodeURIComponent('Фрукты')}`
const detail = `/products/${sampleProduct('Айва').id}`

type Items = readonly { readonly name: string }[]
const namesOf = ({ json }: Answered): readonly string[] =>
  ((Array.isArray(json) ? json : json.items) as Items).map(({ name }) => name)

let catalog: CatalogUnderTest
let ask: CatalogUnderTest['ask']
const open = async (watched?: (store: CatalogStore) => CatalogStore) => {
  catalog = await openCatalog([...fruits, leek], watched)
  ask = catalog.ask
}

beforeEach(() => open())
afterEach(() => catalog.store.close())

describe('codings', () => {
  const zip = { 'accept-encoding': 'gzip' }

  beforeEach(async () => {
    for (let n = 0; n < 9; n++) {
      await catalog.store.create(sampleProduct(`Слива ${n}`, { name: `Слива сорта ${n}` }))
    }
    await catalog.refresh()
  })

  test.each([
    ['a page', list],
    ['a category', path],
    ['a product', detail],
    ['a search', `${list}&q=${encodeURIComponent('слива сорта')}`],
  ])('%s comes as it was asked for, with a tag of its own', async (_, target) => {
    const plain = await ask('GET', target)
    expect(plain.headers.vary).toBe('Accept-Encoding')
    for (const coding of ['gzip', 'br']) {
      const answer = await ask('GET', target, { headers: { 'accept-encoding': coding } })
      expect(answer.json).toEqual(plain.json)
      expect(answer.headers['content-encoding']).toBe(coding)
      expect(answer.length).toBeLessThan(plain.length)
      const etag = answer.headers.etag ?? ''
      expect(etag).toBe(`${plain.headers.etag?.slice(0, -1)}-${coding}"`)
      for (const held of [etag, plain.headers.etag ?? '']) {
        const known = await ask('GET', target, { headers: { ...zip, 'if-none-match': held } })
        expect(known).toMatchObject({
          status: 304,
          length: 0,
          headers: { etag: held, vary: 'Accept-Encoding' },
        })
      }
    }
  })

  test('the list of categories is negotiated as well, and small', async () => {
    const { headers, length } = await ask('GET', '/products/categories/list', { headers: zip })
    expect(length).toBeLessThan(1_024)
    expect(headers.vary).toBe('Accept-Encoding')
    expect(headers).not.toHaveProperty('content-encoding')
    const forced = { 'accept-encoding': 'gzip, identity;q=0' }
    const { headers: zipped } = await ask('GET', '/products/categories/list', { headers: forced })
    expect(zipped['content-encoding']).toBe('gzip')
  })

  test('a page of all categories is compressed for an admin', async () => {
    const answer = await ask('GET', '/products/', { as: 'admin', headers: zip })
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(namesOf(answer)).toHaveLength(16)
  })

  test('the tag of any coding is good for a change', async () => {
    const { headers } = await ask('GET', detail, { headers: zip })
    const change = (tag = '') =>
      ask('PUT', detail, { as: 'admin', body: { price: 1 }, headers: { 'if-match': tag } })
    expect(headers.etag).toBe('"1.10-gzip"')
    expect((await change(headers.etag)).status).toBe(200)
    expect((await change(headers.etag)).status).toBe(412)
  })
})

describe('paging by cursor', () => {
  test('begins with an empty cursor and ends with null', async () => {
    const seen: string[] = []
    let cursor: unknown = ''
    for (let page = 1; cursor !== null; page++) {
      const answer = await ask('GET', `${list}&limit=4&cursor=${cursor}`)
      expect(answer.json).toMatchObject({ total: 6, pages: 2, page, has_prev: page > 1 })
      expect(answer.json.has_next).toBe(answer.json.next_cursor !== null)
      expect(answer.headers.link !== undefined).toBe(answer.json.next_cursor !== null)
      seen.push(...namesOf(answer))
      cursor = answer.json.next_cursor
    }
    expect(seen).toEqual([...names].sort())
  })

  test('neither repeats nor misses what is there throughout', async () => {
    const first = await ask('GET', `${list}&limit=3&cursor=`)
    await ask('DELETE', `/products/${sampleProduct('Айва').id}`, { as: 'admin' })
    for (const name of ['Ананас', 'Банан', 'Вишня']) {
      const body = { name, category: 'Фрукты', price: 1, stock_count: 1 }
      await ask('POST', '/products/', { as: 'admin', body })
    }
    const next = `${list}&limit=100&cursor=${first.json.next_cursor}`
    const rest = await ask('GET', next)
    expect(namesOf(first)).toEqual(['Абрикос', 'Айва', 'Груша «Яблочная»'])
    expect(namesOf(rest)).toEqual(['Дыня', 'Яблоко', 'Яблоко Гала'])
    expect(rest.json).toMatchObject({ total: 8, has_prev: true, next_cursor: null })
    // From memory the second time, and right after a write the third.
    expect(await ask('GET', next)).toEqual(rest)
    await ask('DELETE', `/products/${sampleProduct('Дыня').id}`, { as: 'admin' })
    expect(namesOf(await ask('GET', next))).toEqual(['Яблоко', 'Яблоко Гала'])
  })

  test('is refused for a cursor of another query, a broken one, and one beside skip', async () => {
    const { json } = await ask('GET', `${list}&limit=2&cursor=`)
    const other = await ask('GET', `${list}&sort_by=price&cursor=${json.next_cursor}`)
    expect(other).toMatchObject({ status: 400, json: { code: 'bad_request' } })
    expect(other.json.detail).toBe('The cursor belongs to another query')
    expect((await ask('GET', `${list}&cursor=17`)).status).toBe(400)
    const both = await ask('GET', `${list}&skip=2&cursor=${json.next_cursor}`)
    expect(both).toMatchObject({ status: 422, json: { code: 'validation_failed' } })
    expect(both.json.detail).toContain('skip cannot be combined with cursor')
    const smaller = await ask('GET', `${list}&limit=1&cursor=${json.next_cursor}`)
    expect(namesOf(smaller)).toEqual(['Груша «Яблочная»'])
  })

  test('an answer without a cursor has the fields of the contract alone', async () => {
    const { json } = await ask('GET', `${list}&limit=2`)
    expect(json).not.toHaveProperty('next_cursor')
  })

  test('works for all categories, for admins', async () => {
    const { json } = await ask('GET', '/products/?limit=4&cursor=', { as: 'admin' })
    const next = `/products/?limit=4&cursor=${json.next_cursor}`
    expect(namesOf(await ask('GET', next, { as: 'admin' }))).toEqual([
      'Лук и яблоко',
      'Яблоко',
      'Яблоко Гала',
    ])
    expect((await ask('GET', next)).status).toBe(403)
  })
})

describe('search', () => {
  const q = (text: string) => `q=${encodeURIComponent(text)}`

  test('finds words of names in the category, best first', async () => {
    const answer = await ask('GET', `${list}&${q('яблоко')}`)
    expect(answer).toMatchObject({ status: 200, json: { total: 2, pages: 1 } })
    expect(namesOf(answer)).toEqual(['Яблоко', 'Яблоко Гала'])
    expect(namesOf(await ask('GET', `${list}&${q('ЯБЛ')}`))).toEqual([
      'Яблоко',
      'Яблоко Гала',
      'Груша «Яблочная»',
    ])
    expect(namesOf(await ask('GET', `${list}&${q('ябл')}&sort_by=price`))).toEqual([
      'Груша «Яблочная»',
      'Яблоко',
      'Яблоко Гала',
    ])
    const dear = await ask('GET', `${list}&${q('ябл')}&min_price=70&max_price=90`)
    expect(namesOf(dear)).toEqual(['Яблоко', 'Яблоко Гала'])
  })

  test('is paged like every list', async () => {
    const second = await ask('GET', `${list}&${q('ябл')}&skip=2&limit=2`)
    expect(namesOf(second)).toEqual(['Груша «Яблочная»'])
    expect(second.json).toMatchObject({ total: 3, page: 2, pages: 2, has_next: false })
    const first = await ask('GET', `${list}&${q('ябл')}&limit=2&cursor=`)
    const { next_cursor } = first.json
    const rest = await ask('GET', `${list}&${q('ябл')}&limit=2&cursor=${next_cursor}`)
    expect([...namesOf(first), ...namesOf(rest)]).toEqual([
      'Яблоко',
      'Яблоко Гала',
      'Груша «Яблочная»',
    ])
  })

  test('without a category is for admins', async () => {
    const target = `/products/?${q('яблоко')}`
    expect(await ask('GET', target)).toMatchObject({
      status: 403,
      json: { code: 'category_required' },
    })
    expect((await ask('GET', target, { as: 'user' })).status).toBe(403)
    const all = await ask('GET', target, { as: 'admin' })
    expect(namesOf(all)).toEqual(['Яблоко', 'Лук и яблоко', 'Яблоко Гала'])
    // What an admin was shown is not known to anybody.
    expect((await ask('GET', target)).status).toBe(403)
  })

  test('is 1 to 100 characters long', async () => {
    for (const text of ['', 'я'.repeat(101)]) {
      expect((await ask('GET', `${list}&${q(text)}`)).status).toBe(422)
    }
    expect((await ask('GET', `${list}&${q('я'.repeat(100))}`)).json.total).toBe(0)
    expect((await ask('GET', `${list}&${q('?!')}`)).json.total).toBe(0)
  })

  test('finds what was written just now', async () => {
    const id = sampleProduct('Дыня').id
    await ask('PUT', `/products/${id}`, { as: 'admin', body: { name: 'Ёж-яблоко' } })
    expect(namesOf(await ask('GET', `${list}&${q('еж')}`))).toEqual(['Ёж-яблоко'])
    expect((await ask('GET', `${list}&${q('дыня')}`)).json.total).toBe(0)
    await ask('DELETE', `/products/${id}`, { as: 'admin' })
    expect((await ask('GET', `${list}&${q('еж')}`)).json.total).toBe(0)
  })
})

describe('GET /products/by-category/{category}', () => {
  test('is the array of list items, paged by Link', async () => {
    const seen: string[] = []
    let next: string | undefined = '?limit=4'
    while (next !== undefined) {
      const answer: Answered = await ask('GET', path + next)
      expect(answer.status).toBe(200)
      expect(Array.isArray(answer.json)).toBe(true)
      seen.push(...namesOf(answer))
      next = /^<(\?[^>]+)>; rel="next"$/.exec(answer.headers.link ?? '')?.[1]
    }
    expect(seen).toEqual([...names].sort())
    expect(Object.keys((await ask('GET', path)).json[0] as object)).toEqual([
      'product_id',
      'name',
      'category',
      'price',
    ])
  })

  test('takes the query of a listing', async () => {
    const by = async (query: string) => namesOf(await ask('GET', `${path}?${query}`))
    expect(await by('sort_by=price&limit=2')).toEqual(['Дыня', 'Груша «Яблочная»'])
    expect(await by('sort_order=desc&skip=5')).toEqual(['Абрикос'])
    expect(await by(`q=${encodeURIComponent('ябл')}&max_price=70`)).toEqual([
      'Яблоко',
      'Груша «Яблочная»',
    ])
    const skipped = await ask('GET', `${path}?skip=2&limit=2`)
    expect(skipped.headers.link).toBe('<?limit=2&skip=4>; rel="next"')
    expect((await ask('GET', `${path}?limit=0`)).status).toBe(422)
    expect((await ask('GET', `${path}?min_price=2&max_price=1`)).status).toBe(400)
  })

  test('of an unknown category is empty, and of no UTF-8 a mistake', async () => {
    const unknown = await ask('GET', `/products/by-category/${encodeURIComponent('Нет такой')}`)
    expect(unknown).toMatchObject({ status: 200, json: [] })
    expect((await ask('GET', '/products/by-category/%ff')).status).toBe(400)
    expect((await ask('GET', '/products/by-category/')).status).toBe(404)
  })

  test('is known unparsed the second time, apart from the page of the same query', async () => {
    const first = await ask('GET', `${path}?limit=2`)
    expect(await ask('GET', `${path}?limit=2`)).toEqual(first)
    expect(await catalog.metrics.text()).toContain('catalog_cache_requests_total{result="hit"} 1')
    // Whoever forges a query out of a path gets what the query means, and no array.
    expect((await ask('GET', `/products/?${path}?limit=2`)).status).toBe(403)
  })
})

describe('a store that is down', () => {
  let down: boolean
  const failing = (store: CatalogStore): CatalogStore => {
    const unlessDown =
      <A extends readonly unknown[], R>(read: (...query: A) => R) =>
      (...query: A): R => {
        if (down) throw problem('store_unavailable')
        return read(...query)
      }
    return {
      ...store,
      find: unlessDown(store.find),
      listed: unlessDown(store.listed),
      categories: unlessDown(store.categories),
      check: unlessDown(store.check),
    }
  }

  beforeEach(async () => {
    await catalog.store.close()
    down = false
    await open(failing)
  })

  async function pollFor(seconds: number): Promise<void> {
    for (let n = 0; n < 2 * seconds; n++) {
      catalog.clock.advance(500)
      await catalog.refresh().catch(() => {})
    }
  }

  test('is told by the health call', async () => {
    const up = await ask('GET', '/system/health')
    expect(up).toMatchObject({ status: 200, json: { status: 'ok', database_connection: 'ok' } })
    down = true
    expect(await ask('GET', '/system/health')).toMatchObject({
      status: 503,
      json: { status: 'error', database_connection: 'unavailable' },
    })
  })

  test('leaves every list readable, marked once that has lasted', async () => {
    const targets = [list, `${list}&q=x`, path, '/products/categories/list']
    for (const target of targets) await ask('GET', target)
    down = true
    await pollFor(1)
    for (const target of targets) {
      expect((await ask('GET', target)).headers).not.toHaveProperty('x-cache')
    }
    await pollFor(2)
    for (const target of [...targets, `${list}&limit=3`]) {
      const answer = await ask('GET', target)
      expect(answer).toMatchObject({ status: 200, headers: { age: '3', 'x-cache': 'stale' } })
    }
    expect(await catalog.metrics.text()).toContain('catalog_cache_requests_total{result="stale"} 5')
    down = false
    await pollFor(1)
    for (const target of targets) {
      expect((await ask('GET', target)).headers).not.toHaveProperty('x-cache')
    }
  })

  test('leaves the products readable that were seen before', async () => {
    const fresh = await ask('GET', detail)
    down = true
    await pollFor(90)
    const stale = await ask('GET', detail)
    expect(stale.json).toEqual(fresh.json)
    expect(stale.headers).toEqual({ ...fresh.headers, age: '90', 'x-cache': 'stale' })
    const unseen = await ask('GET', `/products/${sampleProduct('Дыня').id}`)
    expect(unseen).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      json: { code: 'store_unavailable' },
    })
  })
})

test('a thousand equal misses over the network cost one read of the store', async () => {
  await catalog.store.close()
  const reads = { find: 0, listed: 0 }
  await open((store) => ({
    ...store,
    async find(id) {
      reads.find++
      await new Promise((resolve) => setImmediate(resolve))
      return store.find(id)
    },
    async listed(...query) {
      reads.listed++
      await new Promise((resolve) => setImmediate(resolve))
      return store.listed(...query)
    },
  }))
  const loaded = reads.listed
  const zip = { headers: { 'accept-encoding': 'br' } }
  for (const [target, tag] of [
    [detail, '"1.10-br"'],
    [list, undefined],
  ] as const) {
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => ask('GET', target, zip)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const tags = new Set(answers.map(({ headers }) => headers.etag))
    expect(tags.size).toBe(1)
    if (tag !== undefined) expect(tags).toEqual(new Set([tag]))
  }
  expect(reads).toEqual({ find: 1, listed: loaded })
})
