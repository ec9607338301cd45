/** Many open event streams, and readers that do not read: what they cost, and that nothing is lost. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'bun:test'
import { formatEvent } from '../core/http/event-stream.ts'
import { newId, type OrderId, type UserId } from '../core/values/ids.ts'
import { millis } from '../core/values/time.ts'
import { openSqliteUserStore } from '../services/user/store.sqlite.ts'
import { inParallel } from './support/buyers.ts'
import { clientOf } from './support/client.ts'
import { eventually } from './support/ledger.ts'
import { startShop, type Shop } from './support/shop.ts'

type Process = 'user' | 'gateway'

const paths: Readonly<Record<Process, string>> = {
  user: '/users/me/notifications',
  gateway: '/user-api/users/me/notifications',
}

/** The settings that the start command gives, where Bun's own would be in the way. */
const env = { BUN_CONFIG_MAX_HTTP_REQUESTS: '16384', NOTIFICATION_HEARTBEAT_MS: '1000' }

/** Memory and buffers are those of one process each. */
const one = { store: 'sqlite', copies: 1 } as const

/** A stream over a bare socket, so that the reader decides when bytes leave the system's buffers. */
function openStream(port: number, path: string, token: string, lastEventId?: number) {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(Buffer.from(chunk)))
  socket.on('error', () => {})
  const after = lastEventId === undefined ? '' : `last-event-id: ${lastEventId}\r\n`
  socket.write(
    `GET ${path} HTTP/1.1\r\nhost: shop.test\r\nauthorization: Bearer ${token}\r\n${after}\r\n`,
  )
  return {
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => socket.destroy(),
    received: () => chunks.reduce((sum, { length }) => sum + length, 0),
    /** What the stream says so far, without its head and framing. */
    text: () => bodyOf(Buffer.concat(chunks)),
  }
}

/** The complete chunks of a chunked body (RFC 9112, section 7.1). */
function bodyOf(bytes: Buffer): string {
  const parts: Buffer[] = []
  let at = bytes.indexOf('\r\n\r\n') + 4
  for (;;) {
    const end = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16)
    if (end === -1 || !(size > 0) || end + 2 + size > bytes.length) break
    parts.push(bytes.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
  return Buffer.concat(parts).toString('utf8')
}

const idsIn = (text: string): readonly number[] =>
  Array.from(text.matchAll(/^id: (\d+)\nevent: order-status$/gm), ([, id]) => Number(id))

/** Mebibytes of memory that a process occupies. */
function residentMiB(shop: Shop, name: Process): number {
  const status = readFileSync(`/proc/${shop.pid(name)}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024
}

const memoryOf = (shop: Shop): string =>
  (['user', 'gateway'] as const)
    .map((name) => `${name} ${residentMiB(shop, name).toFixed(1)} MiB`)
    .join(', ')

async function gauge(shop: Shop, name: string): Promise<number> {
  const text = await (await fetch(`${shop.urls.user}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1))
}

const onLinux = process.platform === 'linux'
if (!onLinux)
  console.log('Skipped: memory and socket queues are read from /proc, which is Linux’s.')

describe.skipIf(!onLinux)('1,000 open streams', async () => {
  const shop = await startShop({ ...one, gateway: true, processes: ['user', 'gateway'], env })
  afterAll(shop.stop)
  const client = clientOf(shop)

  test('through the gateway each get their own event and their heartbeats', async () => {
    console.log(`before: ${memoryOf(shop)}`)
    const listeners = await inParallel(1_000, 50, async () => {
      const id = newId<UserId>()
      const stream = openStream(shop.ports.gateway, paths.gateway, client.tokens.user(id))
      await eventually('it is open', () => stream.text().includes(': open\n'))
      return { id, order: newId<OrderId>(), stream }
    })
    expect(await gauge(shop, 'notification_streams_open')).toBe(1_000)
    console.log(`1,000 open: ${memoryOf(shop)}`)
    await eventually('all of them beat', () =>
      listeners.every(({ stream }) => stream.text().includes(': heartbeat\n')),
    )
    const untold = [...listeners]
    await inParallel(1_000, 16, async () => {
      const listener = untold.pop()
      if (listener === undefined) throw new Error('There are more events than listeners.')
      const { id, order } = listener
      const json = {
        order_id: order,
        user_id: id,
        status: 'CREATED',
        updated_at: '2026-01-31T09:30:00.000Z',
        sequence: 1,
      }
      const token = client.tokens.service('order', 'user')
      const told = await client.call('user', 'POST', '/users/notify/order-status', { json, token })
      expect(told.json()).toEqual({ applied: true })
    })
    await eventually('all have heard', () =>
      listeners.every(({ stream }) => idsIn(stream.text()).length > 0),
    )
    for (const { order, stream } of listeners) {
      const orders = Array.from(stream.text().matchAll(/"order_id":"([^"]+)"/g), ([, id]) => id)
      expect(orders).toEqual([order])
    }
    // Whoever has no stream is not kept waiting by those who have.
    expect((await client.get('gateway', '/user-api/health/ready')).status).toBe(200)
    console.log(`1,000 events told: ${memoryOf(shop)}`)
    for (const { stream } of listeners) stream.close()
    await eventually('all places are free', async () => {
      return (await gauge(shop, 'notification_streams_open')) === 0
    })
    console.log(`closed: ${memoryOf(shop)}`)
  }, 120_000)
})

