/** The user service's rows of the HTTP contract, against running services. */
import { afterAll, describe, expect, test } from 'bun:test'
import { newId, nilId } from '../../core/values/ids.ts'
import { clientOf, type Person } from '../support/client.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { recordsOf } from '../support/readers.ts'
import { eventually, stockOf } from '../support/ledger.ts'
import type { Sent } from '../support/send.ts'
import {
  Cart,
  conform,
  KeySet,
  Order,
  OrderSummaries,
  Profile,
  TotalSpent,
  User,
} from '../support/shapes.ts'
import { startShop } from '../support/shop.ts'

const shop = await startShop({ products: 8, env: { ORDER_PROCESSING_AFTER_MS: '3600000' } })
afterAll(shop.stop)

const client = clientOf(shop)
const get = (path: string, token?: string) => client.get('user', path, token)
const signUp = (json: unknown) => client.call('user', 'POST', '/users/register', { json })
const addToCart = async (token: string, product_id: string, quantity: number) => {
  const json = { product_id, quantity }
  const answer = await client.call('cart', 'POST', '/cart/items', { json, token })
  expect(answer.status).toBe(200)
}
const checkout = (token: string, sent: Sent = {}) =>
  client.call('user', 'POST', '/users/me/orders', { token, ...sent })

describe('POST /users/register', () => {
  const registration = () => ({
    // Of one alphabet: digits belong to all of them.
    username: `имя_${Number.parseInt(newId().slice(-12), 16)}`,
    password: 'secret word',
    full_name: 'Ирина Петрова',
    phone: '+7 (912) 345-67-89',
  })

  test('answers the user', async () => {
    const json = registration()
    const answer = await signUp(json)
    expect(answer.status).toBe(200)
    const { password, ...shown } = json
    expect(conform(User, answer.json())).toMatchObject({
      ...shown,
      total_spent: 0,
      is_admin: false,
    })
    expect(answer.text).not.toContain(password)
  })
  test('needs no phone', async () => {
    const { phone: _, ...rest } = registration()
    expect((await signUp(rest)).json()).toMatchObject({ phone: null })
  })
  test('a name that is taken is 409, in any case of letters', async () => {
    const json = registration()
    await signUp(json)
    const problem = expectProblem(await signUp(json), 409, 'username_taken')
    expect(problem.detail).toBe('Username already registered')
    const shouted = { ...json, username: json.username.toUpperCase() }
    expectProblem(await signUp(shouted), 409, 'username_taken')
    expectProblem(await signUp({ ...json, username: 'Admin' }), 409, 'username_taken')
  })
  test('of many at once with one name, one succeeds', async () => {
    const json = registration()
    const answers = await Promise.all(Array.from({ length: 5 }, () => signUp(json)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409])
    expect(await recordsOf(shop).usersNamed(json.username)).toBe(1)
  })
  test.each([
    ['is_admin', true],
    ['role', 'admin'],
    ['id', newId()],
    ['total_spent', -100],
    ['created_at', '2020-01-01T00:00:00Z'],
  ])('nothing in the body makes an admin: %s is refused', async (field, value) => {
    expectProblem(await signUp({ ...registration(), [field]: value }), 422, 'validation_failed')
  })
  test('neither does a name that begins with admin_', async () => {
    const username = `admin_${newId().slice(-12)}`
    const answer = await signUp({ ...registration(), username })
    expect(conform(User, answer.json()).is_admin).toBe(false)
    const { access_token } = await client.login(username, 'secret word')
    expect((await get('/users/me', access_token)).json()).toMatchObject({ is_admin: false })
    expectProblem(await client.get('catalog', '/products/', access_token), 403)
  })
  test.each([
    ['a name of 2', { username: 'ab' }],
    ['a name of 51', { username: 'a'.repeat(51) }],
    ['a name with a blank', { username: 'a b c' }],
    ['a name with a line break', { username: 'abc\ndef' }],
    ['a password of 5', { password: '12345' }],
    ['a password of 129', { password: 'x'.repeat(129) }],
    ['no password', { password: undefined }],
    ['an empty full name', { full_name: '' }],
    ['a full name of 101', { full_name: 'x'.repeat(101) }],
    ['no full name', { full_name: undefined }],
    ['a number as a name', { username: 12345 }],
  ])('refuses %s', async (_what, fields) => {
    expectProblem(await signUp({ ...registration(), ...fields }), 422, 'validation_failed')
  })
  test('takes a name of 50 and a password of 128', async () => {
    const fields = {
      username: 'n'.repeat(50),
      password: 'p'.repeat(128),
      full_name: 'f'.repeat(100),
    }
    expect((await signUp({ ...registration(), ...fields })).status).toBe(200)
  })
})

