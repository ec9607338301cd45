/** The part of the suite about setting and changing the stock while it is sold from. */
import { describe, expect, test } from 'bun:test'
import { derivedId, type OrderId, type ProductId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { maxStock, type CatalogStore, type NewProduct, type ProductState } from './store.ts'

export interface ChangesUnderTest {
  store(): CatalogStore
  /** Adds a product of which 10 pieces can be bought unless stated. */
  add(name: string, fields?: Partial<NewProduct>): Promise<ProductId>
  /** Available, reserved and sold, which have been checked to add up. */
  counters(id: ProductId): Promise<readonly number[] | null>
}

const orderId = (name: string): OrderId => derivedId('test-order', name)
const state = (version: number, available: number): ProductState => ({ version, available })
const line = (productId: ProductId, quantity: number) => ({ productId, quantity })

export function changesConformance({ store, add, counters }: ChangesUnderTest): void {
  describe('changes of the stock', () => {
    test('a stock that was sold from since it was read is not set', async () => {
      const id = await add('яблоко')
      await store().reserve(orderId('1'), [line(id, 4)])
      const changes = { price: minor(5), available: 10 }
      expect(await store().update(id, changes, [state(1, 10)])).toEqual({
        kind: 'version_mismatch',
      })
      expect(await store().find(id)).toMatchObject({ price: minor(8_990), version: 1 })
      expect(await counters(id)).toEqual([6, 4, 0])
      // What leaves the stock alone goes through, and so does who has read again.
      const renamed = await store().update(id, { name: 'А' }, [state(1, 10)])
      expect(renamed).toMatchObject({ kind: 'updated', product: { version: 2, available: 6 } })
      expect(await store().update(id, changes, [state(2, 6)])).toMatchObject({ kind: 'updated' })
      expect(await counters(id)).toEqual([10, 4, 0])
    })

    test('a relative change moves stocked along and stays between 0 and the most', async () => {
      const id = await add('яблоко')
      await store().reserve(orderId('1'), [line(id, 4)])
      // Nobody has to have seen the sale.
      const more = await store().update(id, { availableDelta: 5 }, [state(1, 10)])
      expect(more).toMatchObject({ kind: 'updated', product: { version: 1, available: 11 } })
      expect(await store().stock(id)).toEqual({ stocked: 15, available: 11, reserved: 4, sold: 0 })
      for (const availableDelta of [-12, maxStock - 10]) {
        const changes = { price: minor(5), availableDelta }
        expect(await store().update(id, changes, null)).toEqual({ kind: 'stock_out_of_range' })
      }
      expect(await store().find(id)).toMatchObject({ price: minor(8_990), version: 1 })
      expect(await store().update(id, { availableDelta: -11 }, null)).toMatchObject({
        product: { available: 0 },
      })
      expect(await store().stock(id)).toEqual({ stocked: 4, available: 0, reserved: 4, sold: 0 })
    })

    test('sales between reading and writing the stock never come back', async () => {
      const id = await add('яблоко', { available: 40 })
      let set = 0
      await Promise.all([
        ...Array.from({ length: 20 }, async (_, n) => {
          expect(await store().reserve(orderId(`r${n}`), [line(id, 1)])).toMatchObject({
            kind: 'reserved',
          })
        }),
        ...Array.from({ length: 10 }, () => store().update(id, { availableDelta: 3 }, null)),
        ...Array.from({ length: 10 }, async () => {
          const read = await store().find(id)
          if (read === null) throw new Error('The product is gone.')
          const states = [{ version: read.version, available: read.available }]
          const result = await store().update(id, { available: read.available + 100 }, states)
          if (result.kind === 'updated') set++
          else expect(result.kind).toBe('version_mismatch')
        }),
      ])
      // Each write that went through added exactly what it meant to add.
      expect(await counters(id)).toEqual([40 - 20 + 30 + set * 100, 20, 0])
    })
  })
}
