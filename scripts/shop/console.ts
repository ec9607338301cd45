/** The launcher's console: lines of the services, and one line of progress that is written over. */
import type { Output } from '../../core/logging/standard-output.ts'

export interface Console {
  line(text: string): void
  /** Replaces the progress line; an end of it (`done` = `total`) stays. */
  progress(process: string, done: number, total: number): void
}

const eraseLine = '\r\u001b[K'

export function createConsole(out: Output): Console {
  let pending = ''
  const inPlace = out.isTTY
  return {
    line(text) {
      out.write(pending === '' ? `${text}\n` : `${eraseLine}${text}\n${pending}`)
    },
    progress(process, done, total) {
      const text = `${process.padEnd(8)} ${done} of ${total}`
      const ended = done >= total
      // A file or pipe cannot be written over, so it gets the end alone.
      if (!inPlace) {
        if (ended) out.write(`${text}\n`)
        return
      }
      out.write(`${eraseLine}${text}${ended ? '\n' : ''}`)
      pending = ended ? '' : text
    },
  }
}
