/** Locust's page behind the deployed gateway, in a real browser: a run started, watched and ended there. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { locustPath } from '../../infra/topology.ts'
import { pythonTool } from '../../scripts/python/tool.ts'
import { seriousFindings } from '../support/axe.ts'
import { desktop, openBrowser, phone, watchedPage, withoutBrowser } from '../support/browser.ts'
import { eventually } from '../support/ledger.ts'
import { hostOf, startNginx, type TestNginx } from '../support/nginx.ts'
import { freePorts } from '../support/ports.ts'
import { startServer, type Server } from '../support/server.ts'
import { startShop, type Shop } from '../support/shop.ts'
import { testsNeed } from '../support/tools.ts'

/** Milliseconds; a browser on a busy machine takes its time. */
const patience = 180_000

const root = join(import.meta.dir, '../..')

interface Statistics {
  readonly user_count: number
  readonly stats: readonly {
    readonly name: string
    readonly num_requests: number
    readonly num_failures: number
  }[]
  readonly extendedStats: readonly {
    readonly data: readonly { readonly result: string; readonly value: string }[]
  }[]
}

describe.skipIf(withoutBrowser || !testsNeed('nginx', 'python3'))("Locust's page", () => {
  let shop: Shop
  let nginx: TestNginx
  let locust: Server
  let browser: Browser
  beforeAll(async () => {
    // The story turns pages, so there has to be a full catalog.
    shop = await startShop({ gateway: true, products: 20_000 })
    const [port = 0] = await freePorts(1)
    const { catalog, cart, order, user, gateway } = shop.urls
    nginx = await startNginx({
      services: {
        catalog: [hostOf(catalog)],
        cart: [hostOf(cart)],
        order: [hostOf(order)],
        user: [hostOf(user)],
      },
      gateway: hostOf(gateway),
      locust: `127.0.0.1:${port}`,
    })
    const command = [
      pythonTool('locust'),
      ...['-f', join(root, 'infra/locust/locustfile.py'), '--host', nginx.url],
      ...['--web-host', '127.0.0.1', '--web-port', String(port), '--web-base-path', locustPath],
    ]
    locust = await startServer(command, {
      ready: `http://127.0.0.1:${port}${locustPath}/`,
      logFile: join(shop.directory, 'locust.log'),
    })
    browser = await openBrowser()
  }, patience)
  afterAll(async () => {
    await browser?.close()
    await locust?.stop()
    await nginx?.stop()
    await shop?.stop()
  }, patience)

  const statistics = async (): Promise<Statistics> =>
    // Whatever Locust answers: the assertions below look at each field that they use.
    (await (await fetch(`${nginx.url}${locustPath}/stats/requests`)).json()) as Statistics

  test(
    'starts the story, shows what the shop sold, and stops it without a failure',
    async () => {
      const { page, complaints, screenshot } = await watchedPage(browser, nginx.url, desktop)
      await page.goto(`${nginx.url}${locustPath}/`)
      await page.getByLabel('Number of users').fill('10')
      await page.getByLabel('Ramp up').fill('10')
      await screenshot('locust-form')
      await page.getByRole('button', { name: 'Start' }).click()

      await eventually('ten customers have ordered', async () => {
        const { user_count: users, extendedStats } = await statistics()
        const orders = extendedStats[0]?.data.find(({ result }) => result === 'Orders placed')
        return users === 10 && Number(orders?.value) > 0
      })
      await page.getByRole('tab', { name: 'Shop' }).click()
      await page.getByRole('row', { name: /^Orders placed [1-9]/ }).waitFor()
      await screenshot('locust-shop')

      await page.getByRole('button', { name: 'Stop' }).click()
      await eventually('units sold are checked', async () => /units sold/.test(locust.logs()))
      expect(locust.logs()).toContain('OK: units sold equal orders')
      // Locust answers with the same statistics for two seconds.
      const told = async () => (await statistics()).stats
      const isCheckout = ({ name }: { readonly name: string }) => name === 'checkout'
      await eventually('checkouts are told', async () => (await told()).some(isCheckout))
      const stats = await told()
      expect(stats.filter(({ num_failures: failures }) => failures > 0)).toEqual([])
      expect(complaints).toEqual([])
    },
    patience,
  )

  for (const [name, options] of [
    ['light, at a desk', { ...desktop, colorScheme: 'light' }],
    ['dark, at a desk', { ...desktop, colorScheme: 'dark' }],
    ['light, on a phone', { ...phone, colorScheme: 'light' }],
    ['dark, on a phone', { ...phone, colorScheme: 'dark' }],
  ] as const) {
    test(
      `keeps nobody out, ${name}`,
      async () => {
        const { page, complaints, screenshot } = await watchedPage(browser, nginx.url, options)
        await page.goto(`${nginx.url}${locustPath}/`)
        await page.getByRole('tab', { name: 'Shop' }).waitFor()
        const width = await page.evaluate('innerWidth')
        for (const tab of ['Statistics', 'Shop', 'Charts', 'Failures', 'Logs']) {
          await page.getByRole('tab', { name: tab }).click()
          await screenshot(`locust-${name.replace(/\W+/g, '-')}-${tab}`)
          expect(await seriousFindings(page)).toEqual([])
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
        }
        expect(complaints).toEqual([])
      },
      patience,
    )
  }
})