/** Bytes that the system holds for connections to this port, sent or received and not read yet. */
function queuedBytes(port: number): number {
  let sum = 0
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, local = '', remote = '', state, queues = ''] = line.trim().split(/\s+/)
    // A listening socket's receive queue counts connections.
    if (state === '0A' || ![local, remote].some((end) => portIn(end) === port)) continue
    for (const bytes of queues.split(':')) sum += Number.parseInt(bytes, 16)
  }
  return sum
}

const portIn = (address: string): number => Number.parseInt(address.split(':')[1] ?? '', 16)

describe.skipIf(!onLinux)('readers that do not read', async () => {
  const count = 20_000
  const readers = 4
  /**
   * Bytes a reader, of a backlog of 22 MiB. Measured: 133 KiB in the user service, two pages of these
   * long events, and 440 KiB more in the gateway, which is how far Bun's fetch reads ahead.
   */
  const bound = 1_024 * 1_024
  const user = newId<UserId>()
  const order = newId<OrderId>()
  const at = millis(Date.parse('2026-01-31T09:30:00.000Z'))
  // Longer than any status, so that a backlog past all of the system's buffers is quickly made.
  const status = 'X'.repeat(1_000)
  const directory = mkdtempSync(join(tmpdir(), 'product-store-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  mkdirSync(join(directory, 'user'))
  const store = openSqliteUserStore({ path: join(directory, 'user', 'user.db') })
  for (let done = 0; done < count; done += 1_000) {
    const chunk = Array.from({ length: 1_000 }, (_, index) => done + index + 1)
    await Promise.all(
      chunk.map((sequence) =>
        store.recordOrderStatus(
          { order, user, status, updatedAt: at, sequence },
          millis(Date.now()),
        ),
      ),
    )
  }
  await store.close()
  const shop = await startShop({
    ...one,
    directory,
    processes: ['user', 'gateway'],
    gateway: true,
    env,
  })
  afterAll(shop.stop)
  const token = clientOf(shop).tokens.user(user)

  /** Bytes of the first so many events. */
  function sizeOf(events: number): number {
    let bytes = 0
    for (let id = 1; id <= events; id++) {
      const data = { order_id: order, status, updated_at: new Date(at).toISOString(), sequence: id }
      const event = { id: String(id), event: 'order-status', data: JSON.stringify(data) }
      bytes += formatEvent(event).length
    }
    return bytes
  }

  test.each(['user', 'gateway'] as const)(
    'cost a bounded number of bytes at the %s process, and get everything once they read',
    async (via) => {
      const before = await gauge(shop, 'notifications_sent_total')
      const sent = async () => (await gauge(shop, 'notifications_sent_total')) - before
      console.log(`${via}, before: ${memoryOf(shop)}`)
      const streams = Array.from({ length: readers }, () => {
        const stream = openStream(shop.ports[via], paths[via], token, 0)
        stream.pause()
        return stream
      })
      let last = -1
      await eventually('nothing more is taken from the store', async () => {
        await Bun.sleep(500)
        const now = await sent()
        const still = now > 0 && now === last
        last = now
        return still
      })
      const received = streams.reduce((sum, stream) => sum + stream.received(), 0)
      const queued =
        queuedBytes(shop.ports.user) + (via === 'gateway' ? queuedBytes(shop.ports.gateway) : 0)
      const held = readers * sizeOf(last / readers) - queued - received
      const toKiB = (bytes: number): string =>
        `${Math.round(bytes / 1_024).toLocaleString('en')} KiB`
      console.log(
        `${via}, ${readers} readers that stand still before ${toKiB(readers * sizeOf(count))}: ` +
          `${toKiB(queued + received)} in the system's buffers, ${toKiB(held)} in the processes; ${memoryOf(shop)}`,
      )
      expect(last).toBeLessThan(readers * count)
      expect(held).toBeLessThan(readers * bound)

      for (const stream of streams) stream.resume()
      await eventually('all was read', () =>
        streams.every((stream) => stream.received() >= sizeOf(count)),
      )
      const whole = Array.from({ length: count }, (_, index) => index + 1)
      for (const stream of streams) {
        expect(idsIn(stream.text())).toEqual(whole)
        stream.close()
      }
      await eventually('all places are free', async () => {
        return (await gauge(shop, 'notification_streams_open')) === 0
      })
    },
    120_000,
  )
})
