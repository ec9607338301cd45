/** Profiles in a real browser: listed, opened, zoomed, searched, turned over, compared, on a phone as well. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import {
  desktop,
  phone,
  openBrowser,
  watchedPage,
  withoutBrowser,
  type WatchedPage,
} from '../support/browser.ts'
import { seriousFindings } from '../support/axe.ts'
import { clientOf } from '../support/client.ts'
import { takeTellingProfile } from '../support/profiles.ts'
import { startShop, type Shop } from '../support/shop.ts'

/** Milliseconds; a browser on a busy machine takes its time. */
const patience = 90_000

const operation = 'update_cart_item'
const frames = (page: Page): Locator => page.getByRole('treeitem')
/** The first frame of a function. */
const frame = (page: Page, name: string): Locator =>
  page.locator(`#graph [role=treeitem][aria-label^="${name}, "]`).first()
const widthOf = async (shown: Locator): Promise<number> => (await shown.boundingBox())?.width ?? 0
const pageWidth = (page: Page): Promise<unknown> =>
  page.evaluate('document.documentElement.scrollWidth')
const press = (page: Page, button: string): Promise<void> =>
  page.getByRole('button', { name: button, exact: true }).first().click()

async function choose(page: Page, side: 'before' | 'after', row: number): Promise<void> {
  await page
    .getByRole('radio', { name: `as ${side}` })
    .nth(row)
    .check()
}

