/** Installs Debian's chromium for the browser tests, unless there is one; needs root. */
import { getuid } from 'node:process'

if (Bun.which('chromium') !== null) {
  console.log('chromium is installed')
  process.exit(0)
}
if (Bun.which('apt-get') === null || getuid?.() !== 0) {
  console.error('Install chromium by the package manager of your system; on Debian as root.')
  process.exit(1)
}
for (const command of [
  ['apt-get', 'update', '-qq'],
  ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'chromium'],
]) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const child = Bun.spawn(command, { env, stdio: ['ignore', 'inherit', 'inherit'] })
  const code = await child.exited
  if (code !== 0) process.exit(code)
}
