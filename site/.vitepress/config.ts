/** The documentation site: pages from docs/, served below /docs/ of the gateway. */
import { dirname, join } from 'node:path'
import { defineConfig } from 'vitepress'
import { extend } from './markdown.ts'
import { russian, russianSearch } from './russian.ts'
import { withScriptFiles } from '../scripts.ts'
import { sidebar } from '../sidebar.ts'
import { slug } from '../slug.ts'

const base = '/docs/'
const docs = join(dirname(dirname(import.meta.dirname)), 'docs')

/** A basket in the shop's green; the policy of the pages allows data addresses for pictures. */
const icon = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M4 13h24l-3 14H7z" fill="#0a6b3d"/><path d="M10 13l4-8m8 8-4-8" stroke="#0a6b3d" stroke-width="2.5" fill="none"/></svg>',
)}`

/** What is asked for most, in both languages. */
const nav = (start: string, contract: string, prefix: string) => [
  { text: start, link: `${prefix}quick-start` },
  { text: contract, link: '/contract' },
]

export default defineConfig({
  title: 'Product Store',
  description: 'A grocery shop as four services behind a gateway, in TypeScript on Bun',
  base,
  srcDir: docs,
  cleanUrls: true,
  metaChunk: true,
  head: [['link', { rel: 'icon', href: icon }]],
  markdown: {
    anchor: { slugify: slug },
    config: extend,
    // The usual ones have grey comments that not everybody can read.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  transformHtml: (html, _id, { siteConfig }) => withScriptFiles(html, siteConfig.outDir, base),
  locales: {
    root: {
      label: 'English',
      lang: 'en',
      themeConfig: {
        nav: nav('Quick start', 'Contract', '/'),
        sidebar: sidebar(docs, 'en'),
      },
    },
    ru: {
      label: 'Русский',
      lang: 'ru',
      description: 'Продуктовый магазин: четыре сервиса за шлюзом, на TypeScript и Bun',
      themeConfig: {
        nav: nav('Быстрый старт', 'Контракт', '/ru/'),
        sidebar: { '/ru/': sidebar(docs, 'ru') },
        ...russian,
      },
    },
  },
  themeConfig: {
    search: { provider: 'local', options: { locales: { ru: { translations: russianSearch } } } },
  },
})
