/** The suite that every store of the catalog must pass. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { derivedId, newId, type OrderId, type ProductId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { millis } from '../../core/values/time.ts'
import { changesConformance } from './changes.conformance.ts'
import { forgettingConformance, type ForgettingUnderTest } from './forgetting.conformance.ts'
import { isSound, mergeLines } from './stock.ts'
import { createStockModel, randomFrom } from './stock.model.ts'
import type { CatalogStore, NewProduct, OrderLine, ProductState } from './store.ts'

export interface StoreUnderTest {
  readonly store: CatalogStore
  /**
   * Lets the next `writes` single writes through and fails the one after them, as a crash between
   * two steps would. Absent where a write of the store is not one transaction.
   */
  readonly crashAfter?: (writes: number) => void
  /** Heals what `crashAfter` broke; true when the crash has happened. */
  readonly heal?: () => boolean
  readonly kept: ForgettingUnderTest['kept']
  close(): Promise<void>
}

const productId = (name: string): ProductId => derivedId('test-product', name)
const orderId = (name: string): OrderId => derivedId('test-order', name)

export const sampleProduct = (name: string, fields: Partial<NewProduct> = {}): NewProduct => ({
  id: productId(name),
  name: `Товар ${name}`,
  category: 'Фрукты',
  price: minor(8_990),
  description: 'Описание',
  manufacturer: 'ООО «Сад»',
  available: 10,
  ...fields,
})

