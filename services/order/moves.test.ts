/** Orders on their way: timers, cancellation, and both at once. */
import { join } from 'node:path'
import { describe, expect, test } from 'bun:test'
import { alwaysWanted } from '../../core/http/wanted.ts'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { createLogger } from '../../core/logging/logger.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { newTrace } from '../../core/resilience/trace-context.ts'
import {
  newId,
  type OrderId,
  type ProductId,
  type SessionId,
  type UserId,
} from '../../core/values/ids.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { createAnswers } from './answers.ts'
import { createMoves } from './moves.ts'
import { createOutbox } from './outbox.ts'
import { createPlacing } from './placing.ts'
import { createStockModel } from './stock.model.ts'
import { openSqliteOrderStore } from './store.sqlite.ts'
import type { StatusChange } from './notifications.ts'

const apples = newId<ProductId>()
const timing = {
  processingAfter: millis(5_000),
  shippingAfter: millis(5_000),
  deliveryMin: millis(60_000),
  deliveryMax: millis(60_000),
}

function shop(available = 10_000) {
  const clock = manualClock(1_800_000_000_000)
  const log = createLogger({ service: 'order', level: 'silent' })
  const store = openSqliteOrderStore({
    path: join(temporaryFolder('moves'), 'order.db'),
    clock,
  })
  const stock = createStockModel(new Map([[apples, available]]))
  const sent: StatusChange[] = []
  let userServiceUp = true
  const outbox = createOutbox({
    store,
    stock,
    notifications: {
      async send(change) {
        if (!userServiceUp) throw new Error('down')
        sent.push(change)
      },
    },
    clock,
    log,
    concurrency: 16,
    random: () => 1,
  })
  const placing = createPlacing({
    store,
    stock,
    outbox,
    answers: createAnswers(),
    clock,
    timing,
    leaseTime: millis(2_000),
    random: () => 0,
    pause: async () => {},
    onCreated: () => {},
  })
  const moves = createMoves({ store, outbox, clock, timing, onMoved: () => {} })
  const owner = {
    kind: 'user',
    id: newId<UserId>(),
    role: 'user',
    session: newId<SessionId>(),
  } as const
  const admin = { ...owner, id: newId<UserId>(), role: 'admin' } as const

  async function order(): Promise<OrderId> {
    const orderId = newId<OrderId>()
    const placement = {
      orderId,
      userId: owner.id,
      origin: { kind: 'direct' },
      key: null,
      fingerprint: 'f',
      lines: [{ productId: apples, quantity: 1 }],
      expectedTotal: null,
      instance: '/orders/',
    } as const
    await placing.place(placement, deadlineIn(8_000, clock), newTrace())
    return orderId
  }
  const statusOf = async (id: OrderId) => (await moves.visible(id, admin)).status
  return {
    clock,
    store,
    stock,
    outbox,
    moves,
    owner,
    admin,
    order,
    statusOf,
    sent,
    setUserService(up: boolean) {
      userServiceUp = up
    },
  }
}

describe('timers', () => {
  test('an order moves through its states when their time has come, and its stock is sold', async () => {
    const { clock, moves, order, statusOf, stock, outbox, sent } = shop()
    const id = await order()
    const seen = [await statusOf(id)]
    for (const wait of [5_000, 5_000, 60_000]) {
      clock.advance(wait - 1)
      await moves.advanceDue()
      expect(await statusOf(id)).toBe(seen.at(-1) ?? 'CREATED')
      clock.advance(1)
      await moves.advanceDue()
      seen.push(await statusOf(id))
    }
    expect(seen).toEqual(['CREATED', 'PROCESSING', 'SHIPPING', 'DELIVERED'])
    await outbox.idle()
    expect(stock.stateOf(id)).toBe('committed')
    expect(sent.map((change) => [change.sequence, change.status])).toEqual([
      [1, 'CREATED'],
      [2, 'PROCESSING'],
      [3, 'SHIPPING'],
      [4, 'DELIVERED'],
    ])
    expect(await moves.advanceDue()).toBe(0)
  })

  test('two copies that see the same due order move it once', async () => {
    const { clock, moves, order, statusOf, store } = shop()
    const id = await order()
    clock.advance(5_000)
    await Promise.all([moves.advanceDue(), moves.advanceDue(), moves.advanceDue()])
    expect(await statusOf(id)).toBe('PROCESSING')
    const row = await store.find(id)
    expect(row?.kind === 'order' && row.order.sequence).toBe(2)
  })
})

