/** The stream of notifications over real HTTP: who may open it, what ends it, and that nothing leaks. */
import { connect } from 'node:net'
import { afterAll, afterEach, describe, expect, test } from 'bun:test'
import { newId, type OrderId, type UserId } from '../../core/values/ids.ts'
import { listenToEvents, type EventClient } from './event-client.fixture.ts'
import { startUserService } from './service.fixture.ts'

const service = await startUserService()
afterAll(() => service.stop())
const { send, signIn, streams, serviceToken } = service
const path = '/users/me/notifications'

const clients: EventClient[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await eventually('all places are free', () => streams.size() === 0)
})

async function eventually(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + 10_000
  while (!condition()) {
    if (Date.now() > end) throw new Error(`Never so: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

async function listen(token: string, headers: Record<string, string> = {}, query = '') {
  const authorization = `Bearer ${token}`
  const client = await listenToEvents(`${service.url}${path}${query}`, {
    authorization,
    ...headers,
  })
  clients.push(client)
  return client
}

/** As the order service would tell it. */
async function notify(user: UserId, status = 'SHIPPING', sequence = 1): Promise<string> {
  const order = newId<OrderId>()
  const json = {
    order_id: order,
    user_id: user,
    status,
    updated_at: '2026-01-31T09:30:00.000Z',
    sequence,
  }
  const answer = await send('POST', '/users/notify/order-status', {
    token: serviceToken('order'),
    json,
  })
  expect(answer.body).toEqual({ applied: true })
  return order
}

/** A user who needs no log-in, which costs a password hash. */
function somebody(goodFor = 60_000) {
  const id = newId<UserId>()
  return { id, token: service.tokenFor(id, goodFor) }
}

describe('an open stream', () => {
  test('shows at once that it is open, and is kept by nobody on the way', async () => {
    const client = await listen(somebody().token)
    expect(client.status).toBe(200)
    expect(client.headers.get('content-type')).toBe('text/event-stream')
    expect(client.headers.get('cache-control')).toBe('no-store')
    expect(client.headers.get('x-accel-buffering')).toBe('no')
    await client.until('open', () => client.lastEventId() === '0')
    expect([client.comments, client.retry()]).toEqual([['open'], 1_000])
  })

  test('brings what the order service tells, and goes on by header or query', async () => {
    const { id, token } = somebody()
    const client = await listen(token)
    await client.until('open', () => client.lastEventId() !== '')
    const first = await notify(id, 'CREATED')
    await client.until('the first', () => client.events.length === 1)
    expect(client.events).toEqual([
      {
        id: client.lastEventId(),
        event: 'order-status',
        data: {
          order_id: first,
          status: 'CREATED',
          updated_at: '2026-01-31T09:30:00.000Z',
          sequence: 1,
        },
      },
    ])
    client.close()
    await notify(id)
    await notify(id)
    const seen = client.lastEventId()
    for (const [headers, query] of [
      [{ 'last-event-id': seen }, ''],
      [{}, `?last_event_id=${seen}`],
    ] as [Record<string, string>, string][]) {
      const again = await listen(token, headers, query)
      await again.until('the others', () => again.events.length === 2)
      again.close()
    }
    await eventually('their places are free', () => streams.size() === 0)
    const header = { 'last-event-id': String(Number(seen) + 1) }
    const newest = await listen(token, header, `?last_event_id=${seen}`)
    await newest.until('the last alone', () => newest.events.length === 1)
  })

  test('shows that it is alive while nothing happens', async () => {
    const client = await listen(somebody().token)
    const beats = () => client.comments.filter((text) => text === 'heartbeat').length
    await client.until('two heartbeats', () => beats() === 2)
  })
})

describe('a stream is refused', () => {
  test('without a good token, and to other services', async () => {
    const authorization = `Bearer ${serviceToken('order')}`
    expect((await send('GET', path)).status).toBe(401)
    expect((await send('GET', path, { token: 'x' })).status).toBe(401)
    expect((await send('GET', path, { headers: { authorization } })).status).toBe(403)
    expect((await listen(somebody(-2_000).token)).status).toBe(401)
  })

  test('after an id that is none', async () => {
    const { token } = somebody()
    for (const id of ['x', '-1', '1.5', '1e3', '99999999999999999', '1,2']) {
      const headers = { 'last-event-id': id }
      expect([id, (await send('GET', path, { token, headers })).status]).toEqual([id, 422])
      const query = `?last_event_id=${id}`
      expect([id, (await send('GET', path + query, { token })).status]).toEqual([id, 422])
    }
    expect((await listen(token, { 'last-event-id': '' })).status).toBe(200)
  })

  test('beyond the bounds, with a time to come back', async () => {
    const [one, two, three] = [somebody(), somebody(), somebody()]
    await listen(one.token)
    await listen(one.token)
    const third = await send('GET', path, { token: one.token })
    expect(third.status).toBe(429)
    expect(third.headers.get('retry-after')).toBe('1')
    expect(third.body).toMatchObject({
      code: 'too_many_streams',
      detail: 'A user may have 2 event streams open at once',
    })
    await listen(two.token)
    await listen(two.token)
    const fifth = await send('GET', path, { token: three.token })
    expect(fifth.status).toBe(503)
    expect(fifth.headers.get('retry-after')).toBe('5')
  })
})

describe('a stream ends', () => {
  test('when its session does, and no other', async () => {
    const username = (await service.register()).username
    const [mine, other] = [await signIn(username), await signIn(username)]
    const [client, kept] = [await listen(mine.access), await listen(other.access)]
    await send('POST', '/logout', { token: mine.access })
    await client.ended
    expect(streams.size()).toBe(1)
    kept.close()
  })

  test('when its token expires', async () => {
    const client = await listen(somebody(2_000).token)
    expect(client.status).toBe(200)
    await client.ended
  })
})

describe('no place is lost', () => {
  test('to clients that go away, politely or not, before or after the first byte', async () => {
    const { token } = somebody()
    for (const method of ['destroy', 'end', 'resetAndDestroy'] as const) {
      for (const wait of ['for the request', 'for the answer'] as const) {
        const socket = connect(Number(new URL(service.url).port), '127.0.0.1')
        socket.on('error', () => {})
        await new Promise((resolve) => socket.once('connect', resolve))
        const request = `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`
        await new Promise((resolve) => socket.write(request, resolve))
        if (wait === 'for the answer') await new Promise((resolve) => socket.once('data', resolve))
        socket[method]()
        await eventually(`${method} ${wait}`, () => streams.size() === 0)
        socket.destroy()
      }
    }
  })

  test('to a HEAD, which has the headers of the stream and no body', async () => {
    const { token } = somebody()
    for (let times = 0; times < 10; times++) {
      const answer = await send('HEAD', path, { token })
      expect([answer.status, answer.body]).toEqual([200, null])
      expect(answer.headers.get('content-type')).toBe('text/event-stream')
      await eventually('the place is free', () => streams.size() === 0)
    }
  })

  test('to requests that are refused', async () => {
    const { token } = somebody()
    await send('GET', path)
    await send('POST', path, { token })
    await send('GET', `${path}?last_event_id=x`, { token })
    expect(streams.size()).toBe(0)
  })

  test('and the gauge of open streams tells the truth', async () => {
    const gauge = async () =>
      /^notification_streams_open (\d+)$/m.exec(await service.metrics.text())?.[1]
    expect(await gauge()).toBe('0')
    await listen(somebody().token)
    expect(await gauge()).toBe('1')
  })
})