/** Runs the suite; `open` gives an empty store each time. */
export function catalogStoreConformance(open: () => Promise<StoreUnderTest>): void {
  let subject: StoreUnderTest
  let store: CatalogStore
  const known: ProductId[] = []

  beforeEach(async () => {
    subject = await open()
    store = subject.store
    known.length = 0
  })

  // Whatever a test did, no piece may have been lost or sold twice.
  afterEach(async () => {
    await expectSound()
    await subject.close()
  })

  async function add(name: string, fields: Partial<NewProduct> = {}): Promise<ProductId> {
    const { product } = await store.create(sampleProduct(name, fields))
    known.push(product.id)
    return product.id
  }

  async function expectSound(): Promise<void> {
    for (const id of known) {
      const stock = await store.stock(id)
      expect(stock !== null && isSound(stock)).toBe(true)
    }
  }

  const line = (product: ProductId, quantity: number): OrderLine => ({
    productId: product,
    quantity,
  })

  const counters = async (product: ProductId) => {
    await expectSound()
    const stock = await store.stock(product)
    return stock && [stock.available, stock.reserved, stock.sold]
  }

  const state = (version: number, available = 10): ProductState => ({ version, available })

  const versionOf = async (category: string): Promise<number> =>
    (await store.categories()).find((each) => each.category === category)?.version ?? 0

  changesConformance({ store: () => store, add, counters })
  forgettingConformance({ store: () => store, kept: () => subject.kept(), add, counters })

  describe('products', () => {
    test('a created product is found with its stock, and raises its category', async () => {
      const { product, touched } = await store.create(sampleProduct('яблоко'))
      expect(product).toEqual({ ...sampleProduct('яблоко'), version: 1, deleted: false })
      expect(await store.find(product.id)).toEqual(product)
      expect(await store.stock(product.id)).toEqual({
        stocked: 10,
        available: 10,
        reserved: 0,
        sold: 0,
      })
      expect(touched).toEqual([{ category: 'Фрукты', version: await versionOf('Фрукты') }])
    })

    test('an unknown product is null', async () => {
      expect(await store.find(productId('нет'))).toBeNull()
      expect(await store.stock(productId('нет'))).toBeNull()
    })

    test('a listing holds the products of its category in the order of ids, in pages', async () => {
      const ids = await Promise.all(['а', 'б', 'в', 'г', 'д'].map((name) => add(name)))
      await add('лук', { category: 'Овощи' })
      const sorted = ids.toSorted()
      const first = await store.listed('Фрукты', null, 3)
      const rest = await store.listed('Фрукты', first.at(-1)?.id ?? null, 3)
      expect(first.map(({ id }) => id)).toEqual(sorted.slice(0, 3))
      expect(rest.map(({ id }) => id)).toEqual(sorted.slice(3))
      expect(await store.listed('Мясо', null, 3)).toEqual([])
      const { id, name, category, price } = sampleProduct('а')
      expect(await store.listed('Фрукты', null, 9)).toContainEqual({
        id,
        name,
        category,
        price,
        version: 1,
      })
    })

    test('an update changes what it names, and raises product and category', async () => {
      const id = await add('яблоко')
      const before = await versionOf('Фрукты')
      const result = await store.update(id, { price: minor(100), description: null }, null)
      expect(result).toMatchObject({
        kind: 'updated',
        product: { name: 'Товар яблоко', price: minor(100), description: null, version: 2 },
        touched: [{ category: 'Фрукты', version: before + 1 }],
      })
      expect(await store.find(id)).toMatchObject({ price: minor(100), version: 2, available: 10 })
    })

    test('an update that changes nothing leaves the versions alone', async () => {
      const id = await add('яблоко')
      const before = await versionOf('Фрукты')
      const result = await store.update(id, { name: 'Товар яблоко', available: 10 }, null)
      expect(result).toMatchObject({ kind: 'updated', product: { version: 1 }, touched: [] })
      expect(await versionOf('Фрукты')).toBe(before)
    })

    test('a product that moves to another category raises both', async () => {
      const id = await add('томат')
      const result = await store.update(id, { category: 'Овощи' }, null)
      expect(result).toMatchObject({
        kind: 'updated',
        touched: [
          { category: 'Фрукты', version: 2 },
          { category: 'Овощи', version: 1 },
        ],
      })
      expect(await store.listed('Фрукты', null, 9)).toEqual([])
      expect(await store.listed('Овощи', null, 9)).toMatchObject([{ id, version: 2 }])
    })

    test('an update of another version than the expected ones changes nothing', async () => {
      const id = await add('яблоко')
      expect(await store.update(id, { name: 'А' }, [state(2), state(7)])).toEqual({
        kind: 'version_mismatch',
      })
      expect(await store.update(id, { name: 'Б' }, [])).toEqual({ kind: 'version_mismatch' })
      expect(await store.update(id, { name: 'В' }, [state(7), state(1)])).toMatchObject({
        kind: 'updated',
      })
      expect(await store.find(id)).toMatchObject({ name: 'В', version: 2 })
    })

    test('the stock is set to what can be bought, and stocked moves along', async () => {
      const id = await add('яблоко')
      await store.reserve(orderId('1'), [line(id, 4)])
      const result = await store.update(id, { available: 100 }, null)
      expect(result).toMatchObject({ kind: 'updated', product: { version: 1, available: 100 } })
      expect(await store.stock(id)).toEqual({ stocked: 104, available: 100, reserved: 4, sold: 0 })
      await store.update(id, { available: 0 }, null)
      expect(await store.stock(id)).toEqual({ stocked: 4, available: 0, reserved: 4, sold: 0 })
    })

    test('a deleted product leaves the listing, stays known, and is not deleted twice', async () => {
      const id = await add('яблоко')
      expect(await store.remove(id)).toMatchObject({
        kind: 'removed',
        product: { deleted: true, version: 2 },
        touched: [{ category: 'Фрукты', version: 2 }],
      })
      expect(await store.listed('Фрукты', null, 9)).toEqual([])
      expect(await store.find(id)).toMatchObject({ deleted: true })
      expect(await store.remove(id)).toEqual({ kind: 'missing' })
      expect(await store.update(id, { name: 'А' }, null)).toEqual({ kind: 'missing' })
      expect(await store.remove(productId('нет'))).toEqual({ kind: 'missing' })
    })
  })

  describe('seeding', () => {
    const chunk = ['а', 'б', 'в'].map((name) => sampleProduct(name))

    test('writes a chunk with its progress', async () => {
      expect(await store.seeded('demo')).toBe(0)
      await store.seed('demo', chunk, 3)
      expect(await store.seeded('demo')).toBe(3)
      expect(await store.listed('Фрукты', null, 9)).toHaveLength(3)
      known.push(...chunk.map(({ id }) => id))
    })

    test('is leased to its owner, again and again', async () => {
      const owner = newId<string>()
      for (const now of [0, 50, 5_000]) {
        const lease = { owner, now: millis(now), until: millis(now + 100) }
        expect(await store.claimSeed('demo', lease)).toBe(true)
      }
      expect(await store.seeded('demo')).toBe(0)
      await store.seed('demo', chunk, 3)
      expect(await store.seeded('demo')).toBe(3)
      known.push(...chunk.map(({ id }) => id))
    })

    test('never resets what exists, whatever has become of it', async () => {
      await store.seed('demo', chunk, 3)
      known.push(...chunk.map(({ id }) => id))
      const [first, second, third] = known as [ProductId, ProductId, ProductId] // seeded above
      await store.update(first, { name: 'Новое имя', available: 3 }, null)
      await store.remove(second)
      await store.reserve(orderId('1'), [line(third, 2)])
      const version = await versionOf('Фрукты')
      await store.seed('demo', chunk, 3)
      expect(await store.find(first)).toMatchObject({ name: 'Новое имя', available: 3 })
      expect(await store.find(second)).toMatchObject({ deleted: true })
      expect(await counters(third)).toEqual([8, 2, 0])
      expect(await versionOf('Фрукты')).toBe(version)
    })
  })

  describe('reservations', () => {
    const order = orderId('заказ')

    test('take all lines, at the names and prices of the moment', async () => {
      const [a, b] = [await add('а'), await add('б', { price: minor(250) })]
      const lines = mergeLines([line(b, 2), line(a, 1), line(b, 3)])
      const result = await store.reserve(order, lines)
      expect(result).toMatchObject({ kind: 'reserved', state: 'reserved', fresh: true })
      expect(result.kind === 'reserved' && new Set(result.lines)).toEqual(
        new Set([
          { productId: a, quantity: 1, name: 'Товар а', price: minor(8_990) },
          { productId: b, quantity: 5, name: 'Товар б', price: minor(250) },
        ]),
      )
      expect(await counters(a)).toEqual([9, 1, 0])
      expect(await counters(b)).toEqual([5, 5, 0])
    })

    test('take nothing when one line falls short, and name the short ones', async () => {
      const [a, b, gone] = [await add('а'), await add('б', { available: 2 }), await add('в')]
      await store.remove(gone)
      const unknown = productId('нет')
      const lines = mergeLines([line(a, 1), line(b, 3), line(gone, 1), line(unknown, 1)])
      const result = await store.reserve(order, lines)
      expect(result.kind === 'out_of_stock' && new Set(result.lines)).toEqual(
        new Set([
          { productId: b, requested: 3, available: 2 },
          { productId: gone, requested: 1, available: 0 },
          { productId: unknown, requested: 1, available: 0 },
        ]),
      )
      expect(await counters(a)).toEqual([10, 0, 0])
      // Nothing was kept of the failure either: the same order may try again.
      await store.update(b, { available: 3 }, null)
      const second = await store.reserve(order, mergeLines([line(a, 1), line(b, 3)]))
      expect(second).toMatchObject({ kind: 'reserved', fresh: true })
    })

    test('repeated, answer the same although name and price have changed', async () => {
      const a = await add('а')
      const first = await store.reserve(order, [line(a, 4)])
      await store.update(a, { name: 'Другое', price: minor(1) }, null)
      await store.remove(a)
      expect(await store.reserve(order, [line(a, 4)])).toEqual({
        ...first,
        fresh: false,
      } as typeof first) // the spread of a union loses which member it was
      expect(await counters(a)).toEqual([6, 4, 0])
      await store.commit(order, [line(a, 4)])
      expect(await store.reserve(order, [line(a, 4)])).toMatchObject({ state: 'committed' })
      expect(await counters(a)).toEqual([6, 0, 4])
    })

    test('repeated with other lines, are refused and change nothing', async () => {
      const [a, b] = [await add('а'), await add('б')]
      await store.reserve(order, [line(a, 2)])
      const others = [[line(a, 3)], mergeLines([line(a, 2), line(b, 1)]), [line(b, 2)]]
      for (const lines of others) {
        expect(await store.reserve(order, lines)).toEqual({ kind: 'differs' })
      }
      expect(await counters(a)).toEqual([8, 2, 0])
      expect(await counters(b)).toEqual([10, 0, 0])
    })

    test('are committed once, and final then', async () => {
      const a = await add('а')
      await store.reserve(order, [line(a, 4)])
      expect(await store.commit(order, [line(a, 4)])).toEqual({ kind: 'committed' })
      expect(await store.commit(order, [line(a, 4)])).toEqual({ kind: 'committed' })
      expect(await store.release(order, [line(a, 4)])).toEqual({ kind: 'committed' })
      expect(await counters(a)).toEqual([6, 0, 4])
    })

    test('are released once, and final then', async () => {
      const a = await add('а')
      await store.reserve(order, [line(a, 4)])
      expect(await store.release(order, [line(a, 4)])).toEqual({ kind: 'released' })
      expect(await store.release(order, [line(a, 4)])).toEqual({ kind: 'released' })
      expect(await store.commit(order, [line(a, 4)])).toEqual({ kind: 'released' })
      expect(await store.reserve(order, [line(a, 4)])).toEqual({ kind: 'released' })
      expect(await counters(a)).toEqual([10, 0, 0])
    })

    test('that do not exist cannot be committed', async () => {
      const a = await add('а')
      expect(await store.commit(order, [line(a, 1)])).toEqual({ kind: 'missing' })
      expect(await counters(a)).toEqual([10, 0, 0])
    })

    test('that come after their release meet the fence', async () => {
      const [a, b] = [await add('а'), await add('б')]
      const lines = mergeLines([line(a, 1), line(b, 1)])
      expect(await store.release(order, lines)).toEqual({ kind: 'released' })
      expect(await store.reserve(order, lines)).toEqual({ kind: 'released' })
      expect(await store.reserve(order, [line(a, 9)])).toEqual({ kind: 'released' })
      expect(await counters(a)).toEqual([10, 0, 0])
      expect(await counters(b)).toEqual([10, 0, 0])
    })

    test('are fenced for a product that nobody knows, too', async () => {
      const unknown = [line(productId('нет'), 1)]
      expect(await store.release(order, unknown)).toEqual({ kind: 'released' })
      expect(await store.reserve(order, unknown)).toEqual({ kind: 'released' })
    })

    test('of a product deleted meanwhile still commit and release', async () => {
      const a = await add('а')
      const other = orderId('другой')
      await store.reserve(order, [line(a, 3)])
      await store.reserve(other, [line(a, 2)])
      await store.remove(a)
      expect(await store.commit(order, [line(a, 3)])).toEqual({ kind: 'committed' })
      expect(await store.release(other, [line(a, 2)])).toEqual({ kind: 'released' })
      expect(await counters(a)).toEqual([7, 0, 3])
    })

    test('of many orders at once never take more than there is', async () => {
      const a = await add('а', { available: 50 })
      const orders = Array.from({ length: 80 }, (_, n) => orderId(`много ${n}`))
      const results = await Promise.all(orders.map((each) => store.reserve(each, [line(a, 1)])))
      expect(results.filter(({ kind }) => kind === 'reserved')).toHaveLength(50)
      expect(await counters(a)).toEqual([0, 50, 0])
    })

    test('sent twice at once are taken once', async () => {
      const a = await add('а')
      const both = await Promise.all([
        store.reserve(order, [line(a, 2)]),
        store.reserve(order, [line(a, 2)]),
      ])
      expect(both.map((each) => each.kind === 'reserved' && each.fresh).toSorted()).toEqual([
        false,
        true,
      ])
      expect(await counters(a)).toEqual([8, 2, 0])
    })

    test.each([1, 2, 3])('agree with a simple model over random histories (%i)', async (seed) => {
      const random = randomFrom(seed)
      const products = await Promise.all(['а', 'б', 'в', 'г', 'д'].map((name) => add(name)))
      const model = createStockModel(products.map((id) => ({ id, available: 10 })))
      for (let step = 0; step < 400; step++) {
        const move = model.draw(random, (n) => orderId(`случай ${seed} ${n}`))
        const result = await move.run(store)
        expect({ step, move: move.name, result }).toEqual({
          step,
          move: move.name,
          result: move.expected,
        })
        for (const id of products) expect(await store.stock(id)).toEqual(model.stock(id))
      }
    })
  })

  describe('a crash between two writes', () => {
    const order = orderId('заказ')

    /**
     * Crashes `act` after its first write, its second, and so on, until it gets through; where a store
     * is not made of one transaction a write, it only goes through.
     */
    async function crashEverywhere(act: () => Promise<unknown>): Promise<number> {
      const { crashAfter, heal } = subject
      if (crashAfter === undefined || heal === undefined) {
        await act()
        return Infinity
      }
      for (let writes = 0; ; writes++) {
        const before = await everything()
        crashAfter(writes)
        const failed = await act().then(
          () => false,
          () => true,
        )
        expect(heal()).toBe(failed)
        if (!failed) return writes
        expect(await everything()).toEqual(before)
      }
    }

    const everything = async () => ({
      categories: await store.categories(),
      products: await Promise.all(known.map(async (id) => store.find(id))),
      stock: await Promise.all(known.map(async (id) => store.stock(id))),
    })

    test('leaves a reserve, a commit and a release undone as a whole', async () => {
      const [a, b] = [await add('а'), await add('б')]
      const lines = mergeLines([line(a, 2), line(b, 3)])
      const other = orderId('другой')
      expect(await crashEverywhere(() => store.reserve(order, lines))).toBeGreaterThanOrEqual(4)
      expect(await crashEverywhere(() => store.commit(order, lines))).toBeGreaterThanOrEqual(4)
      await store.reserve(other, lines)
      expect(await crashEverywhere(() => store.release(other, lines))).toBeGreaterThanOrEqual(4)
      expect(await counters(a)).toEqual([8, 0, 2])
      expect(await counters(b)).toEqual([7, 0, 3])
    })

    test('leaves a fence undone as a whole', async () => {
      const [a, b] = [await add('а'), await add('б')]
      const lines = mergeLines([line(a, 2), line(b, 3)])
      expect(await crashEverywhere(() => store.release(order, lines))).toBeGreaterThanOrEqual(1)
      expect(await store.reserve(order, lines)).toEqual({ kind: 'released' })
    })

    test('leaves a change of a product undone as a whole', async () => {
      const a = await add('а')
      const created = sampleProduct('новый', { id: newId() })
      expect(await crashEverywhere(() => store.create(created))).toBeGreaterThanOrEqual(3)
      const changes = { category: 'Овощи', available: 3 }
      expect(await crashEverywhere(() => store.update(a, changes, null))).toBeGreaterThanOrEqual(4)
      expect(await crashEverywhere(() => store.remove(a))).toBeGreaterThanOrEqual(2)
      expect(await store.find(a)).toMatchObject({ category: 'Овощи', deleted: true, version: 3 })
    })

    test('leaves a chunk of a seed undone, with its progress', async () => {
      const chunk = ['с1', 'с2'].map((name) => sampleProduct(name))
      expect(await crashEverywhere(() => store.seed('demo', chunk, 2))).toBeGreaterThanOrEqual(5)
      expect(await store.seeded('demo')).toBe(2)
      known.push(...chunk.map(({ id }) => id))
    })
  })
}
