/** Whether tests may build the documentation site: its packages are 112 MB and not everybody's. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * True where tests of the built site are left out: nobody has run `npm run docs` here, and this is
 * nobody's CI, where they would fail instead.
 */
export const siteNotInstalled =
  !existsSync(join(import.meta.dir, '../../site/node_modules')) && process.env['CI'] !== 'true'

if (siteNotInstalled) console.warn('No tests of the documentation site: npm run docs')
