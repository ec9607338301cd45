/** The user service's rows of the contract, performed. */
import Type from 'typebox'
import { expect } from 'bun:test'
import { newId } from '../../core/values/ids.ts'
import { listenToEvents, type EventClient } from '../../services/user/event-client.fixture.ts'
import { inParallel } from '../support/buyers.ts'
import { eventually } from '../support/ledger.ts'
import type { Answered, Method, Sent } from '../support/send.ts'
import {
  Cart,
  KeySet,
  Order,
  OrderSummaries,
  Profile,
  Token,
  TotalSpent,
  User,
} from '../support/shapes.ts'
import type { Buyer, Down, PerformedRows, World } from './rows.ts'

/** What the shop of the page's test is started with, so that a few requests reach the bounds. */
export const userBounds = {
  LOGIN_FAILURES_PER_ACCOUNT: '2',
  PASSWORD_CONCURRENCY: '1',
  PASSWORD_QUEUE: '64',
  NOTIFICATION_STREAMS_PER_USER: '1',
  NOTIFICATION_STREAMS: '2',
}

const exact = { additionalProperties: false }
const Applied = Type.Object({ applied: Type.Literal(true) }, exact)
const Revocations = Type.Object(
  {
    entries: Type.Array(
      Type.Object(
        {
          session_id: Order.properties.id,
          ended_at: Order.properties.created_at,
          user_id: Type.Optional(Order.properties.id),
          epoch: Type.Optional(Type.Integer()),
          keep_session_id: Type.Optional(Order.properties.id),
        },
        exact,
      ),
    ),
    cursor: Type.Integer(),
  },
  exact,
)

