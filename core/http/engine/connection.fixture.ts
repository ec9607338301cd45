/** A client that writes raw bytes and reads answers one by one, for what `fetch` would never send. */
import { connect } from 'node:net'

export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

export interface Connection {
  write(data: string | Uint8Array): void
  /** The next answer; null when the server closes the connection before one begins. */
  answer(to?: 'GET' | 'HEAD'): Promise<Answer | null>
  /** Resolves once what has arrived and is not yet read contains the text. */
  arrived(text: string): Promise<void>
  /** From here on nothing is read, as by a client that has stopped. */
  pause(): void
  /** Resolves when the connection has ended, from either side. */
  readonly closed: Promise<void>
  /** Ends it at once, without waiting for anything. */
  destroy(): void
}

/** Opens a connection to this machine; rejects when it is refused. */
export async function openConnection(port: number): Promise<Connection> {
  const socket = connect(port, '127.0.0.1')
  let unread: Buffer = Buffer.alloc(0)
  let ended = false
  let wake = (): void => {}
  const closed = Promise.withResolvers<void>()
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk])
    wake()
  })
  socket.on('close', () => {
    ended = true
    closed.resolve()
    wake()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  // A reset is one of the ways to end; `closed` tells it.
  socket.on('error', () => {})

  /** Waits until `find` gives something; null at the end of the connection. */
  async function until<T>(find: () => T | null): Promise<T | null> {
    for (;;) {
      const found = find()
      if (found !== null || ended) return found
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }

  const take = (size: number): Buffer => {
    const taken = unread.subarray(0, size)
    unread = unread.subarray(size)
    return taken
  }

  async function block(size: number): Promise<Buffer> {
    await until(() => (unread.length >= size ? true : null))
    if (unread.length < size) throw new Error('The connection ended in the middle of a body.')
    return take(size)
  }

  async function line(): Promise<string | null> {
    const end = await until(() => {
      const index = unread.indexOf('\r\n')
      return index === -1 ? null : index
    })
    return end === null
      ? null
      : take(end + 2)
          .toString('latin1')
          .slice(0, -2)
  }

  async function chunks(): Promise<Buffer> {
    const parts: Buffer[] = []
    for (;;) {
      const size = Number.parseInt((await line()) ?? '', 16)
      if (Number.isNaN(size)) throw new Error('The connection ended between two chunks.')
      parts.push(await block(size))
      await line()
      if (size === 0) return Buffer.concat(parts)
    }
  }

  async function head(): Promise<Pick<Answer, 'status' | 'headers'> | null> {
    const start = await line()
    if (start === null) return null
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(start)?.[1])
    if (Number.isNaN(status)) throw new Error(`Not a status line: ${start}`)
    const headers = new Map<string, string>()
    for (let each = await line(); each !== ''; each = await line()) {
      if (each === null) throw new Error('The connection ended in the middle of a head.')
      const colon = each.indexOf(':')
      headers.set(each.slice(0, colon).toLowerCase(), each.slice(colon + 1).trim())
    }
    return { status, headers }
  }

  return {
    write: (data) => void socket.write(data),
    async answer(to = 'GET') {
      const first = await head()
      // 100 Continue is not yet the answer.
      const known = first?.status === 100 ? await head() : first
      if (known === null) return null
      const { status, headers } = known
      const bodiless = to === 'HEAD' || status === 204 || status === 304
      if (bodiless) return { ...known, body: Buffer.alloc(0) }
      const length = headers.get('content-length')
      const chunked = headers.get('transfer-encoding') === 'chunked'
      const body = chunked ? await chunks() : await block(Number(length ?? 0))
      return { ...known, body }
    },
    async arrived(text) {
      const there = await until(() => (unread.includes(text) ? true : null))
      if (there === null) throw new Error(`The connection ended before ${text} arrived.`)
    },
    pause: () => void socket.pause(),
    closed: closed.promise,
    destroy: () => void socket.destroy(),
  }
}
