/** Tokens and metrics of the framework peers, with the libraries that their users would take. */
import { createVerifier } from 'fast-jwt'
import { Counter, Histogram } from 'prom-client'
import { content } from './content.ts'

const verify = createVerifier({
  key: content.publicKey,
  algorithms: ['EdDSA'],
  allowedIss: content.issuer,
  allowedAud: content.audience,
  cache: 10_000,
})

/** The user that a header names; null when it does not prove one. */
export function userOf(authorization: string | null | undefined): string | null {
  if (!authorization?.startsWith('Bearer ')) return null
  try {
    const { sub } = verify(authorization.slice('Bearer '.length)) as { readonly sub?: string }
    return sub ?? null
  } catch {
    return null
  }
}

const requests = new Counter({
  name: 'http_requests_total',
  help: 'Requests answered',
  labelNames: ['method', 'route', 'status'],
})
const durations = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Time from the request to its answer',
  labelNames: ['method', 'route'],
  buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2.5, 5, 10],
})

/** `started` is of `performance.now()`. */
export function observe(method: string, route: string, status: number, started: number): void {
  requests.inc({ method, route, status: String(status) })
  durations.observe({ method, route }, (performance.now() - started) / 1_000)
}
