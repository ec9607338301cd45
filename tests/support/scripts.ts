/** Runs what a person runs at the command line, the way `npm run` does. */
import { join } from 'node:path'

export interface Outcome {
  readonly code: number
  /** Both streams, without white space around them. */
  readonly output: string
}

const root = join(import.meta.dir, '../..')

/** Runs `scripts/<name>.ts` with `input` piped into it; no setting of the shell that runs the tests reaches it. */
export async function runScript(
  name: string,
  args: readonly string[],
  input = '',
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const child = Bun.spawn([process.execPath, 'scripts/run.mjs', `scripts/${name}.ts`, ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...env },
    stdin: new TextEncoder().encode(input),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const texts = await Promise.all([child.stdout.text(), child.stderr.text()])
  return { code: await child.exited, output: texts.join('').trim() }
}
