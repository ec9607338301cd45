/**
 * One address before the copies of a service, for tests that speak to the service itself: connection
 * after connection to the next copy that accepts it, bytes as they are.
 */
import { connect, createServer, type Socket } from 'node:net'

export interface Balancer {
  stop(): Promise<void>
}

/** Listens on `port` of the loopback address; a connection that no copy takes is reset. */
export async function balance(port: number, copies: readonly number[]): Promise<Balancer> {
  const open = new Set<Socket>()
  let turn = 0

  function keep(socket: Socket): Socket {
    open.add(socket)
    socket.setNoDelay(true)
    socket.on('close', () => open.delete(socket))
    return socket
  }

  /** Tries the copies from `first` on, each once. */
  function forward(client: Socket, first: number, tried = 0): void {
    const copy = copies[(first + tried) % copies.length]
    if (copy === undefined || tried === copies.length) return void client.resetAndDestroy()
    const server = keep(connect({ port: copy, host: '127.0.0.1', allowHalfOpen: true }))
    const refused = () => forward(client, first, tried + 1)
    server.once('error', refused)
    server.once('connect', () => {
      server.off('error', refused)
      join(client, server)
      join(server, client)
    })
  }

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    keep(client).on('error', () => {})
    forward(client, turn++)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    async stop() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** What ends on one side ends on the other, and what breaks there breaks here. */
function join(from: Socket, to: Socket): void {
  from.on('error', () => to.resetAndDestroy())
  from.on('close', () => to.destroy())
  from.pipe(to)
}
