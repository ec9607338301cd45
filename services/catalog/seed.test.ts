/** Seeding: resumable, once, and told about. */
import { describe, expect, test } from 'bun:test'
import { createLogger } from '../../core/logging/logger.ts'
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
    await seedDemo(store, 5_000, log)
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
    const breaking: Pick<CatalogStore, 'seeded' | 'seed'> = {
      seeded: store.seeded,
      seed(...chunk) {
        if (++chunks > 2) throw new Error('killed')
        return store.seed(...chunk)
      },
    }
    await expect(seedDemo(breaking, 1_000, log)).rejects.toThrow('killed')
    await seedDemo(store, 1_000, log)
    expect(await countOf(store)).toBe(1_000)
    expect(await store.seeded('demo-products')).toBe(1_000)
    await store.close()
  })

  test('writes nothing the second time, and only the rest when the demo grows', async () => {
    const store = openSqliteStore({ path: ':memory:' })
    const { log } = recording()
    await seedDemo(store, 400, log)
    const { id } = demoProduct(5)
    await store.update(id, { name: 'Свое имя', available: 1 }, null)
    await store.remove(demoProduct(6).id)
    const written: string[] = []
    const watched: Pick<CatalogStore, 'seeded' | 'seed'> = {
      seeded: store.seeded,
      seed(name, products, done) {
        written.push(...products.map((product) => product.id))
        return store.seed(name, products, done)
      },
    }
    await seedDemo(watched, 400, log)
    expect(written).toEqual([])
    await seedDemo(watched, 410, log)
    expect(written).toEqual(Array.from({ length: 10 }, (_, n) => demoProduct(400 + n).id))
    expect(await store.find(id)).toMatchObject({ name: 'Свое имя', available: 1 })
    expect(await countOf(store)).toBe(409)
    await store.close()
  })
})
