/** The bytes of one answer, head and body, as they come through the socket. */
import { connect } from 'node:net'

export interface RawAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Of the whole answer. */
  readonly bytes: number
}

/** Asks over a connection of its own, which is closed after the answer's Content-Length. */
export function ask(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const { hostname, port, pathname, search } = new URL(url)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      // As wrk asks, so that the answers are alike.
      socket.write(
        `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n${lines.join('')}\r\n`,
      )
    })
    let data = Buffer.alloc(0)
    socket.on('error', reject)
    socket.setTimeout(10_000, () => reject(new Error(`${url} does not answer.`)))
    socket.on('data', (chunk: Buffer) => {
      data = Buffer.concat([data, chunk])
      const answer = complete(data)
      if (answer === null) return
      socket.destroy()
      resolve(answer)
    })
  })
}

function complete(data: Buffer): RawAnswer | null {
  const end = data.indexOf('\r\n\r\n')
  if (end === -1) return null
  const [first = '', ...lines] = data.subarray(0, end).toString().split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const status = Number(first.split(' ')[1])
  const length = status === 304 ? 0 : Number(headers['content-length'] ?? 0)
  const bytes = end + 4 + length
  return data.length < bytes
    ? null
    : { status, headers, body: data.subarray(end + 4, bytes), bytes }
}
