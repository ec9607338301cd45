/** An admin's story through the gateway: products, orders and carts of everybody, on the types of the API. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { serviceNames } from '../../core/values/service-name.ts'
import { documentOf } from '../../scripts/openapi/documents.ts'
import { prefixes } from '../../services/gateway/paths.ts'
import { apiAt, good, problemOf, signIn, type Api } from '../support/api.ts'
import { startShop } from '../support/shop.ts'

// Orders stay where they are until the admin moves them.
const shop = await startShop({
  gateway: true,
  products: 16,
  env: { ORDER_PROCESSING_AFTER_MS: '60000' },
})
afterAll(shop.stop)
const gateway = shop.urls.gateway
const visitor = apiAt(gateway)
let admin: Api
let user: Api
beforeAll(async () => {
  admin = await signIn(gateway, 'admin', 'admin123')
  user = await signIn(gateway, 'user1', 'user123')
})

const category = 'Проба'
const newProduct = { name: 'Айва, 1 кг', category, price: 149.9, stock_count: 20 }

describe('a product', () => {
  test('is added, found, changed and taken off the shelf', async () => {
    const created = await admin.catalog.POST('/products/', { body: newProduct })
    expect(created.response.status).toBe(201)
    const path = { id: created.data?.product_id ?? '' }
    const etag = created.response.headers.get('etag') ?? ''

    const found = await good(visitor.catalog.GET('/products/', { params: { query: { category } } }))
    expect(found.items.map(({ product_id }) => product_id)).toEqual([path.id])

    const change = (price: number) =>
      admin.catalog.PUT('/products/{id}', {
        params: { path, header: { 'If-Match': etag } },
        body: { price },
      })
    expect(await good(change(99.5))).toMatchObject({ ...newProduct, price: 99.5 })
    expect(await problemOf(change(89.5))).toMatchObject({ status: 412, code: 'version_mismatch' })

    const removed = await admin.catalog.DELETE('/products/{id}', { params: { path } })
    expect(removed.response.status).toBe(204)
    expect(
      await problemOf(visitor.catalog.GET('/products/{id}', { params: { path } })),
    ).toMatchObject({ code: 'product_not_found' })
  })

  test('is not a user’s to add', async () => {
    for (const [who, status] of [
      [user, 403],
      [visitor, 401],
    ] as const) {
      expect(await problemOf(who.catalog.POST('/products/', { body: newProduct }))).toMatchObject({
        status,
      })
    }
  })

  test('with two mistakes is refused with both of them', async () => {
    const body = { ...newProduct, price: -1, name: '' }
    const { errors } = await problemOf(admin.catalog.POST('/products/', { body }))
    expect(errors?.map((each) => each.path).toSorted()).toEqual(['/name', '/price'])
  })
})

describe('an order of somebody', () => {
  test('is listed, moved along, and refuses what it cannot become', async () => {
    const { product_id } = await good(admin.catalog.POST('/products/', { body: newProduct }))
    const { id } = await good(
      user.order.POST('/orders/', { body: { items: [{ product_id, quantity: 1 }] } }),
    )
    const all = await good(admin.order.GET('/orders/', { params: { query: { all: true } } }))
    expect(all.map((order) => order.id)).toContain(id)

    const move = (status: string) =>
      admin.order.PUT('/orders/{id}/status', { params: { path: { id }, query: { status } } })
    await good(move('PROCESSING'))
    expect(await problemOf(move('CREATED'))).toMatchObject({ code: 'order_move_refused' })
    expect(await problemOf(move('LOST'))).toMatchObject({ code: 'order_status_unknown' })
    const seen = await good(user.order.GET('/orders/{id}', { params: { path: { id } } }))
    expect(seen.status).toBe('PROCESSING')
    const cancelled = await good(
      admin.order.PUT('/orders/{id}/cancel', { params: { path: { id } } }),
    )
    expect(cancelled.order).toMatchObject({ id, status: 'CANCELLED' })
  })
})

describe('the documents', () => {
  test('are served as their types were made from them', async () => {
    for (const name of serviceNames) {
      const answer = await fetch(`${gateway}${prefixes[name]}/openapi.json`)
      const served = (await answer.json()) as { info: { description: string } }
      expect(served.info.description).not.toBe('')
      const made = JSON.parse(JSON.stringify(documentOf(name))) as typeof served
      expect({ ...served, info: { ...served.info, description: '' } }).toEqual(made)
    }
  })

  test('show a product that the demo really sells, so that the examples work as they stand', async () => {
    const document = JSON.stringify(documentOf('catalog'))
    const id = /"name":"id","in":"path".*?"example":"([^"]+)"/.exec(document)?.[1] ?? ''
    const { name, price } = await good(
      visitor.catalog.GET('/products/{id}', { params: { path: { id } } }),
    )
    for (const each of ['catalog', 'cart', 'order', 'user'] as const) {
      const text = JSON.stringify(documentOf(each))
      for (const part of [id, name, `[${price}]`]) expect(text).toContain(part)
    }
  })
})
