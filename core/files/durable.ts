/** Files that a crash leaves whole: written beside their place, on disk, then renamed into it. */
import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'

/**
 * Puts `text` in the place of a file, readable by its owner alone. A crash, of the machine as well,
 * leaves the old file or the new one, and a replacement that returned is there before any later one.
 */
export function replaceFile(file: string, text: string): void {
  const fresh = freshName(file)
  try {
    writeDurably(fresh, text)
    renameSync(fresh, file)
  } catch (error) {
    // On a full disk each try would leave one.
    if (existsSync(fresh)) rmSync(fresh)
    throw error
  }
  flush(dirname(file))
}

/** Writes a new file, readable by its owner alone; throws when there is one of that name. */
export function writeDurably(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
  flush(file)
}

/** Puts on disk what a file holds or, of a folder, the names in it. */
export function flush(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** A name beside `file` that nobody else has. */
export const freshName = (file: string): string => `${file}.${randomUUID()}.new`
