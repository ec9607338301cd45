/** Requests without a socket, for tests of what stands above the engine. */
import type { Inbound } from './engine/engine.ts'
import { problem } from './problem.ts'
import type { Reply } from './reply.ts'

export interface Sent {
  readonly method?: string
  /** Path and query as on the request line. */
  readonly target?: string
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Stands in for a body that arrives in its own time. */
  readonly bytes?: Inbound['bytes']
}

/** Makes a request; a body given as text has the JSON type unless its headers say otherwise. */
export function inboundOf(sent: Sent = {}): Inbound {
  const { method = 'GET', target = '/', body } = sent
  const [path = '/', query = ''] = target.split('?')
  const typed = typeof body === 'string' ? { 'content-type': 'application/json' } : {}
  const headers: Readonly<Record<string, string>> = { ...typed, ...sent.headers }
  const bytes =
    typeof body === 'string' ? new TextEncoder().encode(body) : (body ?? new Uint8Array())
  return {
    method,
    path,
    query,
    header: (name) => headers[name] ?? null,
    headers: () => Object.entries(headers),
    bytes:
      sent.bytes ??
      (async (limit) => {
        if (bytes.length > limit) throw problem('payload_too_large', { values: { limit } })
        return bytes
      }),
    stream: () => null,
    address: '192.0.2.1',
    signal: new AbortController().signal,
  }
}

/** The JSON of an answer that is text. */
export function jsonOf(reply: Reply): Record<string, unknown> {
  if (typeof reply.body !== 'string') throw new Error('The answer has no text.')
  return JSON.parse(reply.body) as Record<string, unknown>
}
