/** Replies in the words of uWebSockets.js. */
import { STATUS_CODES } from 'node:http'
import type { Reply } from '../reply.ts'
import type { NativeResponse } from './uws-native.ts'

const statusLines = new Map(
  Object.entries(STATUS_CODES).map(([status, words]) => [Number(status), `${status} ${words}`]),
)

/** Answers to which HTTP allows no body and no length; RFC 9110, section 6.4.1. */
const bodiless = new Set([204, 304])

/** The engine states them itself. */
const ownHeaders = new Set(['connection', 'content-length', 'transfer-encoding'])

/** Sends a whole answer, `closing` the connection behind it. Throws before the first byte or not at all. */
export function sendReply(
  response: NativeResponse,
  reply: Reply,
  method: string,
  closing: boolean,
): void {
  const { status, headers, body } = reply
  // What reads as a stream goes through `sendHead` instead.
  const bytes = body as Exclude<typeof body, ReadableStream>
  const close = sendHead(response, reply) || closing
  if (method === 'HEAD') {
    const length = bytes === null ? headers['content-length'] : String(Buffer.byteLength(bytes))
    // Told as a length it would leave this version waiting for that many bytes.
    if (length !== undefined) response.writeHeader('content-length', length)
    endWithoutBody(response, close)
  } else if (bodiless.has(status)) endWithoutBody(response, close)
  else response.end(bytes ?? '', close)
}

/** Status and headers; returns true when the answer asks to close the connection. */
export function sendHead(response: NativeResponse, { status, headers }: Reply): boolean {
  // The list's own names: where it is a native one as well, its methods would be among all of them.
  const names = Object.keys(headers)
  for (const name of names) requireOneLine(headers[name])
  response.writeStatus(statusLines.get(status) ?? `${status} Unknown`)
  for (const name of names) {
    if (!ownHeaders.has(name)) response.writeHeader(name, headers[name] ?? '')
  }
  return headers['connection'] === 'close'
}

/** An answer of nothing but its status, after which the connection closes. */
export function sendStatus(response: NativeResponse, status: number): void {
  response.writeStatus(statusLines.get(status) ?? String(status)).end('', true)
}

export function endWithoutBody(response: NativeResponse, close: boolean): void {
  if (close) response.endWithoutBody(undefined, true)
  else response.endWithoutBody()
}

/** The library writes what it is given: a line break would begin a header of somebody else's making. */
function requireOneLine(value = ''): void {
  if (/[\r\n\0]/.test(value)) throw new Error('A header of the answer holds a line break.')
}
