/** Streams of notifications over a real store: who is woken, where a reader goes on, and every bound. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { Problem } from '../../core/http/problem.ts'
import { createLogger } from '../../core/logging/logger.ts'
import { newId, type OrderId, type UserId } from '../../core/values/ids.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import {
  createNotificationStreams,
  tickInterval,
  type NotificationStreams,
  type NotificationStreamsOptions,
} from './notification-streams.ts'
import { createNotifications, type Notifications } from './notifications.ts'
import type { UserStore } from './store.ts'
import { openSqliteUserStore } from './store.sqlite.ts'

const heartbeat = 15_000
const log = createLogger({ service: 'user', level: 'silent' })
const [anna, boris] = [newId<UserId>(), newId<UserId>()]

let clock: ReturnType<typeof manualClock>
let store: UserStore
let streams: NotificationStreams
let notifications: Notifications
let sent: number
/** An address that all come from unless a test says otherwise. */
const here = '192.0.2.1'

/** Reads of pages of notifications. */
let reads: number
/** What each refused stream was one too many of. */
let refusedBy: string[]

function streamsWith(limits: Partial<NotificationStreamsOptions> = {}) {
  return createNotificationStreams({
    store: {
      notified: (after, limit) => store.notified(after, limit),
      lastNotification: (user) => store.lastNotification(user),
      notifications(user, after, limit) {
        reads++
        return store.notifications(user, after, limit)
      },
    },
    clock,
    log,
    metrics: {
      notified: (count) => (sent += count),
      streamRefused: (bound) => void refusedBy.push(bound),
    },
    limit: 100,
    limitPerUser: 10,
    limitPerAddress: 1_000,
    heartbeat: millis(heartbeat),
    ...limits,
  })
}

beforeEach(() => {
  clock = manualClock(1_800_000_000_000)
  store = openSqliteUserStore({ path: ':memory:' })
  sent = 0
  reads = 0
  refusedBy = []
  streams = streamsWith()
  notifications = createNotifications(store, clock, (user) => streams.wake(user))
})
afterEach(async () => {
  streams.drain()
  await store.close()
})

const change = (user: UserId, sequence: number, order: OrderId = newId<OrderId>()) => ({
  order,
  user,
  status: `STATUS_${'ABCDEFGHIJ'[sequence % 10]}`,
  updatedAt: clock.now(),
  sequence,
})
/** In this process. */
const record = (user: UserId, sequence = 1, order?: OrderId) =>
  notifications.record(change(user, sequence, order))
/** By another copy of the service: nobody here is told. */
const recordElsewhere = (user: UserId, sequence = 1, order?: OrderId) =>
  store.recordOrderStatus(change(user, sequence, order), clock.now())

/** All that is due right now has run. */
const settled = async () => {
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve))
}

/** An open stream that is read as fast as it comes. */
async function listen(
  user: UserId,
  options: { readonly after?: number | null; readonly allowed?: () => Promise<boolean> } = {},
) {
  const { after = null, allowed = async () => true } = options
  const body = await streams.open({ user, address: here, after, allowed })
  const reader = body.getReader()
  const got = { text: '', over: false }
  const reading = (async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      got.text += new TextDecoder().decode(value)
    }
    got.over = true
  })()
  await settled()
  return {
    got,
    reading,
    ids: () => Array.from(got.text.matchAll(/^id: (\d+)\nevent/gm), ([, id]) => Number(id)),
    sequences: () => Array.from(got.text.matchAll(/"sequence":(\d+)/g), ([, id]) => Number(id)),
    beats: () => got.text.split(': heartbeat\n\n').length - 1,
    leave: () => reader.cancel(),
  }
}

