/** The documentation site: pages from docs/, served below /docs/ of the gateway. */
import { dirname, join } from 'node:path'
import { defineConfig } from 'vitepress'
import { extend } from './markdown.ts'
import { withScriptFiles } from '../scripts.ts'
import { sidebar } from '../sidebar.ts'
import { slug } from '../slug.ts'

const base = '/docs/'
const docs = join(dirname(dirname(import.meta.dirname)), 'docs')

export default defineConfig({
  title: 'Product Store',
  description: 'A grocery shop as four services behind a gateway, in TypeScript on Bun',
  base,
  srcDir: docs,
  cleanUrls: true,
  metaChunk: true,
  locales: {
    root: { label: 'English', lang: 'en' },
  },
  markdown: { anchor: { slugify: slug }, config: extend },
  transformHtml: (html, _id, { siteConfig }) => withScriptFiles(html, siteConfig.outDir, base),
  themeConfig: {
    search: { provider: 'local' },
    sidebar: sidebar(docs, 'en'),
  },
})
