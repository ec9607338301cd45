/** An answer in the terms of no particular engine: status, headers and bytes. */

export type ReplyBody = string | Uint8Array | ReadableStream<Uint8Array> | null

/** A ready answer. One that is kept (a cached page) may be sent many times, so nothing changes it. */
export class Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: ReplyBody

  constructor(status: number, headers: Readonly<Record<string, string>>, body: ReplyBody) {
    this.status = status
    this.headers = headers
    this.body = body
  }
}

export const jsonType = 'application/json'
export const problemType = 'application/problem+json'

/** The same answer with more headers; an existing name is replaced. */
export const withHeaders = (reply: Reply, headers: Readonly<Record<string, string>>): Reply =>
  new Reply(reply.status, { ...reply.headers, ...headers }, reply.body)
