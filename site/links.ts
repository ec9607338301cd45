/** Where a link of a page leads, seen from the site: its pages are there, the repository is not. */

export type Place =
  /** Another page, an anchor, a picture: for VitePress to check. */
  | 'page'
  /** Another page of the gateway, such as /swagger/, or of a program beside it. */
  | 'surface'
  /** A file of the repository that is no page. */
  | 'source'
  | 'elsewhere'

/** `page` is the page's own path below docs/: `runbooks/index.md`. */
export function placeOf(href: string, page: string): Place {
  if (/^https?:\/\/localhost\b/.test(href) || href.startsWith('/')) return 'surface'
  if (/^\w+:/.test(href)) return 'elsewhere'
  const path = href.replace(/[?#].*$/s, '')
  const inside = new URL(path, `docs:/docs/${page}`).pathname.startsWith('/docs/')
  const isPage = path === '' || /\.(md|svg|png)$/.test(path)
  return inside && isPage ? 'page' : 'source'
}
