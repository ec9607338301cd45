/** Reservations of the catalog on Cassandra, spread and of one product, against the bare conditional batch. */
import { keyFile } from '../../core/auth/key-files.ts'
import { loadSigningKey } from '../../core/auth/keys.ts'
import { createServiceTokens } from '../../core/auth/service-tokens.ts'
import { newId, type ProductId } from '../../core/values/ids.ts'
import { systemClock } from '../../core/values/time.ts'
import type { Job } from '../macro/autocannon.ts'
import { connections, products } from '../macro/checkout.ts'
import { endlessProducts, endlessStock } from '../macro/own.ts'
import { inTurns, type Comparison } from '../macro/rounds.ts'
import { sendOnce } from '../macro/send-once.ts'
import { call, forEach, type BenchShop } from '../macro/shop.ts'
import type { DriverJob } from '../peers/bare-driver.ts'
import { bareDriver } from './driver.ts'
import type { CassandraOptions } from './reading.ts'
import { asking, statementsOf, watched, type CassandraSample } from './sample.ts'

/** One reservation each. */
const buyers = 1_000

export const reservingName = 'reservations'

/** Variants carry these names into the results; the goals find them by them. */
export async function compareReserving(
  options: CassandraOptions,
): Promise<Comparison<CassandraSample>> {
  const { node, shop, keyspace, rounds, onProgress } = options
  onProgress(reservingName)
  // Made by this module's own call, hence ids of products.
  const spreadOut = (await endlessProducts(shop, products)) as readonly ProductId[]
  const hot = spreadOut.slice(0, 1)
  let reserved = buyers
  const fromShop = async (from: readonly ProductId[]): Promise<CassandraSample> => {
    const before = await statementsOf(shop.urls.catalog, 'change_product')
    const { result, server, cluster } = await watched(shop.processes.catalog, node, () =>
      reserve(shop, from),
    )
    const statements = (await statementsOf(shop.urls.catalog, 'change_product')) - before
    const { rate, seconds, generator } = result
    reserved += buyers
    return {
      ...{ rate, generator },
      server: server / seconds,
      cluster: cluster / seconds,
      statements: statements / buyers,
    }
  }
  const bare = (what: DriverJob['what']) => async () => {
    const { sample, made } = await bareDriver(node, shop.directory, {
      ...{ keyspace, what, products: spreadOut },
      ...{ together: connections, amount: buyers, seconds: 0 },
    })
    reserved += made
    return sample
  }
  await reserve(shop, spreadOut)
  const result = await inTurns(reservingName, rounds, {
    'bare driver, the conditional batch alone': bare('reservations'),
    'bare driver, all four statements': bare('whole reservations'),
    'shop, spread over products': () => fromShop(spreadOut),
    'shop, one hot product': () => fromShop(hot),
  })
  const gone = await goneFrom(shop, spreadOut)
  if (gone !== reserved) throw new Error(`${reserved} were reserved, and ${gone} are gone.`)
  return result
}

/** Pieces that the products have lost since they were made. */
async function goneFrom(shop: BenchShop, ids: readonly ProductId[]): Promise<number> {
  let gone = 0
  await forEach(ids, async (id) => {
    const url = `${shop.urls.catalog}/products/${id}`
    const { stock_count } = await call<{ stock_count: number }>('GET', url)
    gone += endlessStock - stock_count
  })
  return gone
}

/** Each order is sent once; another answer than 200 ends the run. */
function reserve(shop: BenchShop, from: readonly ProductId[]) {
  const key = loadSigningKey(keyFile.service(`${shop.directory}/keys`, 'order'))
  const tokens = createServiceTokens({ name: 'order', key, clock: systemClock })
  const headers = {
    authorization: `Bearer ${tokens.tokenFor('catalog')}`,
    'content-type': 'application/json',
  }
  const job: Job = {
    url: shop.urls.catalog,
    connections,
    requests: Array.from({ length: buyers }, (_, at) => ({
      method: 'POST',
      path: '/internal/reservations',
      headers,
      body: JSON.stringify({
        order_id: newId(),
        lines: [{ product_id: from[at % from.length], quantity: 1 }],
      }),
    })),
  }
  return sendOnce(shop.directory, job, asking)
}
