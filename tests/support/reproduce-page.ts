/** The commands of docs/reproduce_alerts.md, section by section, for a stack of a test's own. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestStack } from './stack.ts'

const page = readFileSync(join(import.meta.dir, '../../docs/reproduce_alerts.md'), 'utf8')

/** The headings of the page, in their order. */
export const headings: readonly string[] = [...page.matchAll(/^## (.+)$/gm)].map(
  ([, heading = '']) => heading,
)

/** The shell commands below a heading, as the page has them. */
export function commandsBelow(heading: string): readonly string[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`)
  const [own = ''] = section.split('\n## ')
  return [...own.matchAll(/```sh\n([^]*?)```/g)].map(([, command = '']) => command)
}

export interface Shell {
  /** Runs a command of the page to its end, in the place of the stack; throws when it fails. */
  run(command: string): Promise<string>
  /** Starts one that does not end; the returned function ends it. */
  start(command: string): () => Promise<void>
}

/** A shell in which the page's addresses and folders are those of the stack, and `TOKEN` is known. */
export function shellAt(stack: TestStack, token = ''): Shell {
  const spawn = (command: string): Bun.Subprocess<'ignore', 'pipe', 'inherit'> => {
    const own = command
      .replaceAll('localhost:8080', `127.0.0.1:${stack.portOf('gateway')}`)
      .replaceAll('data/run/', `${stack.data}/run/`)
    return Bun.spawn(['sh', '-c', own], {
      env: { PATH: process.env['PATH'] ?? '', TOKEN: token },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }
  return {
    async run(command) {
      const child = spawn(command)
      const output = await child.stdout.text()
      const code = await child.exited
      if (code !== 0) throw new Error(`This ended with ${code}:\n${command}\n${output}`)
      return output
    },
    start(command) {
      const child = spawn(command)
      return async () => {
        child.kill()
        await child.exited
      }
    },
  }
}
