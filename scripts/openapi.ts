/** Writes the types of the services' APIs to tests/generated/, on which the end-to-end tests are written. */
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { serviceNames } from '../core/values/service-name.ts'
import { typesFileOf, typesOf } from './openapi/types.ts'

for (const name of serviceNames) {
  const file = typesFileOf(name)
  writeFileSync(file, await typesOf(name))
  console.log(`wrote ${relative(process.cwd(), file)}`)
}
