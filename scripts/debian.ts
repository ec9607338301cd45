/** Installs Debian packages, as root, without letting them start anything. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { getuid } from 'node:process'
import { which } from './programs.ts'

/** Asked by Debian's packages whether a daemon may be started; 101 is a no. */
const policy = '/usr/sbin/policy-rc.d'

const isRoot = getuid?.() === 0

/** False where this is no Debian, or the user neither is root nor may become it without a password. */
export const canInstall = (): boolean =>
  which('apt-get') !== null &&
  (isRoot || (which('sudo') !== null && Bun.spawnSync(['sudo', '-n', 'true']).exitCode === 0))

/** Throws when a package cannot be had. */
export async function installPackages(packages: readonly string[]): Promise<void> {
  const ownPolicy = isRoot && !existsSync(policy)
  if (ownPolicy) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await apt('update', '-qq')
    await apt('install', '-y', '-qq', '--no-install-recommends', ...packages)
  } finally {
    if (ownPolicy) rmSync(policy)
  }
}

async function apt(...args: readonly string[]): Promise<void> {
  const sudo = isRoot ? [] : ['sudo', '-n', '-E']
  const child = Bun.spawn([...sudo, 'apt-get', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const code = await child.exited
  if (code !== 0) throw new Error(`apt-get ${args[0] ?? ''} ended with ${code}.`)
}
