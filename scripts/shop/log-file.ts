/** The log file of one process: whole lines in, bounded size on disk. */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

export interface LogFile {
  /** Never throws: lines that cannot be written are counted, and the count is written when it can be. */
  write(lines: string): void
}

/**
 * Past `maxBytes` the file becomes `<name>.1` and a new one begins, so two of them bound the disk.
 *
 * @throws when its folder cannot be made
 */
export function openLogFile(path: string, maxBytes: number): LogFile {
  mkdirSync(dirname(path), { recursive: true })
  let size = sizeOf(path)
  let lost = 0

  function append(text: string): void {
    const bytes = Buffer.byteLength(text)
    if (size > 0 && size + bytes > maxBytes) {
      renameSync(path, `${path}.1`)
      size = 0
    }
    // Synchronous, so that the last words of a dying process are on disk before anything else.
    appendFileSync(path, text)
    size += bytes
  }

  return {
    write(lines) {
      try {
        if (lost === 0) return append(lines)
        mkdirSync(dirname(path), { recursive: true })
        // The last line may have been cut.
        append(`\n${lost} times something could not be written here.\n${lines}`)
        lost = 0
      } catch {
        lost += 1
      }
    },
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

/** Cuts a byte stream into whole lines; `end` hands out a last line without its newline. */
export function lineSplitter(onLine: (line: string) => void): {
  push(chunk: Uint8Array): void
  end(): void
} {
  const decoder = new TextDecoder()
  let rest = ''
  const push = (text: string): void => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') onLine(line)
  }
  return {
    push: (chunk) => push(decoder.decode(chunk, { stream: true })),
    end: () => push(`${decoder.decode()}\n`),
  }
}
