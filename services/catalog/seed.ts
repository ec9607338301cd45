/** Fills the catalog of the demo profile: resumable, and never resets what exists. */
import type { Logger } from '../../core/logging/logger.ts'
import { demoChunks } from './demo-products.ts'
import type { ProductStore } from './store.ts'

/** Products of one write: a few milliseconds of the event loop, and few enough fsyncs. */
const chunkSize = 250

const seedName = 'demo-products'

/** Resolves when the store holds the first `total` demo products, or did before. */
export async function seedDemo(
  store: Pick<ProductStore, 'seeded' | 'seed'>,
  total: number,
  log: Logger,
): Promise<void> {
  const before = await store.seeded(seedName)
  if (before >= total) return
  log.info({ done: before, total }, 'seeding demo products')
  let told = tenths(before, total)
  for (const { products, done } of demoChunks(before, total, chunkSize)) {
    await store.seed(seedName, products, done)
    if (tenths(done, total) === told) continue
    told = tenths(done, total)
    log.info({ done, total, percent: told * 10 }, 'seeding demo products')
  }
}

const tenths = (done: number, total: number): number => Math.floor((done * 10) / total)
