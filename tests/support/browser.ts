/** A real browser for tests, and a page that remembers everything that went wrong on it. */
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { which } from '../../scripts/programs.ts'

const executablePath = which('chromium')

/**
 * True where browser tests are left out: there is no chromium, and this is nobody's CI. There a
 * missing browser fails the tests instead, as a test that never runs proves nothing.
 */
export const withoutBrowser = executablePath === null && process.env['CI'] !== 'true'

if (withoutBrowser) {
  console.warn('No chromium, so no browser tests: node scripts/run.mjs scripts/browser.ts')
}

/** Throws where there is no chromium. */
export function openBrowser(): Promise<Browser> {
  if (executablePath === null) throw new Error('chromium is not installed: scripts/browser.ts')
  return chromium.launch({
    executablePath,
    // As root, in containers, and without asking anybody for updates.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })
}

export const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 900 } }
export const phone: BrowserContextOptions = {
  viewport: { width: 375, height: 740 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
}

export interface WatchedPage {
  readonly page: Page
  /** Console errors and warnings, exceptions, failed requests, and requests to any other host. */
  readonly complaints: readonly string[]
  /** Keeps a picture for people to look at; says where. */
  screenshot(name: string): Promise<string>
}

const pictures = join(tmpdir(), 'product-store-screenshots')

export async function watchedPage(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const page = await browser.newPage(options)
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => {
    complaints.push(`${request.url()} ${request.failure()?.errorText ?? 'failed'}`)
  })
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) complaints.push(`asks ${url}`)
  })
  return {
    page,
    complaints,
    async screenshot(name) {
      mkdirSync(pictures, { recursive: true })
      const path = join(pictures, `${name}.png`)
      await page.screenshot({ path })
      return path
    },
  }
}
