/** Notifications through the gateway: what an order goes through arrives in order, once, whatever dies. */
import { afterAll, describe, expect, test } from 'bun:test'
import { newId, type UserId } from '../core/values/ids.ts'
import { listenToEvents, type EventClient } from '../services/user/event-client.fixture.ts'
import { clientOf } from './support/client.ts'
import { expectProblem } from './support/expect-problem.ts'
import { eventually } from './support/ledger.ts'
import { conform, Order } from './support/shapes.ts'
import { startShop } from './support/shop.ts'

const shop = await startShop({
  gateway: true,
  // Delivered long after everything that is looked at here.
  env: { ORDER_DELIVERY_MIN_MS: '60000', ORDER_DELIVERY_MAX_MS: '60000' },
  // Long enough to see what ends before the process does.
  envOf: { user: { DRAIN_DELAY_MS: '1500' } },
})
afterAll(shop.stop)
const client = clientOf(shop)
const path = '/user-api/users/me/notifications'
const product = (await client.createProduct({ stock_count: 10_000 })).product_id

/** Somebody signed in whom only the tokens know, which is enough to order and to listen. */
function buyer() {
  const id = newId<UserId>()
  return { id, token: client.tokens.user(id) }
}
type Buyer = ReturnType<typeof buyer>

const listen = ({ token }: Buyer, lastEventId?: string): Promise<EventClient> =>
  listenToEvents(`${shop.urls.gateway}${path}`, {
    authorization: `Bearer ${token}`,
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  })

async function placeOrder({ token }: Buyer): Promise<string> {
  const json = { items: [{ product_id: product, quantity: 1 }] }
  const answer = await client.call('gateway', 'POST', '/order-api/orders/', { json, token })
  expect(answer.status).toBe(200)
  return conform(Order, answer.json()).id
}

interface Told {
  readonly id: string
  readonly order_id: string
  readonly status: string
  readonly sequence: number
}

/** The events as this suite looks at them. */
const told = ({ events }: Pick<EventClient, 'events'>): readonly Told[] =>
  // Each is asserted to have this shape in the first test.
  events.map(({ id, data }) => ({ id, ...(data as Omit<Told, 'id'>) }))

const statusesOf = (order: string, all: readonly Told[]): readonly string[] =>
  all.filter((each) => each.order_id === order).map(({ status }) => status)

const steps = ['CREATED', 'PROCESSING', 'SHIPPING']

/** Every order has gone through all its steps, in order, and nothing was told twice. */
function expectWhole(orders: readonly string[], all: readonly Told[]): void {
  for (const order of orders) expect([order, statusesOf(order, all)]).toEqual([order, steps])
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  expect(all).toHaveLength(orders.length * steps.length)
}

