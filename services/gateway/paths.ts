/**
 * Decides by the path alone where a request goes.
 *
 * A path is judged in its decoded, normalised form, so that no disguise leads to what is not routed,
 * and handed on as it came, so that a service sees what the client sent.
 */
import type { ServiceName } from '../../core/values/service-name.ts'

/** The prefixes of the contract. */
export const prefixes: Readonly<Record<ServiceName, string>> = {
  catalog: '/api',
  cart: '/cart-api',
  order: '/order-api',
  user: '/user-api',
}

export type Destination =
  | { readonly kind: 'service'; readonly service: ServiceName; readonly path: string }
  /** Not a service's: one of the gateway's own pages, or nothing at all. */
  | { readonly kind: 'own' }
  /** A path of a service that is not for the outside. */
  | { readonly kind: 'hidden' }
  /** A path that two readers could understand in two ways. */
  | { readonly kind: 'refused'; readonly reason: string }

const services = Object.entries(prefixes) as [ServiceName, string][]

/** First segments, behind the prefix, that only services and the monitoring may ask for. */
const hidden = new Set(['internal', 'metrics'])

/** `path` is percent-encoded, without its query. */
export function destinationOf(path: string): Destination {
  const reason = ambiguity(path)
  if (reason !== null) return { kind: 'refused', reason }
  for (const [service, prefix] of services) {
    if (!path.startsWith(prefix)) continue
    const rest = path.slice(prefix.length)
    if (rest !== '' && !rest.startsWith('/')) continue
    if (hidden.has(firstSegment(rest))) return { kind: 'hidden' }
    return { kind: 'service', service, path: rest === '' ? '/' : rest }
  }
  return { kind: 'own' }
}

/** Encoded separators, dot segments and control characters have no use here but to slip past a check. */
function ambiguity(path: string): string | null {
  if (!path.startsWith('/')) return 'The path must begin with a slash'
  if (/%(2f|5c)|\\/i.test(path)) return 'The path must not hold encoded slashes or backslashes'
  // A client never sends its fragment; the client of the inner call would cut it off after this check.
  if (path.includes('#')) return 'The path must not hold a fragment'
  let decoded
  try {
    decoded = decodeURIComponent(path)
  } catch {
    return 'The path is not percent-encoded UTF-8'
  }
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(decoded)) return 'The path must not hold control characters'
  const dots = decoded.split('/').some((segment) => /^\.\.?(;|$)/.test(segment))
  return dots ? 'The path must not hold dot segments' : null
}

/** As the most lenient router would see it: no empty segments, no `;parameters`, no letter case. */
function firstSegment(path: string): string {
  const segments = decodeURIComponent(path).split('/')
  const names = segments.map((segment) => segment.replace(/;.*$/s, '').trim().toLowerCase())
  return names.find((name) => name !== '') ?? ''
}
