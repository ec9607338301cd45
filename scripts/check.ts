/** `npm run check`: types, format, lint and structure; all of them, even when the first finds something. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

interface Check {
  readonly name: string
  readonly command: readonly string[]
}

const root = dirname(import.meta.dir)
const bun = process.execPath
const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')

const checks: readonly Check[] = [
  { name: 'types', command: [bun, 'check', '--no-script'] },
  { name: 'format', command: [bun, 'fmt', '--no-script', '--check'] },
  // Run by Bun as well, so that no Node is needed where there is none.
  { name: 'lint', command: [bun, '--bun', oxlint, '--deny-warnings'] },
  {
    name: 'structure',
    command: [bun, 'test', './tests/structure.test.ts', './tests/env-example.test.ts'],
  },
]

async function run({ name, command }: Check): Promise<boolean> {
  console.log(`\n== ${name}`)
  const child = Bun.spawn([...command], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  return (await child.exited) === 0
}

if (!existsSync(oxlint)) {
  console.error('oxlint is not installed; start this with npm run check.')
  process.exit(2)
}
const failed: string[] = []
for (const check of checks) if (!(await run(check))) failed.push(check.name)
console.log(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.join(', ')}.`)
process.exit(failed.length === 0 ? 0 : 1)
