/**
 * The server's side of the conformance suite. It is told what to do and tells what happens in messages
 * of plain data, so that it may as well be another process on another runtime.
 */
import { problemReply, strayRequest } from '../pipeline.ts'
import { jsonType, Reply } from '../reply.ts'
import type { Engine, Handle, Inbound, Listening } from './engine.ts'

export type Command =
  | { readonly order: 'listen'; readonly id: number; readonly port: number }
  | { readonly order: 'drain' | 'close'; readonly id: number }
  /** A new gate, shut. */
  | { readonly order: 'shut' }
  | { readonly order: 'open' }

export type Message =
  | { readonly news: 'listening'; readonly id: number; readonly port: number }
  | { readonly news: 'refused'; readonly id: number; readonly code: unknown }
  | { readonly news: 'drained' | 'closed'; readonly id: number }
  /**
   * A request waits at the gate, lost its client there, or its answer lost it; or far more of an answer
   * was asked for than sockets hold; or a drain began.
   */
  | { readonly news: 'entered' | 'aborted' | 'cancelled' | 'flooded' | 'draining' }
  | { readonly news: 'body failed'; readonly status: number }
  | { readonly news: 'error'; readonly message: string }

export type Tell = (message: Message) => void

export const bodyLimit = 100
export const largePage = new Uint8Array(8 * 1024 * 1024).map((_, index) => index % 251)
/** Large pages. */
const floodedBy = 16

// A native list with the same by name, as pages that are kept have.
const keptHeaders = { 'content-type': jsonType, etag: '"kept"' }
const keptList: Readonly<Record<string, string>> = keptHeaders
const keptPage = new Reply(
  200,
  Object.assign(new Headers(keptHeaders), keptList),
  Buffer.from('{"a":"ж"}'),
)

const json = (value: unknown): Reply =>
  new Reply(200, { 'content-type': jsonType }, JSON.stringify(value))

/** Takes the suite's commands for an engine. */
export function createSubject(engine: Engine, tell: Tell): (command: Command) => void {
  const all = new Map<number, Listening>()
  let gate = Promise.withResolvers<void>()
  const handle = handleOf(tell, () => gate.promise)

  function listen(id: number, port: number): void {
    try {
      const listening = engine.listen({
        host: '127.0.0.1',
        port,
        idleTimeout: 60_000,
        handle,
        onError(error) {
          tell({ news: 'error', message: error instanceof Error ? error.message : String(error) })
        },
      })
      all.set(id, listening)
      tell({ news: 'listening', id, port: listening.port })
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : String(error)
      tell({ news: 'refused', id, code })
    }
  }

  return (command) => {
    const { order } = command
    if (order === 'listen') listen(command.id, command.port)
    else if (order === 'shut') gate = Promise.withResolvers()
    else if (order === 'open') gate.resolve()
    else {
      const { id } = command
      const news = order === 'drain' ? 'drained' : 'closed'
      void all
        .get(id)
        ?.[order]()
        .then(() => tell({ news, id }))
      if (order === 'drain') tell({ news: 'draining' })
    }
  }
}

function handleOf(tell: Tell, gate: () => Promise<void>): Handle {
  const routes: Readonly<Record<string, (inbound: Inbound) => Reply | Promise<Reply>>> = {
    '/kept': () => keptPage,
    '/empty': () => new Reply(204, {}, null),
    '/same': () => new Reply(304, { etag: '"kept"' }, null),
    '/large': () => new Reply(200, {}, largePage),
    '/headers': (inbound) => json(Object.fromEntries(inbound.headers())),
    '/close': () => new Reply(200, { connection: 'close' }, 'bye'),
    '/throw': () => {
      throw new Error('SELECT secret')
    },
    '/break': () => new Reply(200, { 'x-id': 'a\r\nset-cookie: b' }, 'bye'),
    async '/body'(inbound) {
      try {
        return new Reply(200, {}, await inbound.bytes(bodyLimit))
      } catch (error) {
        const reply = problemReply(error, inbound, strayRequest(inbound))
        tell({ news: 'body failed', status: reply.status })
        return reply
      }
    },
    async '/slow-body'(inbound) {
      tell({ news: 'entered' })
      await gate()
      return new Reply(200, {}, await inbound.bytes(largePage.length))
    },
    '/pass': (inbound) => new Reply(200, {}, inbound.stream()),
    async '/gate'(inbound) {
      inbound.signal.addEventListener('abort', () => tell({ news: 'aborted' }))
      tell({ news: 'entered' })
      await gate()
      return json('through the gate')
    },
    '/stream': () => {
      const stream = new ReadableStream<Uint8Array>({
        async start(controller) {
          controller.enqueue(Buffer.from('first '))
          await gate()
          controller.enqueue(Buffer.from('second'))
          controller.close()
        },
        cancel: () => tell({ news: 'cancelled' }),
      })
      return new Reply(200, { 'content-type': 'text/event-stream' }, stream)
    },
    '/endless': () => {
      let pieces = 0
      const stream = new ReadableStream<Uint8Array>({
        pull(controller) {
          controller.enqueue(largePage)
          if (++pieces < floodedBy) return
          tell({ news: 'flooded' })
          controller.close()
        },
        cancel: () => tell({ news: 'cancelled' }),
      })
      return new Reply(200, {}, stream)
    },
  }
  return (inbound) =>
    routes[inbound.path]?.(inbound) ?? json([inbound.method, inbound.path, inbound.query])
}
