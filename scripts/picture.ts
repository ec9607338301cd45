/**
 * Pictures of a running shop: the first page of its documentation while people buy, and the flame
 * graphs that the README and docs/benchmarks.md show. First `npm start` and, with `--url` of it,
 * `npm run profile` of each operation named below, then this.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium, type Browser, type Locator, type Page } from 'playwright-core'
import { behind, callerOf } from './profile/caller.ts'
import { operations, readStock, registerBuyers } from './profile/operations.ts'
import { requirePrograms, which } from './programs.ts'

const { values } = parseArgs({
  options: { url: { type: 'string', default: 'http://localhost:8080' } },
})
const { url } = values
const folder = join(import.meta.dir, '../docs/pictures')
const viewport = { width: 1200, height: 800 }

/** Milliseconds of load before a picture of it: the strip shows rates of the last seconds. */
const warmUp = 8_000

async function buying(work: () => Promise<void>): Promise<void> {
  const addresses = behind(url)
  const stock = await readStock(addresses)
  const buyers = await registerBuyers(addresses, operations.length)
  let over = false
  const acts = operations.map(async ({ client }, at) => {
    const act = client(stock, buyers[at] ?? callerOf(addresses, null))
    for (let round = 0; !over; round++) {
      await act(round)
      // At a walk: a flood would show what the machine can do, and not what the page does.
      await Bun.sleep(20)
    }
  })
  await Bun.sleep(warmUp)
  await work()
  over = true
  await Promise.all(acts)
}

async function picture(
  browser: Browser,
  path: string,
  name: string,
  subject: (page: Page) => Locator,
): Promise<void> {
  const page = await browser.newPage({ viewport, locale: 'en-GB' })
  await page.goto(url + path, { waitUntil: 'load' })
  await subject(page).waitFor()
  await page.screenshot({ path: join(folder, `${name}.png`) })
  await page.close()
}

/** The page of the newest profile of an operation. */
async function flameGraphOf(browser: Browser, operation: string): Promise<string> {
  const page = await browser.newPage()
  await page.goto(`${url}/profiles/`)
  const link = page.locator(`a[href*="-${operation}."][href$=".html"]`).first()
  const path = await link.getAttribute('href')
  await page.close()
  if (path === null) throw new Error(`There is no profile of ${operation}: npm run profile`)
  return new URL(path, `${url}/profiles/`).pathname
}

/** Operations of which a flame graph is shown, and under which name. */
const flameGraphs = {
  create_order: 'flame-graph',
  get_products: 'flame-graph-get-products',
  get_product: 'flame-graph-get-product',
  list_orders: 'flame-graph-list-orders',
}

/** The last figure of the strip, which has no rates before its second look. */
const lastFigure = (page: Page): Locator =>
  page.locator('[data-service] dd').filter({ hasText: /\d/ }).nth(7)
const firstFrame = (page: Page): Locator => page.locator('#graph [role=treeitem]').first()

mkdirSync(folder, { recursive: true })
requirePrograms('chromium')
const executablePath = which('chromium') ?? ''
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
try {
  for (const [operation, name] of Object.entries(flameGraphs)) {
    await picture(browser, await flameGraphOf(browser, operation), name, firstFrame)
  }
  await buying(() => picture(browser, '/docs/', 'first-look', lastFigure))
} finally {
  await browser.close()
}
console.log(`Wrote first-look and ${Object.values(flameGraphs).join(', ')} to docs/pictures/.`)
