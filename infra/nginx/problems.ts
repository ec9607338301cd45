/** The errors that nginx makes itself, as the problem documents of the services (RFC 9457). */
import { corsHeaders, preflightHeaders } from '../../core/http/cors.ts'
import { errors, type ErrorCode } from '../../core/http/errors.ts'

interface Row {
  readonly code: ErrorCode
  /** What fills the places of the detail; nginx variables among it. */
  readonly values?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** Further statuses of nginx that become this one. */
  readonly also?: readonly number[]
}

const retry = { 'Retry-After': '1' }
const service = { service: '$service' }

const rows: readonly Row[] = [
  {
    code: 'bad_request',
    values: { reason: 'The request is malformed, or its path could be read in two ways' },
    // Headers too large, and TLS or plain text where the other was due.
    also: [494, 495, 496, 497],
  },
  { code: 'not_found' },
  {
    code: 'method_not_allowed',
    values: { method: '$request_method' },
    headers: { Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' },
  },
  { code: 'body_timeout' },
  { code: 'payload_too_large', values: { limit: '1048576' } },
  { code: 'uri_too_long', values: { limit: '16384' } },
  { code: 'rate_limited', headers: retry },
  { code: 'internal_error', also: [501, 505] },
  { code: 'bad_gateway', values: service, headers: retry },
  { code: 'service_unavailable', values: service, headers: retry },
  { code: 'gateway_timeout', values: service, headers: retry },
]

export const errorPages: readonly string[] = rows.flatMap(({ code, also = [] }) => {
  const { status } = errors[code]
  return [
    `error_page ${status} /problems/${status};`,
    ...also.map((other) => `error_page ${other} =${status} /problems/${status};`),
  ]
})

/** What browsers may do with any answer that nginx makes itself; empty ones are not sent. */
const everywhere = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Access-Control-Allow-Origin': '$cors_origin',
  'Access-Control-Expose-Headers': '$cors_exposed',
  Vary: '$cors_vary',
} as const

/** Origins as a map from what the client sent; no page may read anything where none is listed. */
export function corsOrigins(origins: readonly string[]): readonly string[] {
  const named = origins.filter((origin) => origin !== '*').map((name) => `"${name}" $http_origin;`)
  return origins.includes('*') ? [...named, '"~." $http_origin;'] : named
}

// In the services' own words, by the code that sends them.
const told = corsHeaders('')
const toldBefore = Object.entries(preflightHeaders('')).filter(([name]) => !(name in told))

export const exposedHeaders = told['access-control-expose-headers'] ?? ''

/** The answer to a preflight of a listed origin, which comes before every limit. */
export const preflight: readonly string[] = [
  'if ($preflight) {',
  ...[...Object.entries(everywhere), ...toldBefore].map(
    ([name, value]) => `  add_header ${name} "${value}";`,
  ),
  '  return 204;',
  '}',
]

/** `add_header` in a location replaces those from outside of it, so all of them stand here. */
export const problemLocations: readonly string[] = rows.flatMap((row) => {
  const { status } = errors[row.code]
  const headers = {
    ...row.headers,
    'X-Request-Id': '$known_request_id',
    'Cache-Control': 'no-store',
    ...everywhere,
  }
  return [
    `location = /problems/${status} {`,
    '  internal;',
    '  default_type application/problem+json;',
    ...Object.entries(headers).map(([name, value]) => `  add_header ${name} "${value}" always;`),
    `  return ${status} '${document(row)}';`,
    '}',
  ]
})

function document({ code, values = {} }: Row): string {
  const { status, title, detail } = errors[code]
  return JSON.stringify({
    type: `/docs/errors#${code}`,
    title,
    status,
    detail: detail.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place),
    instance: '$instance',
    code,
    trace_id: '$trace_id',
  }).replaceAll("'", "\\'")
}
