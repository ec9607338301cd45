/** The suite that every order store must pass; the invariant is checked after each step. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { alwaysWanted } from '../../core/http/wanted.ts'
import {
  newId,
  type CheckoutId,
  type OrderId,
  type ProductId,
  type UserId,
} from '../../core/values/ids.ts'
import { inSlices } from '../../core/resilience/in-slices.ts'
import { minor } from '../../core/values/money.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import type { Order, OrderLine } from './order.ts'
import { retentionConformance } from './retention.conformance.ts'
import { firstAttemptTime, type Acceptance, type OrderStore, type PendingOrder } from './store.ts'

type Clock = ReturnType<typeof manualClock>

const start = 1_800_000_000_000

/** `open` gives an empty store. */
export function orderStoreConformance(
  name: string,
  open: (clock: Clock) => Promise<OrderStore>,
): void {
  describe(`${name} order store`, () => {
    let clock: Clock
    let store: OrderStore
    const buyer = newId<UserId>()

    beforeEach(async () => {
      clock = manualClock(start)
      store = await open(clock)
    })
    afterEach(() => store.close())

    const pending = (changes: Partial<PendingOrder> = {}): PendingOrder => ({
      ...known(changes.id ?? newId<OrderId>()),
      userId: buyer,
      origin: { kind: 'direct' },
      key: null,
      fingerprint: 'f',
      lines: [{ productId: newId<ProductId>(), quantity: 2 }],
      expectedTotal: null,
      sequence: 0,
      createdAt: clock.now(),
      deliveryTime: millis(60_000),
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
      instance: '/orders/',
      lease: { owner: newId<string>(), until: millis(clock.now() + 2_000) },
      ...changes,
    })

    const known = (id: OrderId) => ({ id, reservation: id })

    const acceptance = (order: PendingOrder, price = 150): Acceptance => {
      const lines: OrderLine[] = order.lines.map((line) => ({
        ...line,
        name: 'Яблоки',
        price: minor(price),
      }))
      const at = clock.now()
      return {
        sequence: order.sequence + 1,
        lines,
        total: minor(lines.reduce((sum, line) => sum + line.price * line.quantity, 0)),
        at,
        nextAt: millis(at + 5_000),
        answer: { status: 200, body: '{"first":"answer"}' },
        answerUntil: millis(at + 86_400_000),
        effects: [{ kind: 'notify', userId: order.userId, status: 'CREATED', updatedAt: at }],
      }
    }

    async function created(changes: Partial<PendingOrder> = {}, price = 150): Promise<Order> {
      const order = pending(changes)
      await store.insertPending(order)
      expect(await store.accept(order.id, order.lease.owner, acceptance(order, price))).toBe(true)
      return visible(order.id)
    }

    async function visible(id: OrderId): Promise<Order> {
      const row = await store.find(id)
      if (row?.kind !== 'order') throw new Error(`Expected a visible order, found ${row?.kind}.`)
      return row.order
    }

    const everything = { limit: 100, after: null, restedAfter: null, wanted: alwaysWanted }

    /** Spending is the sum of what stands in the list and is not cancelled, after every step. */
    async function expectInvariant(): Promise<void> {
      const orders = await store.listOfUser(buyer, everything)
      const standing = orders.filter((order) => order.status !== 'CANCELLED')
      expect(await store.spending(buyer)).toBe(
        minor(standing.reduce((sum, order) => sum + order.total, 0)),
      )
      for (const order of orders) {
        expect(order.sequence).toBeGreaterThan(0)
        const entries = await store.undelivered(order.id)
        expect(entries.every((entry) => entry.sequence <= order.sequence)).toBe(true)
      }
    }

    test('an order is inserted once and later inserts meet the first row', async () => {
      const order = pending({ key: 'k' })
      expect((await store.insertPending(order)).inserted).toBe(true)
      const second = await store.insertPending({ ...order, fingerprint: 'other' })
      expect(second.inserted).toBe(false)
      expect(second.row).toEqual({ kind: 'pending', ...order })
      await expectInvariant()
    })

    test('of equal inserts at once exactly one is the first', async () => {
      const order = pending()
      const results = await Promise.all(
        Array.from({ length: 20 }, () => store.insertPending(order)),
      )
      expect(results.filter((result) => result.inserted)).toHaveLength(1)
    })

    test('an unknown order is null', async () => {
      expect(await store.find(newId<OrderId>())).toBeNull()
    })

    test('a pending order is in no list and spends nothing', async () => {
      await store.insertPending(pending())
      expect(await store.listOfUser(buyer, everything)).toEqual([])
      expect(await store.listAll(everything)).toEqual([])
      expect(await store.spending(buyer)).toBe(minor(0))
    })

    test('acceptance makes the order visible with its answer, spending and outbox entry', async () => {
      const checkoutId = newId<CheckoutId>()
      const order = await created({ origin: { kind: 'cart', checkoutId }, key: 'k' })
      await expectInvariant()
      expect(order).toMatchObject({ status: 'CREATED', sequence: 1, total: minor(300) })
      expect(order.nextAt).toBe(millis(start + 5_000))
      const row = await store.find(order.id)
      expect(row).toMatchObject({
        answer: { status: 200, body: '{"first":"answer"}' },
        origin: { kind: 'cart', checkoutId },
      })
      expect(await store.undelivered(order.id)).toEqual([
        {
          orderId: order.id,
          sequence: 1,
          effect: { kind: 'notify', userId: buyer, status: 'CREATED', updatedAt: millis(start) },
          traceparent: order.traceparent,
        },
      ])
    })

    test('only the holder of the lease settles an order, and only once', async () => {
      const order = pending()
      await store.insertPending(order)
      expect(await store.accept(order.id, 'somebody else', acceptance(order))).toBe(false)
      expect(await store.reject(order.id, 'somebody else', rejection())).toBe(false)
      await expectInvariant()
      expect(await store.accept(order.id, order.lease.owner, acceptance(order))).toBe(true)
      expect(await store.accept(order.id, order.lease.owner, acceptance(order))).toBe(false)
      expect(await store.reject(order.id, order.lease.owner, rejection())).toBe(false)
      await expectInvariant()
    })

    const rejection = () => ({
      sequence: 1,
      at: clock.now(),
      answer: { status: 409, body: '{"code":"out_of_stock"}' },
      answerUntil: millis(clock.now() + 86_400_000),
      effects: [{ kind: 'release' as const, lines: [] }],
    })

    retentionConformance({ store: () => store, clock: () => clock, pending, created, rejection })

    test('a rejected order keeps its answer for its day, its release, and spends nothing', async () => {
      const order = pending({ key: 'k' })
      await store.insertPending(order)
      expect(await store.reject(order.id, order.lease.owner, rejection())).toBe(true)
      clock.advance(86_400_000 - 1)
      await store.forgetAnswers(clock.now(), 100)
      expect(await store.find(order.id)).toMatchObject({
        kind: 'rejected',
        answer: { status: 409, body: '{"code":"out_of_stock"}' },
      })
      clock.advance(100 * 86_400_000)
      await store.forgetAnswers(clock.now(), 100)
      expect(await store.find(order.id)).toMatchObject({ kind: 'rejected', answer: null })
      expect((await store.undelivered(order.id)).map((entry) => entry.effect.kind)).toEqual([
        'release',
      ])
      await expectInvariant()
    })

    describe('an order that was rejected without an answer', () => {
      async function rejected(): Promise<PendingOrder> {
        const order = pending({ key: 'k', expectedTotal: minor(500) })
        await store.insertPending(order)
        await store.reject(order.id, order.lease.owner, { ...rejection(), answer: null })
        return order
      }
      const again = (order: PendingOrder): PendingOrder => ({
        ...order,
        fingerprint: 'another body',
        lines: [{ productId: newId<ProductId>(), quantity: 3, seenPrice: minor(70) }],
        expectedTotal: minor(700),
        reservation: newId<OrderId>(),
        sequence: 2,
        lease: { owner: newId<string>(), until: millis(clock.now() + 2_000) },
      })

      test('is begun again by exactly one, once its stock is back', async () => {
        const order = await rejected()
        const attempts = Array.from({ length: 5 }, () => again(order))
        expect(await store.reopen(again(order))).toBe(false)
        await store.delivered(await store.undelivered(order.id))
        const opened = await Promise.all(attempts.map((attempt) => store.reopen(attempt)))
        expect(opened.filter(Boolean)).toHaveLength(1)
        const winner = attempts[opened.indexOf(true)]
        if (winner === undefined) throw new Error('Nobody has begun the order again.')
        expect(await store.find(order.id)).toEqual({ kind: 'pending', ...winner })
        expect(await store.lapsedOrders(clock.now(), 10)).toEqual([])
        clock.advance(2_000)
        expect(await store.lapsedOrders(clock.now(), 10)).toEqual([winner])
        await expectInvariant()
      })

      test('is accepted with its new reservation, and the late owner settles nothing', async () => {
        const order = await rejected()
        await store.delivered(await store.undelivered(order.id))
        const second = again(order)
        expect(await store.reopen(second)).toBe(true)
        expect(await store.accept(order.id, order.lease.owner, acceptance(order))).toBe(false)
        expect(await store.accept(order.id, second.lease.owner, acceptance(second))).toBe(true)
        const made = await visible(order.id)
        expect(made).toMatchObject({ status: 'CREATED', sequence: 3 })
        expect(made.reservation).toBe(second.reservation)
        expect(await store.dueOrders(millis(clock.now() + 5_000), 10)).toEqual([made])
        expect((await store.undelivered(order.id)).map(({ sequence }) => sequence)).toEqual([3])
        await expectInvariant()
      })

      test('is not begun again by who met another attempt, nor after an answer was kept', async () => {
        const order = await rejected()
        await store.delivered(await store.undelivered(order.id))
        expect(await store.reopen({ ...again(order), sequence: 4 })).toBe(false)
        const kept = pending({ key: 'kept' })
        await store.insertPending(kept)
        await store.reject(kept.id, kept.lease.owner, { ...rejection(), effects: [] })
        expect(await store.reopen(again(kept))).toBe(false)
        expect(await store.reopen(again(pending()))).toBe(false)
      })
    })

    test('a lapsed lease is taken by exactly one, and the late owner settles nothing', async () => {
      const order = pending()
      await store.insertPending(order)
      const takers = Array.from({ length: 5 }, () => ({
        owner: newId<string>(),
        until: millis(clock.now() + 4_000),
      }))
      const taken = await Promise.all(
        takers.map((lease) => store.takeLease(order.id, order.lease, lease)),
      )
      expect(taken.filter(Boolean)).toHaveLength(1)
      expect(await store.accept(order.id, order.lease.owner, acceptance(order))).toBe(false)
      const winner = takers[taken.indexOf(true)]
      expect(await store.accept(order.id, winner?.owner ?? '', acceptance(order))).toBe(true)
      await expectInvariant()
    })

    test('a lease that was renewed since it was read cannot be taken', async () => {
      const order = pending()
      await store.insertPending(order)
      const until = millis(clock.now() + 9_000)
      expect(await store.renewLease(order.id, order.lease.owner, until)).toBe(true)
      const lease = { owner: newId<string>(), until }
      expect(await store.takeLease(order.id, order.lease, lease)).toBe(false)
      expect(await store.renewLease(order.id, lease.owner, until)).toBe(false)
    })

    test('a lease that was let go is its owner’s no more, also for what comes late', async () => {
      const order = pending()
      await store.insertPending(order)
      const until = millis(clock.now() + 500)
      const { owner } = order.lease
      expect(await store.releaseLease(order.id, 'somebody else', until)).toBe(false)
      expect(await store.releaseLease(order.id, owner, until)).toBe(true)
      expect(await store.renewLease(order.id, owner, millis(until + 9_000))).toBe(false)
      expect(await store.accept(order.id, owner, acceptance(order))).toBe(false)
      clock.advance(500)
      const [lapsed] = await store.lapsedOrders(clock.now(), 10)
      expect(lapsed?.lease.until).toBe(until)
      const lease = { owner: newId<string>(), until: millis(clock.now() + 2_000) }
      expect(await store.takeLease(order.id, lapsed?.lease ?? lease, lease)).toBe(true)
      expect(await store.accept(order.id, lease.owner, acceptance(order))).toBe(true)
    })

    test('lapsed orders are those whose lease is over and which are still pending', async () => {
      const lapsed = pending()
      const held = pending({ lease: { owner: 'o', until: millis(start + 60_000) } })
      await store.insertPending(lapsed)
      await store.insertPending(held)
      await created()
      expect(await store.lapsedOrders(clock.now(), 10)).toEqual([])
      clock.advance(2_000)
      expect(await store.lapsedOrders(clock.now(), 10)).toEqual([lapsed])
    })

    test('a lease that was renewed lapses later, also where nobody has renewed it again', async () => {
      const order = pending()
      await store.insertPending(order)
      const until = millis(clock.now() + 9_000)
      await store.renewLease(order.id, order.lease.owner, until)
      clock.advance(5_000)
      expect(await store.lapsedOrders(clock.now(), 10)).toEqual([])
      clock.advance(5_000)
      const lease = { ...order.lease, until }
      expect(await store.lapsedOrders(clock.now(), 10)).toEqual([{ ...order, lease }])
    })

    test('a move is one compare-and-set on status and sequence', async () => {
      const order = await created()
      const at = millis(start + 10)
      const move = { to: 'PROCESSING' as const, at, nextAt: millis(start + 20), effects: [] }
      expect(await store.move(order.id, { status: 'PROCESSING', sequence: 1 }, move)).toBe(false)
      expect(await store.move(order.id, { status: 'CREATED', sequence: 2 }, move)).toBe(false)
      const attempts = await Promise.all([
        store.move(order.id, order, move),
        store.move(order.id, order, { ...move, to: 'CANCELLED', nextAt: null }),
      ])
      expect(attempts.filter(Boolean)).toHaveLength(1)
      expect((await visible(order.id)).sequence).toBe(2)
      await expectInvariant()
    })

    test('a cancellation takes the total off the spending exactly once', async () => {
      const kept = await created({}, 1_000)
      const dropped = await created({}, 70)
      await expectInvariant()
      const cancel = { to: 'CANCELLED' as const, at: clock.now(), nextAt: null, effects: [] }
      expect(await store.move(dropped.id, dropped, cancel)).toBe(true)
      expect(await store.move(dropped.id, dropped, cancel)).toBe(false)
      expect(await store.spending(buyer)).toBe(kept.total)
      await expectInvariant()
    })

    test('a spending past what a number holds is the largest amount, until orders are cancelled', async () => {
      const most = Number.MAX_SAFE_INTEGER
      const huge = 2 ** 51
      const orders = [await created({}, 100), await created({}, huge)]
      expect(await store.spending(buyer)).toBe(minor(200 + 2 * huge))
      orders.push(await created({}, huge))
      expect(await store.spending(buyer)).toBe(minor(most))
      await created({ userId: newId<UserId>() })
      for (const order of orders.slice(1)) {
        const cancel = { to: 'CANCELLED' as const, at: clock.now(), nextAt: null, effects: [] }
        expect(await store.move(order.id, order, cancel)).toBe(true)
      }
      expect(await store.spending(buyer)).toBeLessThanOrEqual(minor(200))
    })

    test('due orders are those whose time has come, the longest overdue first', async () => {
      const first = await created()
      clock.advance(1_000)
      const second = await created()
      expect(await store.dueOrders(millis(start + 4_999), 10)).toEqual([])
      expect(await store.dueOrders(millis(start + 5_000), 10)).toEqual([first])
      expect(await store.dueOrders(millis(start + 9_000), 10)).toEqual([first, second])
      expect(await store.dueOrders(millis(start + 9_000), 1)).toEqual([first])
    })

    test('outbox entries wait for their first attempt, are put off, and go when delivered', async () => {
      const order = await created()
      expect(await store.ordersToDeliver(clock.now(), 10)).toEqual([])
      clock.advance(firstAttemptTime)
      expect(await store.ordersToDeliver(clock.now(), 10)).toEqual([order.id])
      await store.postpone(order.id, millis(clock.now() + 500))
      expect(await store.ordersToDeliver(clock.now(), 10)).toEqual([])
      clock.advance(500)
      expect(await store.outboxState(clock.now())).toEqual({ entries: 1, oldest: millis(1_500) })
      await store.delivered(await store.undelivered(order.id))
      expect(await store.undelivered(order.id)).toEqual([])
      expect(await store.outboxState(clock.now())).toEqual({ entries: 0, oldest: millis(0) })
    })

    test('the backlog holds orders half placed, and those whose timer ran out a while ago', async () => {
      const grace = millis(1_000)
      const none = { count: 0, oldest: millis(0) }
      expect(await store.backlog(clock.now(), grace)).toEqual({ halfPlaced: none, overdue: none })
      await store.insertPending(pending())
      await created()
      clock.advance(5_999)
      expect(await store.backlog(clock.now(), grace)).toEqual({
        halfPlaced: { count: 1, oldest: millis(5_999) },
        overdue: none,
      })
      clock.advance(1)
      expect((await store.backlog(clock.now(), grace)).overdue).toEqual({
        count: 1,
        oldest: grace,
      })
    })

    test('one move may have two effects, and they are delivered apart', async () => {
      const order = await created()
      await store.delivered(await store.undelivered(order.id))
      const at = clock.now()
      await store.move(order.id, order, {
        to: 'CANCELLED',
        at,
        nextAt: null,
        effects: [
          { kind: 'notify', userId: buyer, status: 'CANCELLED', updatedAt: at },
          { kind: 'release', lines: order.lines },
        ],
      })
      const [notify, release] = await store.undelivered(order.id)
      expect([notify?.effect.kind, release?.effect.kind].sort()).toEqual(['notify', 'release'])
      await store.delivered(notify === undefined ? [] : [notify])
      expect(await store.undelivered(order.id)).toEqual(release === undefined ? [] : [release])
    })

    test('lists are newest first, paged without gaps, and keep to their user', async () => {
      const ids: OrderId[] = []
      for (let count = 0; count < 7; count++) {
        ids.unshift((await created()).id)
        if (count % 2 === 0) clock.advance(1)
      }
      await created({ userId: newId<UserId>() })
      const all = await store.listOfUser(buyer, everything)
      expect(new Set(all.map((order) => order.id))).toEqual(new Set(ids))
      const pages: OrderId[] = []
      let after: { createdAt: Order['createdAt']; id: OrderId } | null = null
      for (;;) {
        const page: readonly Order[] = await store.listOfUser(buyer, {
          ...everything,
          limit: 3,
          after,
        })
        pages.push(...page.map((order) => order.id))
        const last = page.at(-1)
        if (last === undefined) break
        after = { createdAt: last.createdAt, id: last.id }
      }
      expect(pages).toEqual(all.map((order) => order.id))
      expect(await store.listAll(everything)).toHaveLength(8)
    })

    test('a finished order leaves the lists after its retention and is still found', async () => {
      const order = await created()
      const at = clock.now()
      await store.move(order.id, order, { to: 'CANCELLED', at, nextAt: null, effects: [] })
      const before = { ...everything, restedAfter: millis(at - 1) }
      const past = { ...everything, restedAfter: at }
      expect(await store.listOfUser(buyer, before)).toHaveLength(1)
      expect(await store.listOfUser(buyer, past)).toEqual([])
      expect((await visible(order.id)).status).toBe('CANCELLED')
    })

    test('tending the lists changes nothing of what they show, also where that is more again', async () => {
      const moving = await created()
      clock.advance(1)
      const resting = await created()
      const restedAfter = clock.now()
      const cancel = { to: 'CANCELLED' as const, at: restedAfter, nextAt: null, effects: [] }
      await store.move(resting.id, resting, cancel)
      const refused = pending()
      await store.insertPending(refused)
      await store.reject(refused.id, refused.lease.owner, rejection())
      clock.advance(5 * 86_400_000)
      const shown = async (after: typeof restedAfter | null) => {
        await inSlices(async () => (await store.tendLists(after, 1)) === 1)
        const lists = [
          await store.listOfUser(buyer, { ...everything, restedAfter: after }),
          await store.listAll({ ...everything, restedAfter: after }),
        ]
        return lists.map((orders) => orders.map(({ id }) => id))
      }
      const all = [resting.id, moving.id]
      for (const after of [millis(restedAfter - 1), restedAfter, null, restedAfter]) {
        const expected = after === restedAfter ? [moving.id] : all
        expect(await shown(after)).toEqual([expected, expected])
      }
    })

    test('a first answer is gone after its day, the order stays', async () => {
      const order = await created({ key: 'k' })
      clock.advance(86_400_000 - 1)
      expect(await store.find(order.id)).toMatchObject({ answer: { status: 200 } })
      clock.advance(1)
      expect(await store.find(order.id)).toMatchObject({ kind: 'order', answer: null })
      await store.forgetAnswers(clock.now(), 10)
      expect(await store.find(order.id)).toMatchObject({ kind: 'order', answer: null })
    })
  })
}
