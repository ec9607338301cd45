/** The pure rules of an order. */
import { describe, expect, test } from 'bun:test'
import type { ProductId } from '../../core/values/ids.ts'
import { millis } from '../../core/values/time.ts'
import { drawDeliveryTime, mayMove, mergeLines, visibleStatuses, type Actor } from './order.ts'

describe('the state machine', () => {
  const allowed: Readonly<Record<Actor, readonly string[]>> = {
    owner: ['CREATED>CANCELLED', 'PROCESSING>CANCELLED'],
    admin: [
      'CREATED>PROCESSING',
      'CREATED>CANCELLED',
      'PROCESSING>SHIPPING',
      'PROCESSING>CANCELLED',
      'SHIPPING>DELIVERED',
      'SHIPPING>CANCELLED',
    ],
    timer: ['CREATED>PROCESSING', 'PROCESSING>SHIPPING', 'SHIPPING>DELIVERED'],
  }
  for (const actor of ['owner', 'admin', 'timer'] as const) {
    test(`has exactly the moves of the ${actor}`, () => {
      const moves = visibleStatuses.flatMap((from) =>
        visibleStatuses.filter((to) => mayMove(from, to, actor)).map((to) => `${from}>${to}`),
      )
      expect(moves.sort()).toEqual([...allowed[actor]].sort())
    })
  }
})

test('equal products become one line and keep their first place', () => {
  const [a, b] = ['a' as ProductId, 'b' as ProductId]
  expect(
    mergeLines([
      { productId: a, quantity: 1 },
      { productId: b, quantity: 2 },
      { productId: a, quantity: 3 },
    ]),
  ).toEqual([
    { productId: a, quantity: 4 },
    { productId: b, quantity: 2 },
  ])
})

test('a delivery time lies within its range, both ends included', () => {
  const timing = {
    processingAfter: millis(1),
    shippingAfter: millis(1),
    deliveryMin: millis(60_000),
    deliveryMax: millis(300_000),
  }
  expect(drawDeliveryTime(timing, () => 0)).toBe(millis(60_000))
  expect(drawDeliveryTime(timing, () => 1 - Number.EPSILON)).toBe(millis(300_000))
})