describe.skipIf(withoutBrowser)('the profiles', () => {
  let shop: Shop
  let browser: Browser
  beforeAll(async () => {
    shop = await startShop({ gateway: true, products: 80 })
    const client = clientOf(shop)
    const { token } = await client.register()
    const { product_id } = await client.createProduct()
    const json = { product_id, quantity: 1 }
    await client.call('cart', 'POST', '/cart/items', { json, token })
    const item = `/cart/items/${product_id}`
    for (let round = 0; round < 2; round++) {
      await takeTellingProfile(client, 'cart', operation, () =>
        client.call('cart', 'PUT', item, { json: { quantity: 2 }, token }),
      )
    }
    browser = await openBrowser()
  }, patience)
  afterAll(async () => {
    await browser?.close()
    await shop?.stop()
  })

  async function open(options: BrowserContextOptions): Promise<WatchedPage> {
    const watched = await watchedPage(browser, shop.urls.gateway, options)
    await watched.page.goto(`${shop.urls.gateway}/profiles/`)
    return watched
  }

  async function openGraph(options: BrowserContextOptions): Promise<WatchedPage> {
    const watched = await open(options)
    await watched.page.getByRole('link', { name: 'flame graph' }).first().click()
    await frame(watched.page, operation).waitFor()
    return watched
  }

  test(
    'are listed with their load, newest first, and can be kept as files',
    async () => {
      const { page, complaints, screenshot } = await open(desktop)
      await page.getByRole('heading', { name: 'cart' }).waitFor()
      const rows = await page.getByRole('row').allInnerTexts()
      expect(rows).toHaveLength(3)
      const times = rows.slice(1).map((row) => {
        expect(row).toMatch(/^update_cart_item\s[\d: -]+\s1 s\s\d+ req\/s\s[\d.]+ ms\s[\d.]+ ms\s/)
        return /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.exec(row)?.[0] ?? ''
      })
      expect(times).toEqual([...times].sort().reverse())
      await screenshot('profiles-list')
      const download = page.waitForEvent('download')
      await page.getByRole('link', { name: '.cpuprofile' }).first().click()
      expect((await download).suggestedFilename()).toEndWith(`-${operation}.cpuprofile`)
      expect(complaints).toEqual([])
    },
    patience,
  )

  test(
    'open as a flame graph that zooms in and out',
    async () => {
      const { page, complaints, screenshot } = await openGraph(desktop)
      await screenshot('profiles-graph')
      const whole = await widthOf(page.getByRole('tree'))
      const inner = page.locator('#graph [aria-level="4"]').first()
      const name = (await inner.getAttribute('aria-label')) ?? ''
      const before = await widthOf(inner)
      const count = await frames(page).count()
      await inner.click()
      const zoomed = page.locator('#graph [aria-level="4"]').first()
      expect(await zoomed.getAttribute('aria-label')).toBe(name)
      expect(Math.abs((await widthOf(zoomed)) - whole)).toBeLessThan(2)
      expect(await page.locator('#graph .above').count()).toBe(3)
      expect(await page.locator('#detail').innerText()).toContain('total')
      await screenshot('profiles-graph-zoomed')
      await press(page, 'Reset zoom')
      expect(await frames(page).count()).toBe(count)
      expect(await widthOf(page.locator('#graph [aria-level="4"]').first())).toBe(before)
      expect(complaints).toEqual([])
    },
    patience,
  )

  test(
    'show no frame that is wider than the one above it',
    async () => {
      const { page } = await openGraph(desktop)
      for (const view of [operation, 'Whole process']) {
        await press(page, view)
        const boxes = await Promise.all(
          (await frames(page).all()).map((each) => each.boundingBox()),
        )
        const rows = new Map<number, number>()
        for (const box of boxes) {
          if (box !== null) rows.set(box.y, (rows.get(box.y) ?? 0) + box.width)
        }
        const widths = [...rows].sort(([a], [b]) => a - b).map(([, width]) => width)
        expect(widths.length).toBeGreaterThan(3)
        widths.reduce((above, width) => {
          expect(width).toBeLessThanOrEqual(above + 1)
          return width
        })
      }
    },
    patience,
  )

  test(
    'can be searched, turned over and sorted',
    async () => {
      const { page, complaints, screenshot } = await openGraph(desktop)
      const search = page.getByRole('searchbox')
      const matches = page.locator('#share')
      await search.fill('routes.ts')
      expect(await matches.innerText()).toBe('Matches: 100.0 %')
      await search.fill('store.sqlite')
      const share = Number(/([\d.]+) %/.exec(await matches.innerText())?.[1])
      expect(share).toBeGreaterThan(0)
      expect(share).toBeLessThan(100)
      expect(await page.locator('#graph .match').count()).toBeGreaterThan(0)
      const found = await page.locator('tbody tr').allInnerTexts()
      expect(found.length).toBeGreaterThan(0)
      for (const row of found) expect(row).toContain('store.sqlite')
      await screenshot('profiles-graph-search')
      await search.fill('no such function')
      expect(await matches.innerText()).toBe('Matches: 0.0 %')
      await search.fill('')

      await press(page, 'Inverted')
      await screenshot('profiles-graph-inverted')
      const [hottest] = await page.locator('tbody tr td:first-child button').allInnerTexts()
      const first = page.locator('#graph [aria-level="2"]').first()
      expect(await first.getAttribute('aria-label')).toStartWith(`${hottest}, `)

      await press(page, 'Total')
      const totals = await page.locator('tbody td:nth-child(3)').allInnerTexts()
      const values = totals.map((text) => Number.parseFloat(text))
      expect(values).toEqual([...values].sort((a, b) => b - a))
      expect(values[0]).toBe(100)
      expect(complaints).toEqual([])
    },
    patience,
  )

  test(
    'can be walked through without a mouse',
    async () => {
      const { page, complaints } = await openGraph(desktop)
      const current = () =>
        page.evaluate('document.activeElement.getAttribute("aria-level")') as Promise<string>
      await frames(page).first().focus()
      for (const level of ['2', '3', '4']) {
        await page.keyboard.press('ArrowDown')
        expect(await current()).toBe(level)
      }
      await page.keyboard.press('ArrowUp')
      expect(await current()).toBe('3')
      await page.keyboard.press('Enter')
      const reset = page.getByRole('button', { name: 'Reset zoom' })
      expect(await current()).toBe('3')
      expect(await reset.isEnabled()).toBe(true)
      await page.keyboard.press('Escape')
      expect(await reset.isDisabled()).toBe(true)
      // One stop for the whole graph, and each button one.
      expect(await page.locator('#graph [tabindex="0"]').count()).toBe(1)
      expect(complaints).toEqual([])
    },
    patience,
  )

  test(
    'are compared as a differential flame graph',
    async () => {
      const { page, complaints, screenshot } = await open(desktop)
      await choose(page, 'before', 1)
      await choose(page, 'after', 0)
      await press(page, 'Compare')
      await frame(page, operation).waitFor()
      expect(await page.getByRole('heading').first().innerText()).toBe(
        `${operation} of cart, before and after`,
      )
      await screenshot('profiles-compare')
      expect(await page.locator('#graph .changed').count()).toBe(await frames(page).count())
      const change = /^[+-]?[\d.]+ %$/
      for (const cell of await page.locator('tbody td:nth-child(3)').allInnerTexts()) {
        expect(cell).toMatch(change)
      }
      await press(page, 'Before')
      await frame(page, operation).waitFor()
      await screenshot('profiles-compare-before')
      expect(complaints).toEqual([])
    },
    patience,
  )

  test(
    'open in speedscope, which comes from here',
    async () => {
      const { page, complaints, screenshot } = await open(desktop)
      await page.getByRole('link', { name: 'speedscope' }).first().click()
      await page.getByText(`-${operation}.cpuprofile`).waitFor()
      await page.getByText('Left Heavy').click()
      await screenshot('profiles-speedscope')
      // What the browser says of drawing without a graphics card is not speedscope's doing.
      expect(complaints.filter((each) => !each.includes('GL Driver Message'))).toEqual([])
    },
    patience,
  )

  test.each(['light', 'dark'] as const)(
    'fit a phone, %s',
    async (colorScheme) => {
      const { page, complaints, screenshot } = await open({ ...phone, colorScheme })
      expect(await pageWidth(page)).toBe(375)
      await screenshot(`profiles-phone-${colorScheme}-list`)
      expect(await seriousFindings(page)).toEqual([])
      await choose(page, 'before', 0)
      await choose(page, 'after', 1)
      await press(page, 'Compare')
      await frame(page, operation).waitFor()
      expect(await pageWidth(page)).toBe(375)
      await screenshot(`profiles-phone-${colorScheme}-compare`)
      await page.getByRole('link', { name: 'All profiles' }).click()
      await page.getByRole('link', { name: 'flame graph' }).first().click()
      await frame(page, operation).tap()
      expect(await seriousFindings(page)).toEqual([])
      await page.getByRole('searchbox').fill('sqlite')
      expect(await pageWidth(page)).toBe(375)
      await screenshot(`profiles-phone-${colorScheme}-graph`)
      await page.locator('table').scrollIntoViewIfNeeded()
      await screenshot(`profiles-phone-${colorScheme}-table`)
      expect(complaints).toEqual([])
    },
    patience,
  )
})
