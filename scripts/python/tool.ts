/** Python programs that the scripts run: each in an environment of its own under data/, made when it is missing. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { missingPrograms } from '../programs.ts'

const root = join(import.meta.dir, '../..')

/**
 * The path of a program, installed as `infra/<name>/requirements.txt` says unless another file is given; installed anew when that
 * file has changed.
 *
 * @throws Error in one sentence when there is no Python
 */
export function pythonTool(
  name: string,
  requirements = join(root, 'infra', name, 'requirements.txt'),
): string {
  const environment = join(root, 'data', name)
  // Written last, so that an installation that was broken off does not count.
  const installed = join(environment, 'installed.txt')
  const wanted = readFileSync(requirements, 'utf8')
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== wanted) {
    const missing = missingPrograms('python3')
    if (missing !== null) throw new Error(missing)
    console.error(`Installing ${name} from PyPI, once; this takes a minute ...`)
    rmSync(environment, { recursive: true, force: true })
    run(['python3', '-m', 'venv', environment])
    run([join(environment, 'bin/pip'), 'install', '--quiet', '-r', requirements])
    writeFileSync(installed, wanted)
  }
  return join(environment, 'bin', name)
}

function run(command: string[]): void {
  const { exitCode } = Bun.spawnSync(command, { stdout: 'inherit', stderr: 'inherit' })
  if (exitCode !== 0) throw new Error(`${command[0]} ended with ${exitCode}.`)
}
