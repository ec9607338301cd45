/** The default engine: `Bun.serve`, which is uWebSockets inside Bun. */
import { ClientGone } from '../client-gone.ts'
import { Problem } from '../problem.ts'
import type { Reply } from '../reply.ts'
import { joined, tooLarge } from './bounded-body.ts'
import { pathPatterns, sentPath, unmatchedPath } from './bun-path.ts'
import type { Engine, Inbound, Listening, ListenOptions } from './engine.ts'

type Server = Bun.Server<undefined>

/** Bodies past this are cut off by Bun itself; each route sets its own, far lower limit. */
const absoluteBodyLimit = 64 * 1024 * 1024

export const bunEngine: Engine = { name: 'bun', listen }

function listen(options: ListenOptions): Listening {
  const { handle } = options

  function answer(inbound: BunInbound, raw: Request, self: Server): Response | Promise<Response> {
    const reply = handle(inbound)
    return reply instanceof Promise
      ? reply.then((ready) => toResponse(ready, raw, self))
      : toResponse(reply, raw, self)
  }

  const matched = (raw: Bun.BunRequest, self: Server) =>
    answer(new BunInbound(raw, self, raw.params), raw, self)

  const server: Server = Bun.serve({
    hostname: options.host,
    port: options.port,
    idleTimeout: Math.min(255, Math.ceil(options.idleTimeout / 1000)),
    maxRequestBodySize: absoluteBodyLimit,
    // Without this a crash page with source text could reach a client.
    development: false,
    // `development: false` alone turns SO_REUSEPORT on (Bun 1.4.5): a second process on the port would
    // start in silence and take half of the requests.
    reusePort: false,
    routes: Object.fromEntries(pathPatterns.map((pattern) => [pattern, matched])),
    fetch: (raw, self) => answer(new BunInbound(raw, self, null), raw, self),
    error(error) {
      options.onError(error)
      return new Response(null, { status: 500 })
    },
  })
  return {
    port: server.port ?? options.port,
    drain: () => server.stop(false),
    close: () => server.stop(true),
  }
}

function toResponse(reply: Reply, raw: Request, server: Server): Response {
  // Event streams are silent for longer than the idle timeout; their heartbeat guards them instead.
  if (reply.headers['content-type'] === 'text/event-stream') server.timeout(raw, 0)
  // A Uint8Array over a plain ArrayBuffer is all that the shop makes; the lib type is wider.
  return new Response(reply.body as Bun.BodyInit | null, reply)
}

class BunInbound implements Inbound {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly #raw: Request
  readonly #server: Server

  /** `segments` as the router saw them; null where it knew no pattern. */
  constructor(raw: Request, server: Server, segments: Readonly<Record<string, string>> | null) {
    const url = raw.url
    // Bun leaves the authority out when the Host header is absent or malformed. Otherwise 'http://' is
    // 7 long, and the first slash after the authority starts the path.
    const start = url.startsWith('/') ? 0 : url.indexOf('/', 8)
    const mark = url.indexOf('?', start)
    this.method = raw.method
    const path = mark === -1 ? url.slice(start) : url.slice(start, mark)
    this.path = segments === null ? unmatchedPath(path) : sentPath(path, segments)
    this.query = mark === -1 ? '' : url.slice(mark + 1)
    this.#raw = raw
    this.#server = server
  }

  header(name: string): string | null {
    return this.#raw.headers.get(name)
  }

  headers(): Iterable<[string, string]> {
    return this.#raw.headers
  }

  get address(): string {
    return this.#server.requestIP(this.#raw)?.address ?? ''
  }

  get signal(): AbortSignal {
    return this.#raw.signal
  }

  stream(): ReadableStream<Uint8Array> | null {
    return this.#raw.body
  }

  async bytes(limit: number): Promise<Uint8Array> {
    const declared = this.#raw.headers.get('content-length')
    if (declared !== null) {
      if (Number(declared) > limit) throw tooLarge(limit)
      return new Uint8Array(await this.#raw.arrayBuffer().catch(brokenOff))
    }
    const body = this.#raw.body
    return body === null ? new Uint8Array(0) : readBounded(body, limit).catch(brokenOff)
  }
}

/** Reads a body of unknown length and gives up at the limit instead of buffering what follows. */
async function readBounded(body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > limit) throw tooLarge(limit)
    chunks.push(chunk)
  }
  return joined(chunks, size)
}

/** Also for a body that Bun could not parse: it has answered 400 itself and closed the connection. */
function brokenOff(error: unknown): never {
  throw error instanceof Problem ? error : new ClientGone(error)
}
