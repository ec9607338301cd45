/** The Swagger page in a real browser: signing in, shopping by clicks, small screens. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { seriousFindings } from '../support/axe.ts'
import { desktop, phone, openBrowser, watchedPage, withoutBrowser } from '../support/browser.ts'
import { startShop, type Shop } from '../support/shop.ts'

/** Milliseconds; a browser on a busy machine takes its time. */
const patience = 90_000

interface Executed {
  readonly status: number
  readonly body: unknown
}

/** Opens an operation and makes its form ready to be filled in. */
async function tryOut(page: Page, operation: string): Promise<Locator> {
  const block = page.locator(`.opblock[id$="-${operation}"]`)
  await block.locator('.opblock-summary-control').click()
  await block.getByRole('button', { name: 'Try it out' }).click()
  return block
}

async function execute(block: Locator): Promise<Executed> {
  await block.getByRole('button', { name: 'Execute' }).click()
  const answer = block.locator('.live-responses-table .response')
  const status = Number(await answer.locator('.response-col_status').innerText())
  const body = await answer.locator('.highlight-code code').first().innerText()
  return { status, body: JSON.parse(body) }
}

async function authorize(page: Page): Promise<void> {
  await page.locator('.auth-wrapper').getByRole('button', { name: 'Authorize' }).click()
  await page.getByLabel('username:').fill('user1')
  await page.getByLabel('password:').fill('user123')
  await page.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click()
  await page.getByRole('button', { name: 'Remove authorization' }).waitFor()
}

const choose = (page: Page, service: string): Promise<void> =>
  page.getByRole('link', { name: service, exact: true }).click()

describe.skipIf(withoutBrowser)('the Swagger page', () => {
  let shop: Shop
  let browser: Browser
  let address: string
  beforeAll(async () => {
    shop = await startShop({ gateway: true, products: 80 })
    browser = await openBrowser()
    address = `${shop.urls.gateway}/swagger/`
  }, patience)
  afterAll(async () => {
    await browser?.close()
    await shop?.stop()
  })

  test(
    'sells something to who signs in and clicks',
    async () => {
      const options = desktop
      const { page, complaints, screenshot } = await watchedPage(
        browser,
        shop.urls.gateway,
        options,
      )
      await page.goto(address)
      await page.locator('.opblock').first().waitFor()
      await screenshot('desktop-catalog')
      await authorize(page)
      await screenshot('desktop-authorized')
      await page.getByRole('button', { name: 'Close', exact: true }).click()

      const listed = await execute(await tryOut(page, 'get_products'))
      expect(listed.status).toBe(200)
      const { items } = listed.body as { items: { product_id: string; category: string }[] }
      expect(new Set(items.map(({ category }) => category))).toEqual(new Set(['Фрукты']))
      const product_id = items.at(-1)?.product_id
      await screenshot('desktop-products')

      await choose(page, 'Cart')
      const adding = await tryOut(page, 'add_to_cart')
      await adding.locator('textarea').fill(JSON.stringify({ product_id, quantity: 3 }))
      expect(await execute(adding)).toMatchObject({
        status: 200,
        body: { product_id, quantity: 3 },
      })
      await screenshot('desktop-cart')
      const ordering = await tryOut(page, 'checkout')
      await ordering.getByPlaceholder('Idempotency-Key').fill('a-click')
      const ordered = await execute(ordering)
      expect(ordered.status).toBe(200)
      const { id } = ordered.body as { id: string }

      await choose(page, 'Order')
      const listing = await tryOut(page, 'list_orders')
      const orders = await execute(listing)
      expect(orders).toMatchObject({ status: 200, body: [{ id, items: [{ product_id }] }] })
      await listing.locator('.live-responses-table').scrollIntoViewIfNeeded()
      await screenshot('desktop-orders')

      await choose(page, 'User')
      expect(await execute(await tryOut(page, 'get_me'))).toMatchObject({
        status: 200,
        body: { username: 'user1' },
      })
      expect(complaints).toEqual([])
    },
    patience,
  )

  test(
    'shows the service and the operation that its address names, also on the way back',
    async () => {
      const { page, complaints } = await watchedPage(browser, shop.urls.gateway)
      await page.goto(`${address}?service=cart#/Cart/checkout`)
      await page.locator('.opblock.is-open[id$="-checkout"]').waitFor()
      expect(await page.title()).toBe('Cart API · Product Store')
      await choose(page, 'User')
      await page.getByText('/users/me/profile', { exact: true }).waitFor()
      await page.goBack()
      await page.getByText('/cart/checkout', { exact: true }).waitFor()
      expect(await page.locator('nav [aria-current=page]').innerText()).toBe('Cart')
      expect(complaints).toEqual([])
    },
    patience,
  )

  test(
    'fits a phone, in the dark as well',
    async () => {
      const { page, complaints, screenshot } = await watchedPage(browser, shop.urls.gateway, {
        ...phone,
        colorScheme: 'dark',
      })
      const width = () => page.evaluate('document.documentElement.scrollWidth')
      await page.goto(`${address}?service=order`)
      await page.locator('.opblock').first().waitFor()
      expect(await width()).toBe(375)
      await screenshot('phone-order')
      await authorize(page)
      await screenshot('phone-authorized')
      await page.getByRole('button', { name: 'Close', exact: true }).click()
      const block = await tryOut(page, 'create_order')
      await screenshot('phone-form')
      expect((await execute(block)).status).toBe(200)
      expect(await width()).toBe(375)
      await block.locator('.live-responses-table').scrollIntoViewIfNeeded()
      await screenshot('phone-answer')
      expect(complaints).toEqual([])
    },
    patience,
  )

  for (const colorScheme of ['light', 'dark'] as const) {
    test(
      `keeps nobody out, ${colorScheme}`,
      async () => {
        const { page, complaints, screenshot } = await watchedPage(browser, shop.urls.gateway, {
          ...desktop,
          colorScheme,
        })
        for (const service of ['catalog', 'cart', 'user', 'order']) {
          await page.goto(`${address}?service=${service}`)
          await page.locator('.opblock').first().waitFor()
          // One of each method is enough: they differ in their colors alone.
          for (const method of ['get', 'post', 'put', 'delete']) {
            const [first] = await page.locator(`.opblock-${method} .opblock-summary-control`).all()
            await first?.click()
          }
          await page.locator('.opblock.is-open .responses-table').first().waitFor()
          expect(await seriousFindings(page)).toEqual([])
        }
        await authorize(page)
        expect(await seriousFindings(page)).toEqual([])
        await page.getByRole('button', { name: 'Close', exact: true }).click()
        const block = page.locator('.opblock[id$="-list_orders"]')
        await block.getByRole('button', { name: 'Try it out' }).click()
        expect((await execute(block)).status).toBe(200)
        expect(await seriousFindings(page)).toEqual([])
        await screenshot(`readable-${colorScheme}`)
        expect(complaints).toEqual([])
      },
      patience,
    )
  }
})
