/** Cross-origin requests (Fetch standard, CORS protocol) for the origins of an allow-list. */

import type { Handle, Inbound } from './engine/engine.ts'
import { Reply, withHeaders } from './reply.ts'

/** Headers of our answers that a page's script may read. */
const exposed =
  'ETag, Link, Retry-After, X-Request-Id, X-Cache, Age, Idempotency-Replayed, RateLimit, RateLimit-Policy'

export const corsHeaders = (origin: string): Readonly<Record<string, string>> => ({
  'access-control-allow-origin': origin,
  'access-control-expose-headers': exposed,
  vary: 'Origin',
})

/** Credentials stay off: tokens travel in a header that the page sets itself, never in a cookie. */
export const preflightHeaders = (origin: string): Readonly<Record<string, string>> => ({
  ...corsHeaders(origin),
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE',
  'access-control-allow-headers':
    'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id, traceparent',
  'access-control-max-age': '600',
})

/**
 * The same handle; whatever it answers to a page of an allowed origin, that page may read. Answers that
 * say so already, since a gateway passes them on, stay as they are.
 *
 * @param origins by name, or `*` for all; none leaves CORS out altogether
 * @param preflights answers them all in the handle's place; absent where the handle knows its routes
 */
export function withCors(
  handle: Handle,
  origins: readonly string[],
  preflights?: 'answered here',
): Handle {
  if (origins.length === 0) return handle
  const all = origins.includes('*')
  const listed = new Set(origins)
  return (inbound) => {
    const origin = inbound.header('origin')
    if (origin === null || !(all || listed.has(origin))) return handle(inbound)
    const preflight = isPreflight(inbound)
    const headers = preflight ? preflightHeaders(origin) : corsHeaders(origin)
    if (preflight && preflights !== undefined) return new Reply(204, headers, null)
    const reply = handle(inbound)
    return reply instanceof Promise
      ? reply.then((ready) => readable(ready, headers))
      : readable(reply, headers)
  }
}

const isPreflight = (inbound: Inbound): boolean =>
  inbound.method === 'OPTIONS' && inbound.header('access-control-request-method') !== null

function readable(reply: Reply, headers: Readonly<Record<string, string>>): Reply {
  const { vary } = reply.headers
  if ('access-control-allow-origin' in reply.headers) return reply
  return withHeaders(reply, vary === undefined ? headers : { ...headers, vary: `${vary}, Origin` })
}
