/** The list of all carts over the real store: prices, pages, and what has expired. */
import { join } from 'node:path'
import { expect, test } from 'bun:test'
import { alwaysWanted } from '../../core/http/wanted.ts'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { Problem } from '../../core/http/problem.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { newTrace } from '../../core/resilience/trace-context.ts'
import {
  newId,
  type CartLineId,
  type ProductId,
  type Revision,
  type UserId,
} from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { maxLines, type ListedCart } from './cart.ts'
import type { Catalog } from './catalog.ts'
import { createListing } from './listing.ts'
import { openSqliteCartStore } from './store.sqlite.ts'

const within = { deadline: deadlineIn(1_000), trace: newTrace(), wanted: alwaysWanted }
const life = millis(60_000)

/** A shop where everything costs 1.50 and the look-ups are counted. */
function world() {
  const clock = manualClock(1_800_000_000_000)
  const path = join(temporaryFolder('listing'), 'cart.db')
  const store = openSqliteCartStore({ path, clock })
  const asked: number[] = []
  const catalog: Catalog = {
    current: () => Promise.reject(new Error('A list is content with what the cart remembers.')),
    async recent(ids) {
      asked.push(ids.length)
      const product = { name: 'Яблоки', price: minor(150), stock: 9, available: true }
      return new Map(ids.map((id) => [id, { id, ...product }]))
    },
  }

  async function cart(products: readonly ProductId[], quantity = 2): Promise<UserId> {
    const user = newId<UserId>()
    const at = clock.now()
    const lines = products.map((productId) => ({
      id: newId<CartLineId>(),
      productId,
      quantity,
      addedAt: at,
    }))
    await store.save(user, null, { revision: newId<Revision>(), lines, at })
    return user
  }
  const { page } = createListing({ store, catalog, clock, life })
  return { clock, store, asked, cart, page }
}

const products = (count: number): readonly ProductId[] =>
  Array.from({ length: count }, () => newId<ProductId>())

const users = (carts: readonly ListedCart[]) => carts.map(({ userId }) => userId)

test('a cart is listed with its user, priced lines, total, revision and time', async () => {
  const { page, cart, store, clock } = world()
  const user = await cart(products(2))
  const { carts, nextCursor } = await page({ limit: 10, cursor: null }, within)
  expect(nextCursor).toBeNull()
  expect(carts).toMatchObject([
    {
      userId: user,
      total: 600,
      revision: (await store.load(user)).cart?.revision,
      updatedAt: clock.now(),
      lines: [
        { name: 'Яблоки', quantity: 2, total: 300 },
        { name: 'Яблоки', quantity: 2, total: 300 },
      ],
    },
  ])
})

test('pages go on where the last one ended, until there is no more', async () => {
  const { page, cart } = world()
  const all = new Set<UserId>()
  for (let n = 0; n < 6; n++) all.add(await cart(products(1)))
  const found: UserId[] = []
  let cursor: string | null = null
  let pages = 0
  do {
    const { carts, nextCursor } = await page({ limit: 2, cursor }, within)
    found.push(...users(carts))
    cursor = nextCursor
    pages++
  } while (cursor !== null)
  expect(pages).toBe(3)
  expect(found).toHaveLength(all.size)
  expect(new Set(found)).toEqual(all)
})

test('products are looked up once each, in calls as large as the catalog takes', async () => {
  const { page, cart, asked } = world()
  const shared = products(60)
  await cart(shared)
  await cart([...shared.slice(0, 20), ...products(60)])
  await cart([])
  const { carts } = await page({ limit: 10, cursor: null }, within)
  expect(carts.map(({ lines }) => lines.length)).toEqual([60, 80, 0])
  expect(carts.every(({ lines }) => lines.every(({ name }) => name === 'Яблоки'))).toBe(true)
  expect(asked).toEqual([maxLines, 20])
})

test('carts that have expired are left out, and looking at the list keeps none alive', async () => {
  const { page, cart, clock } = world()
  await cart(products(1))
  clock.advance(life - 1)
  const fresh = await cart(products(1))
  expect((await page({ limit: 10, cursor: null }, within)).carts).toHaveLength(2)
  clock.advance(1)
  expect(users((await page({ limit: 10, cursor: null }, within)).carts)).toEqual([fresh])
})

test.each(['', 'x', 'bm90IGEgdXNlcg', '-'.repeat(200)])('%j is no cursor', async (cursor) => {
  const error = await world()
    .page({ limit: 10, cursor }, within)
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Problem)
  expect(error).toMatchObject({ code: 'bad_request' })
})
