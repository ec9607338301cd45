/** Installs Debian's chromium for the browser tests, unless there is one; needs root. */
import { canInstall, installPackages } from './debian.ts'
import { which } from './programs.ts'

if (which('chromium') !== null) {
  console.log('chromium is installed')
} else if (canInstall()) {
  await installPackages(['chromium'])
} else {
  console.error('Install chromium by the package manager of your system; on Debian as root.')
  process.exitCode = 1
}
