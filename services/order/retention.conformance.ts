/** The part of the suite about what is over: reservations to forget, answers and rejected orders to drop. */
import { describe, expect, test } from 'bun:test'
import { newId, type OrderId } from '../../core/values/ids.ts'
import { millis, type manualClock } from '../../core/values/time.ts'
import type { Order } from './order.ts'
import {
  rejectedLife,
  reservationLife,
  type OrderStore,
  type PendingOrder,
  type Rejection,
} from './store.ts'

export interface RetentionUnderTest {
  store(): OrderStore
  clock(): ReturnType<typeof manualClock>
  pending(changes?: Partial<PendingOrder>): PendingOrder
  created(): Promise<Order>
  rejection(): Rejection
}

export function retentionConformance(subject: RetentionUnderTest): void {
  const { pending, created, rejection } = subject
  const store = (): OrderStore => subject.store()
  const now = () => subject.clock().now()
  const later = (by: number) => subject.clock().advance(by)

  async function rejected(changes: Partial<PendingOrder> = {}): Promise<PendingOrder> {
    const order = pending({ key: 'k', ...changes })
    await store().insertPending(order)
    await store().reject(order.id, order.lease.owner, rejection())
    return order
  }
  const confirm = async (id: OrderId) => store().delivered(await store().undelivered(id))
  const due = () => store().reservationsToForget(now(), 10)
  /** What the sweepers do, with a catalog that does as it is told. */
  async function forget(): Promise<void> {
    await store().forgotten(await due(), now())
  }

  describe('what is over', () => {
    test('a reservation may be forgotten a day after its release is confirmed, not before', async () => {
      const { id } = await rejected()
      // However long nobody could deliver it.
      later(2 * reservationLife)
      expect(await due()).toEqual([])
      await confirm(id)
      later(reservationLife - 1)
      expect(await due()).toEqual([])
      later(1)
      const [first] = await due()
      expect(first).toMatchObject({ orderId: id, reservation: id })
      // Until it is known to be done it is due again.
      expect(await due()).toHaveLength(1)
      await forget()
      expect(await due()).toEqual([])
      expect(await store().find(id)).toMatchObject({ kind: 'rejected' })
    })

    test('a delivered order stays when its reservation is forgotten', async () => {
      let order = await created()
      for (const to of ['PROCESSING', 'SHIPPING', 'DELIVERED'] as const) {
        const { lines } = order
        await store().move(order.id, order, {
          to,
          at: now(),
          nextAt: null,
          effects: to === 'DELIVERED' ? [{ kind: 'commit', lines }] : [],
        })
        const row = await store().find(order.id)
        if (row?.kind !== 'order') throw new Error('The order is gone.')
        order = row.order
        await confirm(order.id)
      }
      later(reservationLife)
      expect((await due()).map(({ orderId }) => orderId)).toEqual([order.id])
      await forget()
      later(rejectedLife)
      expect(await store().dropRejected(now(), 10)).toBe(0)
      expect(await store().find(order.id)).toMatchObject({ order: { status: 'DELIVERED' } })
    })

    test('a rejected order goes a day after its reservation was forgotten, and its key is new', async () => {
      const order = await rejected()
      await confirm(order.id)
      later(reservationLife)
      await forget()
      later(rejectedLife - 1)
      expect(await store().dropRejected(now(), 10)).toBe(0)
      later(1)
      expect(await store().dropRejected(now(), 10)).toBe(1)
      expect(await store().find(order.id)).toBeNull()
      expect(await store().undelivered(order.id)).toEqual([])
      const again = pending({ id: order.id, reservation: order.id, key: 'k' })
      expect((await store().insertPending(again)).inserted).toBe(true)
      expect(await store().find(order.id)).toEqual({ kind: 'pending', ...again })
      await store().reject(order.id, again.lease.owner, rejection())
      expect(await store().dropRejected(now(), 10)).toBe(0)
    })

    test('a rejected order is begun again when its answer has gone, and both reservations end', async () => {
      const order = await rejected()
      const again = (): PendingOrder => ({
        ...order,
        reservation: newId<OrderId>(),
        sequence: 2,
        lease: { owner: newId<string>(), until: millis(now() + 2_000) },
      })
      await confirm(order.id)
      expect(await store().reopen(again())).toBe(false)
      later(reservationLife)
      await forget()
      const second = again()
      expect(await store().reopen(second)).toBe(true)
      // The first one's time comes while the second is under way.
      later(rejectedLife)
      expect(await store().dropRejected(now(), 10)).toBe(0)
      expect(await store().find(order.id)).toMatchObject({ kind: 'pending' })
      const { reservation } = second
      const effects = [{ kind: 'release', lines: [], reservation }] as const
      await store().reject(order.id, second.lease.owner, { ...rejection(), sequence: 3, effects })
      await confirm(order.id)
      expect(await store().dropRejected(now(), 10)).toBe(0)
      later(reservationLife)
      const left = await due()
      expect(left.map((each) => each.reservation)).toEqual([reservation])
      await forget()
      later(rejectedLife)
      expect(await store().dropRejected(now(), 10)).toBe(1)
      expect(await store().find(order.id)).toBeNull()
    })
  })
}
