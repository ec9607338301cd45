/** Python programs, each in an environment of its own under data/, installed when first asked for. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dir, '..')

/** The path of a program; its package and version stand in `infra/<name>/requirements.txt`. */
export function pythonProgram(name: string): string {
  const folder = join(root, 'data', name)
  const binary = join(folder, 'bin', name)
  if (!existsSync(binary)) {
    const requirements = join(root, 'infra', name, 'requirements.txt')
    run(['python3', '-m', 'venv', folder])
    run([join(folder, 'bin/pip'), 'install', '--quiet', '-r', requirements])
  }
  return binary
}

function run(command: string[]): void {
  const { exitCode } = Bun.spawnSync(command, { stdout: 'inherit', stderr: 'inherit' })
  if (exitCode !== 0) throw new Error(`${command[0]} ended with ${exitCode}.`)
}
