/** On what and of what a run was made. */
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { git } from '../../scripts/programs.ts'
import { pinned, root } from './processes.ts'

export interface Machine {
  readonly time: string
  readonly commit: string
  /** Files were changed since that commit. */
  readonly changed: boolean
  readonly bun: string
  readonly processor: string
  readonly cores: number
  readonly memory: number
  readonly kernel: string
  readonly pinned: boolean
  /** Load average over a minute when the run began: what others did meanwhile. */
  readonly load: number
}

export function machine(): Machine {
  return {
    time: new Date().toISOString(),
    commit: git(root, 'rev-parse', '--short=10', 'HEAD') || 'unknown',
    changed: git(root, 'status', '--porcelain', '--', 'core', 'services', 'bench') !== '',
    bun: Bun.version,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory: totalmem(),
    kernel: release(),
    pinned,
    load: loadAverage(),
  }
}

export const loadAverage = (): number => Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0])
