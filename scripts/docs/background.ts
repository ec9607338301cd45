/** The documentation site is built while the shop already sells: it must not hold up a start. */
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { isUpToDate } from './site.ts'

const notBuilt =
  'The documentation site was not built, npm run docs says why; /docs/ shows its pages as text.'

/**
 * Starts a build where one is needed; `say` hears one sentence when it fails. Returns how to end it.
 *
 * @param env of the build, which may have to install its packages first
 */
export function buildInBackground(
  say: (sentence: string) => void,
  env: NodeJS.ProcessEnv,
): () => void {
  if (isUpToDate()) return () => {}
  const child = Bun.spawn(
    [process.execPath, '--no-orphans', join(import.meta.dir, '../docs.ts'), '--quiet'],
    { env, stdio: ['ignore', 'ignore', 'ignore'] },
  )
  setPriority(child.pid, constants.priority.PRIORITY_LOW)
  let ended = false
  const watch = async (): Promise<void> => {
    const code = await child.exited
    if (code !== 0 && !ended) say(notBuilt)
  }
  void watch()
  return () => {
    ended = true
    child.kill()
  }
}
