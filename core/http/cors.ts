/** Cross-origin requests (Fetch standard, CORS protocol) for the origins of an allow-list. */

/** Headers of our answers that a page's script may read. */
const exposed =
  'ETag, Link, Retry-After, X-Request-Id, X-Cache, Age, Idempotency-Replayed, RateLimit'

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
