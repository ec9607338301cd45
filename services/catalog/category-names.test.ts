/** Which names are one category, whatever is typed, and what becomes of names of before. */
import { expect, test } from 'bun:test'
import { openCatalog } from './routes.fixture.ts'
import { sampleProduct } from './store.conformance.ts'

const composed = 'Чай зелёный'
const apart = composed.normalize('NFD')
const spellings = [
  composed,
  apart,
  ` ${composed}`,
  `${composed} `,
  'Чай\u00a0зелёный',
  'Чай  зелёный',
]

test('names that look alike are one category, for who writes and for who reads', async () => {
  const { ask } = await openCatalog([])
  for (const category of spellings) {
    const body = { name: 'Чай', category, price: 1, stock_count: 1 }
    expect((await ask('POST', '/products/', { as: 'admin', body })).json).toMatchObject({
      category: composed,
    })
  }
  expect((await ask('GET', '/products/categories/list')).json).toEqual([
    { name: composed, product_count: spellings.length },
  ] as never)
  for (const category of spellings) {
    const asked = encodeURIComponent(category)
    const page = await ask('GET', `/products/?category=${asked}`)
    expect(page.json).toMatchObject({ total: spellings.length })
    const array = await ask('GET', `/products/by-category/${asked}`)
    expect(array.json).toHaveLength(spellings.length)
    const found = await ask('GET', `/products/?category=${asked}&q=${encodeURIComponent('чай')}`)
    expect(found.json).toMatchObject({ total: spellings.length })
  }
})

test('a product that is changed moves to the one category', async () => {
  const { ask, addApple } = await openCatalog([])
  await addApple({ category: composed })
  const id = await addApple()
  const body = { category: `${apart} ` }
  const { json } = await ask('PUT', `/products/${id}`, { as: 'admin', body })
  expect(json).toMatchObject({ category: composed })
})

test('a category that was stored under another form is found under exactly its name', async () => {
  const old = [sampleProduct('а', { category: apart }), sampleProduct('б', { category: 'Чай ' })]
  const { ask, addApple } = await openCatalog(old)
  await addApple({ category: apart })
  const total = async (category: string) =>
    (await ask('GET', `/products/?category=${encodeURIComponent(category)}`)).json.total
  expect([await total(apart), await total(composed), await total('Чай ')]).toEqual([1, 1, 1])
  // As the list names them.
  const list = (await ask('GET', '/products/categories/list')).json as unknown as {
    name: string
    product_count: number
  }[]
  for (const { name, product_count } of list) expect(await total(name)).toBe(product_count)
  expect(list).toHaveLength(3)
})

test('products and categories stand in the order in which people look for them', async () => {
  const { ask, addApple } = await openCatalog([])
  for (const category of ['хлеб', 'Чай', 'Ёлки', 'ель', 'Категория 10', 'Категория 9', 'Арбузы']) {
    await addApple({ category })
  }
  const list = (await ask('GET', '/products/categories/list')).json as unknown as {
    name: string
  }[]
  expect(list.map(({ name }) => name)).toEqual([
    ...['Арбузы', 'Ёлки', 'ель', 'Категория 9', 'Категория 10', 'хлеб', 'Чай'],
  ])
  for (const name of ['сок, 10 шт', 'Сок, 9 шт', 'Ёж', 'еда']) await addApple({ name })
  const target = `/products/?category=${encodeURIComponent('Ягоды')}`
  const names = async (query: string) => {
    const { items, next_cursor } = (await ask('GET', target + query)).json as {
      items: { name: string }[]
      next_cursor?: string
    }
    return { names: items.map(({ name }) => name), next_cursor }
  }
  expect(await names('')).toMatchObject({ names: ['еда', 'Ёж', 'Сок, 9 шт', 'сок, 10 шт'] })
  const first = await names('&limit=2&cursor=')
  expect(await names(`&limit=2&cursor=${first.next_cursor}`)).toMatchObject({
    names: ['Сок, 9 шт', 'сок, 10 шт'],
  })
})

test.each([' ', '\u00a0', '\u200b', 'Чай\u200d', 'Чай\u202e', 'Чай\ufe0f', '\u2800', 'Чай\n'])(
  '%p is refused as a category',
  async (category) => {
    const { ask } = await openCatalog([])
    const body = { name: 'Чай', category, price: 1, stock_count: 1 }
    expect(await ask('POST', '/products/', { as: 'admin', body })).toMatchObject({
      status: 422,
      json: { code: 'validation_failed' },
    })
  },
)