describe('cancellation', () => {
  test('by the owner until the order ships, by an admin until it is delivered', async () => {
    const { clock, moves, owner, admin, order } = shop()
    const id = await order()
    clock.advance(5_000)
    await moves.advanceDue()
    clock.advance(5_000)
    await moves.advanceDue()
    expect(moves.move(id, 'CANCELLED', owner)).rejects.toMatchObject({ code: 'order_move_refused' })
    expect((await moves.move(id, 'CANCELLED', admin)).status).toBe('CANCELLED')
    expect(moves.move(id, 'CANCELLED', admin)).rejects.toMatchObject({ code: 'order_move_refused' })
  })

  test('of another’s order is not found', async () => {
    const { moves, owner, order } = shop()
    const id = await order()
    const stranger = { ...owner, id: newId<UserId>() }
    expect(moves.move(id, 'CANCELLED', stranger)).rejects.toMatchObject({ code: 'order_not_found' })
  })

  test('against the timer, 1,000 times: one final state each, and the stock follows it', async () => {
    const { clock, moves, owner, order, statusOf, stock, outbox, store } = shop()
    const ids: OrderId[] = []
    for (let count = 0; count < 1_000; count++) ids.push(await order())
    for (const wait of [5_000, 5_000]) {
      clock.advance(wait)
      const half = wait === 5_000 ? ids.splice(0, 500) : ids
      await Promise.all([
        ...half.map((id) => moves.move(id, 'CANCELLED', owner).catch(() => null)),
        moves.advanceDue(),
        moves.advanceDue(),
      ])
      for (const id of half) {
        const status = await statusOf(id)
        expect(['PROCESSING', 'SHIPPING', 'CANCELLED']).toContain(status)
      }
    }
    for (let round = 0; round < 40; round++) {
      clock.advance(10_000)
      await moves.advanceDue()
      await outbox.idle()
      await outbox.sweep()
    }
    await outbox.idle()
    const orders = await store.listAll({
      limit: 2_000,
      after: null,
      restedAfter: null,
      wanted: alwaysWanted,
    })
    expect(orders).toHaveLength(1_000)
    for (const { id, status } of orders) {
      expect(['DELIVERED', 'CANCELLED']).toContain(status)
      expect(stock.stateOf(id)).toBe(status === 'DELIVERED' ? 'committed' : 'released')
    }
    stock.expectInvariant()
  })
})

describe('the outbox', () => {
  test('keeps everything while the user service is down and delivers it in order afterwards', async () => {
    const { clock, moves, order, outbox, sent, setUserService, store } = shop()
    setUserService(false)
    const id = await order()
    clock.advance(5_000)
    await moves.advanceDue()
    await outbox.idle()
    expect(sent).toEqual([])
    expect((await store.outboxState(clock.now())).entries).toBe(2)
    setUserService(true)
    clock.advance(5_000)
    await outbox.sweep()
    await outbox.idle()
    expect(sent.map((change) => [change.orderId, change.sequence])).toEqual([
      [id, 1],
      [id, 2],
    ])
    expect((await store.outboxState(clock.now())).entries).toBe(0)
  })

  test('does not hold the stock back because a notification cannot be delivered', async () => {
    const { moves, order, outbox, owner, setUserService, stock } = shop()
    setUserService(false)
    const id = await order()
    await moves.move(id, 'CANCELLED', owner)
    await outbox.idle()
    expect(stock.stateOf(id)).toBe('released')
  })
})
