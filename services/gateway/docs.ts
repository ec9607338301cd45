/** Everything below `/docs/`: the built site, and until it is built its pages as they are written. */
import { join } from 'node:path'
import type { Inbound } from '../../core/http/engine/engine.ts'
import type { Reply } from '../../core/http/reply.ts'
import { openFolder } from './files.ts'
import { pagePolicy } from './security.ts'

/** The answer for a path below the page's own address; null where there is nothing. */
export type DocsPages = (below: string, inbound: Inbound) => Promise<Reply | null>

const written = join(import.meta.dirname, '../../docs')
const own = join(import.meta.dirname, 'docs')

/** Names below assets/ hold a hash of what is in the file. */
const cacheControl = (path: string): string =>
  path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'

/** `root` is the built site; it may come, and be replaced by a newer one, at any time. */
export function openDocs(root: string): DocsPages {
  const site = openFolder(root, pagePolicy, cacheControl)
  const pages = openFolder(written, pagePolicy)
  const ownPages = openFolder(own, pagePolicy)
  return async (below, inbound) => {
    const unchangedSince = inbound.header('if-none-match')
    const built = await site.file(builtName(below), unchangedSince)
    if (built !== null) return built
    if (below === '') return ownPages.file('not-built.html', unchangedSince)
    return pages.file(writtenName(below), unchangedSince)
  }
}

/** A folder's address shows its index page, and pages go without their ending. */
function builtName(path: string): string {
  if (path === '' || path.endsWith('/')) return `${path}index.html`
  return hasEnding(path) ? path : `${path}.html`
}

function writtenName(path: string): string {
  if (path.endsWith('/')) return `${path}index.md`
  return hasEnding(path) ? path : `${path}.md`
}

const hasEnding = (path: string): boolean => /\.\w+$/.test(path)
