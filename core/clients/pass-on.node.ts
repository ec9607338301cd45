/** Passing on with `node:http`, where `fetch` would decompress every answer. */
import { Agent, request as open, type ClientRequest, type IncomingMessage } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import type { ReadableStream as NodeStream } from 'node:stream/web'
import type { Passed, PassOn } from './passed.ts'

/** Milliseconds: well below those after which the services close a silent connection. */
const keptIdle = 4_000

const agent = new Agent({ keepAlive: true, timeout: keptIdle })

/** Statuses of which a `Response` may not have a body. */
const bodiless = new Set([204, 205, 304])

export const passOnThroughNode: PassOn = (url, { method, headers, body, signal }) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const call = open(url, { method, headers, agent, signal })
    call.once('response', (message) => resolve(toResponse(message, method)))
    // After the answer has begun this says nothing new.
    call.on('error', (error) => reject(signal.aborted ? signal.reason : error))
    sendBody(call, body)
  })

function sendBody(call: ClientRequest, body: Passed['body']): void {
  if (!(body instanceof ReadableStream)) {
    call.end(body ?? undefined)
    return
  }
  // The service's patience with a slow body begins with the head, which would wait for the body.
  call.flushHeaders()
  // The two types of the same streams differ in nothing that is used. A body that breaks off breaks
  // the call off, and so rejects.
  pipeline(Readable.fromWeb(body as NodeStream<Uint8Array>), call, () => {})
}

function toResponse(message: IncomingMessage, method: string): Response {
  const { statusCode: status = 502, rawHeaders } = message
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
  }
  if (method === 'HEAD' || bodiless.has(status)) {
    message.resume()
    return new Response(null, { status, headers })
  }
  // As above.
  const body = Readable.toWeb(message) as ReadableStream<Uint8Array<ArrayBuffer>>
  return new Response(body, { status, headers })
}
