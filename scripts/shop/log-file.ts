/** The log file of one process: whole lines in, bounded size on disk. */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

export interface LogFile {
  write(lines: string): void
}

/** Past `maxBytes` the file becomes `<name>.1` and a new one begins, so two of them bound the disk. */
export function openLogFile(path: string, maxBytes: number): LogFile {
  mkdirSync(dirname(path), { recursive: true })
  let size = sizeOf(path)
  return {
    write(lines) {
      const bytes = Buffer.byteLength(lines)
      if (size > 0 && size + bytes > maxBytes) {
        renameSync(path, `${path}.1`)
        size = 0
      }
      // Synchronous, so that the last words of a dying process are on disk before anything else.
      appendFileSync(path, lines)
      size += bytes
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
