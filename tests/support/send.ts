/** One HTTP request of a test and its answer, read whole. */
import { expect } from 'bun:test'

export type Method = 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'DELETE' | 'PATCH'

export interface Sent {
  /** Goes into the Authorization header as a bearer token. */
  readonly token?: string | undefined
  /** At most one of these three is the body. */
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** Win over the headers that follow from the above. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; fails the test where it is none. */
  json(): unknown
}

/** Sends over a connection of its own: a kept one would fail when its service restarts. */
export async function send(method: Method, url: string, sent: Sent = {}): Promise<Answered> {
  const body = bodyOf(sent)
  const response = await fetch(url, {
    method,
    headers: headersOf(sent),
    keepalive: false,
    redirect: 'manual',
    ...(body !== undefined && { body }),
  })
  const { status, headers } = response
  const text = await response.text()
  return {
    status,
    headers,
    text,
    json() {
      expect(headers.get('content-type')).toMatch(/^application\/(problem\+)?json(;|$)/)
      return JSON.parse(text) as unknown
    },
  }
}

function bodyOf({ json, form, body }: Sent): string | Uint8Array<ArrayBuffer> | undefined {
  if (json !== undefined) return JSON.stringify(json)
  return form === undefined ? body : new URLSearchParams(form).toString()
}

function headersOf({ token, json, form, headers }: Sent): Record<string, string> {
  return {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(json !== undefined && { 'content-type': 'application/json' }),
    ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
    ...headers,
  }
}
