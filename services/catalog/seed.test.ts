/** Seeding: resumable, once, and told about. */
import { describe, expect, test } from 'bun:test'
import { problem } from '../../core/http/problem.ts'
import { createLogger } from '../../core/logging/logger.ts'
import { manualClock, millis, systemClock } from '../../core/values/time.ts'
import { demoProduct } from './demo-products.ts'
import { seedDemo } from './seed.ts'
import { openSqliteStore } from './store.sqlite.ts'
import type { CatalogStore } from './store.ts'

function recording() {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  return { lines, log: createLogger({ service: 'catalog', level: 'info', destination }) }
}

async function countOf(store: CatalogStore): Promise<number> {
  let count = 0
  for (const { category } of await store.categories()) {
    count += (await store.listed(category, null, 10_000)).length
  }
  return count
}

describe('seeding the demo', () => {
  test('writes every product and tells of each tenth', async () => {
    const store = openSqliteStore({ path: ':memory:' })
    const { log, lines } = recording()
    await seedDemo({ store, total: 5_000, clock: systemClock, log })
    expect(await countOf(store)).toBe(5_000)
    expect(await store.find(demoProduct(4_999).id)).toMatchObject({ ...demoProduct(4_999) })
    expect(lines).toHaveLength(11)
    expect(lines.at(-1)).toContain('"percent":100')
    await store.close()
  })

  test('goes on where it was broken off', async () => {
    const store = openSqliteStore({ path: ':memory:' })
    const { log } = recording()
    let chunks = 0
    const breaking: Pick<CatalogStore, 'seedChunk' | 'seeded' | 'claimSeed' | 'seed'> = {
      seedChunk: store.seedChunk,
      seeded: store.seeded,
      claimSeed: store.claimSeed,
      seed(...chunk) {
        if (++chunks > 2) throw new Error('killed')
        return store.seed(...chunk)
      },
    }
    const options = { store: breaking, total: 1_000, clock: systemClock, log }
    await expect(seedDemo(options)).rejects.toThrow('killed')
    await seedDemo({ store, total: 1_000, clock: systemClock, log })
    expect(await countOf(store)).toBe(1_000)
    expect(await store.seeded('demo-products')).toBe(1_000)
    await store.close()
  })

  test('writes nothing the second time, and only the rest when the demo grows', async () => {
    const store = openSqliteStore({ path: ':memory:' })
    const { log } = recording()
    await seedDemo({ store, total: 400, clock: systemClock, log })
    const { id } = demoProduct(5)
    await store.update(id, { name: 'Свое имя', available: 1 }, null)
    await store.remove(demoProduct(6).id)
    const written: string[] = []
    const watched: Pick<CatalogStore, 'seedChunk' | 'seeded' | 'claimSeed' | 'seed'> = {
      seedChunk: store.seedChunk,
      seeded: store.seeded,
      claimSeed: store.claimSeed,
      seed(name, products, done) {
        written.push(...products.map((product) => product.id))
        return store.seed(name, products, done)
      },
    }
    await seedDemo({ store: watched, total: 400, clock: systemClock, log })
    expect(written).toEqual([])
    await seedDemo({ store: watched, total: 410, clock: systemClock, log })
    expect(written).toEqual(Array.from({ length: 10 }, (_, n) => demoProduct(400 + n).id))
    expect(await store.find(id)).toMatchObject({ name: 'Свое имя', available: 1 })
    expect(await countOf(store)).toBe(409)
    await store.close()
  })

  test('waits while another copy seeds, and goes on where that one was lost', async () => {
    const store = openSqliteStore({ path: ':memory:' })
    const { log } = recording()
    const clock = manualClock(0)
    const until = 20_000
    let waits = 0
    await seedDemo({
      store: { ...store, claimSeed: (_, { now }) => now >= until },
      total: 500,
      clock,
      log,
      async pause(milliseconds) {
        // The other one writes a chunk, and then nothing more.
        if (waits++ === 0) {
          const products = Array.from({ length: 250 }, (_, n) => demoProduct(n))
          await store.seed('demo-products', products, 250)
        }
        expect(await store.seeded('demo-products')).toBe(250)
        clock.advance(milliseconds)
      },
    })
    expect(clock.now()).toBe(millis(until))
    expect(await countOf(store)).toBe(500)
    await store.close()
  })

  test('ends after a chunk when it is told to, and the next run goes on there', async () => {
    const store = openSqliteStore({ path: ':memory:' })
    const { log } = recording()
    const stop = new AbortController()
    const onProgress = () => stop.abort()
    const { signal: stopping } = stop
    await seedDemo({ store, total: 1_000, clock: systemClock, log, onProgress, stopping })
    const done = await store.seeded('demo-products')
    expect(done).toBe(store.seedChunk)
    let first = 0
    await seedDemo({
      store,
      total: 1_000,
      clock: systemClock,
      log,
      onProgress: (reached, fresh) => (first ||= reached - fresh),
    })
    expect([first, await countOf(store)]).toEqual([done, 1_000])
    await store.close()
  })

  test('writes a chunk again that a busy store did not take, and gives up when that goes on', async () => {
    const store = openSqliteStore({ path: ':memory:' })
    const { log } = recording()
    let pauses = 0
    const refusing = (refused: (call: number) => boolean) => {
      let calls = 0
      return {
        store: {
          ...store,
          async seed(...chunk: Parameters<CatalogStore['seed']>) {
            if (refused(++calls)) throw problem('store_unavailable')
            return store.seed(...chunk)
          },
        },
        ...{ total: 500, clock: systemClock, log },
        pause: async () => void pauses++,
      }
    }
    await expect(seedDemo(refusing(() => true))).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    expect(pauses).toBe(9)
    expect(await countOf(store)).toBe(0)
    await seedDemo(refusing((call) => call % 2 === 1))
    expect(await countOf(store)).toBe(500)
    await store.close()
  })

  test('leaves the rest to whoever has taken over', async () => {
    const store = openSqliteStore({ path: ':memory:' })
    const { log } = recording()
    let claims = 0
    const pauses: number[] = []
    await seedDemo({
      // Lost after the first chunk, as by a process that slept too long.
      store: { ...store, claimSeed: () => ++claims === 1 },
      total: 500,
      clock: systemClock,
      log,
      async pause(milliseconds) {
        pauses.push(await store.seeded('demo-products'))
        expect(milliseconds).toBeGreaterThan(0)
        const rest = Array.from({ length: 250 }, (_, n) => demoProduct(250 + n))
        await store.seed('demo-products', rest, 500)
      },
    })
    expect(pauses).toEqual([250])
    expect(await countOf(store)).toBe(500)
    await store.close()
  })
})
