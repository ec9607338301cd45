/** The gateway's own HTML: the list of profiles. */
import { Reply } from '../../core/http/reply.ts'
import type { ListedFile } from './files.ts'
import { ownHeaders, pagePolicy } from './security.ts'

export function profilesPage(files: readonly ListedFile[]): Reply {
  const rows = files.map(
    ({ name, bytes, changedAt }) =>
      `<tr><td><a href="${encodeURIComponent(name)}">${escaped(name)}</a></td><td>${size(bytes)}</td><td>${changedAt.toISOString().slice(0, 19).replace('T', ' ')}</td></tr>`,
  )
  const table =
    rows.length === 0
      ? '<p>No profile has been captured yet.</p>'
      : `<table><tr><th>File</th><th>Size</th><th>Captured (UTC)</th></tr>${rows.join('')}</table>`
  return new Reply(
    200,
    {
      ...ownHeaders,
      'content-security-policy': pagePolicy,
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
    },
    page('Profiles', `<h1>Profiles</h1>${table}<p><a href="/docs/">Start page</a></p>`),
  )
}

const style =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}td,th{padding:.3rem .8rem;text-align:left;border-bottom:1px solid #8884}td+td{white-space:nowrap}'

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} · Product Store</title><style>${style}</style>${body}</html>`

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign)

const size = (bytes: number): string =>
  bytes < 1024 ? `${bytes} B` : `${Math.round(bytes / 1024)} KiB`
