/** Views over the real store: which products may be noted, and how long they are told. */
import { join } from 'node:path'
import { expect, test } from 'bun:test'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { Problem, problem } from '../../core/http/problem.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { newTrace } from '../../core/resilience/trace-context.ts'
import { newId, type ProductId, type UserId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import type { Product } from './cart.ts'
import type { Catalog } from './catalog.ts'
import { openSqliteCartStore } from './store.sqlite.ts'
import { createViews } from './views.ts'

const within = { deadline: deadlineIn(1_000), trace: newTrace() }
const life = millis(60_000)
const user = newId<UserId>()

function world() {
  const clock = manualClock(1_800_000_000_000)
  const path = join(temporaryFolder('views'), 'cart.db')
  const store = openSqliteCartStore({ path, clock })
  const products = new Map<ProductId, Product>()
  const state = { down: false }
  const catalog: Catalog = {
    current: () => Promise.reject(new Error('A view is content with what the cart remembers.')),
    async recent(ids) {
      if (state.down) throw problem('service_unavailable', { values: { service: 'catalog' } })
      return new Map([...products].filter(([id]) => ids.includes(id)))
    },
  }
  function product(available = true): ProductId {
    const id = newId<ProductId>()
    products.set(id, { id, name: 'Яблоки', price: minor(150), stock: 0, available })
    return id
  }
  const views = createViews({ store, catalog, clock, life })
  return { clock, store, state, product, views }
}

const codeOf = async (promise: Promise<unknown>) => {
  const error = await promise.catch((thrown: unknown) => thrown)
  return error instanceof Problem ? error.code : error
}

test('a product that exists is noted, sold out or not', async () => {
  const { views, product, clock } = world()
  const apples = product()
  await views.note(user, apples, within)
  expect(await views.recent(user)).toEqual([{ productId: apples, at: clock.now() }])
  expect(await views.recent(newId<UserId>())).toEqual([])
})

test('an unknown and a deleted product are not found, and leave no trace', async () => {
  const { views, product, store } = world()
  for (const id of [newId<ProductId>(), product(false)]) {
    expect(await codeOf(views.note(user, id, within))).toBe('product_not_found')
  }
  expect(await store.views(user)).toEqual([])
})

test('while nobody can say whether it exists, none is noted, but those noted are told', async () => {
  const { views, product, state } = world()
  const apples = product()
  await views.note(user, apples, within)
  state.down = true
  expect(await codeOf(views.note(user, apples, within))).toBe('service_unavailable')
  expect(await views.recent(user)).toHaveLength(1)
})

test('a view is told for as long as an unused cart lives, each for itself', async () => {
  const { views, product, clock } = world()
  const [old, young] = [product(), product()]
  await views.note(user, old, within)
  clock.advance(life - 1)
  await views.note(user, young, within)
  expect((await views.recent(user)).map(({ productId }) => productId)).toEqual([young, old])
  clock.advance(1)
  expect((await views.recent(user)).map(({ productId }) => productId)).toEqual([young])
  clock.advance(life - 1)
  expect(await views.recent(user)).toEqual([])
})