/** A client as they are used: whenever its stream ends it comes back with the last id that it has seen. */
function stubbornListener(who: Buyer) {
  const all: Told[] = []
  let stopped = false
  let current: EventClient | null = null
  let last: string | undefined
  let connections = 0

  async function run(): Promise<void> {
    while (!stopped) {
      const stream = await listen(who, last).catch(() => null)
      current = stream
      if (stream !== null) {
        if (stream.status === 200) connections++
        await stream.ended
        all.push(...told(stream))
        if (stream.lastEventId() !== '') last = stream.lastEventId()
      }
      if (!stopped) await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  const running = run()
  const soFar = (): readonly Told[] => [...all, ...(current === null ? [] : told(current))]
  return {
    connections: () => connections,
    /** The stream is open and has an id to come back with. */
    open: () => current !== null && current.status === 200 && current.lastEventId() !== '',
    soFar,
    async stop(): Promise<readonly Told[]> {
      stopped = true
      current?.close()
      await running
      return all
    },
  }
}

describe('an open stream', () => {
  test('shows an order created, processed and shipped, each with its id and sequence', async () => {
    const anna = buyer()
    const stream = await listen(anna)
    expect(stream.status).toBe(200)
    expect(stream.headers.get('content-type')).toBe('text/event-stream')
    expect(stream.headers.get('cache-control')).toBe('no-store')
    await stream.until('open', () => stream.lastEventId() !== '')
    const order = await placeOrder(anna)
    await stream.until('three events', () => stream.events.length === 3)
    stream.close()
    expect(stream.events.map(({ event }) => event)).toEqual(steps.map(() => 'order-status'))
    const sequences = told(stream).map(({ sequence }) => sequence)
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
    for (const { data } of stream.events) {
      expect(data).toEqual({
        order_id: order,
        status: expect.stringMatching(/^[A-Z]+$/),
        updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        sequence: expect.any(Number),
      })
    }
    expectWhole([order], told(stream))
  })

  test('goes on after the id of the request, at every place of the past', async () => {
    const anna = buyer()
    const stream = await listen(anna)
    await stream.until('open', () => stream.lastEventId() !== '')
    const start = stream.lastEventId()
    await placeOrder(anna)
    await stream.until('three events', () => stream.events.length === 3)
    stream.close()
    const ids = [start, ...stream.events.map(({ id }) => id)]
    for (const [seen, id] of ids.slice(0, -1).entries()) {
      const again = await listen(anna, id)
      await again.until('the rest', () => again.events.length === 3 - seen)
      again.close()
      expect(again.events).toEqual(stream.events.slice(seen))
    }
  })

  test('never shows a user what is another’s', async () => {
    const buyers = [buyer(), buyer(), buyer()]
    const streams = await Promise.all(buyers.map((each) => listen(each)))
    for (const stream of streams) await stream.until('open', () => stream.lastEventId() !== '')
    const orders = await Promise.all(
      buyers.map(async (each) => [await placeOrder(each), await placeOrder(each)]),
    )
    for (const [index, stream] of streams.entries()) {
      await stream.until('six events', () => stream.events.length === 6)
      stream.close()
      expectWhole(orders[index] ?? [], told(stream))
    }
  })

  test('is for who is signed in', async () => {
    expectProblem(await client.call('gateway', 'GET', path), 401, 'not_authenticated')
    expectProblem(await client.call('gateway', 'GET', path, { token: 'x' }), 401)
    const { id, token } = buyer()
    const foreign = client.tokens.service('order', 'user')
    expectProblem(await client.call('gateway', 'GET', path, { token: foreign }), 403)
    const headers = { 'x-user-id': id, authorization: `Bearer ${token}` }
    const bad = await client.call('gateway', 'GET', `${path}?last_event_id=x`, { headers })
    expectProblem(bad, 422, 'validation_failed')
  })

  test('ends within a second of the end of its session', async () => {
    const { username, password } = await client.register()
    const { access_token: token } = await client.login(username, password)
    const stream = await listenToEvents(`${shop.urls.gateway}${path}`, {
      authorization: `Bearer ${token}`,
    })
    await stream.until('open', () => stream.lastEventId() !== '')
    await client.call('gateway', 'POST', '/user-api/logout', { token })
    await stream.ended
    expectProblem(await client.call('gateway', 'GET', path, { token }), 401)
  })
})

describe('whatever dies', () => {
  test('a killed user service costs no event and repeats none', async () => {
    const buyers = [buyer(), buyer()]
    const listeners = buyers.map((each) => stubbornListener(each))
    await eventually('all are open', async () => listeners.every(({ open }) => open()))
    const orders: string[][] = buyers.map(() => [])
    const placeOne = () =>
      Promise.all(buyers.map(async (each, index) => orders[index]?.push(await placeOrder(each))))
    for (let round = 0; round < 3; round++) {
      // Some changes are delivered, some wait in the outbox, some come while nobody is there.
      await placeOne()
      await placeOne()
      await shop.kill('user')
      await placeOne()
      await shop.start('user')
      await eventually('all are open', async () => listeners.every(({ open }) => open()))
    }
    const count = 9 * steps.length
    await eventually('all was told', async () =>
      listeners.every(({ soFar }) => soFar().length >= count),
    )
    for (const [index, listener] of listeners.entries()) {
      expect(listener.connections()).toBeGreaterThanOrEqual(4)
      expectWhole(orders[index] ?? [], await listener.stop())
    }
  }, 120_000)

  test('neither does a gateway that is killed, or told to stop', async () => {
    const anna = buyer()
    const listener = stubbornListener(anna)
    await eventually('it is open', async () => listener.open())
    const first = await placeOrder(anna)
    await shop.restartAfterKill('gateway')
    await eventually('it is open again', async () => listener.open())
    const second = await placeOrder(anna)
    expect(await shop.kill('gateway', 'SIGTERM')).toBe(0)
    await shop.start('gateway')
    await eventually('all was told', async () => listener.soFar().length >= 6)
    expectWhole([first, second], await listener.stop())
  }, 60_000)

  test('SIGTERM to the user service is not held up by open streams, which end at once', async () => {
    const streams = await Promise.all(Array.from({ length: 20 }, () => listen(buyer())))
    for (const stream of streams) await stream.until('open', () => stream.lastEventId() !== '')
    const code = shop.kill('user', 'SIGTERM')
    await Promise.all(streams.map(({ ended }) => ended))
    // It still answers, so it was no closed connection that ended them.
    expect((await client.get('user', '/health/ready')).status).toBe(503)
    const { token } = buyer()
    expectProblem(await client.get('user', '/users/me/notifications', token), 503)
    expect(await code).toBe(0)
    expect(shop.logs('user')).not.toContain('grace period is over')
    await shop.start('user')
  }, 60_000)
})
