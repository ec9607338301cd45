/** Two copies of the order service on one keyspace: races, restarts, lists, hints that come early or late. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { alwaysWanted } from '../../core/http/wanted.ts'
import { v4 } from 'uuid'
import { faultyKeyspace } from '../../core/cassandra/faulty-keyspace.fixture.ts'
import { createHints, grace } from '../../core/cassandra/hints.ts'
import { openKeyspace, type Keyspace } from '../../core/cassandra/keyspace.ts'
import {
  hasCassandra,
  testKeyspace,
  type TestKeyspace,
} from '../../core/cassandra/keyspace.fixture.ts'
import {
  derivedId,
  newId,
  type OrderId,
  type ProductId,
  type UserId,
} from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { manualClock, millis, type Millis } from '../../core/values/time.ts'
import type { Order } from './order.ts'
import { migrations, openCassandraOrderStore } from './store.cassandra.ts'
import { createSpending } from './store.cassandra.spending.ts'
import { declareStatements, type Statements } from './store.cassandra.statements.ts'
import { hintKinds, type OrderHints } from './store.cassandra.work.ts'
import { firstAttemptTime, type ListQuery, type OrderStore, type PendingOrder } from './store.ts'

const patience = 300_000
const day = 86_400_000

describe.skipIf(!hasCassandra)('two copies', () => {
  const clock = manualClock(1_800_000_000_000)
  let home: TestKeyspace
  let spaces: readonly Keyspace[]
  let first: OrderStore
  let second: OrderStore
  let sql: Statements

  const openOn = (keyspace: Keyspace | undefined): Promise<OrderStore> => {
    if (keyspace === undefined) throw new Error('There is no such keyspace.')
    return openCassandraOrderStore({ keyspace, clock, longestLife: millis(7 * day) })
  }

  beforeAll(async () => {
    home = await testKeyspace(migrations)
    const more = await Promise.all([openKeyspace(home.options), openKeyspace(home.options)])
    spaces = [faultyKeyspace(home.keyspace).keyspace, faultyKeyspace(more[0]).keyspace, more[1]]
    first = await openOn(spaces[0])
    second = await openOn(spaces[1])
    sql = declareStatements(more[1])
  }, patience)
  afterAll(async () => {
    await Promise.all(spaces.slice(1).map((keyspace) => keyspace.close()))
    await home?.remove()
  }, patience)

  const pending = (changes: Partial<PendingOrder> = {}): PendingOrder => ({
    ...known(changes.id ?? newId<OrderId>()),
    userId: newId<UserId>(),
    origin: { kind: 'direct' },
    key: null,
    fingerprint: 'f',
    lines: [{ productId: newId<ProductId>(), quantity: 1 }],
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

  const accept = (store: OrderStore, order: PendingOrder, total = 100, wait = 5_000) =>
    store.accept(order.id, order.lease.owner, {
      sequence: order.sequence + 1,
      lines: [],
      total: minor(total),
      at: clock.now(),
      nextAt: millis(clock.now() + wait),
      answer: { status: 200, body: '{}' },
      answerUntil: millis(clock.now() + day),
      effects: [
        { kind: 'notify', userId: order.userId, status: 'CREATED', updatedAt: clock.now() },
      ],
    })

  async function created(store: OrderStore, changes: Partial<PendingOrder> = {}, wait?: number) {
    const order = pending(changes)
    await store.insertPending(order)
    expect(await accept(store, order, 100, wait)).toBe(true)
    const row = await store.find(order.id)
    if (row?.kind !== 'order') throw new Error('Expected a visible order.')
    return row.order
  }

  const move = (store: OrderStore, order: Order, to: 'PROCESSING' | 'CANCELLED') =>
    store.move(order.id, order, {
      to,
      at: clock.now(),
      // It stays where it is put.
      nextAt: null,
      effects: [],
    })

  const count = (outcomes: readonly boolean[]): number => outcomes.filter(Boolean).length

  const everything: ListQuery = {
    limit: 1_000,
    after: null,
    restedAfter: null,
    wanted: alwaysWanted,
  }

  test('insert, take over, settle and move an order once between them', async () => {
    for (let turn = 0; turn < 5; turn++) {
      const order = pending()
      const inserted = await Promise.all(
        [first, second, first, second].map((store) => store.insertPending(order)),
      )
      expect(count(inserted.map((each) => each.inserted))).toBe(1)

      clock.advance(2_000)
      const leases = [first, second].map((store) => ({
        store,
        lease: { owner: newId<string>(), until: millis(clock.now() + 2_000) },
      }))
      const taken = await Promise.all(
        leases.map(({ store, lease }) => store.takeLease(order.id, order.lease, lease)),
      )
      expect(count(taken)).toBe(1)
      const lease = leases[taken.indexOf(true)]?.lease ?? order.lease

      const settled = await Promise.all([
        accept(first, { ...order, lease }),
        second.reject(order.id, lease.owner, {
          sequence: 1,
          at: clock.now(),
          answer: null,
          answerUntil: clock.now(),
          effects: [],
        }),
      ])
      expect(count(settled)).toBe(1)

      const row = await second.find(order.id)
      expect(row?.kind).toBe(settled[0] === true ? 'order' : 'rejected')
      if (row?.kind !== 'order') continue
      const moved = await Promise.all([
        move(first, row.order, 'PROCESSING'),
        move(second, row.order, 'CANCELLED'),
      ])
      expect(count(moved)).toBe(1)
      expect(await first.spending(order.userId)).toBe(minor(moved[1] === true ? 0 : 100))
    }
  })

  test(
    'add up what one user spends through both of them at the same time',
    async () => {
      const userId = newId<UserId>()
      const stores = [first, second]
      const orders = await Promise.all(
        Array.from({ length: 40 }, (_, at) => created(stores[at % 2] ?? first, { userId })),
      )
      expect(await first.spending(userId)).toBe(minor(4_000))
      const dropped = orders.filter((_, at) => at % 4 === 0)
      await Promise.all(
        dropped.flatMap((order) => stores.map((store) => move(store, order, 'CANCELLED'))),
      )
      expect(await second.spending(userId)).toBe(minor(3_000))
    },
    patience,
  )

  test('count for a user what the latest state says, whoever tells first', async () => {
    const user = newId<UserId>()
    const [one, other] = [createSpending(sql), createSpending(sql)]
    const id = newId<OrderId>()
    const made = { id, sequence: 1, amount: minor(100), createdAt: clock.now(), final: false }
    const cancelled = { ...made, sequence: 3, amount: minor(0), final: true }
    await one.count(user, cancelled)
    await other.count(user, made)
    expect(await one.total(user)).toBe(minor(0))
    const [a, b] = [newId<OrderId>(), newId<OrderId>()]
    await Promise.all([
      one.count(user, { ...made, id: a }),
      one.count(user, { ...cancelled, id: a }),
      other.count(user, { ...made, id: b }),
      other.count(user, { ...made, id: b }),
      one.count(user, { ...made, id: b }),
    ])
    expect(await other.total(user)).toBe(minor(100))
  })

  /** Moves what is due through both copies at once, as their workers do, until nothing is. */
  async function moveAllDue(): Promise<number> {
    let moved = 0
    for (;;) {
      const rounds = await Promise.all(
        [first, second].map(async (store) => {
          const due = await store.dueOrders(clock.now(), 500)
          return Promise.all(due.map((order) => move(store, order, 'PROCESSING')))
        }),
      )
      moved += count(rounds.flat())
      if (rounds.flat().length === 0) return moved
    }
  }

  test(
    'move each due order once',
    async () => {
      clock.advance(5_000)
      await moveAllDue()
      const orders = await Promise.all(Array.from({ length: 60 }, () => created(first)))
      clock.advance(5_000)
      expect(await moveAllDue()).toBe(60)
      for (const { id } of orders) {
        expect(await second.find(id)).toMatchObject({
          order: { status: 'PROCESSING', sequence: 2 },
        })
      }
    },
    patience,
  )

  test('put an attempt off for each other', async () => {
    const order = await created(first)
    clock.advance(firstAttemptTime)
    expect(await second.ordersToDeliver(clock.now(), 500)).toContain(order.id)
    await second.postpone(order.id, millis(clock.now() + 500))
    expect(await first.ordersToDeliver(clock.now(), 500)).not.toContain(order.id)
    clock.advance(500)
    expect(await first.ordersToDeliver(clock.now(), 500)).toContain(order.id)
    await first.delivered(await first.undelivered(order.id))
    expect(await second.ordersToDeliver(clock.now(), 500)).not.toContain(order.id)
  })

  test(
    'find after days of standstill what was due before it, also when they are new',
    async () => {
      const order = await created(first)
      clock.advance(3 * day)
      const next = await openOn(spaces[1])
      const due = await next.dueOrders(clock.now(), 500)
      expect(due.map(({ id }) => id)).toContain(order.id)
      expect(await next.ordersToDeliver(clock.now(), 500)).toContain(order.id)
      await moveAllDue()
      expect(await first.find(order.id)).toMatchObject({ order: { status: 'PROCESSING' } })
    },
    patience,
  )

  test('hand out the rest when more is due than they ask for', async () => {
    await moveAllDue()
    const orders = await Promise.all(Array.from({ length: 12 }, () => created(second)))
    clock.advance(5_000)
    const seen = new Set<OrderId>()
    for (let turn = 0; turn < 6; turn++) {
      const due = await first.dueOrders(clock.now(), 2)
      expect(due).toHaveLength(2)
      for (const order of due) {
        seen.add(order.id)
        await move(first, order, 'PROCESSING')
      }
    }
    expect(seen).toEqual(new Set(orders.map(({ id }) => id)))
    expect(await first.dueOrders(clock.now(), 2)).toEqual([])
  })

  test('list orders of one instant in pages without gaps, whatever their ids', async () => {
    clock.advance(day)
    const instant = clock.now()
    const userId = newId<UserId>()
    const ids = Array.from({ length: 30 }, (_, index) =>
      index % 3 === 0
        ? derivedId<OrderId>('test', `${instant} ${index}`)
        : index % 3 === 1
          ? newId<OrderId>()
          : (v4() as OrderId),
    )
    await Promise.all(ids.map((id, at) => created(at % 2 === 0 ? first : second, { id, userId })))
    for (const list of [first.listAll, (query: ListQuery) => second.listOfUser(userId, query)]) {
      const seen: OrderId[] = []
      for (let after: ListQuery['after'] = null; ;) {
        const page: readonly Order[] = await list({ ...everything, limit: 7, after })
        seen.push(...page.map(({ id }) => id))
        const last = page.at(-1)
        if (last === undefined || last.createdAt < instant) break
        after = { createdAt: last.createdAt, id: last.id }
      }
      const ofThisInstant = seen.filter((id) => ids.includes(id))
      expect(ofThisInstant).toHaveLength(30)
      expect(new Set(ofThisInstant)).toEqual(new Set(ids))
    }
  })

  test('list no order by a row that was written for nothing, and remember who rests', async () => {
    const userId = newId<UserId>()
    const order = pending({ userId })
    await first.insertPending(order)
    // Its lease is lost, so its rows stand for no order of that time.
    expect(await accept(first, { ...order, lease: { ...order.lease, owner: 'late' } })).toBe(false)
    expect(await second.listOfUser(userId, everything)).toEqual([])
    clock.advance(1_000)
    expect(await accept(second, order)).toBe(true)
    const [listed, ...others] = await first.listOfUser(userId, everything)
    expect(others).toEqual([])
    expect(listed).toMatchObject({ id: order.id, createdAt: clock.now() })
    if (listed === undefined) return
    const at = clock.now()
    expect(await move(first, listed, 'CANCELLED')).toBe(true)
    const left = { ...everything, restedAfter: at }
    expect(await second.listOfUser(userId, left)).toEqual([])
    expect(await second.listOfUser(userId, { ...left, restedAfter: millis(at - 1) })).toHaveLength(
      1,
    )
    expect(await second.listOfUser(userId, everything)).toHaveLength(1)
  })

  describe('a hint', () => {
    let hints: OrderHints
    const announce = (
      kind: 'timer' | 'outbox' | 'lease',
      id: OrderId,
      sequence: number,
      at: Millis,
    ) => hints.announce([{ kind, at, id, sequence }])

    beforeAll(async () => {
      hints = await createHints({ sql, kinds: hintKinds, clock })
    })

    test('that came before its change stays until the change is there', async () => {
      await moveAllDue()
      const order = await created(first, {}, 600_000)
      // Somebody is about to move it on, and takes long.
      await announce('timer', order.id, 2, millis(clock.now() + 100))
      clock.advance(1_000)
      expect(await second.dueOrders(clock.now(), 10)).toEqual([])
      const at = clock.now()
      await sql.move.run([
        sql.setMoved.bind(
          'PROCESSING',
          2,
          at,
          at,
          undefined,
          2,
          newId<string>(),
          order.id,
          'CREATED',
          1,
        ),
      ])
      expect((await second.dueOrders(clock.now(), 10)).map(({ id }) => id)).toEqual([order.id])
      await moveAllDue()
    })

    test('whose change never came is dropped after the grace', async () => {
      const id = newId<OrderId>()
      for (const kind of ['timer', 'lease', 'outbox'] as const) {
        await announce(kind, id, 0, clock.now())
      }
      const left = async () => {
        const found: OrderId[] = []
        for (const kind of ['timer', 'lease', 'outbox'] as const) {
          for await (const round of hints.all(kind, clock.now())) {
            found.push(...round.filter((hint) => hint.id === id).map((hint) => hint.id))
          }
        }
        return found.length
      }
      async function look() {
        await second.dueOrders(clock.now(), 500)
        await second.lapsedOrders(clock.now(), 500)
        await second.ordersToDeliver(clock.now(), 500)
      }
      await look()
      expect(await left()).toBe(3)
      clock.advance(grace)
      await look()
      // What is stale is dropped in the background.
      while ((await left()) > 0) await new Promise((resolve) => setTimeout(resolve, 10))
    })

    test('that lies in the past is written where readers still look', async () => {
      await moveAllDue()
      const order = await created(first, {}, -3_600_000)
      expect((await second.dueOrders(clock.now(), 10)).map(({ id }) => id)).toEqual([order.id])
      await moveAllDue()
    })
  })

  test('an answer goes by itself when its day is long over, and the order stays', async () => {
    const order = pending()
    await first.insertPending(order)
    const id = order.id
    await first.accept(id, order.lease.owner, {
      sequence: 1,
      lines: [],
      total: minor(5),
      at: clock.now(),
      nextAt: millis(clock.now() + 5_000),
      answer: { status: 200, body: '{}' },
      // As if it had been stored a day and almost a margin ago: the columns have a second to live.
      answerUntil: millis(clock.now() - day + 1_000),
      effects: [],
    })
    while ((await sql.byId.get(id))?.answer_body !== null) {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(await second.find(id)).toMatchObject({
      kind: 'order',
      order: { total: 5 },
      answer: null,
    })
  })

  test('list over months and days back to the first order', async () => {
    const userId = newId<UserId>()
    const made: OrderId[] = []
    for (const days of [0, 20, 45, 1]) {
      clock.advance(days * day)
      made.unshift((await created(first, { userId })).id)
    }
    const ids = async (query: ListQuery) =>
      (await second.listOfUser(userId, query)).map(({ id }) => id)
    expect(await ids(everything)).toEqual(made)
    expect(await ids({ ...everything, limit: 3 })).toEqual(made.slice(0, 3))
    const all = (await second.listAll(everything)).map(({ id }) => id)
    expect(all.filter((id) => made.includes(id))).toEqual(made)
  })
})
