/** What passes through a proxy: one request, and how its answer comes back. */

export interface Passed {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null
  /** Its reason is what the call rejects with. */
  readonly signal: AbortSignal
}

/**
 * Unlike `fetch` it neither decompresses nor follows, and has no time limit of its own. Rejects when
 * no answer begins; one that breaks off later breaks its body off.
 */
export type PassOn = (url: string, request: Passed) => Promise<Response>
