/**
 * `npm run infra`: writes the configuration files under infra/ that are made from TypeScript. With
 * `-- --digests` it asks the registries for the digests of all images first.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { infraFiles } from '../infra/files.ts'
import { digestsPath } from '../infra/images.ts'
import { images } from '../infra/topology.ts'
import type { FileText } from '../infra/generated.ts'
import { digestsOf } from './infra/digests.ts'

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

/** A registry that does not answer changes nothing. */
async function writeDigests(): Promise<void> {
  const digests = await digestsOf(Object.values(images).sort())
  writeFileSync(join(root, digestsPath), `${JSON.stringify(digests, null, 2)}\n`)
  console.log(`Wrote ${digestsPath}.`)
}

if (import.meta.main && process.argv.includes('--digests')) {
  try {
    await writeDigests()
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exit(1)
  }
  // In a process that reads the new file.
  const child = Bun.spawn([process.execPath, import.meta.path], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  process.exit(await child.exited)
}
if (import.meta.main) {
  for (const { path, text } of await committedFiles()) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    console.log(`Wrote ${path}.`)
  }
}
