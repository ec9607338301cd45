/** All four services at once through the gateway, at a constant rate of mixed calls. */
import { newId, type UserId } from '../../core/values/ids.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { fire, percentile, type Shot, type Volley } from './open-loop.ts'
import { accountsOf, endlessProducts, productsOf } from './own.ts'
import { call, forEach, type BenchShop } from './shop.ts'

export interface MixedResult {
  /** Requests a second of all services together, as asked for and as sent. */
  readonly wanted: number
  readonly rate: number
  readonly seconds: number
  readonly generator: number
  readonly services: Readonly<Record<ServiceName, Latency>>
}

/** Milliseconds. */
export interface Latency {
  readonly requests: number
  readonly errors: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

const prefix = {
  catalog: '/api',
  cart: '/cart-api',
  order: '/order-api',
  user: '/user-api',
} as const

const users = 400

/** Calls of each service in the mix of a customer: mostly reads, some writes; none of them fails. */
export async function mixedShots(shop: BenchShop): Promise<readonly Shot[]> {
  const { gateway } = shop.urls
  const products = await productsOf(shop)
  const [endless = ''] = await endlessProducts(shop, 1)
  const tokens = Array.from({ length: users }, () => shop.token(newId<UserId>()))
  const registered = await accountsOf(shop, 40)
  const orders: string[] = []
  await forEach(tokens, async (token, at) => {
    const items = [{ product_id: products[at % 50] as string, quantity: 1 }]
    await call('POST', `${shop.urls.cart}/cart/items`, token, items[0])
    const made = await call<{ id: string }>('POST', `${shop.urls.order}/orders/`, token, { items })
    orders[at] = made.id
  })
  const category = encodeURIComponent('Фрукты')
  const of = (service: ServiceName, shot: Omit<Shot, 'url'> & { readonly path: string }): Shot => {
    const { path, ...rest } = shot
    return { ...rest, url: `${gateway}${prefix[service]}${path}` }
  }
  return tokens.flatMap((token, at) => {
    const product = products[at % products.length] as string
    const known = registered[at % registered.length] as string
    const kinds: Readonly<Record<ServiceName, readonly Omit<Shot & { path: string }, 'url'>[]>> = {
      catalog: [
        { method: 'GET', path: `/products/?category=${category}&skip=${(at % 60) * 20}&limit=20` },
        { method: 'GET', path: `/products/${product}` },
        { method: 'GET', path: '/products/categories/list' },
        { method: 'GET', path: `/products/${product}` },
      ],
      cart: [
        { method: 'GET', path: '/cart/', token },
        { method: 'POST', path: `/products/${product}/view`, token },
        { method: 'GET', path: '/products/recent-views', token },
        // A line takes 99 pieces, so every other time the cart is emptied.
        at % 2 === 0
          ? {
              method: 'POST',
              path: '/cart/items',
              token,
              json: { product_id: endless, quantity: 1 },
            }
          : { method: 'DELETE', path: '/cart/', token: tokens[at - 1] as string },
      ],
      order: [
        { method: 'GET', path: '/orders/?limit=20', token },
        { method: 'GET', path: `/orders/${orders[at]}`, token },
        { method: 'GET', path: '/orders/statuses/list' },
        {
          method: 'POST',
          path: '/orders/',
          token,
          json: { items: [{ product_id: endless, quantity: 1 }] },
        },
      ],
      user: [
        { method: 'GET', path: '/users/me', token: known },
        { method: 'GET', path: '/users/me/profile', token: known },
        { method: 'GET', path: '/users/me/orders', token: known },
        { method: 'GET', path: '/users/me/total-spent', token: known },
      ],
    }
    return [0, 1, 2, 3].flatMap((kind) =>
      serviceNames.map((service) =>
        of(service, kinds[service][kind] as Omit<Shot & { path: string }, 'url'>),
      ),
    )
  })
}

export async function holdRate(
  shots: readonly Shot[],
  wanted: number,
  seconds: number,
): Promise<MixedResult> {
  const volley = await fire(shots, wanted, seconds)
  return {
    wanted,
    rate: volley.rate,
    seconds,
    generator: volley.generator,
    services: byService(volley),
  }
}

/** Raises the rate by a quarter until a 99th percentile is past the limit or an answer is bad. */
export async function highestRate(
  shots: readonly Shot[],
  from: number,
  seconds: number,
  limit: number,
): Promise<readonly MixedResult[]> {
  const steps: MixedResult[] = []
  for (let rate = from; rate < 100_000; rate = Math.round(rate * 1.25)) {
    const step = await holdRate(shots, rate, seconds)
    steps.push(step)
    if (!keeps(step, limit)) break
  }
  return steps
}

/** No bad answer, every service's 99th percentile within the limit, and the generator kept up. */
export const keeps = ({ services, rate, wanted }: MixedResult, limit: number): boolean =>
  rate > 0.95 * wanted &&
  Object.values(services).every(({ errors, p99 }) => errors === 0 && p99 <= limit)

function byService({ hits }: Volley): MixedResult['services'] {
  const latencies = Object.fromEntries(
    serviceNames.map((service) => {
      const own = hits.filter(({ url }) => new URL(url).pathname.startsWith(`${prefix[service]}/`))
      return [service, latencyOf(own)]
    }),
  )
  // fromEntries forgets the names, which are all of them.
  return latencies as MixedResult['services']
}

export function latencyOf(
  hits: readonly { readonly milliseconds: number; readonly status: number }[],
): Latency {
  const times = hits.map(({ milliseconds }) => milliseconds)
  return {
    requests: hits.length,
    errors: hits.filter(({ status }) => status < 200 || status > 299).length,
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    p99: percentile(times, 0.99),
    max: percentile(times, 1),
  }
}
