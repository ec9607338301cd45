/** The part of the suite about fences and settled reservations, and how they end. */
import { describe, expect, test } from 'bun:test'
import { latest } from '../../core/resilience/asked-at.ts'
import { derivedId, newId, type OrderId, type ProductId } from '../../core/values/ids.ts'
import { millis } from '../../core/values/time.ts'
import { mergeLines } from './stock.ts'
import type { CatalogStore, OrderLine } from './store.ts'

export interface ForgettingUnderTest {
  store(): CatalogStore
  /**
   * What is kept of orders: rows of lines and fences, or of products that are not there, and notes of
   * what was asked in the name of an order.
   */
  kept(): Promise<{ readonly lines: number; readonly notes: number }>
  /** Adds a product of which 10 pieces can be bought. */
  add(name: string): Promise<ProductId>
  /** Available, reserved and sold, which have been checked to add up. */
  counters(id: ProductId): Promise<readonly number[] | null>
}

const productId = (name: string): ProductId => derivedId('test-product', name)
const orderId = (name: string): OrderId => derivedId('test-order', name)
const line = (product: ProductId, quantity: number): OrderLine => ({ productId: product, quantity })

export function forgettingConformance({ store, kept, add, counters }: ForgettingUnderTest): void {
  describe('reservations', () => {
    const order = orderId('заказ')

    test('refused leave one fence, however many products were invented, and none once forgotten', async () => {
      const a = await add('а')
      const invented = Array.from({ length: 99 }, () => line(newId<ProductId>(), 1))
      const lines = mergeLines([line(a, 1), ...invented])
      expect((await store().reserve(order, lines)).kind).toBe('out_of_stock')
      await store().release(order, lines)
      expect((await kept()).lines).toBe(1)
      expect(await store().reserve(order, lines)).toEqual({ kind: 'released' })
      expect((await kept()).lines).toBe(1)
      await store().forget([order])
      expect(await kept()).toEqual({ lines: 0, notes: 0 })
    })

    test('settled and forgotten leave nothing behind, and the sums hold without them', async () => {
      const [a, b] = [await add('а'), await add('б')]
      const lines = mergeLines([line(a, 2), line(b, 3)])
      const [sold, returned, given] = [order, orderId('вернули'), orderId('отказали')]
      await store().reserve(sold, lines)
      await store().commit(sold, lines)
      await store().reserve(returned, lines)
      await store().release(returned, lines)
      await store().release(given, mergeLines([...lines, line(productId('нет'), 1)]))
      await store().forget([sold, returned, given])
      await store().forget([sold, returned, given])
      expect(await counters(a)).toEqual([8, 0, 2])
      expect(await counters(b)).toEqual([7, 0, 3])
      expect(await kept()).toEqual({ lines: 0, notes: 0 })
      expect(await store().commit(sold, lines)).toEqual({ kind: 'missing' })
      // Not one of them is known any more, so each may begin anew, with other lines as well.
      for (const each of [sold, returned, given]) {
        expect(await store().reserve(each, [line(a, 1)])).toMatchObject({ fresh: true })
      }
      expect(await counters(a)).toEqual([5, 3, 2])
    })

    test('that still hold pieces are not forgotten', async () => {
      const [a, b] = [await add('а'), await add('б')]
      const lines = mergeLines([line(a, 2), line(b, 3)])
      await store().reserve(order, lines)
      await store().forget([order])
      expect(await store().reserve(order, lines)).toMatchObject({ kind: 'reserved', fresh: false })
      expect(await store().reserve(order, [line(a, 1)])).toEqual({ kind: 'differs' })
      expect(await store().commit(order, lines)).toEqual({ kind: 'committed' })
      expect(await counters(b)).toEqual([7, 0, 3])
    })

    test('that were asked for too long ago change nothing, after the fence is forgotten as well', async () => {
      const a = await add('а')
      const other = orderId('другой')
      const [before, justNow] = [millis(Date.now() - latest - 1), millis(Date.now() - latest / 2)]
      const late = { code: 'service_unavailable' }
      await store().release(order, [line(a, 1)])
      await store().forget([order])
      await expect(store().reserve(order, [line(a, 1)], before)).rejects.toMatchObject(late)
      await store().reserve(other, [line(a, 4)], justNow)
      await expect(store().release(other, [line(a, 4)], before)).rejects.toMatchObject(late)
      await expect(store().commit(other, [line(a, 4)], before)).rejects.toMatchObject(late)
      expect(await counters(a)).toEqual([6, 4, 0])
      await store().commit(other, [line(a, 4)], justNow)
      await expect(store().forget([other], before)).rejects.toMatchObject(late)
      expect(await store().commit(other, [line(a, 4)])).toEqual({ kind: 'committed' })
      expect(await counters(a)).toEqual([6, 0, 4])
    })

    test('of a product that came after their release meet the fence, too', async () => {
      const [a, later] = [await add('а'), productId('потом')]
      const both = mergeLines([line(a, 1), line(later, 1)])
      const other = orderId('другой')
      await store().release(order, [line(later, 1)])
      await store().release(other, both)
      await add('потом')
      expect(await store().reserve(order, [line(later, 1)])).toEqual({ kind: 'released' })
      expect(await store().reserve(other, both)).toEqual({ kind: 'released' })
      expect(await counters(later)).toEqual([10, 0, 0])
      expect(await counters(a)).toEqual([10, 0, 0])
    })
  })
}
