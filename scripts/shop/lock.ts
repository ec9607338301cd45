/** One process at a time: a file that names the process which holds the lock. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export type LockResult =
  | {
      readonly kind: 'taken'
      /** An earlier holder was killed and left its file. */ readonly stale: boolean
      release(): void
    }
  | { readonly kind: 'held'; readonly pid: number }

/** One shop per data folder. */
export const lockFolder = (dataDir: string): LockResult =>
  lockFile(join(dataDir, 'run/launcher.pid'), 'start.ts')

/** Takes the lock for this process, which runs `script`; one whose process is gone does not count. */
export function lockFile(file: string, script: string): LockResult {
  mkdirSync(dirname(file), { recursive: true })
  let stale = false
  for (;;) {
    if (create(file)) return { kind: 'taken', stale, release: () => release(file) }
    const pid = holderOf(file, script)
    if (pid !== null) return { kind: 'held', pid }
    stale = true
    rmSync(file, { force: true })
  }
}

/** On a disk that went away or read-only the file stays, and counts for nothing once its process ends. */
function release(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // See above.
  }
}

function create(file: string): boolean {
  try {
    writeFileSync(file, `${process.pid}\n`, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    // On a full disk the file is there, and empty.
    release(file)
    throw error
  }
}

function holderOf(file: string, script: string): number | null {
  let pid: number
  try {
    pid = Number(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
  return Number.isInteger(pid) && pid > 0 && pid !== process.pid && runs(pid, script) ? pid : null
}

/** A process id is used again after a while, so the command is asked for where the system tells it. */
function runs(pid: number, script: string): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(script)
  } catch {
    return true
  }
}
