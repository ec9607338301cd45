/** An order's whole way on a real node, cut off or left in doubt at every single write of the store. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { alwaysWanted } from '../../core/http/wanted.ts'
import {
  faultyKeyspace,
  withEvery,
  type FaultyKeyspace,
} from '../../core/cassandra/faulty-keyspace.fixture.ts'
import { openKeyspace, type Keyspace } from '../../core/cassandra/keyspace.ts'
import {
  hasCassandra,
  testKeyspace,
  type TestKeyspace,
} from '../../core/cassandra/keyspace.fixture.ts'
import type { UserCaller } from '../../core/http/caller.ts'
import { newId, type ProductId, type SessionId, type UserId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import type { Placement } from './placing.ts'
import { leaseTime, place, placementOf, processOf, type Process } from './saga.fixture.ts'
import { createStockModel, type StockModel } from './stock.model.ts'
import { migrations, openCassandraOrderStore } from './store.cassandra.ts'
import type { OrderStore } from './store.ts'

const patience = 600_000

/** Where an order's way leads; `resumed` is one that a sweeper takes over, and then is delivered. */
const ends = ['CANCELLED', 'rejected', 'resumed'] as const
type End = (typeof ends)[number]

/** The conditional writes that make each way. */
const writesOf: Readonly<Record<End, readonly string[]>> = {
  CANCELLED: [
    'insert_pending_order',
    'accept_order',
    'count_spending',
    'drop_outbox_entries',
    'move_order',
  ],
  rejected: ['insert_pending_order', 'reject_order', 'drop_outbox_entries'],
  resumed: ['release_order_lease', 'take_order_lease', 'accept_order'],
}

