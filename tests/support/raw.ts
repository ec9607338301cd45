/** Bytes over a socket, for requests that no client would send, or would put right before sending. */
import { connect } from 'node:net'

export interface RawAnswer {
  /** 0 when the connection was closed without an answer. */
  readonly status: number
  /** Names in lower case; of a repeated one the last. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Milliseconds after which silence counts as an answer that never comes. */
const silence = 5_000

/**
 * Sends bytes to a port of this machine, part by part until the answer begins, and reads it until it
 * is complete or the peer closes.
 */
export function sendRaw(
  port: number,
  ...parts: readonly (string | Uint8Array)[]
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const left = [...parts]
    const socket = connect(port, '127.0.0.1')
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`No end of the answer, only: ${Buffer.concat(chunks).toString('latin1')}`))
    }, silence)
    const sendNext = (): void => {
      const part = chunks.length === 0 ? left.shift() : undefined
      if (part === undefined) return
      socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part, () => {
        setImmediate(sendNext)
      })
    }
    socket.on('connect', sendNext)
    socket.on('data', (chunk) => {
      // Text only where an encoding was set, and none was.
      chunks.push(Buffer.from(chunk))
      // What is still to be sent would only meet a connection that the peer has reset.
      if (left.length > 0 && isComplete(Buffer.concat(chunks))) socket.destroy()
    })
    // A reset is one way to refuse; what was said before it counts.
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(parse(Buffer.concat(chunks)))
    })
  })
}

function isComplete(bytes: Buffer): boolean {
  const end = bytes.indexOf('\r\n\r\n')
  const length = /\ncontent-length: (\d+)/i.exec(bytes.subarray(0, end).toString('latin1'))?.[1]
  return end !== -1 && length !== undefined && bytes.length >= end + 4 + Number(length)
}

/** A request line and headers as they stand, for a connection that ends with the answer. */
export const rawHead = (
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
): string =>
  [
    `${method} ${target} HTTP/1.1`,
    'host: shop.test',
    'connection: close',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '\r\n',
  ].join('\r\n')

function parse(bytes: Buffer): RawAnswer {
  const text = bytes.toString('utf8')
  const end = text.indexOf('\r\n\r\n')
  const [line = '', ...fields] = (end === -1 ? text : text.slice(0, end)).split('\r\n')
  const headers = Object.fromEntries(
    fields.map((field) => {
      const mark = field.indexOf(':')
      return [field.slice(0, mark).toLowerCase(), field.slice(mark + 1).trim()]
    }),
  )
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(line)?.[1] ?? 0)
  return { status, headers, body: end === -1 ? '' : text.slice(end + 4) }
}
