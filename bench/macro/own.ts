/** The calls that the earlier system's figures are of, one service after the other, all on one core. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newId, type UserId } from '../../core/values/ids.ts'
import type { Contestant } from './answers.ts'
import { compare, type ReadingOptions } from './reading.ts'
import type { Comparison } from './rounds.ts'
import type { Sample } from './saturation.ts'
import { call, forEach, type BenchShop } from './shop.ts'

/** Users whose calls take turns; each has a cart, the registered ones an account as well. */
const users = 500
const accounts = 20
/** Carts that are added to, and products in turns: a line takes 99 pieces. */
const addingUsers = 2_000
const linesOfACart = 5

export async function measureOwn(
  options: Pick<ReadingOptions, 'shop' | 'rounds' | 'seconds' | 'onProgress'>,
): Promise<Comparison<Sample>> {
  const { shop } = options
  const measured = Object.values(shop.processes)
  const { cart, order, user } = shop.urls
  const products = await productsOf(shop)
  const tokens = Array.from({ length: users }, () => shop.token(newId<UserId>()))
  await forEach(tokens, async (token, at) => {
    for (const product_id of products.slice(at % 10, (at % 10) + linesOfACart)) {
      await call('POST', `${cart}/cart/items`, token, { product_id, quantity: 2 })
    }
  })
  await forEach(tokens.slice(0, 100), (token, at) =>
    call('POST', `${order}/orders/`, token, {
      items: products
        .slice(at % 10, (at % 10) + 3)
        .map((product_id) => ({ product_id, quantity: 1 })),
    }),
  )
  const registered = await accountsOf(shop)
  const additions = await additionsOf(shop)

  const contestant = (base: string, targets: string): Contestant => ({
    target: { url: `${base}/`, targets },
    measured,
  })
  const gets = (name: string, path: string, owners: readonly string[]) =>
    writeTargets(
      shop,
      name,
      owners.map((token) => ({ method: 'GET', path, token })),
    )
  return compare(
    'calls of the earlier system',
    {
      cart: contestant(cart, gets('cart', '/cart/', tokens)),
      'users/me': contestant(user, gets('me', '/users/me', registered)),
      orders: contestant(order, gets('orders', '/orders/', tokens.slice(0, 100))),
      'add to cart': contestant(cart, additions),
      profile: contestant(user, gets('profile', '/users/me/profile', registered)),
    },
    options,
  )
}

export interface WrkTarget {
  readonly method: string
  readonly path: string
  readonly token: string
  readonly json?: unknown
}

/** A file for wrk.lua. */
export function writeTargets(shop: BenchShop, name: string, targets: readonly WrkTarget[]): string {
  const file = join(shop.directory, `${name}.targets`)
  const lines = targets.map(({ method, path, token, json }) =>
    [method, path, `Bearer ${token}`, json === undefined ? '' : JSON.stringify(json)].join('\t'),
  )
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

/** Many users add one piece of each of some products that do not run out, and begin again. */
export async function additionsOf(shop: BenchShop): Promise<string> {
  const tokens = Array.from({ length: addingUsers }, () => shop.token(newId<UserId>()))
  const products = await endlessProducts(shop, linesOfACart)
  return writeTargets(
    shop,
    'add',
    products.flatMap((product_id) =>
      tokens.map((token) => ({
        method: 'POST',
        path: '/cart/items',
        token,
        json: { product_id, quantity: 1 },
      })),
    ),
  )
}

/** More pieces than any run can sell. */
export const endlessStock = 1_000_000_000

/** New products of which there is always enough; few at a time, as each is several writes. */
export async function endlessProducts(shop: BenchShop, count: number): Promise<readonly string[]> {
  const admin = shop.token(newId<UserId>(), 'admin')
  const ids: string[] = []
  const names = Array.from({ length: count }, (_, at) => `Яблоки ${at + 1}`)
  await forEach(
    names,
    async (name, at) => {
      const product = { name, category: 'Проба', price: 65.9, stock_count: endlessStock }
      const made = await call<{ product_id: string }>(
        'POST',
        `${shop.urls.catalog}/products/`,
        admin,
        product,
      )
      ids[at] = made.product_id
    },
    8,
  )
  return ids
}

/** The first hundred products of a category. */
export async function productsOf(shop: BenchShop, category = 'Фрукты'): Promise<readonly string[]> {
  const { items } = await call<{ items: readonly { readonly product_id: string }[] }>(
    'GET',
    `${shop.urls.catalog}/products/?category=${encodeURIComponent(category)}`,
  )
  return items.map(({ product_id }) => product_id)
}

/** Registered and signed in through the front door: the user service answers nobody that it does not know. */
export function accountsOf(shop: BenchShop, count = accounts): Promise<readonly string[]> {
  const { user } = shop.urls
  return Promise.all(
    Array.from({ length: count }, async () => {
      const account = { username: newId(), password: 'benchmark', full_name: 'Проба' }
      const { id } = await call<{ id: UserId }>(
        'POST',
        `${user}/users/register`,
        undefined,
        account,
      )
      return shop.token(id)
    }),
  )
}
