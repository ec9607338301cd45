/** Buyers for races and crashes: signed in without a password hash, stubborn when a service is down. */
import { createAccessTokens } from '../../core/auth/access-tokens.ts'
import { keyFile } from '../../core/auth/key-files.ts'
import { loadSigningKey } from '../../core/auth/keys.ts'
import type { Role } from '../../core/http/caller.ts'
import { newId, type SessionId, type UserId } from '../../core/values/ids.ts'
import { systemClock } from '../../core/values/time.ts'
import type { Shop } from './shop.ts'

export interface Item {
  readonly product_id: string
  readonly quantity: number
}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

/** An order as its buyer got it. */
export interface Bought {
  readonly id: string
  readonly status: string
  readonly total: number
  readonly items: readonly (Item & { readonly name: string; readonly price: number })[]
}

export interface Buyer {
  readonly id: UserId
  /** Calls a path of a service: `buyer.call(shop.urls.cart, 'GET', '/cart/')`. */
  call(base: string, method: string, path: string, body?: unknown, key?: string): Promise<Answer>
}

/** `keepalive: false` in the options keeps a dead process's connections out of the way of the next. */
export function createBuyer(shop: Shop, role: Role = 'user'): Buyer {
  const id = newId<UserId>()
  const key = loadSigningKey(keyFile.access(shop.keysDir))
  const { token } = createAccessTokens({ key, clock: systemClock }).issue({
    user: id,
    role,
    session: newId<SessionId>(),
  })
  return {
    id,
    async call(base, method, path, body, idempotencyKey) {
      const response = await fetch(`${base}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      return { status: response.status, text: await response.text(), headers: response.headers }
    },
  }
}

export async function createProduct(shop: Shop, stock: number, price = 10): Promise<string> {
  const product = {
    name: `Товар ${newId<string>()}`,
    category: 'Фрукты',
    price,
    stock_count: stock,
  }
  const admin = createBuyer(shop, 'admin')
  const answer = await admin.call(shop.urls.catalog, 'POST', '/products/', product)
  if (answer.status !== 201) throw new Error(`The product was not created: ${answer.text}`)
  return (JSON.parse(answer.text) as { product_id: string }).product_id
}

export const order = (
  shop: Shop,
  buyer: Buyer,
  items: readonly Item[],
  key?: string,
): Promise<Answer> => buyer.call(shop.urls.order, 'POST', '/orders/', { items }, key)

export const addToCart = (shop: Shop, buyer: Buyer, item: Item): Promise<Answer> =>
  buyer.call(shop.urls.cart, 'POST', '/cart/items', item)

export const checkout = (shop: Shop, buyer: Buyer, key?: string): Promise<Answer> =>
  buyer.call(shop.urls.cart, 'POST', '/cart/checkout', undefined, key)

export const bought = (answer: Answer): Bought => {
  if (answer.status !== 200)
    throw new Error(`Expected an order, got ${answer.status}: ${answer.text}`)
  return JSON.parse(answer.text) as Bought
}

/** Statuses after which a client asks again with the same key. */
const passing = new Set([429, 502, 503, 504])

const isPassing = ({ status, text }: Answer): boolean =>
  passing.has(status) || (status === 409 && text.includes('"request_in_progress"'))

/** Asks until there is a lasting answer, as a client with an idempotency key may. */
export async function stubbornly(ask: () => Promise<Answer>, limit = 60_000): Promise<Answer> {
  const end = Date.now() + limit
  for (;;) {
    const answer = await ask().catch(() => null)
    if (answer !== null && !isPassing(answer)) return answer
    if (Date.now() > end) throw new Error(`No lasting answer; the last one: ${answer?.text}`)
    // As a well-behaved client: no sooner than it was asked to.
    const wanted = Number(answer?.headers.get('retry-after') ?? 0) * 1000
    await Bun.sleep(wanted + 50 + Math.random() * 150)
  }
}

/** Runs `count` tasks, at most `width` at a time. */
export async function inParallel<T>(
  count: number,
  width: number,
  task: (index: number) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) results[index] = await task(index)
  }
  await Promise.all(Array.from({ length: width }, lane))
  return results
}
