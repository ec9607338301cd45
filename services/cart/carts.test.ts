/** Carts over the real store: changes at once, changes of other processes, the catalog's word. */
import { join } from 'node:path'
import { describe, expect, test } from 'bun:test'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { Problem, problem } from '../../core/http/problem.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { newTrace } from '../../core/resilience/trace-context.ts'
import { newId, type ProductId, type UserId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import type { Product } from './cart.ts'
import { createCarts } from './carts.ts'
import type { CartStore } from './store.ts'
import { openSqliteCartStore } from './store.sqlite.ts'

const within = { deadline: deadlineIn(1_000), trace: newTrace() }
const week = millis(7 * 24 * 60 * 60 * 1000)
const user = newId<UserId>()

function world(life = week) {
  const clock = manualClock(1_800_000_000_000)
  const path = join(temporaryFolder('carts'), 'cart.db')
  const store = openSqliteCartStore({ path, clock })
  const products = new Map<ProductId, Product>()
  const state = { down: false }
  const counts = { added: 0, removed: 0 }

  async function look(ids: readonly ProductId[]): Promise<ReadonlyMap<ProductId, Product>> {
    if (state.down) throw problem('service_unavailable', { values: { service: 'catalog' } })
    return new Map(
      ids.flatMap((id) => {
        const product = products.get(id)
        return product === undefined ? [] : [[id, product] as const]
      }),
    )
  }

  /** One process over the shared store. */
  const processOf = (reach: CartStore = store) =>
    createCarts({
      store: reach,
      catalog: { current: look, recent: look },
      clock,
      life,
      pause: () => new Promise((resolve) => setImmediate(resolve)),
      random: () => 0.5,
      onAdded: () => counts.added++,
      onRemoved: (lines) => (counts.removed += lines),
    })

  function stock(pieces: number, changes: Partial<Product> = {}): ProductId {
    const id = changes.id ?? newId<ProductId>()
    const made = { id, name: 'Яблоки', price: minor(150), stock: pieces, available: true }
    products.set(id, { ...made, ...changes })
    return id
  }
  return { clock, store, state, counts, carts: processOf(), processOf, stock }
}

async function refusal(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.catch((thrown: unknown) => thrown)
  if (error instanceof Problem) return error
  throw new Error('Expected a problem.')
}

describe('a cart', () => {
  test('remembers the price that a line was last shown with, and keeps its revision for that', async () => {
    const { carts, store, stock } = world()
    const apples = stock(10)
    await carts.add(user, apples, 2, within)
    const shownNow = async () => (await store.load(user)).cart?.lines[0]?.shownPrice
    expect(await shownNow()).toBe(minor(150))
    stock(10, { id: apples, price: minor(170) })
    const { revision } = await carts.view(user, within)
    while ((await shownNow()) !== 170) await new Promise((resolve) => setImmediate(resolve))
    expect((await store.load(user)).cart?.revision ?? null).toBe(revision)
    stock(10, { id: apples, price: minor(190) })
    await carts.setQuantity(user, apples, 1, within)
    expect(await shownNow()).toBe(minor(190))
  })

  test('of which nothing new is shown is not written', async () => {
    const { carts, store, processOf, stock } = world()
    await carts.add(user, stock(10), 2, within)
    let looks = 0
    const watched = processOf({
      ...store,
      touch: async () => {
        looks++
        return true
      },
    })
    await watched.view(user, within)
    expect(looks).toBe(0)
  })

  test('shows its lines with the catalog’s names, prices and total', async () => {
    const { carts, stock } = world()
    const apples = stock(10)
    const line = await carts.add(user, apples, 2, within)
    expect(line).toMatchObject({ productId: apples, quantity: 2, price: 150, total: 300 })
    const cart = await carts.view(user, within)
    expect(cart).toMatchObject({ lines: [line], total: 300 })
    expect(cart.revision).not.toBeNull()
  })

  test('has a new revision after every change, and none before the first', async () => {
    const { carts, stock } = world()
    const apples = stock(10)
    const seen = [(await carts.view(user, within)).revision]
    const changes = [
      () => carts.add(user, apples, 1, within),
      () => carts.setQuantity(user, apples, 3, within),
      () => carts.remove(user, apples),
      () => carts.add(user, apples, 1, within),
      () => carts.clear(user),
    ]
    for (const change of changes) {
      await change()
      seen.push((await carts.view(user, within)).revision)
    }
    expect(seen[0]).toBeNull()
    expect(new Set(seen).size).toBe(seen.length)
    await carts.clear(user)
    expect((await carts.view(user, within)).revision).toBe(seen.at(-1) ?? null)
  })

  test.each([week, millis(1_000)])(
    'is empty after %d ms without use, and a look keeps it alive',
    async (life) => {
      const { carts, stock, clock, store } = world(life)
      const apples = stock(10)
      await carts.add(user, apples, 4, within)
      clock.advance(life - 1)
      expect((await carts.view(user, within)).lines).toHaveLength(1)
      // Nobody waits for the note of a look but this test.
      const usedAt = async () => (await store.load(user)).cart?.usedAt
      while ((await usedAt()) !== clock.now()) await new Promise((resolve) => setImmediate(resolve))
      clock.advance(life - 1)
      expect((await carts.view(user, within)).lines).toHaveLength(1)
      clock.advance(life)
      expect((await carts.view(user, within)).lines).toEqual([])
      expect((await refusal(carts.remove(user, apples))).code).toBe('cart_item_not_found')
      // What comes now does not bring the old lines back.
      expect((await carts.add(user, apples, 1, within)).quantity).toBe(1)
    },
  )

  test('is shown empty without the catalog', async () => {
    const { carts, state } = world()
    state.down = true
    expect(await carts.view(user, within)).toEqual({ revision: null, lines: [], total: minor(0) })
  })
})

describe('changes at once', () => {
  test('of one process all count', async () => {
    const { carts, stock, counts } = world()
    const apples = stock(1_000)
    await Promise.all(Array.from({ length: 60 }, () => carts.add(user, apples, 1, within)))
    const { lines } = await carts.view(user, within)
    expect(lines).toMatchObject([{ productId: apples, quantity: 60 }])
    expect(counts.added).toBe(60)
  })

  test('of two processes all count that were acknowledged', async () => {
    const { carts, processOf, stock } = world()
    const apples = stock(1_000)
    const other = processOf()
    const adds = Array.from({ length: 20 }, (_, n) =>
      (n % 2 === 0 ? carts : other).add(user, apples, 1, within).then(
        () => 1,
        () => 0,
      ),
    )
    const acknowledged = (await Promise.all(adds)).reduce<number>((sum, one) => sum + one, 0)
    expect(acknowledged).toBeGreaterThan(0)
    const { lines } = await carts.view(user, within)
    expect(lines[0]?.quantity).toBe(acknowledged)
  })

  test('end in 409 when somebody else is always faster', async () => {
    const { store, processOf, stock } = world()
    const apples = stock(10)
    const overtaken = processOf({ ...store, save: async () => false })
    expect(await refusal(overtaken.add(user, apples, 1, within))).toMatchObject({
      code: 'cart_busy',
      status: 409,
    })
  })
})

describe('a line is refused', () => {
  test('when the product is unknown, deleted, or nobody can say', async () => {
    const { carts, stock, state } = world()
    const deleted = stock(0, { available: false })
    for (const product of [newId<ProductId>(), deleted]) {
      expect((await refusal(carts.add(user, product, 1, within))).code).toBe('product_not_found')
    }
    state.down = true
    expect((await refusal(carts.add(user, deleted, 1, within))).status).toBe(503)
  })

  test('when the stock is short, with what is available', async () => {
    const { carts, stock } = world()
    const apples = stock(5)
    await carts.add(user, apples, 3, within)
    const short = (requested: number) => ({
      code: 'out_of_stock',
      extra: { lines: [{ product_id: apples, requested, available: 5 }] },
    })
    expect(await refusal(carts.add(user, apples, 3, within))).toMatchObject(short(6))
    expect(await refusal(carts.setQuantity(user, apples, 7, within))).toMatchObject(short(7))
    expect((await carts.view(user, within)).lines).toMatchObject([{ quantity: 3 }])
  })

  test('past 99 pieces and past 100 lines', async () => {
    const { carts, stock } = world()
    const apples = stock(1_000)
    await carts.add(user, apples, 99, within)
    expect((await refusal(carts.add(user, apples, 1, within))).code).toBe('quantity_limit')
    for (let n = 1; n < 100; n++) await carts.add(user, stock(1), 1, within)
    const full = await refusal(carts.add(user, stock(1), 1, within))
    expect(full).toMatchObject({ code: 'cart_full', detail: 'A cart holds at most 100 lines' })
  })

  test('when its product has been deleted and more of it is wanted', async () => {
    const { carts, stock } = world()
    const apples = stock(5)
    await carts.add(user, apples, 1, within)
    stock(0, { id: apples, available: false })
    expect((await refusal(carts.setQuantity(user, apples, 2, within))).code).toBe('out_of_stock')
    const { lines, total } = await carts.view(user, within)
    expect(lines).toMatchObject([{ available: false, quantity: 1 }])
    expect(total).toBe(minor(0))
  })
})

test('a line is found by its own id and by its product, and removing it counts', async () => {
  const { carts, stock, counts } = world()
  const [apples, pears] = [stock(9), stock(9)]
  const first = await carts.add(user, apples, 1, within)
  await carts.add(user, pears, 1, within)
  expect((await carts.setQuantity(user, first.id, 4, within)).quantity).toBe(4)
  await carts.remove(user, first.id)
  expect((await refusal(carts.remove(user, first.id))).code).toBe('cart_item_not_found')
  expect((await refusal(carts.setQuantity(user, apples, 1, within))).code).toBe(
    'cart_item_not_found',
  )
  await carts.remove(user, pears)
  await Promise.all([stock(9), stock(9)].map((id) => carts.add(user, id, 1, within)))
  await carts.clear(user)
  expect((await carts.view(user, within)).lines).toEqual([])
  expect(counts.removed).toBe(4)
})
