/** A collector that refuses, or is not heard of again: spans are lost and counted, requests are not touched. */
import { afterAll, expect, test } from 'bun:test'
import { inParallel } from '../support/buyers.ts'
import { clientOf } from '../support/client.ts'
import { startCollector } from '../support/collector.ts'
import { scrape } from '../support/metrics-page.ts'
import { startShop } from '../support/shop.ts'
import { until } from '../support/until.ts'

const collector = startCollector()
afterAll(() => collector[Symbol.dispose]())
/** Takes connections and never answers. */
const silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => {} } })
afterAll(() => silent.stop(true))

const everythingTraced = {
  TRACE_SAMPLE: '1',
  TRACE_PER_SECOND: '100000',
  LOG_LEVEL: 'info',
}
const list = '/products/categories/list'

/** Asks so often that the queue of spans would overflow if nobody took them. */
async function askOften(url: string): Promise<void> {
  const statuses = await inParallel(6_000, 32, async () => {
    const answer = await fetch(url + list)
    await answer.arrayBuffer()
    return answer.status
  })
  expect(new Set(statuses)).toEqual(new Set([200]))
}

const spans = async (url: string) => {
  const page = await scrape(url)
  const count = (result: string) => page.value(`trace_spans_total{result="${result}"}`) ?? -1
  return { exported: count('exported'), failed: count('failed'), dropped: count('dropped') }
}

test('a collector that refuses costs spans, which are counted, and is used again later', async () => {
  await using shop = await startShop({
    processes: ['catalog'],
    env: { ...everythingTraced, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  })
  const client = clientOf(shop)
  collector.answer(400)
  expect((await client.get('catalog', list)).status).toBe(200)
  await until('the loss is counted', async () => (await spans(shop.urls.catalog)).failed > 0)
  expect((await spans(shop.urls.catalog)).exported).toBe(0)
  collector.answer(200)
  await until('spans arrive again', async () => {
    expect((await client.get('catalog', list)).status).toBe(200)
    return (await spans(shop.urls.catalog)).exported > 0
  })
  const lines = shop.logs('catalog')
  expect(lines.match(/spans cannot be exported/g)).toHaveLength(1)
  expect(lines.match(/spans are exported again/g)).toHaveLength(1)
}, 60_000)

test.each([
  ['that never answers', `http://127.0.0.1:${silent.port}`],
  ['that is not there', 'http://127.0.0.1:9'],
])(
  'a collector %s costs spans past the queue, and does not hold up the end',
  async (_what, url) => {
    await using shop = await startShop({
      processes: ['catalog'],
      env: { ...everythingTraced, OTEL_EXPORTER_OTLP_ENDPOINT: url },
    })
    await until('spans are dropped', async () => {
      await askOften(shop.urls.catalog)
      return (await spans(shop.urls.catalog)).dropped > 0
    })
    const page = await scrape(shop.urls.catalog)
    expect(page.value('trace_span_queue_length')).toBeLessThanOrEqual(4_096)
    expect(await shop.kill('catalog', 'SIGTERM')).toBe(0)
  },
  120_000,
)

test('without a collector there is nothing to count', async () => {
  await using shop = await startShop({ processes: ['catalog'] })
  const page = await scrape(shop.urls.catalog)
  expect([...page.families.keys()].filter((name) => name.startsWith('trace_'))).toEqual([])
})
