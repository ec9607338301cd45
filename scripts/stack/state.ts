/** What the running stack has written down about itself, for `status` and `stop` in another terminal. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { replaceFile } from '../../core/files/durable.ts'
import { sentenceOf } from '../../core/logging/sentence.ts'
import type { Absent, Part } from './part.ts'

export interface RunningPart extends Pick<Part, 'name' | 'label' | 'health' | 'address' | 'note'> {
  /** Milliseconds from its start until it was ready. */
  readonly readyAfter: number | null
}

export interface StackState {
  /** The process that started all others and ends them. */
  readonly pid: number
  readonly parts: readonly RunningPart[]
  readonly absent: readonly Absent[]
}

const fileIn = (dataDir: string): string => join(dataDir, 'run/stack.json')

/** What already runs is not ended for it: `say` hears when it cannot be written. */
export function writeState(
  dataDir: string,
  state: StackState,
  say: (sentence: string) => void,
): void {
  try {
    mkdirSync(dirname(fileIn(dataDir)), { recursive: true })
    replaceFile(fileIn(dataDir), `${JSON.stringify(state, null, 2)}\n`)
  } catch (error) {
    say(`The commands status and stop will not find this stack: ${sentenceOf(error)}`)
  }
}

export function removeState(dataDir: string): void {
  try {
    rmSync(fileIn(dataDir), { force: true })
  } catch {
    // It counts for nothing once this process has ended.
  }
}

/** Null where no stack runs; one that was killed does not count. */
export function readState(dataDir: string): StackState | null {
  if (!existsSync(fileIn(dataDir))) return null
  // Written by `writeState` alone.
  const state = JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as StackState
  return isStack(state.pid) ? state : null
}

/** A process id is used again after a while, so the command is asked for where the system tells it. */
function isStack(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('stack.ts')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && !existsSync('/proc/self')
  }
}

/** The process id of a part, or of one of the shop's processes; null while it does not run. */
export function pidOf(dataDir: string, name: string): number | null {
  try {
    const pid = Number(readFileSync(join(dataDir, 'run', `${name}.pid`), 'utf8'))
    return Number.isInteger(pid) && pid > 0 ? pid : null
  } catch {
    return null
  }
}
