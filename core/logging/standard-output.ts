/** Output that a process may lose, but must not die or wait of: a full disk, a reader that has gone. */
import { fstatSync, writeSync } from 'node:fs'
import { isatty as isTerminal } from 'node:tty'

export interface Output {
  readonly isTTY: boolean
  /** Never throws; text that cannot be written is lost, and the next is tried again. */
  write(text: string): void
}

/**
 * Guards standard output or standard error.
 *
 * A stream of the runtime is dead after its first error, which is right for a pipe whose reader has
 * gone. A file takes text again when the disk has space again, so it is written by its descriptor;
 * that never waits for a reader.
 */
export function guarded(stream: NodeJS.WriteStream & { readonly fd: number }): Output {
  if (hasReader(stream.fd)) {
    // Without a listener an error ends the process.
    if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore)
    return { isTTY: stream.isTTY, write: unharmed((text) => stream.write(text)) }
  }
  return { isTTY: false, write: unharmed((text) => writeSync(stream.fd, text)) }
}

/** A terminal, a pipe, a socket; false as well for a descriptor that is closed. */
function hasReader(descriptor: number): boolean {
  try {
    const kind = fstatSync(descriptor)
    return kind.isFIFO() || kind.isSocket() || isTerminal(descriptor)
  } catch {
    return false
  }
}

const ignore = (): void => {}

const unharmed =
  (write: (text: string) => unknown) =>
  (text: string): void => {
    try {
      write(text)
    } catch {
      // There is nowhere to say it.
    }
  }
