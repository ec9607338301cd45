/** Checkouts: spread over products, all of one product, and the same writes on the bare stores. */
import { join } from 'node:path'
import { newId, type UserId } from '../../core/values/ids.ts'
import type { Job } from './autocannon.ts'
import { endlessProducts } from './own.ts'
import { run, type Place } from './processes.ts'
import { inTurns, type Comparison } from './rounds.ts'
import { sendOnce } from './send-once.ts'
import { call, forEach, type BenchShop } from './shop.ts'

export interface CheckoutSample {
  /** Checkouts a second. */
  readonly rate: number
  /** Share of a core that the generator used. */
  readonly generator: number
}

export interface CheckoutOptions {
  readonly shop: BenchShop
  readonly rounds: number
  readonly onProgress: (text: string) => void
  /** Checkouts of a round; 1,000 unless given. */
  readonly buyers?: number
  /** Where the generator runs. */
  readonly place?: Place
  /** Settings of the bare stores; SQLite unless they say otherwise. */
  readonly bare?: Readonly<Record<string, string>>
}

/** Far below what autocannon itself can do, so that its figures can be trusted here. */
export const connections = 100
export const products = 200

export async function compareCheckouts(
  options: CheckoutOptions,
): Promise<Comparison<CheckoutSample>> {
  const { shop, rounds, onProgress, buyers = 1_000, place = 'generator', bare = {} } = options
  onProgress('checkouts')
  const spreadOut = await endlessProducts(shop, products)
  const [hot = ''] = spreadOut
  const variants = {
    'shop, spread over products': () => checkOut(shop, buyers, spreadOut, place),
    'shop, one hot product': () => checkOut(shop, buyers, [hot], place),
    'bare stores, same writes': () => bareStores(buyers, bare),
  }
  await checkOut(shop, buyers, spreadOut, place)
  return inTurns('checkouts', rounds, variants)
}

/** Each buyer fills a cart, which is not timed, and checks it out. */
async function checkOut(
  shop: BenchShop,
  buyers: number,
  from: readonly string[],
  place: Place,
): Promise<CheckoutSample> {
  const tokens = Array.from({ length: buyers }, () => shop.token(newId<UserId>()))
  await forEach(tokens, (token, at) =>
    call('POST', `${shop.urls.cart}/cart/items`, token, {
      product_id: from[at % from.length],
      quantity: 1,
    }),
  )
  const job: Job = {
    url: shop.urls.cart,
    connections,
    requests: tokens.map((token) => ({
      method: 'POST',
      path: '/cart/checkout',
      headers: { authorization: `Bearer ${token}` },
    })),
  }
  const { rate, generator } = await sendOnce(shop.directory, job, place)
  return { rate, generator }
}

async function bareStores(
  buyers: number,
  env: Readonly<Record<string, string>>,
): Promise<CheckoutSample> {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const { output } = await run('server', [
    ...['env', ...settings],
    ...[process.execPath, '--no-orphans', join(import.meta.dir, '../peers/bare-store.ts')],
    ...[String(buyers), String(connections), String(products)],
  ])
  const { rate } = JSON.parse(output) as { rate: number }
  return { rate, generator: 0 }
}
