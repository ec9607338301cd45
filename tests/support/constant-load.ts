/**
 * A constant load that does not wait for answers: pages, products, carts, lists and orders through the
 * gateway, so many a second whatever becomes of them. Every buyer insists on his order with one key
 * until there is a lasting answer, and remembers it.
 */
import { createBuyer, stubbornly, type Answer, type Bought, type Buyer } from './buyers.ts'
import type { Shop } from './shop.ts'

/** One request. */
export interface Call {
  readonly kind: Kind
  /** Milliseconds after the load began. */
  readonly at: number
  readonly took: number
  /** Null for an answer that was as it should be: `503 store_unavailable`, `no connection`. */
  readonly failure: string | null
}

export const kinds = ['page', 'product', 'cart', 'orders', 'add', 'checkout'] as const
export type Kind = (typeof kinds)[number]

/** What a buyer was promised: the first 200 to his key. */
export interface Promised {
  readonly buyer: Buyer
  readonly order: Bought
}

export interface LoadResult {
  readonly calls: readonly Call[]
  readonly promised: readonly Promised[]
  /** Buyers who got a lasting refusal, or none in time. */
  readonly refused: readonly string[]
}

export interface Load {
  /** Milliseconds since it began. */
  elapsed(): number
  /** No further requests; resolves when all buyers have an answer. */
  stop(): Promise<LoadResult>
}

export interface LoadOptions {
  readonly shop: Shop
  readonly products: readonly string[]
  /** Requests, or for `buyers` purchases, a second. */
  readonly reads: number
  readonly others: number
  readonly buyers: number
}

/** Milliseconds that a buyer insists; beyond every outage of the tests. */
const insistence = 240_000
const category = encodeURIComponent('Фрукты')

export function startLoad({ shop, products, reads, others, buyers }: LoadOptions): Load {
  const began = performance.now()
  const calls: Call[] = []
  const promised: Promised[] = []
  const refused: string[] = []
  const underWay = new Set<Promise<void>>()
  const gateway = shop.urls.gateway
  const visitor = createBuyer(shop)
  let turn = 0

  const elapsed = (): number => performance.now() - began
  const product = (): string => products[turn++ % products.length] ?? ''

  async function timed(kind: Kind, ask: () => Promise<Answer>): Promise<Answer> {
    const at = elapsed()
    try {
      const answer = await ask()
      const failure = answer.status === 200 ? null : `${answer.status} ${codeOf(answer)}`
      calls.push({ kind, at, took: elapsed() - at, failure })
      return answer
    } catch (error) {
      calls.push({ kind, at, took: elapsed() - at, failure: 'no connection' })
      throw error
    }
  }

  async function get(kind: Kind, path: string): Promise<void> {
    // What became of it stands in `calls`.
    await timed(kind, () => visitor.call(gateway, 'GET', path)).catch(() => {})
  }

  async function buy(): Promise<void> {
    const buyer = createBuyer(shop)
    const item = { product_id: product(), quantity: 1 + (turn % 3) }
    const key = `key-${buyer.id}`
    try {
      // The cart is empty, so the same line again is the same line.
      await stubbornly(async () => {
        const { text } = await timed('cart', () => buyer.call(gateway, 'GET', '/cart-api/cart/'))
        const { items } = JSON.parse(text) as { items?: readonly unknown[] }
        if (items !== undefined && items.length > 0) return ok
        return timed('add', () => buyer.call(gateway, 'POST', '/cart-api/cart/items', item))
      }, insistence)
      const answer = await stubbornly(
        () =>
          timed('checkout', () =>
            buyer.call(gateway, 'POST', '/cart-api/cart/checkout', undefined, key),
          ),
        insistence,
      )
      if (answer.status === 200) {
        promised.push({ buyer, order: JSON.parse(answer.text) as Bought })
      } else refused.push(`${answer.status} ${answer.text}`)
    } catch (error) {
      refused.push(String(error))
    }
  }

  const stopped = new AbortController()
  function every(perSecond: number, task: () => Promise<void>): void {
    let due = performance.now()
    const next = (): void => {
      if (stopped.signal.aborted) return
      const running = task().finally(() => underWay.delete(running))
      underWay.add(running)
      due += 1000 / perSecond
      setTimeout(next, Math.max(0, due - performance.now()))
    }
    next()
  }
  every(reads / 2, () => get('page', `/api/products/?category=${category}&limit=20`))
  every(reads / 2, () => get('product', `/api/products/${product()}`))
  every(others / 2, () => get('cart', '/cart-api/cart/'))
  every(others / 2, () => get('orders', '/order-api/orders/'))
  every(buyers, buy)

  return {
    elapsed,
    async stop() {
      stopped.abort()
      while (underWay.size > 0) await Promise.all(underWay)
      return { calls, promised, refused }
    },
  }
}

const ok: Answer = { status: 200, text: '{}', headers: new Headers() }

function codeOf({ text }: Answer): string {
  try {
    return (JSON.parse(text) as { code?: string }).code ?? ''
  } catch {
    return 'no JSON'
  }
}

/** The p99 of each second of the load, in milliseconds; null for a second without a call. */
export function p99BySecond(calls: readonly Call[], wanted: readonly Kind[]): (number | null)[] {
  const bySecond: number[][] = []
  for (const { kind, at, took } of calls) {
    if (wanted.includes(kind)) (bySecond[Math.floor(at / 1000)] ??= []).push(took)
  }
  return Array.from(bySecond, (times) => {
    if (times === undefined) return null
    times.sort((a, b) => a - b)
    return times[Math.ceil(times.length * 0.99) - 1] ?? null
  })
}

/** Failed calls by kind and reason. */
export function failures(calls: readonly Call[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { kind, failure } of calls) {
    if (failure === null) continue
    const reason = `${kind}: ${failure}`
    counts[reason] = (counts[reason] ?? 0) + 1
  }
  return counts
}
