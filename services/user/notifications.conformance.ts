/** What every user store must do with notifications; part of the suite in store.conformance.ts. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { newId, type OrderId, type UserId } from '../../core/values/ids.ts'
import { manualClock, type Clock } from '../../core/values/time.ts'
import { notificationLife, type OrderStatusChange } from './notifications.ts'
import type { UserStore } from './store.ts'

/** `open` gives an empty store that goes by the clock. */
export function notificationConformance(
  name: string,
  open: (clock: Clock) => Promise<UserStore>,
): void {
  describe(`${name} user store, order status changes`, () => {
    const user = newId<UserId>()
    let clock: ReturnType<typeof manualClock>
    let store: UserStore

    beforeEach(async () => {
      clock = manualClock(1_800_000_000_000)
      store = await open(clock)
    })
    afterEach(() => store.close())

    const change = (order: OrderId, sequence: number, of = user): OrderStatusChange => ({
      order,
      user: of,
      status: 'SHIPPING',
      updatedAt: clock.now(),
      sequence,
    })
    const record = (order: OrderId, sequence: number, of = user): Promise<boolean> =>
      store.recordOrderStatus(change(order, sequence, of), clock.now())

    /** Whatever was delivered: ids rise, the last is the newest, and so do sequences of each order. */
    async function rising() {
      const all = await store.notifications(user, 0, 1_000)
      const last = new Map<OrderId, number>()
      let id = 0
      for (const each of all) {
        expect(each.id).toBeGreaterThan(id)
        expect(each.sequence).toBeGreaterThan(last.get(each.order) ?? -1)
        last.set(each.order, each.sequence)
        id = each.id
      }
      expect(await store.lastNotification(user)).toBe(id)
      return all
    }

    test('are applied once and only forward, in whatever order they are delivered', async () => {
      const order = newId<OrderId>()
      const other = newId<OrderId>()
      const deliveries: [OrderId, number, boolean][] = [
        [order, 1, true],
        [order, 1, false],
        [order, 3, true],
        [order, 2, false],
        [other, 2, true],
        [order, 3, false],
        [order, 4, true],
      ]
      for (const [of, sequence, applied] of deliveries) {
        expect(await record(of, sequence)).toBe(applied)
        await rising()
      }
      expect((await rising()).map(({ sequence }) => sequence)).toEqual([1, 3, 2, 4])
    })

    test('that come together count in the order in which they come', async () => {
      const [first, second] = [newId<OrderId>(), newId<OrderId>()]
      const deliveries = [
        [first, 1],
        [first, 2],
        [second, 1],
        [first, 2],
        [first, 1],
      ] as const
      const applied = await Promise.all(deliveries.map(([of, sequence]) => record(of, sequence)))
      expect(applied).toEqual([true, true, true, false, false])
      const kept = (await rising()).map(({ order, sequence }) => [order, sequence])
      expect(kept).toEqual(deliveries.slice(0, 3).map((each) => [...each]))
      expect(await record(first, 2)).toBe(false)
      expect(await record(second, 2)).toBe(true)
    })

    test('delivered many times at once are applied once', async () => {
      const order = newId<OrderId>()
      const applied = await Promise.all(Array.from({ length: 10 }, () => record(order, 1)))
      expect(applied.filter(Boolean)).toHaveLength(1)
      expect(await rising()).toHaveLength(1)
    })

    test('are read from where a reader stopped, and by their own user alone', async () => {
      for (let count = 0; count < 5; count++) await record(newId<OrderId>(), 1)
      const [first, second] = await store.notifications(user, 0, 2)
      const rest = await store.notifications(user, second?.id ?? 0, 10)
      expect(rest).toHaveLength(3)
      expect(rest.map(({ id }) => id)).not.toContain(first?.id)
      const stranger = newId<UserId>()
      expect(await store.notifications(stranger, 0, 10)).toEqual([])
      expect(await store.lastNotification(stranger)).toBe(0)
    })

    test('are forgotten after their time', async () => {
      await record(newId<OrderId>(), 1)
      clock.advance(notificationLife - 1)
      await store.sweep(clock.now(), 100)
      expect(await rising()).toHaveLength(1)
      clock.advance(1)
      await store.sweep(clock.now(), 100)
      expect(await rising()).toHaveLength(0)
    })

    test('that come after all were forgotten have ids that no reader has seen', async () => {
      await record(newId<OrderId>(), 1)
      const before = await store.lastNotification(user)
      clock.advance(notificationLife)
      await store.sweep(clock.now(), 100)
      await record(newId<OrderId>(), 1)
      expect(await store.notifications(user, before, 10)).toHaveLength(1)
    })

    describe('and the feed of who got some', () => {
      /** All users from a cursor on to the end, and where that is. */
      async function from(cursor: number, limit = 100) {
        const users: UserId[] = []
        for (let at = cursor; ;) {
          const page = await store.notified(at, limit)
          if (page.users.length === 0) return { users, cursor: page.cursor }
          expect(page.users.length).toBeLessThanOrEqual(limit)
          expect(page.cursor).toBeGreaterThan(at)
          users.push(...page.users)
          at = page.cursor
        }
      }

      test('begins at its end for who asks for that, and at its start for who asks for all', async () => {
        const empty = await store.notified(null, 100)
        expect(empty.users).toEqual([])
        expect(await from(empty.cursor)).toEqual({ users: [], cursor: empty.cursor })
        await record(newId<OrderId>(), 1)
        const end = await store.notified(null, 100)
        expect(end.users).toEqual([])
        expect(await from(empty.cursor)).toEqual({ users: [user], cursor: end.cursor })
      })

      test('tells of everybody after a cursor, page by page, and of nothing that was dropped', async () => {
        const { cursor: start } = await store.notified(null, 100)
        const users = Array.from({ length: 5 }, () => newId<UserId>())
        const order = newId<OrderId>()
        for (const each of users) await record(newId<OrderId>(), 1, each)
        const { cursor: middle } = await store.notified(null, 100)
        await record(order, 2)
        await record(order, 1)
        expect((await from(start, 2)).users).toEqual([...users, user])
        expect((await from(middle)).users).toEqual([user])
      })

      test('names a user once in a page, however much came', async () => {
        const { cursor } = await store.notified(null, 100)
        for (let count = 0; count < 5; count++) await record(newId<OrderId>(), 1)
        expect((await from(cursor)).users).toEqual([user])
      })
    })
  })
}
