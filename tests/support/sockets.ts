/** Connections of the raw-socket corpus: what was sent, what came back, and how it ended. */
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'

export interface Conversation {
  /** Statuses of the final answers, in order; those below 200 are only announcements. */
  readonly statuses: readonly number[]
  readonly text: string
  /** The server ended the connection itself, or did after we had ended our side. */
  readonly ended: boolean
}

/** A step of a conversation: bytes to send in one packet, or what else a client can do. */
export type Step =
  | string
  /** Sends byte by byte, each in a packet of its own. */
  | { readonly trickle: string }
  /** Sends byte after byte, so slowly that no single silence is long. */
  | { readonly drip: string }
  /** Waits until this many answers have begun. */
  | { readonly answers: number }
  /** Ends the sending side: FIN. */
  | 'half-close'
  /** Drops the connection: RST. */
  | 'reset'

/** Milliseconds after which a connection that is still open was not ended in time. */
const patience = 20_000

/** Runs the steps on a new connection and resolves when it is over, or patience is. */
export function converse(port: number, steps: readonly Step[]): Promise<Conversation> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let given: (() => void) | null = null
    let over = false
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const text = (): string => Buffer.concat(chunks).toString('latin1')
    const finish = (ended: boolean): void => {
      if (over) return
      over = true
      clearTimeout(timer)
      given?.()
      socket.destroy()
      resolve({ statuses: statusesOf(text()), text: text(), ended })
    }
    const timer = setTimeout(() => finish(false), patience)
    const write = (bytes: string): Promise<void> =>
      new Promise((sent) => {
        if (over || socket.destroyed) sent()
        else socket.write(Buffer.from(bytes, 'latin1'), () => setImmediate(sent))
      })
    async function run(): Promise<void> {
      for (const step of steps) {
        if (over) return
        if (typeof step === 'object' && 'trickle' in step) {
          for (const byte of step.trickle) await write(byte)
        } else if (typeof step === 'object' && 'drip' in step) {
          for (const byte of step.drip) {
            if (over) return
            await write(byte)
            await new Promise((next) => setTimeout(next, 400))
          }
        } else if (typeof step === 'object') {
          while (!over && statusesOf(text()).length < step.answers) {
            await new Promise<void>((more) => (given = more))
          }
        } else if (step === 'half-close') socket.end()
        else if (step === 'reset') {
          socket.resetAndDestroy()
          finish(true)
        } else await write(step)
      }
    }
    socket.on('connect', () => void run())
    socket.on('data', (chunk) => {
      // Text only where an encoding was set, and none was.
      chunks.push(Buffer.from(chunk))
      given?.()
    })
    socket.on('end', () => finish(true))
    // A reset is one way to refuse; what was said before it counts.
    socket.on('error', () => finish(true))
    socket.on('close', () => finish(true))
  })
}

/** Reads answer after answer by its own framing, so that a status line inside a body is not counted. */
export function statusesOf(text: string): readonly number[] {
  const statuses: number[] = []
  let rest = text
  for (;;) {
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(rest)?.[1] ?? 0)
    if (status === 0) return statuses
    if (status >= 200) statuses.push(status)
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) return statuses
    const head = rest.slice(0, end)
    const bodiless = status < 200 || status === 204 || status === 304
    const length = Number(/\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    const chunked = !bodiless && /\ntransfer-encoding: *chunked/i.test(head)
    const last = chunked ? rest.indexOf('\r\n0\r\n\r\n', end) : 0
    if (last === -1) return statuses
    rest = chunked ? rest.slice(last + 7) : rest.slice(end + 4 + (bodiless ? 0 : length))
  }
}

/** Open descriptors of a process, sockets and files alike. */
export const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length

/** Sum of the samples of a metric whose labels contain all of `labels`. */
export function metricOf(page: string, name: string, ...labels: readonly string[]): number {
  return page
    .split('\n')
    .filter((line) => line.startsWith(name) && /[{ ]/.test(line.charAt(name.length)))
    .filter((line) => labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

/** Asks until the answer is as wanted; the last one, right or wrong, after ten seconds. */
export async function eventually<T>(
  ask: () => Promise<T>,
  right: (value: T) => boolean,
): Promise<T> {
  const end = Date.now() + 10_000
  for (;;) {
    const value = await ask()
    if (right(value) || Date.now() > end) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