describe('/users/me', () => {
  const put = (person: Person, sent: Sent) =>
    client.call('user', 'PUT', '/users/me', { token: person.token, ...sent })

  test('GET is the user as at registration', async () => {
    const { id, username, token } = await client.register()
    const answer = await get('/users/me', token)
    expect(answer.status).toBe(200)
    expect(conform(User, answer.json())).toMatchObject({ id, username, total_spent: 0 })
    expect((await get('/users/me/', token)).text).toBe(answer.text)
    expectProblem(await get('/users/me'), 401, 'not_authenticated')
  })
  test('PUT changes what is sent, by form and by JSON', async () => {
    const person = await client.register()
    const steps = [
      [{ form: { full_name: 'Анна' } }, { full_name: 'Анна', phone: null }],
      [{ json: { phone: '+7 900 000-00-00' } }, { full_name: 'Анна', phone: '+7 900 000-00-00' }],
      [{ form: { phone: '' } }, { full_name: 'Анна', phone: null }],
      [{ json: {} }, { full_name: 'Анна', phone: null }],
    ] as const
    for (const [sent, expected] of steps) {
      const answer = await put(person, sent)
      expect(answer.status).toBe(200)
      expect(conform(User, answer.json())).toMatchObject({ ...expected, id: person.id })
      expect((await get('/users/me', person.token)).json()).toEqual(answer.json())
    }
  })
  test.each(['username', 'role', 'is_admin', 'total_spent', 'id', 'password'])(
    'PUT refuses %s',
    async (field) => {
      const person = await client.register()
      for (const sent of [{ json: { [field]: 'x' } }, { form: { [field]: 'x' } }]) {
        expectProblem(await put(person, sent), 422, 'validation_failed')
      }
    },
  )
  test('PUT refuses a field given twice, an empty name and other types', async () => {
    const person = await client.register()
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const twice = await put(person, { body: 'full_name=A&full_name=B', headers: form })
    expectProblem(twice, 422, 'validation_failed')
    expectProblem(await put(person, { form: { full_name: '' } }), 422, 'validation_failed')
    const text = { body: 'full_name=A', headers: { 'content-type': 'text/plain' } }
    expectProblem(await put(person, text), 415, 'unsupported_media_type')
  })
})