export function userRows(world: World): PerformedRows {
  const { shop, client, buyer, withCart, order, asService } = world
  const ask = (method: Method, path: string, sent?: Sent): Promise<Answered> =>
    client.call('user', method, path, sent)
  const signIn = (username: string, password: string): Promise<Answered> =>
    ask('POST', '/token', { form: { username, password } })
  const registration = () => ({
    username: `row-${newId()}`,
    password: 'correct horse',
    full_name: 'Row Reader',
  })
  const changePassword = (token: string, current_password: string): Promise<Answered> =>
    ask('POST', '/users/me/password', {
      token,
      json: { current_password, new_password: 'battery staple' },
    })
  const checkout = (who: Buyer, sent: Sent = {}): Promise<Answered> =>
    who.call('user', 'POST', '/users/me/orders', sent)
  const notify = (fields: object = {}): Promise<Answered> =>
    asService('order', 'user', '/users/notify/order-status', {
      order_id: newId(),
      user_id: newId(),
      status: 'CREATED',
      updated_at: '2026-01-31T09:30:00.000Z',
      sequence: 1,
      ...fields,
    })
  const revocations = (query: string): Promise<Answered> =>
    ask('GET', `/internal/revocations${query}`, { token: client.tokens.service('cart', 'user') })
  const registered = async (method: Method, path: string, sent: Sent = {}): Promise<Answered> =>
    ask(method, path, { token: (await client.register()).token, ...sent })
  const whileDown = (
    service: 'cart' | 'order',
    perform: (who: Buyer) => Promise<Answered>,
  ): Down => ({
    service,
    async prepare() {
      const who = await withCart()
      return () => perform(who)
    },
  })

  /** Asks several times at once while more registrations wait for their hash than may; answers a refusal. */
  async function whileHashing(perform: () => Promise<Answered>): Promise<Answered> {
    let refused: Answered | undefined
    const flood = Array.from({ length: 80 }, async () => {
      while (refused === undefined) {
        const { status } = await ask('POST', '/users/register', { json: registration() })
        // Refused at once, and asking again at once would leave the hashes no processor.
        if (status === 503) await Bun.sleep(50)
      }
    })
    while (refused === undefined) {
      const answers = await Promise.all(Array.from({ length: 8 }, perform))
      refused = answers.find(({ status }) => status === 503)
    }
    await Promise.all(flood)
    return refused
  }

  async function openStream({ token }: Buyer): Promise<EventClient> {
    const url = `${shop.urls.user}/users/me/notifications`
    const stream = await listenToEvents(url, { authorization: `Bearer ${token}` })
    await stream.until('open', () => stream.lastEventId() !== '')
    expect(stream.headers.get('content-type')).toBe('text/event-stream')
    return stream
  }

  /** The service notices a little later that a client has gone. */
  const allPlacesFree = (): Promise<void> =>
    eventually('no stream is open', async () => {
      const { text } = await client.get('user', '/metrics')
      return text.includes('\nnotification_streams_open 0\n')
    })

  /** Asks for one more stream while some are open. */
  async function besideStreams(count: number, same: boolean): Promise<Answered> {
    const first = buyer()
    const streams = [await openStream(first)]
    while (streams.length < count) streams.push(await openStream(buyer()))
    try {
      return await (same ? first : buyer()).call('user', 'GET', '/users/me/notifications')
    } finally {
      for (const stream of streams) stream.close()
      await allPlacesFree()
    }
  }

  return {
    'POST /users/register': {
      good: () => ask('POST', '/users/register', { json: registration() }),
      shape: User,
      errors: {
        async 409() {
          const { username } = await client.register()
          return ask('POST', '/users/register', { json: { ...registration(), username } })
        },
        422: () => ask('POST', '/users/register', { json: { ...registration(), is_admin: true } }),
        503: () => whileHashing(() => ask('POST', '/users/register', { json: registration() })),
      },
    },
    'POST /token': {
      async good() {
        const { username, password } = await client.register()
        return signIn(username, password)
      },
      shape: Token,
      errors: {
        401: () => signIn(`nobody-${newId()}`, 'wrong'),
        422: () => ask('POST', '/token', { form: { username: 'user1' } }),
        async 429() {
          const name = `nobody-${newId()}`
          await Promise.all([signIn(name, 'wrong'), signIn(name, 'wrong')])
          return signIn(name, 'wrong')
        },
        503: () => whileHashing(() => signIn(`nobody-${newId()}`, 'wrong')),
      },
    },
    'POST /logout': { good: () => registered('POST', '/logout'), shape: null },
    'POST /logout-all': { good: () => registered('POST', '/logout-all'), shape: null },
    'POST /users/me/password': {
      async good() {
        const { token, password } = await client.register()
        return changePassword(token, password)
      },
      shape: null,
      errors: {
        401: async () => changePassword((await client.register()).token, 'wrong'),
        422: () => registered('POST', '/users/me/password', { json: { new_password: 'x' } }),
        async 429() {
          const { token } = await client.register()
          for (let guess = 0; guess < 2; guess++) await changePassword(token, 'wrong')
          return changePassword(token, 'wrong')
        },
        async 503() {
          // One for each try, since what is tried may succeed.
          const people = [...(await inParallel(64, 4, () => client.register()))]
          return whileHashing(() => {
            const person = people.pop()
            if (person === undefined) throw new Error('All have changed their password.')
            return changePassword(person.token, person.password)
          })
        },
      },
    },
    'GET /.well-known/jwks.json': {
      good: () => ask('GET', '/.well-known/jwks.json'),
      shape: KeySet,
    },
    'GET /users/me': { good: () => registered('GET', '/users/me'), shape: User },
    'PUT /users/me': {
      good: () => registered('PUT', '/users/me', { form: { full_name: 'Another Name' } }),
      shape: User,
      errors: { 422: () => registered('PUT', '/users/me', { json: { role: 'admin' } }) },
    },
    'GET /users/me/profile': { good: () => registered('GET', '/users/me/profile'), shape: Profile },
    'GET /users/me/orders': {
      async good() {
        const who = buyer()
        await order(who)
        return who.call('user', 'GET', '/users/me/orders')
      },
      shape: OrderSummaries,
      errors: {
        400: () => buyer().call('user', 'GET', '/users/me/orders?cursor=x'),
        422: () => buyer().call('user', 'GET', '/users/me/orders?limit=0'),
      },
      down: whileDown('order', (who) => who.call('user', 'GET', '/users/me/orders')),
    },
    'POST /users/me/orders': {
      good: async () => checkout(await withCart()),
      shape: Order,
      errors: {
        400: () => checkout(buyer()),
        async 409() {
          const who = await withCart()
          const path = `/products/${who.product.product_id}`
          await world.admin.call('catalog', 'DELETE', path)
          return checkout(who)
        },
        412: async () => checkout(await withCart(), { headers: { 'if-match': '"1"' } }),
        422: () => checkout(buyer(), { headers: { 'idempotency-key': 'two words' } }),
      },
      down: whileDown('cart', (who) => checkout(who)),
    },
    'GET /users/me/cart': {
      good: async () => (await withCart()).call('user', 'GET', '/users/me/cart'),
      shape: Cart,
      down: whileDown('cart', (who) => who.call('user', 'GET', '/users/me/cart')),
    },
    'GET /users/me/total-spent': {
      good: () => buyer().call('user', 'GET', '/users/me/total-spent'),
      shape: TotalSpent,
      down: whileDown('order', (who) => who.call('user', 'GET', '/users/me/total-spent')),
    },
    'GET /users/me/notifications': {
      async good() {
        const stream = await openStream(buyer())
        stream.close()
        await allPlacesFree()
        const { status, headers } = stream
        return { status, headers, text: '', json: () => null }
      },
      shape: null,
      errors: {
        422: () => buyer().call('user', 'GET', '/users/me/notifications?last_event_id=x'),
        429: () => besideStreams(1, true),
        503: () => besideStreams(2, false),
      },
    },
    'POST /users/notify/order-status': {
      good: () => notify(),
      shape: Applied,
      errors: { 422: () => notify({ sequence: -1 }) },
    },
    'GET /internal/revocations': {
      good: () => revocations(''),
      shape: Revocations,
      errors: { 422: () => revocations('?after=x') },
    },
  }
}
