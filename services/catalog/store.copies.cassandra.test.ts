/** Two copies of the catalog on one keyspace: races for the last pieces, for one order, for one product. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { openKeyspace, type Keyspace } from '../../core/cassandra/keyspace.ts'
import {
  hasCassandra,
  testKeyspace,
  type TestKeyspace,
} from '../../core/cassandra/keyspace.fixture.ts'
import { derivedId, newId, type OrderId, type ProductId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { isSound, mergeLines } from './stock.ts'
import { productEntry } from './store.cassandra.statements.ts'
import { migrations, openCassandraStore } from './store.cassandra.ts'
import { sampleProduct } from './store.conformance.ts'
import type { CatalogStore, NewProduct, OrderLine } from './store.ts'

const patience = 300_000

describe.skipIf(!hasCassandra)('two copies', () => {
  let home: TestKeyspace
  let spaces: readonly [Keyspace, Keyspace]
  let stores: readonly [CatalogStore, CatalogStore]

  beforeAll(async () => {
    home = await testKeyspace(migrations)
    spaces = [home.keyspace, await openKeyspace(home.options)]
    stores = [await openCassandraStore(spaces[0]), await openCassandraStore(spaces[1])]
  }, patience)
  afterAll(async () => {
    await spaces?.[1].close()
    await home?.remove()
  }, patience)

  const storeAt = (at: number): CatalogStore => stores[at % 2 === 0 ? 0 : 1]

  async function add(fields: Partial<NewProduct> = {}): Promise<ProductId> {
    const id = newId<ProductId>()
    await stores[0].create(sampleProduct('а', { id, ...fields }))
    return id
  }

  async function stockOf(id: ProductId) {
    const stock = await stores[1].stock(id)
    expect(stock !== null && isSound(stock)).toBe(true)
    return stock
  }

  const pieceOf = (...products: readonly ProductId[]): readonly OrderLine[] =>
    mergeLines(products.map((productId) => ({ productId, quantity: 1 })))

  const kinds = (results: readonly { readonly kind: string }[]): Record<string, number> =>
    Object.fromEntries(
      Map.groupBy(results, ({ kind }) => kind)
        .entries()
        .map(([kind, all]) => [kind, all.length]),
    )

  test(
    'sell 50 pieces to 50 of 200 who ask at the same time',
    async () => {
      const id = await add({ available: 50 })
      const results = await Promise.all(
        Array.from({ length: 200 }, (_, at) => storeAt(at).reserve(newId<OrderId>(), pieceOf(id))),
      )
      expect(kinds(results)).toEqual({ reserved: 50, out_of_stock: 150 })
      expect(await stockOf(id)).toMatchObject({ available: 0, reserved: 50 })
    },
    patience,
  )

  test(
    'sell 50 pairs to 50 of 200 who ask for two products at the same time',
    async () => {
      const [a, b] = [await add({ available: 50 }), await add({ available: 50 })]
      const results = await Promise.all(
        Array.from({ length: 200 }, (_, at) =>
          storeAt(at).reserve(newId<OrderId>(), pieceOf(b, a)),
        ),
      )
      expect(kinds(results)).toEqual({ reserved: 50, out_of_stock: 150 })
      for (const id of [a, b]) {
        expect(await stockOf(id)).toMatchObject({ available: 0, reserved: 50 })
      }
    },
    patience,
  )

  test(
    'keep no piece of an order that fell short, whatever else was asked for',
    async () => {
      const [a, b] = [await add({ available: 40 }), await add({ available: 25 })]
      const results = await Promise.all(
        Array.from({ length: 200 }, async (_, at) => {
          const lines = at % 3 === 0 ? pieceOf(b) : at % 3 === 1 ? pieceOf(a, b) : pieceOf(a)
          return { lines, result: await storeAt(at).reserve(newId<OrderId>(), lines) }
        }),
      )
      for (const id of [a, b]) {
        const taken = results.filter(
          ({ lines, result }) =>
            result.kind === 'reserved' && lines.some(({ productId }) => productId === id),
        )
        expect(await stockOf(id)).toMatchObject({ reserved: taken.length })
      }
      // Who asked for the second alone waits for nobody, so all of it is sold.
      expect(await stockOf(b)).toMatchObject({ available: 0 })
    },
    patience,
  )

  test(
    'reserve one order once, however often both are asked',
    async () => {
      for (let turn = 0; turn < 8; turn++) {
        const products = await Promise.all([add(), add(), add()])
        const order = newId<OrderId>()
        const results = await Promise.all(
          Array.from({ length: 6 }, (_, at) => storeAt(at).reserve(order, pieceOf(...products))),
        )
        expect(kinds(results)).toEqual({ reserved: 6 })
        for (const id of products) {
          expect(await stockOf(id)).toMatchObject({ available: 9, reserved: 1 })
        }
      }
    },
    patience,
  )

  test(
    'say the same of an order that only just fits, and keep what they said',
    async () => {
      for (let turn = 0; turn < 12; turn++) {
        const [a, b] = [await add({ available: 1 }), await add({ available: 1 })]
        const order = newId<OrderId>()
        const [other, ...own] = await Promise.all([
          storeAt(turn).reserve(newId<OrderId>(), pieceOf(b)),
          ...[0, 1, 2, 3].map((at) => storeAt(at).reserve(order, pieceOf(a, b))),
        ])
        // The last answer that said yes stands, unless nobody did.
        const isTaken = (await stores[0].commit(order, pieceOf(a, b))).kind === 'committed'
        expect(isTaken).toBe(own.some(({ kind }) => kind === 'reserved'))
        expect(await stockOf(a)).toMatchObject({ reserved: 0, sold: isTaken ? 1 : 0 })
        expect(await stockOf(b)).toMatchObject({
          reserved: other?.kind === 'reserved' ? 1 : 0,
          sold: isTaken ? 1 : 0,
        })
      }
    },
    patience,
  )

  test(
    'give everything back when a release overtakes or follows a reserve',
    async () => {
      for (let turn = 0; turn < 10; turn++) {
        const products = await Promise.all([add(), add(), add()])
        const order = newId<OrderId>()
        const lines = pieceOf(...products)
        const [reserved, released] = await Promise.all([
          storeAt(turn).reserve(order, lines),
          storeAt(turn + 1).release(order, lines),
        ])
        expect(['reserved', 'released']).toContain(reserved.kind)
        expect(released).toEqual({ kind: 'released' })
        expect(await stores[0].reserve(order, lines)).toEqual({ kind: 'released' })
        for (const id of products) {
          expect(await stockOf(id)).toMatchObject({ available: 10, reserved: 0 })
        }
      }
    },
    patience,
  )

  test(
    'commit or release an order as a whole',
    async () => {
      for (let turn = 0; turn < 10; turn++) {
        const products = await Promise.all([add(), add(), add()])
        const order = newId<OrderId>()
        const lines = pieceOf(...products)
        await stores[0].reserve(order, lines)
        const [committed, released] = await Promise.all([
          storeAt(turn).commit(order, lines),
          storeAt(turn + 1).release(order, lines),
        ])
        expect(committed).toEqual({ kind: released.kind })
        const sold = committed.kind === 'committed' ? 1 : 0
        for (const id of products) {
          expect(await stockOf(id)).toMatchObject({ available: 10 - sold, reserved: 0, sold })
        }
      }
    },
    patience,
  )

  test('refuse one of two orders of the same id with other lines', async () => {
    for (let turn = 0; turn < 8; turn++) {
      const [a, b] = [await add(), await add()]
      const order = newId<OrderId>()
      const results = await Promise.all([
        storeAt(turn).reserve(order, pieceOf(a)),
        storeAt(turn + 1).reserve(order, pieceOf(b)),
      ])
      const taken = results.filter(({ kind }) => kind === 'reserved')
      expect(taken.length).toBeLessThanOrEqual(1)
      const stocks = await Promise.all([stockOf(a), stockOf(b)])
      expect(stocks.reduce((sum, stock) => sum + (stock?.reserved ?? 0), 0)).toBe(taken.length)
    }
  })

  test('take nothing for an order whose release missed a product that came meanwhile', async () => {
    const note = spaces[0].write<[OrderId, string, string]>(
      'INSERT INTO attempts (order_id, attempt, lines) VALUES (?, ?, ?)',
      'note_release',
    )
    const id = await add({ available: 4 })
    const lines = pieceOf(id)
    /** Taken by a reserve that had looked for a release before there was one. */
    const straggler = async () => {
      const order = newId<OrderId>()
      await stores[0].reserve(order, lines)
      await note.run(order, derivedId<string>('release', order), JSON.stringify([[id, 1]]))
      return order
    }
    const [met, forgotten] = [await straggler(), await straggler()]
    expect(await stockOf(id)).toMatchObject({ available: 2, reserved: 2 })
    // A retry ends the release, and so does forgetting where no retry comes.
    expect(await stores[1].reserve(met, lines)).toEqual({ kind: 'released' })
    expect(await stockOf(id)).toMatchObject({ available: 3, reserved: 1 })
    await stores[1].forget([forgotten])
    expect(await stockOf(id)).toMatchObject({ available: 4, reserved: 0 })
  })

  test('refuse a reserve that stood still while its fence was set and forgotten', async () => {
    const clock = manualClock(Date.now())
    const asleep = await openKeyspace(home.options)
    const slow = slowKeyspace(asleep)
    const sleeper = await openCassandraStore(slow.keyspace, clock)
    const id = await add({ available: 4 })
    const order = newId<OrderId>()
    const write = slow.hold()
    const late = sleeper.reserve(order, pieceOf(id))
    // Its write is on its way, on the revision of before.
    await write.reached
    await stores[0].release(order, pieceOf(id))
    await stores[0].forget([order])
    clock.advance(25 * 3_600_000)
    write.go()
    await expect(late).rejects.toMatchObject({ code: 'service_unavailable' })
    expect(await stockOf(id)).toMatchObject({ available: 4, reserved: 0 })
    await asleep.close()
  })

  test(
    'count each change of one product, and list what it is in the end',
    async () => {
      const category = `Раздел ${newId<string>()}`
      const places = [category, `${category} 2`]
      const id = await add({ category })
      const results = await Promise.all(
        Array.from({ length: 30 }, (_, at) =>
          storeAt(at).update(id, { price: minor(at + 1), category: places[at % 2] ?? '' }, null),
        ),
      )
      const product = await stores[0].find(id)
      if (product === null) throw new Error('The product is gone.')
      const { name, price, version } = product
      expect(version).toBe(31)
      const versions = results.map((each) => (each.kind === 'updated' ? each.product.version : 0))
      expect(new Set(versions).size).toBe(30)
      for (const place of places) {
        const here =
          product.category === place ? [{ id, name, category: place, price, version }] : []
        for (const store of stores) expect(await store.listed(place, null, 9)).toEqual(here)
      }
      const touched = results.flatMap((each) => (each.kind === 'updated' ? each.touched : []))
      const last = Math.max(
        ...touched.filter((each) => each.category === category).map((each) => each.version),
      )
      expect(await stores[1].categories()).toContainEqual({ category, version: last })
    },
    patience,
  )

  test('set the stock beside sales without losing one', async () => {
    const id = await add({ available: 100 })
    const lines = pieceOf(id)
    const results = await Promise.all([
      ...Array.from({ length: 40 }, (_, at) => storeAt(at).reserve(newId<OrderId>(), lines)),
      stores[0].update(id, { available: 500 }, null),
      stores[1].update(id, { available: 500 }, null),
    ])
    expect(kinds(results)).toEqual({ reserved: 40, updated: 2 })
    expect(await stockOf(id)).toMatchObject({ reserved: 40 })
  })

  describe('that both try one order which does not fit at first', () => {
    let slow: Slow
    let store: CatalogStore
    let other: Keyspace
    beforeAll(async () => {
      other = await openKeyspace(home.options)
      slow = slowKeyspace(other)
      store = await openCassandraStore(slow.keyspace)
    }, patience)
    afterAll(() => other?.close())

    async function newOrder() {
      const products = [await add({ available: 1 }), await add({ available: 1 })] as const
      return { products, order: newId<OrderId>(), lines: pieceOf(...products) }
    }

    test('give back no line that the other one has taken over', async () => {
      const { products, order, lines } = await newOrder()
      const [, second] = products
      const takes = slow.hold()
      const late = store.reserve(order, lines)
      // It has seen that there is enough; when it comes to the second line, there is not.
      await takes.reached
      await stores[0].update(second, { available: 0 }, null)
      const undoes = slow.hold()
      takes.go()
      await undoes.reached
      await stores[0].update(second, { available: 1 }, null)
      expect(await stores[1].reserve(order, lines)).toMatchObject({ kind: 'reserved', fresh: true })
      undoes.go()
      expect(await late).toMatchObject({ kind: 'out_of_stock' })
      for (const id of products) expect(await stockOf(id)).toMatchObject({ reserved: 1 })
      expect(await stores[0].commit(order, lines)).toEqual({ kind: 'committed' })
    })

    test('do not take an order for reserved of which the other one has given a line back', async () => {
      const { products, order, lines } = await newOrder()
      const [, second] = products
      const first = slow.hold()
      const late = store.reserve(order, lines)
      await first.reached
      const takes = slow.hold()
      first.go()
      await takes.reached
      await stores[0].update(second, { available: 0 }, null)
      expect(await stores[1].reserve(order, lines)).toMatchObject({ kind: 'out_of_stock' })
      await stores[0].update(second, { available: 1 }, null)
      takes.go()
      expect(await late).toMatchObject({ kind: 'reserved' })
      for (const id of products) expect(await stockOf(id)).toMatchObject({ reserved: 1 })
    })
  })

  describe('a seed', () => {
    const category = 'Посев'
    const chunk = Array.from({ length: 60 }, (_, n) =>
      sampleProduct(`посев ${n}`, { category, available: 10 }),
    )

    test('that both write at once is there once, and resets nothing under another name', async () => {
      await Promise.all(stores.map((store) => store.seed('one', chunk, 60)))
      expect(await stores[0].listed(category, null, 100)).toHaveLength(60)
      const [first, second, third, fourth] = chunk.map(({ id }) => id)
      if (!first || !second || !third || !fourth) throw new Error('The chunk is too short.')
      await stores[0].update(first, { name: 'Новое имя', available: 3, description: null }, null)
      await stores[1].remove(second)
      await stores[0].reserve(newId<OrderId>(), pieceOf(third))
      await stores[1].update(fourth, { category: 'Переехал' }, null)
      const listed = await stores[0].listed(category, null, 100)
      expect(listed).toHaveLength(58)
      // As by a copy that was cut off before it could tell how far it had come.
      await Promise.all(stores.map((store) => store.seed('two', chunk, 60)))
      expect(await stores[1].find(first)).toMatchObject({
        ...{ name: 'Новое имя', available: 3, description: null, version: 2 },
      })
      expect(await stores[1].find(second)).toMatchObject({ deleted: true })
      expect(await stockOf(third)).toMatchObject({ available: 9, reserved: 1 })
      expect(await stores[1].find(fourth)).toMatchObject({ category: 'Переехал' })
      expect(await stores[1].listed(category, null, 100)).toEqual(listed)
    })

    test('of a product that was fenced before it was there can be sold', async () => {
      const product = sampleProduct('поздний', { id: newId(), category, available: 2 })
      await stores[0].release(newId<OrderId>(), pieceOf(product.id))
      await stores[1].seed('late', [product], 1)
      expect(await stores[0].find(product.id)).toEqual({ ...product, version: 1, deleted: false })
      const results = await Promise.all(
        Array.from({ length: 3 }, (_, at) => storeAt(at).reserve(newId(), pieceOf(product.id))),
      )
      expect(kinds(results)).toEqual({ reserved: 2, out_of_stock: 1 })
    })

    test('has one owner at a time, who keeps it by renewing', async () => {
      const [one, two] = [newId<string>(), newId<string>()]
      const at = (now: number) => ({ now: millis(now), until: millis(now + 100) })
      const claims = await Promise.all([
        stores[0].claimSeed('leased', { owner: one, ...at(0) }),
        stores[1].claimSeed('leased', { owner: two, ...at(0) }),
      ])
      expect(claims.toSorted()).toEqual([false, true])
      const [owner, other] = claims[0] ? [one, two] : [two, one]
      expect(await stores[0].claimSeed('leased', { owner, ...at(90) })).toBe(true)
      expect(await stores[1].claimSeed('leased', { owner: other, ...at(150) })).toBe(false)
      expect(await stores[1].claimSeed('leased', { owner: other, ...at(190) })).toBe(true)
      expect(await stores[0].claimSeed('leased', { owner, ...at(191) })).toBe(false)
    })
  })

  test(
    'find within a round what somebody has written past the rules, and forget it when it is mended',
    async () => {
      const category = 'Много'
      const many = Array.from({ length: 2_300 }, () =>
        sampleProduct('м', { id: newId(), category }),
      )
      await stores[0].seed('many', many, many.length)
      expect(await stores[0].stockViolations()).toBe(0)
      const id = await add()
      const client = spaces[0]
      const meddle = client.write<[number, ProductId]>(
        `UPDATE products USING TIMESTAMP 9000000000000000 SET sold = ?
         WHERE id = ? AND entry = ${productEntry}`,
        'meddle',
      )
      await meddle.run(1, id)
      // Two calls go around the ring.
      const found = [await stores[0].stockViolations(), await stores[0].stockViolations()]
      expect(Math.max(...found)).toBe(1)
      expect(await stores[0].stockViolations()).toBe(1)
      const mend = client.write<[ProductId]>(
        `UPDATE products USING TIMESTAMP 9000000000000001 SET sold = 0
         WHERE id = ? AND entry = ${productEntry}`,
        'mend',
      )
      await mend.run(id)
      expect(await stores[0].stockViolations()).toBe(0)
      expect(await stores[0].listed(category, null, 5_000)).toHaveLength(2_300)
    },
    patience,
  )

  test('list a category of many in pages without gaps', async () => {
    const all = await stores[0].listed('Много', null, 5_000)
    const seen: ProductId[] = []
    for (;;) {
      const page = await stores[1].listed('Много', seen.at(-1) ?? null, 177)
      seen.push(...page.map(({ id }) => id))
      if (page.length < 177) break
    }
    expect(seen).toEqual(all.map(({ id }) => id))
    expect(seen).toEqual(seen.toSorted())
  })
})

interface Slow {
  readonly keyspace: Keyspace
  /** Holds the next change of a product back until it is told to go. */
  hold(): { readonly reached: Promise<void>; go(): void }
}

function slowKeyspace(real: Keyspace): Slow {
  let waiting: { readonly reach: () => void; readonly leave: Promise<void> } | null = null
  return {
    hold() {
      const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
      const { promise: leave, resolve: go } = Promise.withResolvers<void>()
      waiting = { reach, leave }
      return { reached, go }
    },
    keyspace: {
      ...real,
      conditionalBatch<R>(name: string) {
        const batch = real.conditionalBatch<R>(name)
        if (name !== 'change_product') return batch
        return {
          async run(writes: Parameters<typeof batch.run>[0]) {
            const held = waiting
            waiting = null
            held?.reach()
            await held?.leave
            return batch.run(writes)
          },
        }
      },
    },
  }
}