describe('what belongs to a user', () => {
  test('cart, orders, profile and what was spent', async () => {
    const person = await client.register()
    const { token } = person
    const product = await client.createProduct({ price: 30.3, stock_count: 20 })
    await addToCart(token, product.product_id, 2)
    const cart = await get('/users/me/cart', token)
    expect(conform(Cart, cart.json()).total).toBe(60.6)
    expect(cart.json()).toEqual((await client.get('cart', '/cart/', token)).json())

    const placed = await checkout(token)
    expect(placed.status).toBe(200)
    const order = conform(Order, placed.json())
    expect(order).toMatchObject({ user_id: person.id, total: 60.6, status: 'CREATED' })
    await addToCart(token, product.product_id, 1)

    const { id, status, total, created_at } = order
    const summaries = conform(OrderSummaries, (await get('/users/me/orders', token)).json())
    expect(summaries).toEqual([{ id, status, total, created_at }])
    const spent = await get('/users/me/total-spent', token)
    expect(conform(TotalSpent, spent.json())).toEqual({ total_spent: 60.6 })
    const profile = await get('/users/me/profile', token)
    expect(profile.status).toBe(200)
    expect(conform(Profile, profile.json())).toMatchObject({
      id: person.id,
      total_spent: 60.6,
      current_cart_total: 30.3,
      orders: summaries,
      degraded: [],
    })
  })
  test('what was spent counts every order at once and forgets a cancelled one', async () => {
    const { token } = await client.register()
    const { product_id } = await client.createProduct({ price: 0.1, stock_count: 50 })
    const spent = async () =>
      conform(TotalSpent, (await get('/users/me/total-spent', token)).json()).total_spent
    const orders: string[] = []
    for (const expected of [0.1, 0.2, 0.3]) {
      await addToCart(token, product_id, 1)
      orders.push(conform(Order, (await checkout(token)).json()).id)
      expect(await spent()).toBe(expected)
    }
    await client.call('order', 'PUT', `/orders/${orders[1]}/cancel`, { token })
    expect(await spent()).toBe(0.2)
    expect((await get('/users/me', token)).json()).toMatchObject({ total_spent: 0.2 })
  })
  test('orders come newest first, in pages that link on', async () => {
    const { token } = await client.register()
    const { product_id } = await client.createProduct({ stock_count: 50 })
    const placed: string[] = []
    for (let count = 0; count < 3; count++) {
      await addToCart(token, product_id, 1)
      placed.unshift(conform(Order, (await checkout(token)).json()).id)
    }
    const seen: string[] = []
    let query = '?limit=2'
    while (query !== '') {
      const page = await get(`/users/me/orders${query}`, token)
      seen.push(...conform(OrderSummaries, page.json()).map(({ id }) => id))
      query = /<(\?[^>]*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? ''
    }
    expect(seen).toEqual(placed)
    const farAhead = Buffer.from(`999999999999999.${nilId}`).toString('base64url')
    for (const cursor of ['x', farAhead]) {
      const path = `/users/me/orders?cursor=${cursor}`
      expectProblem(await get(path, token), 400, 'bad_request')
    }
    expectProblem(await get('/users/me/orders?limit=0', token), 422, 'validation_failed')
  })
  test('a checkout here answers as one at the cart', async () => {
    const { token } = await client.register()
    expectProblem(await checkout(token), 400, 'cart_empty')
    const { product_id } = await client.createProduct({ stock_count: 5 })
    await addToCart(token, product_id, 5)
    const json = { stock_count: 1 }
    const admin = client.tokens.admin()
    await client.call('catalog', 'PUT', `/products/${product_id}`, { json, token: admin })
    const problem = expectProblem(await checkout(token), 409, 'out_of_stock')
    expect(problem.lines).toEqual([{ product_id, requested: 5, available: 1 }])
    await client.call('cart', 'PUT', `/cart/items/${product_id}`, { json: { quantity: 1 }, token })
    const headers = { 'idempotency-key': `mine-${newId()}` }
    const first = await checkout(token, { headers })
    expect(first.status).toBe(200)
    const again = await checkout(token, { headers })
    expect([again.status, again.text]).toEqual([200, first.text])
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(await stockOf(shop, product_id)).toMatchObject({ available: 0, reserved: 1 })
  })
  test.each([
    ['GET', '/users/me/profile'],
    ['GET', '/users/me/orders'],
    ['POST', '/users/me/orders'],
    ['GET', '/users/me/cart'],
    ['GET', '/users/me/total-spent'],
  ] as const)('%s %s is 401 for nobody', async (method, path) => {
    expectProblem(await client.call('user', method, path), 401, 'not_authenticated')
  })
})

describe('POST /users/notify/order-status', () => {
  test('records a change once, and none that is older', async () => {
    const token = client.tokens.service('order', 'user')
    const body = {
      order_id: newId(),
      user_id: newId(),
      status: 'PROCESSING',
      updated_at: '2026-01-31T09:30:00Z',
      sequence: 2,
    }
    const notify = (json: unknown) =>
      client.call('user', 'POST', '/users/notify/order-status', { json, token })
    const recorded = async () =>
      (await recordsOf(shop).notifications())
        .filter(({ order_id }) => order_id === body.order_id)
        .map(({ sequence }) => sequence)
    for (const sequence of [2, 2, 1]) {
      expect((await notify({ ...body, sequence })).status).toBe(200)
      expect(await recorded()).toEqual([2])
    }
    expect((await notify({ ...body, sequence: 3 })).status).toBe(200)
    expect((await recorded()).sort()).toEqual([2, 3])
    expectProblem(await notify({ ...body, sequence: -1 }), 422, 'validation_failed')
    expectProblem(await notify({ ...body, updated_at: 'yesterday' }), 422, 'validation_failed')
  })
  test('an order’s creation and cancellation arrive by themselves', async () => {
    const { id, token } = await client.register()
    const { product_id } = await client.createProduct()
    await addToCart(token, product_id, 1)
    const order = conform(Order, (await checkout(token)).json())
    await client.call('order', 'PUT', `/orders/${order.id}/cancel`, { token })
    await eventually('both are recorded', async () => {
      const rows = await recordsOf(shop).notifications()
      const statuses = rows.filter(({ user_id }) => user_id === id).map(({ status }) => status)
      // A later change that overtakes an earlier one makes that one superfluous.
      return statuses.at(-1) === 'CANCELLED'
    })
  })
})

test('GET /.well-known/jwks.json holds public keys and nothing private', async () => {
  const answer = await get('/.well-known/jwks.json')
  expect(answer.status).toBe(200)
  conform(KeySet, answer.json())
})

test.each([
  ['GET', '/users/register', 'POST, OPTIONS'],
  ['POST', '/users/me', 'GET, PUT, HEAD, OPTIONS'],
  ['PUT', '/users/me/orders', 'GET, POST, HEAD, OPTIONS'],
] as const)('%s %s is 405 and says what is allowed', async (method, path, allowed) => {
  const answer = await client.call('user', method, path)
  expectProblem(answer, 405, 'method_not_allowed')
  expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(allowed.split(', ').sort())
})

describe('while a service is down', () => {
  test('the profile tells what it knows and names what is missing', async () => {
    const { token } = await client.register()
    const { product_id } = await client.createProduct({ price: 5 })
    await addToCart(token, product_id, 1)
    await checkout(token)
    const whole = conform(Profile, (await get('/users/me/profile', token)).json())

    await shop.kill('cart')
    const cartless = await get('/users/me/profile', token)
    expect(cartless.status).toBe(200)
    expect(conform(Profile, cartless.json())).toEqual({
      ...whole,
      current_cart_total: null,
      degraded: ['cart'],
    })
    expectProblem(await get('/users/me/cart', token), 503, 'service_unavailable')
    expectProblem(await checkout(token), 503)
    expect((await get('/users/me/orders', token)).status).toBe(200)

    await shop.kill('order')
    const bare = conform(Profile, (await get('/users/me/profile', token)).json())
    expect([...bare.degraded].sort()).toEqual(['cart', 'orders', 'total_spent'])
    expect(bare).toMatchObject({ orders: [], total_spent: null, current_cart_total: null })
    const me = conform(User, (await get('/users/me', token)).json())
    expect(me).toMatchObject({ id: whole.id, total_spent: null, degraded: ['total_spent'] })
    expectProblem(await get('/users/me/orders', token), 503, 'service_unavailable')
    expectProblem(await get('/users/me/total-spent', token), 503, 'service_unavailable')
    expect((await get('/health/ready')).status).toBe(200)

    await Promise.all([shop.start('cart'), shop.start('order')])
    await eventually('the profile is whole again', async () => {
      const profile = conform(Profile, (await get('/users/me/profile', token)).json())
      return profile.degraded.length === 0 && profile.total_spent === whole.total_spent
    })
  })
  test('signed-in users go on while the user service is down', async () => {
    const { token } = await client.register()
    const { product_id } = await client.createProduct()
    await shop.kill('user')
    await addToCart(token, product_id, 1)
    await shop.restartAfterKill('cart')
    const cart = await client.get('cart', '/cart/', token)
    expect(conform(Cart, cart.json()).items).toHaveLength(1)
    await shop.start('user')
    expect((await get('/users/me', token)).status).toBe(200)
  })
})
