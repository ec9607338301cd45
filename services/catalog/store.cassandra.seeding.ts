/** Seeding: plain writes of one moment long ago, so that whatever was changed or sold since stays. */
import { unavailable } from '../../core/cassandra/failure.ts'
import { settle } from '../../core/cassandra/settle.ts'
import { atMost } from '../../core/resilience/at-most.ts'
import type { Categories } from './store.cassandra.categories.ts'
import { shardOf } from './store.cassandra.listing.ts'
import type { Statements } from './store.cassandra.statements.ts'
import type { NewProduct, ProductStore } from './store.ts'

type Seeding = Pick<ProductStore, 'seedChunk' | 'seeded' | 'claimSeed' | 'seed'>

/** So many that the listings of a chunk come in batches of some 16 rows. */
const seedChunk = 2_000
/** Far fewer than a node can do within the time of a write. */
const writesAtOnce = 128

/** Rounds against other copies. */
const maxRounds = 20

export function createSeeding(sql: Statements, categories: Categories): Seeding {
  const seeded = async (name: string): Promise<number> => (await sql.seed.get(name))?.done ?? 0

  async function writeProduct(product: NewProduct): Promise<void> {
    const { id, name, category, price, available } = product
    const description = product.description ?? undefined
    const manufacturer = product.manufacturer ?? undefined
    await sql.seedProduct.run(
      id,
      name,
      category,
      price,
      description,
      manufacturer,
      available,
      available,
    )
  }

  /** Rows of one partition of the listings, as one write. */
  const list = (products: readonly NewProduct[]): Promise<void> =>
    sql.seedListings.run(
      products.map(({ id, name, price, category }) =>
        sql.list.bind(1, name, price, 1, true, category, shardOf(id), id),
      ),
    )

  /** Progress only rises, also when two copies seed at the same time. */
  async function advance(name: string, done: number): Promise<void> {
    for (let round = 1; round <= maxRounds; round++) {
      const before = (await sql.seed.get(name))?.done ?? null
      if ((before ?? 0) >= done) return
      const { applied } = await settle(
        () => sql.setSeeded.run(done, name, before),
        async () => ((await sql.seedSettled.get(name))?.done ?? 0) >= done,
      )
      if (applied) return
    }
    throw unavailable()
  }

  return {
    seedChunk,
    seeded,

    async claimSeed(name, { owner, now, until }) {
      const seed = await sql.seed.get(name)
      const heldBy = seed?.owner ?? null
      const heldUntil = seed?.lease_until ?? null
      if (heldBy !== owner && heldUntil !== null && heldUntil > now) return false
      const { applied } = await settle(
        () => sql.claimSeed.run(owner, until, name, heldBy, heldUntil),
        async () => {
          const stored = await sql.seedSettled.get(name)
          return stored?.owner === owner && stored.lease_until === until
        },
      )
      return applied
    },

    async seed(name, products, done) {
      if ((await seeded(name)) >= done) return
      await atMost(writesAtOnce, products, writeProduct)
      // Afterwards: a listing must not show what cannot be found.
      const partitions = Map.groupBy(products, ({ id, category }) => `${shardOf(id)} ${category}`)
      await atMost(writesAtOnce, partitions.values(), list)
      await categories.raise(new Set(products.map(({ category }) => category)))
      await advance(name, done)
    },
  }
}
