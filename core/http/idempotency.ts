/** Idempotency keys: `Idempotency-Key` on everything that creates an order. */
import { createHash } from 'node:crypto'
import { jsonType, Reply } from './reply.ts'
import { invalid } from './validation.ts'

/** How long a first answer is kept and replayed: 24 hours in milliseconds. */
export const answerLife = 24 * 60 * 60 * 1000

/** The first answer to a request, kept byte for byte. */
export interface StoredAnswer {
  readonly status: number
  readonly body: string
}

const header = 'idempotency-key'
const replayedHeader = { 'idempotency-replayed': 'true' }

/** The key of a request, or null without one; 422 unless it has 1 to 255 visible ASCII characters. */
export function idempotencyKey(call: { header(name: string): string | null }): string | null {
  const key = call.header(header)
  if (key === null) return null
  if (!isIdempotencyKey(key)) {
    throw invalid([{ path: '/Idempotency-Key', message: 'must be 1 to 255 visible characters' }])
  }
  return key
}

export const isIdempotencyKey = (key: string): boolean => /^[\x21-\x7e]{1,255}$/.test(key)

/** A digest of what the client itself sent: equal bodies agree whatever the order of their fields. */
export const fingerprint = (body: unknown): string =>
  createHash('sha256').update(canonical(body)).digest('base64url')

/** The first answer again, byte for byte. */
export const replay = (answer: StoredAnswer, contentType: string = jsonType): Reply =>
  new Reply(answer.status, { 'content-type': contentType, ...replayedHeader }, answer.body)

/** True when an answer of another service is itself a replay. */
export const isReplayed = (answer: { header(name: string): string | null }): boolean =>
  answer.header('idempotency-replayed') === 'true'

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}
