/** How many statements a list costs on Cassandra: as many as it shows orders, not as its time is long. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { openKeyspace } from '../../core/cassandra/keyspace.ts'
import {
  hasCassandra,
  testKeyspace,
  type TestKeyspace,
} from '../../core/cassandra/keyspace.fixture.ts'
import { alwaysWanted } from '../../core/http/wanted.ts'
import { newId, type OrderId, type ProductId, type UserId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { manualClock, millis, type Millis } from '../../core/values/time.ts'
import { migrations, openCassandraOrderStore } from './store.cassandra.ts'
import type { ListQuery, OrderStore } from './store.ts'

const day = 86_400_000
/** Days without an order, three times. */
const gap = 200
const patience = 300_000

describe.skipIf(!hasCassandra)('a list', () => {
  const clock = manualClock(1_700_000_000_000)
  const buyer = newId<UserId>()
  const made: OrderId[] = []
  let statements = 0
  let home: TestKeyspace
  let store: OrderStore

  /** Another copy of the service, on a keyspace of its own. */
  async function open(): Promise<OrderStore> {
    const keyspace = await openKeyspace(home.options)
    return openCassandraOrderStore({ keyspace, clock, longestLife: millis(day) })
  }

  beforeAll(async () => {
    const observe = () => () => {
      statements += 1
    }
    home = await testKeyspace(migrations, { observe })
    store = await open()
    for (let turn = 0; turn < 3; turn++) {
      await create()
      clock.advance(gap * day)
    }
  }, patience)
  afterAll(async () => {
    await store?.close()
    await home?.remove()
  }, patience)

  async function create(at: Millis = clock.now()): Promise<OrderId> {
    const id = newId<OrderId>()
    const lease = { owner: newId<string>(), until: millis(clock.now() + 2_000) }
    await store.insertPending({
      id,
      userId: buyer,
      origin: { kind: 'direct' },
      key: null,
      expectedTotal: null,
      reservation: id,
      sequence: 0,
      fingerprint: 'f',
      lines: [{ productId: newId<ProductId>(), quantity: 1 }],
      createdAt: at,
      deliveryTime: millis(60_000),
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
      instance: '/orders/',
      lease,
    })
    const accepted = await store.accept(id, lease.owner, {
      sequence: 1,
      lines: [],
      total: minor(100),
      at,
      nextAt: millis(clock.now() + 5_000),
      answer: { status: 200, body: '{}' },
      answerUntil: millis(clock.now() + day),
      effects: [],
    })
    expect(accepted).toBe(true)
    made.unshift(id)
    return id
  }

  const everything: ListQuery = {
    limit: 100,
    after: null,
    restedAfter: null,
    wanted: alwaysWanted,
  }

  /** Ids of a list, and the statements that it took. */
  async function listed(
    list: (query: ListQuery) => ReturnType<OrderStore['listAll']>,
    query = everything,
  ) {
    const before = statements
    const orders = await list(query)
    return { ids: orders.map(({ id }) => id), statements: statements - before }
  }
  const ofAll = (query?: ListQuery) => listed((each) => store.listAll(each), query)
  const ofUser = (query?: ListQuery) => listed((each) => store.listOfUser(buyer, each), query)

  test('ends where nobody waits for it any more, in the middle of the days before they are noted', async () => {
    let checks = 0
    const left = new Error('left')
    const wanted = {
      check() {
        checks += 1
        if (checks > 20) throw left
      },
    }
    const before = statements
    await expect(store.listAll({ ...everything, wanted })).rejects.toBe(left)
    expect(statements - before).toBeLessThanOrEqual(20)
    const user = { ...everything, wanted }
    await expect(store.listOfUser(buyer, user)).rejects.toBe(left)
  })

  test(
    'of everybody over years asks for the days that have orders, once these are noted',
    async () => {
      const walked = await ofAll()
      expect(walked.ids).toEqual(made)
      expect(walked.statements).toBeGreaterThan(8 * 3 * gap)
      // As its worker does, until it has nothing more to note.
      for (let before = -1; before !== statements;) {
        before = statements
        await store.tendLists(null, 100)
      }
      const found = await ofAll()
      expect(found.ids).toEqual(made)
      // Two days that are not noted, what 400 days have, twice or three times, and twice the three orders.
      expect(found.statements).toBeLessThanOrEqual(2 * 8 + 4 + 2 * 3)
    },
    patience,
  )

  test('is the same for a copy that starts later', async () => {
    await store.close()
    store = await open()
    const found = await ofAll()
    expect(found.ids).toEqual(made)
    expect(found.statements).toBeLessThanOrEqual(2 * 8 + 4 + 2 * 3)
  })

  test('has an order that came late, into a day that was noted without any', async () => {
    const at = millis(clock.now() - 100 * day)
    const id = await create(at)
    expect((await ofAll()).ids).toEqual([id, ...made.filter((each) => each !== id)])
  })

  test('has the orders of days that were noted by a clock that was ahead', async () => {
    clock.advance(5 * day)
    await store.tendLists(null, 100)
    clock.advance(-5 * day)
    const early = await create()
    const copy = await open()
    clock.advance(day)
    const late = await create()
    clock.advance(4 * day)
    for (const each of [store, copy]) {
      await each.tendLists(null, 100)
      const ids = (await each.listAll(everything)).map(({ id }) => id)
      expect(ids.slice(0, 2)).toEqual([late, early])
    }
    await copy.close()
  })

  test('that goes on after a time far ahead costs no more than one from the newest', async () => {
    const after = { createdAt: millis(999_999_999_999_999), id: newId<OrderId>() }
    for (const list of [ofAll, ofUser]) {
      const first = await list()
      const forged = await list({ ...everything, after })
      expect(forged.ids).toEqual(first.ids)
      expect(forged.statements).toBeLessThan(60)
    }
  })
})
