/** Every operation of the catalog's store on a real node, cut off or left in doubt at every single write. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  faultyKeyspace,
  withEvery,
  type Fault,
  type FaultyKeyspace,
} from '../../core/cassandra/faulty-keyspace.fixture.ts'
import { openKeyspace, type Keyspace } from '../../core/cassandra/keyspace.ts'
import {
  hasCassandra,
  testKeyspace,
  type TestKeyspace,
} from '../../core/cassandra/keyspace.fixture.ts'
import { newId, type OrderId, type ProductId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { randomFrom } from './stock.model.ts'
import { isSound, mergeLines } from './stock.ts'
import { migrations, openCassandraStore } from './store.cassandra.ts'
import { sampleProduct } from './store.conformance.ts'
import type { CatalogStore, NewProduct, OrderLine } from './store.ts'

const patience = 600_000

/** Two products in a category of their own, and an order of 2 and 3 pieces of them. */
interface Case {
  readonly products: readonly [ProductId, ProductId]
  /** Of a third one, which may be created. */
  readonly third: ProductId
  readonly category: string
  readonly order: OrderId
  readonly lines: readonly OrderLine[]
}

interface Scenario {
  readonly name: string
  /** The conditional writes that it makes. */
  readonly writes: readonly string[]
  /** Before the fault; on a healthy store unless it asks for another. */
  readonly prepare?: (store: CatalogStore, subject: Case) => Promise<unknown>
  /** With the fault, and again on another copy when it was cut off. */
  readonly act: (store: CatalogStore, subject: Case) => Promise<unknown>
  /** What the answer holds, the first time and also when it is repeated. */
  readonly answer: object
  /** What must be there when it is done, once, however often it was repeated. */
  readonly done: (store: CatalogStore, subject: Case) => Promise<void>
}