describe('what a stream sends', () => {
  test('an event has the id of its notification and what the order service told', async () => {
    const listener = await listen(anna)
    const order = newId<OrderId>()
    await record(anna, 3, order)
    await settled()
    const updated = new Date(clock.now()).toISOString()
    const data = `{"order_id":"${order}","status":"STATUS_D","updated_at":"${updated}","sequence":3}`
    expect(listener.got.text).toBe(
      `: open\nretry: 1000\nid: 0\n\nid: 1\nevent: order-status\ndata: ${data}\n\n`,
    )
    expect(sent).toBe(1)
  })

  test('begins with what comes from now on, and goes on after an id where it has one', async () => {
    for (let sequence = 1; sequence <= 3; sequence++) await record(anna, sequence)
    const fresh = await listen(anna)
    const again = await listen(anna, { after: 1 })
    const all = await listen(anna, { after: 0 })
    expect([fresh.ids(), again.ids(), all.ids()]).toEqual([[], [2, 3], [1, 2, 3]])
    expect(fresh.got.text).toContain('id: 3\n\n')
    await record(anna, 4)
    await settled()
    expect([fresh.ids(), again.ids(), all.ids()]).toEqual([[4], [2, 3, 4], [1, 2, 3, 4]])
  })

  test('who leaves before the first event comes back with an id that misses nothing', async () => {
    await record(anna)
    const first = await listen(anna)
    await first.leave()
    const id = Number(/^id: (\d+)$/m.exec(first.got.text)?.[1])
    await record(anna)
    expect((await listen(anna, { after: id })).ids()).toEqual([2])
  })

  test('an id that was never given, as after a restored copy, begins from now on', async () => {
    await record(anna)
    const listener = await listen(anna, { after: 4_000 })
    await record(anna)
    await settled()
    expect(listener.ids()).toEqual([2])
  })

  test('is for its own user alone, on all of that user’s streams', async () => {
    const [one, two, other] = [await listen(anna), await listen(anna), await listen(boris)]
    await record(anna)
    await record(boris)
    await record(anna)
    await settled()
    expect([one.ids(), two.ids(), other.ids()]).toEqual([[1, 3], [1, 3], [2]])
  })

  test('a long backlog comes whole and in order, page by page', async () => {
    const order = newId<OrderId>()
    const count = 230
    for (let sequence = 1; sequence <= count; sequence++) await record(anna, sequence, order)
    const listener = await listen(anna, { after: 0 })
    while (listener.ids().length < count) await settled()
    expect(listener.sequences()).toEqual(Array.from({ length: count }, (_, index) => index + 1))
    expect(reads).toBeGreaterThan(3)
    expect(sent).toBe(count)
  })

  test('a reader without room costs no read, however much there is for it', async () => {
    const body = await streams.open({
      user: anna,
      address: here,
      after: 0,
      allowed: async () => true,
    })
    for (let count = 0; count < 200; count++) await record(anna)
    await streams.poll()
    await streams.tick()
    await settled()
    expect([reads, sent]).toEqual([0, 0])
    await body.cancel()
  })
})

describe('what other copies record', () => {
  test('is found by the next poll, for those who listen', async () => {
    const [first, second] = [await listen(anna), await listen(boris)]
    await streams.poll()
    await recordElsewhere(anna)
    await recordElsewhere(newId<UserId>())
    await settled()
    expect(first.ids()).toEqual([])
    await streams.poll()
    await settled()
    expect([first.ids(), second.ids()]).toEqual([[1], []])
  })

  test('is found also between the opening of the first stream and the first poll', async () => {
    await recordElsewhere(anna)
    await streams.poll()
    const listener = await listen(anna)
    await recordElsewhere(anna)
    await streams.poll()
    await settled()
    expect(listener.ids()).toEqual([2])
  })

  test('is found after a time in which nobody listened', async () => {
    const first = await listen(anna)
    await streams.poll()
    await first.leave()
    await streams.poll()
    await recordElsewhere(anna)
    const second = await listen(anna)
    await recordElsewhere(anna)
    await streams.poll()
    await settled()
    expect(second.ids()).toEqual([2])
  })

  test('wakes those it is for and costs the others nothing', async () => {
    await Promise.all(Array.from({ length: 50 }, () => listen(newId<UserId>())))
    const listener = await listen(anna)
    await streams.poll()
    await settled()
    const before = reads
    for (let count = 0; count < 1_500; count++) await recordElsewhere(boris)
    await recordElsewhere(anna)
    await streams.poll()
    await settled()
    expect(listener.ids()).toHaveLength(1)
    // One that brings it and one that finds no more.
    expect(reads - before).toBe(2)
  })
})

describe('the end of a stream', () => {
  test('comes when its reader is no longer signed in, and for nobody else', async () => {
    let signedIn = true
    const leaver = await listen(anna, { allowed: async () => signedIn })
    const other = await listen(anna)
    await streams.tick()
    expect(leaver.got.over).toBe(false)
    signedIn = false
    await streams.tick()
    await leaver.reading
    expect([other.got.over, streams.size()]).toEqual([false, 1])
  })

  test('a drain ends all of them and opens no more', async () => {
    const listeners = await Promise.all([listen(anna), listen(boris)])
    const opening = streams.open({
      user: anna,
      address: here,
      after: null,
      allowed: async () => true,
    })
    streams.drain()
    await Promise.all(listeners.map(({ reading }) => reading))
    expect(await (await opening).getReader().read()).toMatchObject({ done: true })
    expect(streams.size()).toBe(0)
    expect(await refusal(anna)).toBe('service_unavailable')
  })

  test('a store that fails ends it: the client comes back where it was', async () => {
    const listener = await listen(anna)
    const broken = store.notifications
    store.notifications = async () => {
      throw new Error('no store')
    }
    await record(anna)
    await listener.reading
    store.notifications = broken
    expect(streams.size()).toBe(0)
    expect((await listen(anna, { after: 0 })).ids()).toEqual([1])
  })
})

