/** The small interface between the shop and the HTTP server under it; services never see past it. */
import type { Reply } from '../reply.ts'

/** One request as an engine hands it in. Header names are lower case. */
export interface Inbound {
  readonly method: string
  /** The path as sent, still percent-encoded, without the query. */
  readonly path: string
  /** The raw query without its `?`; empty when there is none. */
  readonly query: string
  header(name: string): string | null
  /** All headers, for a proxy that passes them on. */
  headers(): Iterable<[string, string]>
  /** The whole body; throws the problem `payload_too_large` once it is longer than `limit` bytes. */
  bytes(limit: number): Promise<Uint8Array>
  /** The body as it arrives, for a proxy; null when there is none. */
  stream(): ReadableStream<Uint8Array> | null
  /** Address of the peer that holds the connection, without its port. */
  readonly address: string
  /** Aborts when the client goes away before the answer is complete. */
  readonly signal: AbortSignal
}

export type Handle = (inbound: Inbound) => Reply | Promise<Reply>

export interface ListenOptions {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  /** Milliseconds after which a silent connection is closed. */
  readonly idleTimeout: number
  readonly handle: Handle
  /** Told of errors that escaped `handle`, which answers all that it can itself. */
  readonly onError: (error: unknown) => void
}

export interface Listening {
  readonly port: number
  /** Stops accepting, lets what is in flight finish, then resolves. */
  drain(): Promise<void>
  /** Ends every connection at once. */
  close(): Promise<void>
}

export interface Engine {
  readonly name: string
  listen(options: ListenOptions): Listening
}
