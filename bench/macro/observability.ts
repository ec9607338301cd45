/** What observing costs: the shop as it is started against one that is not watched at all, in turns. */
import { additionsOf } from './own.ts'
import { compare, query, type ReadingOptions } from './reading.ts'
import type { Comparison } from './rounds.ts'
import type { Sample } from './saturation.ts'
import { startShop, type BenchShop } from './shop.ts'

const unwatched = { METRICS: 'false', ACCESS_LOG_SAMPLE: '0' } as const

/** Takes spans and forgets them, so that tracing has somewhere to send them to. */
export function startCollector() {
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      await request.arrayBuffer()
      return new Response(null, { headers: { 'content-type': 'application/x-protobuf' } })
    },
  })
  return {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.port}` },
    [Symbol.asyncDispose]: () => server.stop(true),
  }
}

/** `shop` is the watched one; `port` is the first of the other's. */
export async function compareObservability(
  options: Pick<ReadingOptions, 'shop' | 'rounds' | 'seconds' | 'onProgress'> & {
    readonly port: number
  },
): Promise<readonly Comparison<Sample>[]> {
  const off = await startShop(options.port, 'server', unwatched)
  try {
    const page = (shop: BenchShop) => ({
      target: { url: `${shop.urls.catalog}/products/?${query}` },
      measured: Object.values(shop.processes),
    })
    const adding = async (shop: BenchShop) => ({
      target: { url: `${shop.urls.cart}/`, targets: await additionsOf(shop) },
      measured: Object.values(shop.processes),
    })
    return [
      await compare(
        'observability, cached page',
        { on: page(options.shop), off: page(off) },
        options,
      ),
      await compare(
        'observability, add to cart',
        { on: await adding(options.shop), off: await adding(off) },
        options,
      ),
    ]
  } finally {
    await off.stop()
  }
}
