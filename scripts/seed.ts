/** `npm run seed -- --products <number>`: fills the catalog with demo products, as many as are wanted. */
import { parseArgs } from 'node:util'
import { commonSettings } from '../core/config/common.ts'
import { loadConfig } from '../core/config/config.ts'
import { createLogger } from '../core/logging/logger.ts'
import { systemClock } from '../core/values/time.ts'
import { catalogSettings } from '../services/catalog/config.ts'
import { openCatalogStore } from '../services/catalog/open-store.ts'
import { seedDemo } from '../services/catalog/seed.ts'
import { dataFolder, runCommand } from './command.ts'
import { stopSignal } from './shop/stop-signal.ts'
import { environmentOf, storeBeside } from './store-beside.ts'

const usage = `Usage: npm run seed -- --products <number> [options]

  --products <number>  demo products that there are to be
  --store <store>      sqlite or cassandra (STORE, or sqlite)
  --data <folder>      the shop's data on SQLite (DATA_DIR, or data)

The first 20,000 are those of the demo profile. What is there stays as it is; what was broken off is
gone on with. The shop may run. A cluster is found by the settings CASSANDRA_...; see .env.example.`

interface Options {
  readonly products: number
  readonly store: string | undefined
  readonly data: string
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      products: { type: 'string' },
      store: { type: 'string' },
      data: { type: 'string' },
    },
  })
  const products = Number(values.products)
  if (!Number.isSafeInteger(products) || products < 1) return null
  return { products, store: values.store, data: dataFolder(values.data) }
}

async function run({ products, store: wanted, data }: Options): Promise<void> {
  const config = loadConfig({ ...commonSettings, ...catalogSettings }, environmentOf(data, wanted))
  const max = config.CATALOG_MAX_PRODUCTS
  if (products > max) {
    throw new Error(
      `The catalog refuses more than ${max} products: raise CATALOG_MAX_PRODUCTS for it and here.`,
    )
  }
  const log = createLogger({ service: 'catalog', level: 'warn' })
  const store = await openCatalogStore(storeBeside('catalog', config, data), systemClock)
  try {
    const start = performance.now()
    let told = 0
    let written = 0
    let reached = 0
    const stop = stopSignal()
    await seedDemo({
      store,
      total: products,
      clock: systemClock,
      log,
      stopping: stop.signal,
      onProgress(done, fresh) {
        written += fresh
        reached = done
        const percent = Math.floor((done / products) * 100)
        if (percent >= told + 5 || done === products)
          console.log(`${done} of ${products} (${percent} %)`)
        if (percent >= told + 5) told = percent
      },
    })
    if (stop.signal.aborted) {
      throw new Error(`Stopped at ${reached} of ${products}; the next run goes on there.`)
    }
    const seconds = (performance.now() - start) / 1000
    console.log(
      written === 0
        ? `All ${products} demo products were there already.`
        : `Wrote ${written} products in ${seconds.toFixed(1)} s, ${Math.round(written / seconds)} a second.`,
    )
  } finally {
    await store.close()
  }
}

// The last statement, so that everything above is there when it runs.
await runCommand({ usage, read: readOptions, run })
// A driver that was closed while it lost its node keeps a socket, and would keep this process for ever.
process.exit()
