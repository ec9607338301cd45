/** TypeScript types of a service's API, made from its OpenAPI document. */
import { dirname, join } from 'node:path'
import openapiTS, { astToString } from 'openapi-typescript'
import type { ServiceName } from '../../core/values/service-name.ts'
import { documentOf } from './documents.ts'

const root = dirname(dirname(import.meta.dir))

/** The declaration file of a service, from the project's root. */
export const typesFileOf = (name: ServiceName): string => join(root, `tests/generated/${name}.d.ts`)

/** What belongs into that file, formatted as everything else. */
export async function typesOf(name: ServiceName): Promise<string> {
  // A field with a default may be left out all the same: nothing here fills defaults in.
  const ast = await openapiTS(JSON.stringify(documentOf(name)), { defaultNonNullable: false })
  const purpose = `/** The ${name} service's API. Written by scripts/openapi.ts from the route table; not to be edited. */`
  return formatted(`${purpose}\n${astToString(ast)}`, typesFileOf(name))
}

async function formatted(text: string, file: string): Promise<string> {
  const command = [process.execPath, 'fmt', '--no-script', `--stdin-filepath=${file}`]
  const child = Bun.spawn(command, { cwd: root, stdin: new Blob([text]), stderr: 'pipe' })
  const [output, mistakes, code] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ])
  if (code !== 0) throw new Error(`The types could not be formatted: ${mistakes}`)
  return output
}
