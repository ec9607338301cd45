/** Fills the catalog of the demo profile: resumable, by one copy at a time, and never resets what exists. */
import { isStoreFailure } from '../../core/http/outcome-unknown.ts'
import type { Logger } from '../../core/logging/logger.ts'
import { pause as realPause } from '../../core/resilience/pause.ts'
import { newId } from '../../core/values/ids.ts'
import { millis, type Clock } from '../../core/values/time.ts'
import { demoChunks } from './demo-products.ts'
import type { ProductStore } from './store.ts'

export interface SeedOptions {
  readonly store: Pick<ProductStore, 'seedChunk' | 'seeded' | 'claimSeed' | 'seed'>
  /** Demo products that there are to be. */
  readonly total: number
  readonly clock: Clock
  readonly log: Logger
  /** Told after each chunk how many there are now, and how many of them were just written. */
  readonly onProgress?: (done: number, fresh: number) => void
  readonly pause?: (milliseconds: number) => Promise<void>
  /** Ends it after the chunk under way; the next run goes on there. */
  readonly stopping?: AbortSignal
}

const seedName = 'demo-products'

/** Far more than a chunk takes; then another copy goes on. */
const leaseTime = 10_000
/** Milliseconds between two looks at what another copy has done. */
const waitTime = 500

/** Looks in a row at a store that does not take the next chunk, each after a pause. */
const patience = 10

/**
 * Resolves when the store holds the first `total` demo products, or did before, or when it was told
 * to stop. A chunk that a busy store did not take in time is written again.
 *
 * @throws the problem `store_unavailable` when that goes on
 */
export async function seedDemo(options: SeedOptions): Promise<void> {
  const { store, total, clock, log, stopping, pause = realPause } = options
  const owner = newId<string>()
  const claim = () => {
    const now = clock.now()
    return store.claimSeed(seedName, { owner, now, until: millis(now + leaseTime) })
  }
  let reached = -1
  let failures = 0
  while (stopping?.aborted !== true) {
    try {
      const before = await store.seeded(seedName)
      if (before >= total) return
      if (before > reached) failures = 0
      reached = before
      if (await claim()) {
        await write(before, claim, options)
        continue
      }
    } catch (error) {
      failures += 1
      if (!isStoreFailure(error) || failures === patience) throw error
      log.warn({ err: error, done: reached, total }, 'the store did not take a chunk in time')
    }
    await pause(waitTime)
  }
  // The next process need not wait for the end of the lease.
  const now = clock.now()
  await store.claimSeed(seedName, { owner, now, until: now })
}

/** Writes chunk after chunk for as long as nobody else has taken over. */
async function write(
  before: number,
  claim: () => boolean | Promise<boolean>,
  { store, total, log, onProgress, stopping }: SeedOptions,
): Promise<void> {
  log.info({ done: before, total }, 'seeding demo products')
  let told = tenths(before, total)
  for (const { products, done } of demoChunks(before, total, store.seedChunk)) {
    await store.seed(seedName, products, done)
    onProgress?.(done, products.length)
    if (tenths(done, total) !== told) {
      told = tenths(done, total)
      log.info({ done, total, percent: told * 10 }, 'seeding demo products')
    }
    if (stopping?.aborted === true || !(await claim())) return
  }
}

const tenths = (done: number, total: number): number => Math.floor((done * 10) / total)
