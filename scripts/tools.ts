/** Installs the programs of the stack that Debian has, for the tests that need them; needs root. */
import { canInstall, installPackages } from './debian.ts'
import { missingPackages } from './stack/programs.ts'

const missing = [...missingPackages(), ...(Bun.which('docker-compose') ? [] : ['docker-compose'])]

if (missing.length === 0) {
  console.log('All tools are installed.')
} else if (canInstall()) {
  await installPackages(missing)
  console.log(`Installed ${missing.join(', ')}.`)
} else {
  console.error(`Install by the package manager of your system, as root: ${missing.join(', ')}.`)
  process.exitCode = 1
}
