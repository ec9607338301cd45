/** A password from a person or a pipe; it is shown nowhere and never an argument, which all users of a machine can see. */
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

export interface Terminal {
  readonly input: NodeJS.ReadStream
  /** Where the questions go; the answers go nowhere. */
  readonly output: { write(text: string): unknown }
}

/** A pipe that sends more than this sends no password. */
const maxBytes = 4_096

/**
 * Asks twice on a terminal; takes the one line of anything else.
 *
 * @throws Error in one sentence when nothing was given, or the two differ
 */
export const askPassword = (terminal: Terminal): Promise<string> =>
  terminal.input.isTTY ? fromPerson(terminal) : fromPipe(terminal.input)

async function fromPerson({ input, output }: Terminal): Promise<string> {
  // It echoes into the void: the terminal itself does not echo while somebody reads it key by key.
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: silence, terminal: true, historySize: 0 })
  const given = new AbortController()
  // Ctrl-C and Ctrl-D.
  lines.once('SIGINT', () => given.abort())
  lines.once('close', () => given.abort())
  const ask = async (question: string): Promise<string> => {
    output.write(question)
    try {
      return await lines.question('', { signal: given.signal })
    } catch {
      throw new Error('No password was given.')
    } finally {
      output.write('\n')
    }
  }
  try {
    const password = await ask('Password: ')
    const again = await ask('The same again: ')
    if (password !== again) throw new Error('The two passwords differ.')
    return password
  } finally {
    lines.close()
  }
}

async function fromPipe(input: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of input) {
    const piece = Buffer.from(chunk)
    chunks.push(piece)
    bytes += piece.byteLength
    if (bytes > maxBytes) break
  }
  const password = Buffer.concat(chunks)
    .toString()
    .replace(/\r?\n$/, '')
  if (password === '') throw new Error('No password was given.')
  if (bytes > maxBytes || /[\r\n]/.test(password)) {
    throw new Error('A password is one line; more than that came in.')
  }
  return password
}
