/** The page at `/swagger/`: Swagger UI for all four services, served from its package and nowhere else. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { replyTo, represent, type Representation } from '../../core/http/compression.ts'
import type { Inbound } from '../../core/http/engine/engine.ts'
import type { Reply } from '../../core/http/reply.ts'
import { ownHeaders } from './security.ts'

/** The answer for a path below the page's own address; null where there is nothing. */
export type SwaggerPage = (below: string, inbound: Inbound) => Reply | Promise<Reply> | null

/**
 * Only scripts of its own, and no request past this address, whatever a document says. Style
 * attributes are Swagger UI's way to show code in colors.
 */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const own = join(import.meta.dirname, 'swagger')
const packaged = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

const files: Readonly<Record<string, readonly [folder: string, type: string]>> = {
  'index.html': [own, 'text/html; charset=utf-8'],
  'page.css': [own, 'text/css; charset=utf-8'],
  'readable.css': [own, 'text/css; charset=utf-8'],
  'page.js': [own, 'text/javascript; charset=utf-8'],
  'swagger-ui.css': [packaged, 'text/css; charset=utf-8'],
  'swagger-ui-bundle.js': [packaged, 'text/javascript; charset=utf-8'],
  'favicon-32x32.png': [packaged, 'image/png'],
}

/** Reads the files; some 2 MB stay in memory, and with each coding that is asked for 0.5 MB more. */
export function openSwagger(): SwaggerPage {
  const pages = new Map(
    Object.entries(files).map(([name, [folder, type]]) => [name, page(join(folder, name), type)]),
  )
  return (below, inbound) => {
    const found = pages.get(below === '' ? 'index.html' : below)
    return found === undefined ? null : replyTo(found, inbound)
  }
}

function page(file: string, type: string): Representation {
  const body = readFileSync(file)
  return represent({
    body,
    tag: createHash('sha256').update(body).digest('base64url').slice(0, 16),
    headers: { ...ownHeaders, 'content-security-policy': policy, 'cache-control': 'no-cache' },
    bodyHeaders: { 'content-type': type },
  })
}
