/** The documentation in a real browser: read, searched, in two languages, light and dark, on a phone. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { seriousFindings } from '../support/axe.ts'
import {
  desktop,
  phone,
  openBrowser,
  watchedPage,
  withoutBrowser,
  type WatchedPage,
} from '../support/browser.ts'
import { siteNotInstalled } from '../support/docs-site.ts'
import { runScript } from '../support/scripts.ts'
import { startShop, type Shop } from '../support/shop.ts'

/** Milliseconds; a browser on a busy machine takes its time, and the site may have to be built. */
const patience = 300_000

/** The browser brings words of its own, which it is told not to colour by chance. */
const looks = ['light', 'dark'].flatMap((colorScheme) =>
  Object.entries({ desktop, phone }).map(([name, options]): [string, BrowserContextOptions] => [
    `${name}, ${colorScheme}`,
    { ...options, colorScheme: colorScheme === 'dark' ? 'dark' : 'light', reducedMotion: 'reduce' },
  ]),
)

/** One of each kind: axe takes a while on each. */
const pages = ['', 'quick-start', 'architecture', 'services/order', 'ru/']

const widthOf = (page: Page): Promise<unknown> =>
  page.evaluate('document.documentElement.scrollWidth')

describe.skipIf(withoutBrowser || siteNotInstalled)('the documentation', () => {
  let shop: Shop
  let browser: Browser
  beforeAll(async () => {
    const { code, output } = await runScript('docs', [])
    if (code !== 0) throw new Error(output)
    shop = await startShop({
      gateway: true,
      products: 80,
      envOf: { gateway: { GATEWAY_LINKS: 'Prometheus=http://localhost:9090/' } },
    })
    browser = await openBrowser()
  }, patience)
  afterAll(async () => {
    await browser?.close()
    await shop?.stop()
  })

  async function open(path: string, options: BrowserContextOptions): Promise<WatchedPage> {
    const watched = await watchedPage(browser, shop.urls.gateway, options)
    await watched.page.goto(`${shop.urls.gateway}/docs/${path}`)
    await watched.page.locator('main h1').waitFor()
    return watched
  }

  test(
    'opens with what the services do right now',
    async () => {
      const { page, complaints, screenshot } = await open('', desktop)
      const services = page.locator('[data-service]')
      await services.first().waitFor()
      expect(await services.locator('strong').allInnerTexts()).toEqual([
        'catalog',
        'cart',
        'order',
        'user',
      ])
      expect(await page.locator('.live-state').allInnerTexts()).toEqual(Array(4).fill('ready'))
      const links = page.locator('.live-links a')
      expect(await links.allInnerTexts()).toEqual(['Swagger', 'Profiles', 'Prometheus'])
      await page.locator('.live dd', { hasText: /\d/ }).first().waitFor()
      await screenshot('docs-index')
      await links.first().click()
      await page.locator('.swagger-ui .info').waitFor()
      expect(complaints).toEqual([])
    },
    patience,
  )

  test(
    'tells which service is down',
    async () => {
      const { page } = await open('', desktop)
      await shop.kill('cart')
      await page.locator('[data-service].down', { hasText: 'cart' }).waitFor()
      expect(await page.locator('[data-service].down').count()).toBe(1)
      await shop.start('cart')
      await page.locator('[data-service].down').waitFor({ state: 'detached' })
    },
    patience,
  )

  test(
    'finds a page by a word of it',
    async () => {
      const { page, complaints, screenshot } = await open('', desktop)
      await page.getByRole('button', { name: 'Search' }).first().click()
      await page.getByRole('searchbox').fill('idempotency')
      const results = page.locator('.VPLocalSearchBox .result')
      await results.first().waitFor()
      await screenshot('docs-search')
      await results.filter({ hasText: 'Order' }).first().click()
      await page.locator('.VPLocalSearchBox').waitFor({ state: 'detached' })
      expect(new URL(page.url()).pathname).toStartWith('/docs/')
      expect(await page.locator('main').innerText()).toMatch(/idempotency/i)
      expect(complaints).toEqual([])
    },
    patience,
  )

  test(
    'leads from page to page, to a heading, and into the Russian edition',
    async () => {
      const { page, complaints } = await open('', desktop)
      await page.locator('main').getByRole('link', { name: 'error codes' }).click()
      await page.getByRole('heading', { level: 1, name: 'Errors' }).waitFor()
      await page.goto(`${shop.urls.gateway}/docs/errors#out_of_stock`)
      await page.locator('[id="out_of_stock"]').waitFor({ state: 'attached' })
      await page.goto(`${shop.urls.gateway}/docs/architecture`)
      await page.getByRole('button', { name: 'Change language' }).first().hover()
      await page.getByRole('link', { name: 'Русский' }).first().click()
      await page.getByRole('heading', { level: 1, name: 'Архитектура' }).waitFor()
      expect(await page.locator('html').getAttribute('lang')).toBe('ru')
      expect(await page.locator('.diagram svg').count()).toBe(2)
      expect(complaints).toEqual([])
    },
    patience,
  )

  test.each(looks)(
    'keeps nobody out and fits the screen: %s',
    async (name, options) => {
      const width = options.viewport?.width ?? 0
      const found: Record<string, readonly unknown[]> = {}
      for (const path of pages) {
        const { page, complaints, screenshot } = await open(path, options)
        const wide = (await widthOf(page)) === width ? [] : [`${await widthOf(page)} pixels wide`]
        found[`/docs/${path}`] = [...wide, ...complaints, ...(await seriousFindings(page))]
        await screenshot(`docs-${path.replaceAll('/', '-')}-${name.replace(', ', '-')}`)
        await page.close()
      }
      expect(found).toEqual(Object.fromEntries(pages.map((path) => [`/docs/${path}`, []])))
    },
    patience,
  )
})
