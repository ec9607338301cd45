/** A product by id through the catalog on Cassandra, against the bare driver with the same statement. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask, type RawAnswer } from '../macro/answer-size.ts'
import { inTurns, type Comparison } from '../macro/rounds.ts'
import { connections, saturate, type Target } from '../macro/saturation.ts'
import { forEach, type BenchShop } from '../macro/shop.ts'
import { fromMinor } from '../../core/values/money.ts'
import { demoProduct } from '../../services/catalog/demo-products.ts'
import type { NewProduct } from '../../services/catalog/store.ts'
import { bareDriver } from './driver.ts'
import type { BenchNode } from './node.ts'
import { asking, statementsOf, watched, type CassandraSample } from './sample.ts'

export interface CassandraOptions {
  readonly node: BenchNode
  readonly shop: BenchShop
  /** The catalog's. */
  readonly keyspace: string
  readonly rounds: number
  readonly onProgress: (text: string) => void
}

/** Far more than are under way at a time: none is asked for twice at once, which would share a read. */
const products = 2_000
const spacing = 7

export const readingName = 'product by id'

/** Variants carry these names into the results; the goals find them by them. */
export async function compareReading(
  options: CassandraOptions & { readonly seconds: number },
): Promise<Comparison<CassandraSample>> {
  const { node, shop, keyspace, rounds, seconds, onProgress } = options
  onProgress(readingName)
  const asked = Array.from({ length: products }, (_, at) => demoProduct(at * spacing))
  const { catalog } = shop.urls
  const bytes = await checkedAnswers(catalog, asked)
  const targets = join(shop.directory, 'products.targets')
  writeFileSync(targets, asked.map(({ id }) => `GET\t/products/${id}\t\t`).join('\n'))
  const mean = bytes.reduce((sum, each) => sum + each, 0) / bytes.length
  const each: Target = { url: `${catalog}/`, targets, answerBytes: mean }
  const one: Target = { url: `${catalog}/products/${asked[0]?.id}`, answerBytes: bytes[0] ?? 0 }

  async function fromShop(target: Target): Promise<CassandraSample> {
    const before = await statementsOf(catalog, 'get_product')
    const service = shop.processes.catalog
    const begun = performance.now()
    const { result, cluster } = await watched(service, node, () =>
      saturate(target, seconds, [service], asking),
    )
    const wall = (performance.now() - begun) / 1_000
    const statements = (await statementsOf(catalog, 'get_product')) - before
    const { rate, server, generator } = result
    return {
      ...{ rate, server, generator },
      cluster: cluster / wall,
      statements: statements / (rate * seconds),
    }
  }

  async function eachRead(): Promise<CassandraSample> {
    const sample = await fromShop(each)
    if ((sample.statements ?? 0) < 0.99) {
      throw new Error(`Only ${sample.statements} reads of the store for an answer.`)
    }
    return sample
  }

  await saturate(each, 2, [], asking)
  return inTurns(readingName, rounds, {
    'bare driver': async () => {
      const { sample } = await bareDriver(node, shop.directory, {
        ...{ keyspace, what: 'reads', seconds, amount: 0 },
        products: asked.map(({ id }) => id),
        together: connections,
      })
      return sample
    },
    'shop, each answer read from the store': eachRead,
    'shop, all asking for one product': () => fromShop(one),
  })
}

/** Asks for each once; the size of each answer. Throws when one is not the product that was seeded. */
async function checkedAnswers(
  catalog: string,
  asked: readonly NewProduct[],
): Promise<readonly number[]> {
  const bytes: number[] = []
  await forEach(asked, async ({ id, name, price, available }, at) => {
    const answer = await patiently(`${catalog}/products/${id}`)
    const found = JSON.parse(answer.body.toString()) as Record<string, unknown>
    const wanted = { product_id: id, name, price: fromMinor(price), stock_count: available }
    const shown = Object.fromEntries(Object.keys(wanted).map((key) => [key, found[key]]))
    if (answer.status !== 200 || !Bun.deepEquals(shown, wanted)) {
      throw new Error(`${id}: ${answer.status} ${answer.body.toString()}`)
    }
    bytes[at] = answer.bytes
  })
  return bytes
}

/** Not measured yet: a node that is cold may be late a few times. */
async function patiently(url: string): Promise<RawAnswer> {
  for (let left = 10; ; left--) {
    const answer = await ask(url)
    if (answer.status !== 503 || left === 0) return answer
    await Bun.sleep(200)
  }
}
