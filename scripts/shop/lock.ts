/** One shop per data folder: a file that names the launcher's process. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type LockResult =
  | {
      readonly kind: 'taken'
      /** An earlier launcher was killed and left its file. */ readonly stale: boolean
      release(): void
    }
  | { readonly kind: 'held'; readonly pid: number }

/** Takes the folder for this process; a lock whose process is gone does not count. */
export function lockFolder(dataDir: string): LockResult {
  const folder = join(dataDir, 'run')
  const file = join(folder, 'launcher.pid')
  mkdirSync(folder, { recursive: true })
  let stale = false
  for (;;) {
    if (create(file)) return { kind: 'taken', stale, release: () => rmSync(file, { force: true }) }
    const pid = holderOf(file)
    if (pid !== null) return { kind: 'held', pid }
    stale = true
    rmSync(file, { force: true })
  }
}

function create(file: string): boolean {
  try {
    writeFileSync(file, `${process.pid}\n`, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

function holderOf(file: string): number | null {
  let pid: number
  try {
    pid = Number(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
  return Number.isInteger(pid) && pid > 0 && pid !== process.pid && isLauncher(pid) ? pid : null
}

/** A process id is used again after a while, so the command is asked for where the system tells it. */
function isLauncher(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('start.ts')
  } catch {
    return true
  }
}
