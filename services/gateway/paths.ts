/**
 * Decides by the path alone where a request goes.
 *
 * A path is judged in its decoded, normalised form, so that no disguise leads to what is not routed,
 * and handed on as it came, so that a service sees what the client sent.
 */
import { faultOfTarget } from '../../core/http/target.ts'
import type { ServiceName } from '../../core/values/service-name.ts'

/** The prefixes of the contract. */
export const prefixes: Readonly<Record<ServiceName, string>> = {
  catalog: '/api',
  cart: '/cart-api',
  order: '/order-api',
  user: '/user-api',
}

const probes = new Set(['/health', '/health/live', '/health/ready', '/health/startup'])

/** Whether a path, of the gateway or of a service, is one of the health checks; nothing below them is. */
export const isProbe = (path: string): boolean =>
  probes.has(path.endsWith('/') ? path.slice(0, -1) : path)

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

/** Both as they were sent, percent-encoded. */
export function destinationOf(path: string, query = ''): Destination {
  const reason = faultOfTarget(path, query) ?? undecodable(path)
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

/** What no list of patterns can say: whether the bytes are UTF-8 as a whole. */
function undecodable(path: string): string | null {
  try {
    decodeURIComponent(path)
    return null
  } catch {
    return 'The path is not percent-encoded UTF-8'
  }
}

/** As the most lenient router would see it: no empty segments, no `;parameters`, no letter case. */
function firstSegment(path: string): string {
  const segments = decodeURIComponent(path).split('/')
  const names = segments.map((segment) => segment.replace(/;.*$/s, '').trim().toLowerCase())
  return names.find((name) => name !== '') ?? ''
}
