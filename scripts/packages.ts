/** Packages of a folder that has a package.json of its own, so that the shop's install stays small. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Installs what the lock file of the folder says, unless it lies there in its versions.
 *
 * @param what whose packages they are, for the messages: `the benchmarks`
 */
export function installPackagesOf(folder: string, what: string): void {
  if (installed(folder)) return
  console.error(`Installing the packages of ${what} ...`)
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const command = Bun.which('npm')
    ? ['npm', 'ci', ...quietly]
    : [process.execPath, 'install', '--no-save', '--ignore-scripts']
  const { exitCode } = Bun.spawnSync(command, { cwd: folder, stdout: 'inherit', stderr: 'inherit' })
  if (exitCode === 0) return
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true })
  throw new Error(`The packages of ${what} could not be installed (see above).`)
}

/** Every package of the lock file lies there in its version; those for other machines may be missing. */
function installed(folder: string): boolean {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<
      Record<string, { readonly version: string; readonly optional?: boolean }>
    >
  }
  return Object.entries(packages).every(([path, { version, optional = false }]) => {
    const file = join(folder, path, 'package.json')
    if (path === '') return true
    if (!existsSync(file)) return optional
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version === version
  })
}