test('a quiet stream is never silent for longer than its heartbeat, nor much more often heard', async () => {
  const listeners = [await listen(anna)]
  clock.advance(tickInterval / 2)
  listeners.push(await listen(boris))
  const signs = [[clock.now() - tickInterval / 2], [clock.now()]]
  for (let ticks = 0; ticks < 50; ticks++) {
    clock.advance(tickInterval)
    await streams.tick()
    await settled()
    for (const [index, own] of signs.entries()) {
      if ((listeners[index]?.beats() ?? 0) >= own.length) own.push(clock.now())
    }
  }
  for (const own of signs) {
    expect(own).toHaveLength(4)
    const pauses = own.slice(1).map((at, index) => at - (own[index] ?? 0))
    expect(Math.max(...pauses)).toBeLessThanOrEqual(heartbeat)
    expect(Math.min(...pauses)).toBeGreaterThan(heartbeat - tickInterval)
  }
})

/** The code with which a stream is refused; null when it was opened. */
const refusal = (user: UserId, address = here): Promise<string | null> =>
  streams.open({ user, address, after: null, allowed: async () => true }).then(
    () => null,
    (error: unknown) => {
      if (error instanceof Problem) return error.code
      throw error
    },
  )

describe('the bounds', () => {
  test('a user has so many streams at once, and one more when one is left', async () => {
    streams = streamsWith({ limitPerUser: 2 })
    const [first] = [await listen(anna), await listen(anna)]
    expect(await refusal(anna)).toBe('too_many_streams')
    expect(await refusal(boris)).toBeNull()
    await first.leave()
    expect(await refusal(anna)).toBeNull()
    expect(await refusal(anna)).toBe('too_many_streams')
  })

  test('an address has so many at once, however many accounts it has', async () => {
    streams = streamsWith({ limitPerAddress: 3, limitPerUser: 2 })
    const account = () => newId<UserId>()
    expect([await refusal(anna), await refusal(anna)]).toEqual([null, null])
    const [third] = [await listen(account())]
    for (let count = 0; count < 20; count++) {
      expect(await refusal(account())).toBe('too_many_streams')
    }
    expect(new Set(refusedBy)).toEqual(new Set(['address']))
    // Others are not concerned: neither the same user elsewhere nor another one.
    for (const [user, address] of [
      [boris, '192.0.2.2'],
      [account(), '2001:db8:1:2::1'],
    ] as const) {
      expect(await refusal(user, address)).toBeNull()
    }
    // A household has a whole /64, and a refusal took no place of the user's.
    expect(await refusal(boris, '2001:db8:1:2::ff')).toBeNull()
    expect(await refusal(account(), '2001:db8:1:2::aa')).toBeNull()
    expect(await refusal(account(), '2001:db8:1:2::bb')).toBe('too_many_streams')
    await third.leave()
    expect(await refusal(account())).toBeNull()
  })

  test('a process has so many streams at once, whoever they are for', async () => {
    streams = streamsWith({ limit: 3 })
    const listeners = await Promise.all([listen(anna), listen(boris), listen(anna)])
    const stranger = newId<UserId>()
    expect(await refusal(stranger)).toBe('overloaded')
    expect(refusedBy).toEqual(['process'])
    await listeners[1].leave()
    expect(await refusal(stranger)).toBeNull()
  })

  test('hold for many who ask at once, and a refusal takes no place', async () => {
    streams = streamsWith({ limitPerUser: 2 })
    const refusals = await Promise.all(Array.from({ length: 20 }, () => refusal(anna)))
    expect(refusals.filter((code) => code === null)).toHaveLength(2)
    expect(streams.size()).toBe(2)
  })

  test('a stream that could not be opened takes no place', async () => {
    const { lastNotification } = store
    store.lastNotification = async () => {
      throw new Error('no store')
    }
    await expect(refusal(anna)).rejects.toThrow('no store')
    store.lastNotification = lastNotification
    expect(streams.size()).toBe(0)
  })

  test('must be given', () => {
    expect(() => streamsWith({ limit: 0 })).toThrow(RangeError)
    expect(() => streamsWith({ limitPerUser: NaN })).toThrow(RangeError)
    expect(() => streamsWith({ limitPerAddress: 0 })).toThrow(RangeError)
  })
})