describe.skipIf(!hasCassandra)('an order on Cassandra', () => {
  // One clock for all of them: the store's floor of looked-at hints only rises.
  const clock = manualClock(1_800_000_000_000)
  let home: TestKeyspace
  let faulty: FaultyKeyspace
  let healthy: FaultyKeyspace
  const opened: Keyspace[] = []

  beforeAll(async () => {
    home = await testKeyspace(migrations)
    faulty = faultyKeyspace(home.keyspace)
    const second = await openKeyspace(home.options)
    opened.push(second)
    healthy = faultyKeyspace(second)
  }, patience)
  afterAll(async () => {
    await Promise.all(opened.map((keyspace) => keyspace.close()))
    await home?.remove()
  }, patience)

  const open = ({ keyspace }: FaultyKeyspace): Promise<OrderStore> =>
    openCassandraOrderStore({ keyspace, clock, longestLife: millis(7 * 86_400_000) })

  interface Way {
    readonly placement: Placement
    readonly caller: UserCaller
    readonly stock: StockModel
    readonly end: End
  }

  function wayOf(end: End, key: string | null): Way {
    const buyer = newId<UserId>()
    const product = newId<ProductId>()
    return {
      placement: placementOf(buyer, product, key),
      caller: { kind: 'user', id: buyer, role: 'user', session: newId<SessionId>() },
      stock: createStockModel(new Map([[product, end === 'rejected' ? 1 : 100]])),
      end,
    }
  }

  /** One process takes the order to its end. */
  async function go(store: OrderStore, { placement, caller, stock, end }: Way) {
    const process = processOf({ clock }, store, stock)
    const { outbox, moves, placing } = process
    if (end === 'resumed') {
      const down = { ...stock, reserve: () => Promise.reject(new Error('the catalog is down')) }
      const first = processOf({ clock }, store, down)
      await place(first, placement, { clock }).catch(() => {})
      clock.advance(leaseTime)
      await placing.sweep()
    }
    const placed = await place(process, placement, { clock })
    await outbox.idle()
    if (end === 'rejected') return placed
    clock.advance(5_000)
    await moves.advanceDue()
    await outbox.idle()
    if (end === 'CANCELLED') {
      await moves.move(placement.orderId, end, caller)
    } else {
      for (const wait of [5_000, 300_000]) {
        clock.advance(wait)
        await moves.advanceDue()
        await outbox.idle()
      }
    }
    await outbox.idle()
    return placed
  }

  /** What the workers of another process make of whatever lies about. */
  async function work({ placing, moves, outbox }: Process) {
    for (const wait of [leaseTime, 1_000, 1_000]) {
      clock.advance(wait)
      await placing.sweep()
      await moves.advanceDue()
      await outbox.sweep()
      await outbox.idle()
    }
  }

  const everything = { limit: 9, after: null, restedAfter: null, wanted: alwaysWanted }

  /** All that must hold of an order whatever happened to it, and what became of it. */
  async function expectInvariant(store: OrderStore, { placement, caller, stock }: Way) {
    stock.expectInvariant()
    const { orderId } = placement
    const row = await store.find(orderId)
    expect(row?.kind).not.toBe('pending')
    const status = row?.kind === 'order' ? row.order.status : (row?.kind ?? 'none')
    expect(stock.stateOf(orderId)).toBe(reservationOf(status))
    const counts = row?.kind === 'order' && row.order.status !== 'CANCELLED'
    expect(await store.spending(caller.id)).toBe(minor(counts ? 200 : 0))
    expect(await store.undelivered(orderId)).toEqual([])
    const listed = row?.kind === 'order' ? [orderId] : []
    expect((await store.listOfUser(caller.id, everything)).map(({ id }) => id)).toEqual(listed)
    return status
  }

  for (const end of ends) {
    for (const effect of ['before', 'after'] as const) {
      test(
        `that is to be ${end} survives a crash ${effect} every write`,
        async () => {
          const names = await withEvery(
            faulty,
            (at) => ({ kind: 'crash', at, effect }),
            () => open(faulty),
            async (dying, at) => {
              const way = wayOf(end, at % 3 === 0 ? null : `key ${at}`)
              const acknowledged = await go(dying, way).catch(() => null)

              const store = await open(healthy)
              const next = processOf({ clock }, store, way.stock)
              await work(next)
              const status = await expectInvariant(store, way)
              if (acknowledged !== null) expect(status).not.toBe('none')

              // Nothing lies about without a hint: what is under way ends by itself.
              for (const wait of [5_000, 5_000, 300_000]) {
                clock.advance(wait)
                await work(next)
              }
              const last = await expectInvariant(store, way)
              expect(['none', 'rejected', 'CANCELLED', 'DELIVERED']).toContain(last)
              const none = { count: 0, oldest: millis(0) }
              const idle = { halfPlaced: none, overdue: none }
              expect(await store.backlog(clock.now(), millis(0))).toEqual(idle)
              expect(await store.outboxState(clock.now())).toMatchObject({ entries: 0 })
            },
          )
          for (const name of writesOf[end]) expect(names).toContain(name)
        },
        patience,
      )
    }

    for (const outcome of ['done', 'lost', 'late'] as const) {
      test(
        `that is to be ${end} has one outcome when an answer is lost and the write is ${outcome}`,
        async () => {
          const names = await withEvery(
            faulty,
            (at) => ({ kind: 'doubt', at, outcome }),
            () => open(faulty),
            async (store, at) => {
              const way = wayOf(end, `key ${at}`)
              expect(await go(store, way)).toMatchObject({
                kind: 'answer',
                replayed: end === 'resumed',
                answer: { status: end === 'rejected' ? 409 : 200 },
              })
              await faulty.quiet()
              await work(processOf({ clock }, store, way.stock))
              expect(await expectInvariant(store, way)).toBe(end === 'resumed' ? 'DELIVERED' : end)
            },
          )
          for (const name of writesOf[end]) expect(names).toContain(name)
        },
        patience,
      )
    }
  }
})

function reservationOf(status: string): ReturnType<StockModel['stateOf']> {
  if (status === 'none') return undefined
  if (status === 'DELIVERED') return 'committed'
  return status === 'CANCELLED' || status === 'rejected' ? 'released' : 'reserved'
}
