/** One request of uWebSockets.js and the answer to it, which lives longer than the library's own objects. */
import type { Reply } from '../reply.ts'
import { tooLarge } from './bounded-body.ts'
import type { Inbound } from './engine.ts'
import { shortAddress } from './uws-address.ts'
import { UwsBody } from './uws-body.ts'
import type { NativeRequest, NativeResponse } from './uws-native.ts'
import { endWithoutBody, sendHead, sendReply, sendStatus } from './uws-reply.ts'

export class UwsInbound implements Inbound {
  readonly method: string
  readonly path: string
  readonly query: string
  /** Framed in a way that whoever stands before the server may have read differently. */
  readonly ambiguous: boolean
  readonly #headers: ReadonlyMap<string, string>
  readonly #response: NativeResponse
  readonly #body: UwsBody | null
  #abort: AbortController | null = null
  /** Answered or aborted: the library's response throws when it is touched. */
  #over = false
  #begun = false
  #gone = false
  #onGone = (): void => {}
  #onWritable = (): void => {}

  constructor(response: NativeResponse, request: NativeRequest) {
    this.method = request.getCaseSensitiveMethod()
    this.path = request.getUrl()
    this.query = request.getQuery() ?? ''
    const headers = new Map<string, string>()
    let ambiguous = false
    // All of them at once: after the first wait of a handler the request is no longer there.
    request.forEach((name, value) => {
      const before = headers.get(name)
      if (before === undefined) headers.set(name, value)
      else if (name === 'content-length' || name === 'transfer-encoding') ambiguous = true
      else headers.set(name, `${before}${name === 'cookie' ? '; ' : ', '}${value}`)
    })
    const coding = headers.get('transfer-encoding')
    // The library takes any coding for chunked, or for none.
    this.ambiguous = ambiguous || (coding !== undefined && coding.toLowerCase() !== 'chunked')
    this.#headers = headers
    this.#response = response
    const length = headers.get('content-length')
    const hasBody = length === undefined ? coding !== undefined : length !== '0'
    this.#body = hasBody ? new UwsBody(response) : null
  }

  header(name: string): string | null {
    return this.#headers.get(name) ?? null
  }

  headers(): Iterable<[string, string]> {
    return this.#headers
  }

  get address(): string {
    if (this.#over) return ''
    return shortAddress(Buffer.from(this.#response.getRemoteAddressAsText()).toString())
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#gone) this.#abort.abort()
    return this.#abort.signal
  }

  async bytes(limit: number): Promise<Uint8Array> {
    if (this.#body === null) return new Uint8Array(0)
    if (Number(this.#headers.get('content-length') ?? 0) > limit) throw tooLarge(limit)
    return this.#body.bytes(limit)
  }

  stream(): ReadableStream<Uint8Array> | null {
    return this.#body?.stream() ?? null
  }

  /** Must be called before the engine's handler returns, unless it has answered by then. */
  follow(): void {
    const body = this.#body
    this.#response.onAborted(() => {
      this.#gone = true
      this.#over = true
      this.#abort?.abort()
      body?.breakOff()
      this.#onGone()
      this.#onWritable()
    })
    if (body !== null) this.#response.onData((chunk, last) => body.push(chunk, last))
  }

  /** Sends the answer; resolves when the last of it is handed over, or nobody is there to take it. */
  async answer(reply: Reply, closing: boolean): Promise<void> {
    if (reply.body instanceof ReadableStream) return this.#pipe(reply, reply.body, closing)
    if (this.#over) return
    this.#body?.leave()
    this.#response.cork(() => sendReply(this.#response, reply, this.method, closing))
    this.#over = true
  }

  /** For an answer that cannot be given: 500, or the end of the connection in the middle of one. */
  fail(): void {
    if (this.#over) return
    if (this.#begun) this.#response.close()
    else this.#response.cork(() => sendStatus(this.#response, 500))
    this.#over = true
  }

  async #pipe(reply: Reply, body: ReadableStream<Uint8Array>, closing: boolean): Promise<void> {
    const reader = body.getReader()
    if (this.#over) return reader.cancel()
    this.#body?.flow()
    const response = this.#response
    const isHead = this.method === 'HEAD'
    let close = closing
    response.cork(() => {
      close = sendHead(response, reply) || closing
      if (isHead) endWithoutBody(response, close)
    })
    this.#begun = true
    if (isHead) {
      this.#over = true
      return reader.cancel()
    }
    this.#onGone = () => void reader.cancel().catch(() => {})
    response.onWritable(() => {
      this.#onWritable()
      return true
    })
    for (;;) {
      const { done, value } = await reader.read()
      if (this.#over) return
      if (done) break
      // An empty piece would end the answer.
      if (value.byteLength === 0) continue
      let taken = true
      response.cork(() => {
        taken = response.write(value)
      })
      if (!taken) await this.#writable()
      if (this.#over) return
    }
    // Not before: the answer may be made of what still arrives.
    this.#body?.leave()
    response.cork(() => void response.end('', close))
    this.#over = true
  }

  #writable(): Promise<void> {
    return new Promise((resolve) => {
      this.#onWritable = resolve
    })
  }
}
