/** Checkouts: spread over products, all of one product, and the same writes on the bare stores. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newId, type UserId } from '../../core/values/ids.ts'
import type { Job, JobReport } from './autocannon.ts'
import { endlessProducts } from './own.ts'
import { run } from './processes.ts'
import { inTurns, type Comparison } from './rounds.ts'
import { call, forEach, type BenchShop } from './shop.ts'

export interface CheckoutSample {
  /** Checkouts a second. */
  readonly rate: number
  /** Share of a core that the generator used. */
  readonly generator: number
}

const buyers = 1_000
/** Far below what autocannon itself can do, so that its figures can be trusted here. */
const connections = 100
const products = 200

export async function compareCheckouts(
  shop: BenchShop,
  rounds: number,
  onProgress: (text: string) => void,
): Promise<Comparison<CheckoutSample>> {
  onProgress('checkouts')
  const spreadOut = await endlessProducts(shop, products)
  const [hot = ''] = spreadOut
  const variants = {
    'shop, spread over products': () => checkOut(shop, spreadOut),
    'shop, one hot product': () => checkOut(shop, [hot]),
    'bare stores, same writes': bareStores,
  }
  await checkOut(shop, spreadOut)
  return inTurns('checkouts', rounds, variants)
}

/** Each buyer fills a cart, which is not timed, and checks it out. */
async function checkOut(shop: BenchShop, from: readonly string[]): Promise<CheckoutSample> {
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
  const file = join(shop.directory, 'checkouts.json')
  writeFileSync(file, JSON.stringify(job))
  const { output, cpu } = await run('generator', [
    process.execPath,
    '--no-orphans',
    join(import.meta.dir, 'autocannon.ts'),
    file,
  ])
  const { seconds, good, bad } = JSON.parse(output) as JobReport
  if (bad > 0 || good !== buyers)
    throw new Error(`${good} of ${buyers} checkouts were answered 200.`)
  return { rate: good / seconds, generator: cpu }
}

async function bareStores(): Promise<CheckoutSample> {
  const { output } = await run('server', [
    ...[process.execPath, '--no-orphans', join(import.meta.dir, '../peers/bare-store.ts')],
    ...[String(buyers), String(connections), String(products)],
  ])
  const { rate } = JSON.parse(output) as { rate: number }
  return { rate, generator: 0 }
}
