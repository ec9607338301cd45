/** A model of the catalog's stock for tests: a few maps with the rules of reservation and fence. */
import { expect } from 'bun:test'
import type { OrderId, ProductId } from '../../core/values/ids.ts'
import { minor, type Minor } from '../../core/values/money.ts'
import type { WantedLine } from './order.ts'
import type { Stock } from './stock.ts'

export interface StockModel extends Stock {
  readonly available: Map<ProductId, number>
  /** What a piece of any product costs from now on. */
  price: Minor
  /** State of an order's reservation; undefined when there was none. */
  stateOf(id: OrderId): 'reserved' | 'committed' | 'released' | undefined
  expectInvariant(): void
}

export function createStockModel(stocked: ReadonlyMap<ProductId, number>): StockModel {
  const available = new Map(stocked)
  const held = new Map<
    OrderId,
    {
      state: 'reserved' | 'committed' | 'released'
      lines: readonly WantedLine[]
      /** Of the moment of the reservation; asking again does not change it. */
      price?: Minor
    }
  >()

  const model: StockModel = {
    available,
    price: minor(100),
    stateOf: (id) => held.get(id)?.state,
    async reserve(id, lines) {
      const known = held.get(id)
      if (known?.state === 'released') return { kind: 'short', lines: [] }
      if (known === undefined) {
        const short = lines.filter((line) => (available.get(line.productId) ?? 0) < line.quantity)
        if (short.length > 0) {
          const shortages = short.map((line) => ({
            productId: line.productId,
            requested: line.quantity,
            available: available.get(line.productId) ?? 0,
          }))
          return { kind: 'short', lines: shortages }
        }
        for (const { productId, quantity } of lines) {
          available.set(productId, (available.get(productId) ?? 0) - quantity)
        }
        held.set(id, { state: 'reserved', lines, price: model.price })
      }
      return {
        kind: 'reserved',
        lines: lines.map(({ productId, quantity }) => ({
          productId,
          quantity,
          name: 'Яблоки',
          price: known?.price ?? model.price,
        })),
      }
    },
    async finish(id, verb, lines) {
      const known = held.get(id)
      if (verb === 'commit') {
        if (known === undefined || known.state === 'released') throw new Error('nothing to commit')
        known.state = 'committed'
        return
      }
      if (known?.state === 'committed') throw new Error('already committed')
      if (known?.state === 'reserved') {
        for (const { productId, quantity } of known.lines) {
          available.set(productId, (available.get(productId) ?? 0) + quantity)
        }
      }
      held.set(id, { state: 'released', lines })
    },
    async forget(ids) {
      // What was sold stays in the sums.
      for (const id of ids) if (held.get(id)?.state === 'released') held.delete(id)
    },
    expectInvariant() {
      for (const [productId, count] of stocked) {
        let out = 0
        for (const { state, lines } of held.values()) {
          if (state === 'released') continue
          for (const line of lines) if (line.productId === productId) out += line.quantity
        }
        expect((available.get(productId) ?? 0) + out).toBe(count)
        expect(available.get(productId)).toBeGreaterThanOrEqual(0)
      }
    },
  }
  return model
}
