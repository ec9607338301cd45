/** The engine on Node 22 and later: uWebSockets.js, the server that Bun has inside. */
import type { Reply } from '../reply.ts'
import type { Engine, Listening, ListenOptions } from './engine.ts'
import { UwsInbound } from './uws-inbound.ts'
import type { Native, NativeApp, NativeListenSocket } from './uws-native.ts'
import { sendReply, sendStatus } from './uws-reply.ts'
import { authorityOf } from '../../values/authority.ts'
import { pause } from '../../resilience/pause.ts'

/** Milliseconds after the last answer in which sockets may still empty themselves. */
const lastMoment = 100

/**
 * What the library has no option for: a connection that is silent for 10 s is closed whatever
 * `idleTimeout` says, and while draining, silent connections stay open until the last answer is given.
 */
export const uwsEngine = (native: Native): Engine => ({
  name: 'uws',
  listen: (options) => listen(native, options),
})

function listen(native: Native, { host, port, handle, onError }: ListenOptions): Listening {
  const app = native.App()
  let closed = false
  let draining = false
  let waiting = 0
  const idle = Promise.withResolvers<void>()

  app.any('/*', (response, request) => {
    const inbound = new UwsInbound(response, request)
    if (inbound.ambiguous) {
      // Without an answer: behind one the library would still read on, from its own guess of the end.
      response.close()
      return
    }
    try {
      const reply = handle(inbound)
      if (reply instanceof Promise || reply.body instanceof ReadableStream) {
        waiting++
        inbound.follow()
        void finish(inbound, reply)
      } else sendReply(response, reply, inbound.method, draining)
    } catch (error) {
      onError(error)
      sendStatus(response, 500)
    }
  })

  async function finish(inbound: UwsInbound, pending: Reply | Promise<Reply>): Promise<void> {
    try {
      await inbound.answer(await pending, draining)
    } catch (error) {
      onError(error)
      inbound.fail()
    }
    if (--waiting === 0) idle.resolve()
  }

  function close(): void {
    if (!closed) app.close()
    closed = true
  }

  const socket = socketOf(native, app, host, port)
  return {
    port: native.us_socket_local_port(socket),
    async drain() {
      if (closed || draining) return idle.promise
      draining = true
      native.us_listen_socket_close(socket)
      if (waiting === 0) idle.resolve()
      await idle.promise
      await pause(lastMoment)
      close()
    },
    async close() {
      close()
    },
  }
}

/** Throws like `node:net` when the port cannot be had. */
function socketOf(native: Native, app: NativeApp, host: string, port: number): NativeListenSocket {
  let found: NativeListenSocket | false = false
  // Exclusive: two processes on one port would each take half of the requests. Calls back at once.
  app.listen(host, port, native.LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => {
    found = socket
  })
  if (found !== false) return found
  // The library does not say why; hardly anything else happens.
  throw Object.assign(new Error(`Cannot listen on ${authorityOf(host, port)}.`), {
    code: 'EADDRINUSE',
  })
}
