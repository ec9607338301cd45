/** `npm run infra`: writes the configuration files under infra/ that are made from TypeScript. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { infraFiles } from '../infra/files.ts'
import type { FileText } from '../infra/generated.ts'

const root = join(import.meta.dir, '..')

/** The files as they are committed: in the form of the house. */
export const committedFiles = (): Promise<readonly FileText[]> =>
  Promise.all(infraFiles().map(async (file) => ({ ...file, text: await formatted(file) })))

async function formatted({ path, text }: FileText): Promise<string> {
  if (!/\.(ya?ml|json)$/.test(path)) return text
  const child = Bun.spawn([process.execPath, 'fmt', `--stdin-filepath=${path}`], {
    cwd: root,
    stdin: new TextEncoder().encode(text),
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const output = await child.stdout.text()
  if ((await child.exited) !== 0) throw new Error(`${path} could not be formatted.`)
  return output
}

if (import.meta.main) {
  for (const { path, text } of await committedFiles()) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    console.log(`Wrote ${path}.`)
  }
}