describe.skipIf(!hasCassandra)('the catalog on Cassandra', () => {
  let home: TestKeyspace
  let second: Keyspace
  let faulty: FaultyKeyspace
  let healthy: CatalogStore
  let dying: CatalogStore

  beforeAll(async () => {
    home = await testKeyspace(migrations)
    second = await openKeyspace(home.options)
    healthy = await openCassandraStore(second)
    faulty = faultyKeyspace(home.keyspace)
    dying = await openCassandraStore(faulty.keyspace)
  }, patience)
  afterAll(async () => {
    await second?.close()
    await home?.remove()
  }, patience)

  const counters = async (store: CatalogStore, { products }: Case) =>
    Promise.all(
      products.map(async (id) => {
        const stock = await store.stock(id)
        expect(stock !== null && isSound(stock)).toBe(true)
        return stock && [stock.available, stock.reserved, stock.sold]
      }),
    )

  async function newCase(): Promise<Case> {
    const products = [newId<ProductId>(), newId<ProductId>()] as const
    const category = `Раздел ${newId<string>()}`
    for (const id of products) await healthy.create(sampleProduct('а', { id, category }))
    const [a, b] = products
    const quantities = [
      { productId: a, quantity: 2 },
      { productId: b, quantity: 3 },
    ]
    const third = newId<ProductId>()
    return { products, third, category, order: newId<OrderId>(), lines: mergeLines(quantities) }
  }

  /** The listings show what the products are, and categories are told of. */
  async function expectListed(store: CatalogStore, subject: Case): Promise<void> {
    const { products, third, category } = subject
    for (const each of [category, moved(category)]) {
      const found = await Promise.all([...products, third].map((id) => store.find(id)))
      const wanted = found
        .flatMap((product) => (product?.category === each && !product.deleted ? product : []))
        .map(({ id, name, price, version }) => ({ id, name, category: each, price, version }))
      expect(await store.listed(each, null, 100)).toEqual(wanted)
      const known = (await store.categories()).map((row) => row.category)
      if (wanted.length > 0) expect(known).toContain(each)
    }
  }

  const moved = (category: string): string => `${category}, новый`

  const reserve: Scenario['act'] = (store, { order, lines }) => store.reserve(order, lines)
  const commit: Scenario['act'] = (store, { order, lines }) => store.commit(order, lines)
  const release: Scenario['act'] = (store, { order, lines }) => store.release(order, lines)

  const expectCounters =
    (...wanted: readonly (readonly number[])[]): Scenario['done'] =>
    async (store, subject) =>
      expect(await counters(store, subject)).toEqual(wanted.map((each) => [...each]))

  const created = ({ category, third }: Case): NewProduct =>
    sampleProduct('новый', { id: third, category: moved(category), available: 7 })

  const scenarios: readonly Scenario[] = [
    {
      name: 'a reserve',
      writes: ['change_product'],
      act: reserve,
      answer: { kind: 'reserved', state: 'reserved' },
      done: expectCounters([8, 2, 0], [7, 3, 0]),
    },
    {
      name: 'a reserve that falls short of its second line, after an attempt that died on its way',
      writes: ['change_product'],
      async prepare(_, subject) {
        // Noted, the first line taken, and then no more.
        faulty.plan({ kind: 'crash', at: 2, effect: 'after' })
        await expect(reserve(dying, subject)).rejects.toThrow('crash')
        faulty.plan(null)
        expect(await counters(healthy, subject)).toEqual([
          [8, 2, 0],
          [10, 0, 0],
        ])
        await healthy.update(subject.products[1], { available: 0 }, null)
      },
      act: reserve,
      answer: { kind: 'out_of_stock', lines: [{ requested: 3, available: 0 }] },
      done: expectCounters([10, 0, 0], [0, 0, 0]),
    },
    {
      name: 'a commit',
      writes: ['change_product'],
      prepare: reserve,
      act: commit,
      answer: { kind: 'committed' },
      done: expectCounters([8, 0, 2], [7, 0, 3]),
    },
    {
      name: 'a release',
      writes: ['change_product'],
      prepare: reserve,
      act: release,
      answer: { kind: 'released' },
      async done(store, subject) {
        expect(await reserve(store, subject)).toEqual({ kind: 'released' })
        await expectCounters([10, 0, 0], [10, 0, 0])(store, subject)
      },
    },
    {
      name: 'a fence',
      writes: ['change_product'],
      act: release,
      answer: { kind: 'released' },
      async done(store, subject) {
        expect(await reserve(store, subject)).toEqual({ kind: 'released' })
        await expectCounters([10, 0, 0], [10, 0, 0])(store, subject)
      },
    },
    {
      name: 'a forgetting',
      writes: ['change_product'],
      async prepare(store, subject) {
        await reserve(store, subject)
        await commit(store, subject)
      },
      async act(store, { order }) {
        await store.forget([order])
        return {}
      },
      answer: {},
      async done(store, subject) {
        await expectCounters([8, 0, 2], [7, 0, 3])(store, subject)
        expect(await commit(store, subject)).toEqual({ kind: 'missing' })
      },
    },
    {
      name: 'a removal',
      writes: ['change_product', 'raise_categories'],
      prepare: reserve,
      async act(store, { products: [id] }) {
        const result = await store.remove(id)
        // Repeated after a crash it may find its own work.
        return { kind: result.kind === 'missing' ? 'removed' : result.kind }
      },
      answer: { kind: 'removed' },
      async done(store, subject) {
        expect(await store.find(subject.products[0])).toMatchObject({ deleted: true, version: 2 })
        await expectCounters([8, 2, 0], [7, 3, 0])(store, subject)
      },
    },
    {
      name: 'a creation in a category that was not there',
      writes: ['add_category', 'change_product', 'raise_categories'],
      async act(store, subject) {
        if ((await store.find(created(subject).id)) !== null) return { product: { version: 1 } }
        return store.create(created(subject))
      },
      answer: { product: { version: 1 } },
      async done(store, subject) {
        const product = created(subject)
        expect(await store.find(product.id)).toEqual({ ...product, version: 1, deleted: false })
        const [listed] = await store.listed(product.category, null, 10)
        expect(listed?.id).toBe(product.id)
      },
    },
  ]

  async function prepared(prepare: Scenario['prepare']): Promise<Case> {
    const subject = await newCase()
    await prepare?.(healthy, subject)
    return subject
  }

  for (const scenario of scenarios) {
    for (const effect of ['before', 'after'] as const) {
      test(
        `${scenario.name} is done once although it was cut off ${effect} a write`,
        async () => {
          const names = await withEvery(
            faulty,
            (at) => ({ kind: 'crash', at, effect }),
            () => prepared(scenario.prepare),
            async (subject) => {
              await scenario.act(dying, subject).catch(() => {})
              await counters(healthy, subject)
              await expectListed(healthy, subject)
              expect(await scenario.act(healthy, subject)).toMatchObject(scenario.answer)
              await scenario.done(healthy, subject)
              await expectListed(healthy, subject)
            },
          )
          for (const name of scenario.writes) expect(names).toContain(name)
        },
        patience,
      )
    }

    for (const outcome of ['done', 'lost', 'late'] as const) {
      test(
        `${scenario.name} is done once when an answer is lost and the write is ${outcome}`,
        async () => {
          const names = await withEvery(
            faulty,
            (at) => ({ kind: 'doubt', at, outcome }),
            () => prepared(scenario.prepare),
            async (subject) => {
              expect(await scenario.act(dying, subject)).toMatchObject(scenario.answer)
              await faulty.quiet()
              await scenario.done(healthy, subject)
              await expectListed(healthy, subject)
            },
          )
          for (const name of scenario.writes) expect(names).toContain(name)
        },
        patience,
      )
    }
  }

  const changes = ({ category }: Case) => ({
    category: moved(category),
    price: minor(5),
    available: 100,
  })

  for (const outcome of ['done', 'lost', 'late'] as const) {
    test(
      `a change of name, category and stock counts once when an answer is lost and the write is ${outcome}`,
      async () => {
        const names = await withEvery(
          faulty,
          (at) => ({ kind: 'doubt', at, outcome }),
          newCase,
          async (subject) => {
            const [id] = subject.products
            // Sold meanwhile by another copy, which a change that was made twice would not show.
            const result = await dying.update(id, changes(subject), null)
            await reserve(healthy, subject)
            await faulty.quiet()
            expect(result).toMatchObject({ kind: 'updated', product: { version: 2 } })
            expect(await healthy.find(id)).toMatchObject({ version: 2, available: 98 })
            expect(await healthy.stock(id)).toMatchObject({ stocked: 100, reserved: 2 })
            const versions = await healthy.categories()
            if (result.kind === 'updated') {
              expect(result.touched).toEqual([
                { category: subject.category, version: 3 },
                { category: moved(subject.category), version: 1 },
              ])
              for (const touched of result.touched) expect(versions).toContainEqual(touched)
            }
            await expectListed(healthy, subject)
          },
        )
        expect(names).toContain('change_product')
        expect(names).toContain('raise_categories')
      },
      patience,
    )
  }

  for (const effect of ['before', 'after'] as const) {
    test(
      `a change that was cut off ${effect} a write shows in listings as it is in the product`,
      async () => {
        const names = await withEvery(
          faulty,
          (at) => ({ kind: 'crash', at, effect }),
          newCase,
          async (subject) => {
            const [id] = subject.products
            await dying.update(id, changes(subject), null).catch(() => {})
            const product = await healthy.find(id)
            expect([1, 2]).toContain(product?.version ?? 0)
            const stock = await healthy.stock(id)
            expect(stock?.stocked).toBe(product?.version === 2 ? 100 : 10)
            await expectListed(healthy, subject)
            // Whoever looked has healed it, and later changes find no trace.
            await healthy.update(id, { price: minor(6) }, null)
            await expectListed(healthy, subject)
          },
        )
        expect(names).toContain('change_product')
        expect(names).toContain('set_listing')
      },
      patience,
    )

    test(
      `a seed that was cut off ${effect} a write is finished by the next copy`,
      async () => {
        const names = await withEvery(
          faulty,
          (at) => ({ kind: 'crash', at, effect }),
          newCase,
          async ({ category }) => {
            const name = `seed of ${category}`
            // All in one shard, so that each turn makes the same writes.
            const ids = Array.from({ length: 3 }, () => `${newId().slice(0, -1)}0` as ProductId)
            const all = ids.map((id) => sampleProduct('с', { id, category: moved(category) }))
            await dying.seed(name, all, 3).catch(() => {})
            await healthy.seed(name, all, 3)
            expect(await healthy.seeded(name)).toBe(3)
            expect(await healthy.listed(moved(category), null, 9)).toHaveLength(3)
            const known = await healthy.categories()
            expect(known.map((each) => each.category)).toContain(moved(category))
          },
        )
        expect(names).toContain('seed_product')
        expect(names).toContain('set_seed_progress')
      },
      patience,
    )
  }

  test(
    'orders stay whole and stock adds up while one of two copies is cut off or left in doubt',
    async () => {
      const random = randomFrom(7)
      const { products } = await newCase()
      const orders = Array.from(Array(60).keys(), (number) => ({
        id: newId<OrderId>(),
        lines: mergeLines(
          products
            .filter((_, at) => number % 3 !== at)
            .map((productId) => ({ productId, quantity: 1 + (number % 4) })),
        ),
        isReserved: false,
      }))
      const faults = [
        (at: number): Fault => ({ kind: 'crash', at, effect: 'before' }),
        (at: number): Fault => ({ kind: 'crash', at, effect: 'after' }),
        (at: number): Fault => ({ kind: 'doubt', at, outcome: 'done' }),
        (at: number): Fault => ({ kind: 'doubt', at, outcome: 'lost' }),
        (at: number): Fault => ({ kind: 'doubt', at, outcome: 'late' }),
      ] as const

      /** What the order service may ask: it commits what it was told is reserved. */
      async function ask(store: CatalogStore): Promise<void> {
        const order = orders[random(orders.length)]
        if (order === undefined) return
        const { id, lines } = order
        const kind = random(8)
        if (kind === 0) await store.release(id, lines)
        else if (kind < 3 && order.isReserved) await store.commit(id, lines)
        else if ((await store.reserve(id, lines)).kind === 'reserved') order.isReserved = true
      }

      let struck = 0
      for (let step = 0; step < 120; step++) {
        faulty.plan(faults[random(faults.length)]?.(1 + random(6)) ?? null)
        const restock = random(4) === 0 ? [products[random(2)] ?? products[0]] : []
        await Promise.allSettled([
          ...Array.from({ length: 6 }, (_, at) => ask(at % 2 === 0 ? dying : healthy)),
          ...restock.map((id) => dying.update(id, { available: random(30) }, null)),
        ])
        await faulty.quiet()
        if (faulty.struck() !== null) struck++
        for (const id of products) {
          const stock = await healthy.stock(id)
          expect({ step, sound: stock !== null && isSound(stock) }).toEqual({ step, sound: true })
        }
      }
      // So that a fault that never strikes does not pass for one that does no harm.
      expect(struck).toBeGreaterThan(15)

      // In the end each order is sold as a whole or not at all, and nothing is reserved any more.
      faulty.plan(null)
      const sold = new Map<ProductId, number>()
      for (const { id, lines } of orders) {
        const { kind } = await healthy.release(id, lines)
        expect(await healthy.commit(id, lines)).toEqual({ kind })
        for (const { productId, quantity } of kind === 'committed' ? lines : []) {
          sold.set(productId, (sold.get(productId) ?? 0) + quantity)
        }
      }
      for (const id of products) {
        expect(await healthy.stock(id)).toMatchObject({ reserved: 0, sold: sold.get(id) ?? 0 })
      }
    },
    patience,
  )
})
