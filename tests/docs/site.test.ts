/** The site as `npm run docs` builds it: whole, in both languages, and fit for the gateway's policy. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { sidebar } from '../../site/sidebar.ts'
import { builtSite } from '../../scripts/docs/site.ts'
import { siteNotInstalled } from '../support/docs-site.ts'
import { runScript } from '../support/scripts.ts'
import { pages, root } from './pages.ts'

setDefaultTimeout(300_000)

const html = (page: string): string => readFileSync(join(builtSite, `${page}.html`), 'utf8')

describe.skipIf(siteNotInstalled)('npm run docs', () => {
  beforeAll(async () => {
    const { code, output } = await runScript('docs', [])
    expect([code, code === 0 ? '' : output]).toEqual([0, ''])
  })

  test('builds a site that is up to date afterwards', async () => {
    const { code, output } = await runScript('docs', [])
    expect([code, output]).toEqual([0, 'The site in site/dist is up to date.'])
  })
  test('makes a page of each page', () => {
    const sources = pages.map(({ path }) => path).filter((path) => path !== 'README.md')
    const made = sources.map((path) => path.replace(/^docs\/(.*)\.md$/, '$1.html'))
    expect(made.filter((path) => !existsSync(join(builtSite, path)))).toEqual([])
  })
  test('leaves no script inside of a page, and asks nobody elsewhere', () => {
    const files = readdirSync(builtSite, { recursive: true, encoding: 'utf8' })
    const built = files.filter((path) => path.endsWith('.html'))
    expect(built.length).toBeGreaterThan(40)
    for (const path of built) {
      const text = readFileSync(join(builtSite, path), 'utf8')
      expect([path, text.match(/<script(?![^>]* src=)[^>]*>/g)]).toEqual([path, null])
      expect([path, text.match(/(?:src|href)="https?:\/\/[^"]*\.(?:js|css|woff2?)"/g)]).toEqual([
        path,
        null,
      ])
      expect([path, text.match(/@import|fonts\.g/g)]).toEqual([path, null])
    }
  })
  test('draws the diagrams, each with words for those who do not see it', () => {
    const page = html('architecture')
    expect(page.match(/<svg role="img" aria-label="[^"]{20,}"/g)).toHaveLength(2)
    expect(page).not.toContain('accTitle')
  })
  test('keeps the anchors that the error documents name', () => {
    expect(html('errors')).toContain('<a id="out_of_stock">')
  })
  test('has a search index for each language', () => {
    const chunks = readdirSync(join(builtSite, 'assets/chunks'))
    const indexes = chunks.filter((name) => name.startsWith('@localSearchIndex'))
    expect(indexes.map((name) => /Index([a-z]+)\./.exec(name)?.[1]).sort()).toEqual(['root', 'ru'])
  })
})

describe('the sidebar', () => {
  const links = (edition: 'en' | 'ru') =>
    sidebar(join(root, 'docs'), edition).flatMap(({ link, items }) => [
      ...(link === undefined ? [] : [link]),
      ...items.map((item) => item.link),
    ])

  test('has every page of its language once', () => {
    const english = pages.flatMap(({ path }) => /^docs\/(?!ru\/)(.+)\.md$/.exec(path)?.[1] ?? [])
    expect(links('en').sort()).toEqual(
      english
        .filter((page) => page !== 'index')
        .map((page) => `/${page}`)
        .sort(),
    )
  })
  test('leads to the Russian page where there is one', () => {
    expect(links('ru')).toContain('/ru/architecture')
    expect(links('ru')).not.toContain('/architecture')
    expect(links('ru')).toHaveLength(links('en').length)
  })
})
