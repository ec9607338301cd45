/** The same shop on both engines, in turns: Bun with what it has inside, Node with uWebSockets.js. */
import { ask } from './answer-size.ts'
import { contestant } from './answers.ts'
import { additionsOf, productsOf } from './own.ts'
import { compare, query, type ReadingOptions } from './reading.ts'
import type { Comparison } from './rounds.ts'
import type { Sample } from './saturation.ts'
import { startShop, type BenchShop } from './shop.ts'

export interface EnginesOptions extends Pick<
  ReadingOptions,
  'shop' | 'rounds' | 'seconds' | 'onProgress'
> {
  /** First of five for the shop on Node. */
  readonly port: number
  readonly env: Readonly<Record<string, string>>
}

/** `shop` is the one on Bun. */
export async function compareEngines(
  options: EnginesOptions,
): Promise<readonly Comparison<Sample>[]> {
  const { shop } = options
  const node = await startShop(options.port, 'server', options.env, { runtime: 'node' })
  try {
    // One that no order of an earlier part has bought, so that both shops have as much of it.
    const product = (await productsOf(shop)).at(-1) ?? ''
    const reading = async (path: string) => {
      const urlOf = (each: BenchShop) => `${each.urls.catalog}/products/${path}`
      return {
        Bun: await contestant(urlOf(shop), [shop.processes.catalog]),
        Node: await contestant(urlOf(node), [node.processes.catalog], {
          like: await ask(urlOf(shop)),
        }),
      }
    }
    const adding = async (each: BenchShop) => ({
      target: { url: `${each.urls.cart}/`, targets: await additionsOf(each) },
      measured: Object.values(each.processes),
    })
    return [
      await compare('engines, category page of 20', await reading(`?${query}`), options),
      await compare('engines, product by id', await reading(product), options),
      await compare(
        'engines, add to cart',
        { Bun: await adding(shop), Node: await adding(node) },
        options,
      ),
    ]
  } finally {
    await node.stop()
  }
}
