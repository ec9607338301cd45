/** Installs the programs that tests and the benchmark check need: what Debian has, as root, and Jaeger from its Go module. */
import { join } from 'node:path'
import { canInstall, installPackages } from './debian.ts'
import { lacking, packageOf } from './programs.ts'
import { findJaeger } from './stack/jaeger.ts'
import { missingPackages } from './stack/programs.ts'

const others = ['curl', 'docker-compose', 'git', 'wrk']
const missing = [...missingPackages(), ...lacking(others).map(packageOf)]

if (missing.length === 0) {
  console.log('All tools are installed.')
} else if (canInstall()) {
  await installPackages(missing)
  console.log(`Installed ${missing.join(', ')}.`)
} else {
  console.error(`Install by the package manager of your system, as root: ${missing.join(', ')}.`)
  process.exitCode = 1
}

const jaeger = await findJaeger(join(import.meta.dir, '../data/cache'), console.log)
if (typeof jaeger === 'string') {
  console.error(`There is no Jaeger: ${jaeger}.`)
  process.exitCode = 1
}
