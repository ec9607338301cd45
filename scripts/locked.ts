/** Packages of a folder with a lock file of its own, installed when a command first needs them. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { which } from './programs.ts'

export interface LockedOptions {
  /** Those for development as well; left out, only what runs. */
  readonly development: boolean
  /** Gets a line before the installation takes its time. */
  readonly say: (line: string) => void
}

interface Entry {
  readonly version: string
  readonly dev?: boolean
  readonly devOptional?: boolean
  /** For another kind of machine, as a rule. */
  readonly optional?: boolean
}

/** Throws when they cannot be had. */
export function installLocked(folder: string, { development, say }: LockedOptions): void {
  if (isInstalled(folder, development)) return
  say(`Installing the packages of ${folder} ...`)
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const command = which('npm')
    ? ['npm', 'ci', ...quietly, ...(development ? [] : ['--omit=dev'])]
    : [
        ...[process.execPath, 'install', '--no-save', '--ignore-scripts'],
        ...(development ? [] : ['--production']),
      ]
  // Standard output belongs to what the command itself has to say.
  const { exitCode } = Bun.spawnSync(command, { cwd: folder, stdout: 2, stderr: 'inherit' })
  if (exitCode === 0) return
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true })
  throw new Error(`The packages of ${folder} could not be installed (see above).`)
}

/** Every package of the lock file lies there in its version. */
export function isInstalled(folder: string, development: boolean): boolean {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, Entry>>
  }
  return Object.entries(packages).every(([path, { version, dev, devOptional, optional }]) => {
    if (path === '') return true
    if (!development && (dev === true || devOptional === true)) return true
    const file = join(folder, path, 'package.json')
    if (!existsSync(file)) return optional === true
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version === version
  })
}
