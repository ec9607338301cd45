/** The built documentation site: where it lies, whether it is that of today's pages, and its making. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { installLocked } from '../locked.ts'
import { lockFile } from '../shop/lock.ts'

const root = dirname(dirname(import.meta.dir))
const site = join(root, 'site')
export const builtSite = join(site, 'dist')

/** Inside of the built site, which the gateway does not show: names with a dot are hidden. */
const stampFile = '.made-of'

/** True when the site is there and was made of the pages and settings that lie here now. */
export function isUpToDate(): boolean {
  const file = join(builtSite, stampFile)
  return existsSync(file) && readFileSync(file, 'utf8') === sources()
}

/** One hash over everything that a build reads. */
function sources(): string {
  const hash = createHash('sha256')
  const files = [...new Bun.Glob('{docs,site}/**/*').scanSync({ cwd: root, dot: true })]
  const read = files.filter(
    (path) => !/^site\/(node_modules|dist[^/]*|\.vitepress\/cache)\//.test(path),
  )
  for (const path of read.sort()) hash.update(`${path}\0`).update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

/**
 * Makes the site and puts it in place whole: who reads meanwhile sees the old one or the new one.
 * Throws an error of one sentence when it cannot be made.
 */
export async function buildSite(output: 'inherit' | 'ignore'): Promise<void> {
  const lock = lockFile(join(root, 'data/run/docs.pid'), 'docs.ts')
  if (lock.kind === 'held') throw new Error(`The site is being built (process ${lock.pid}).`)
  const fresh = `${builtSite}.new`
  try {
    installLocked(site, { development: true, say: console.error })
    const made = sources()
    const vitepress = join(site, 'node_modules/vitepress/bin/vitepress.js')
    const child = Bun.spawn(
      [process.execPath, '--bun', vitepress, 'build', 'site', '--outDir', fresh],
      // From here, or the pages find no Vue: they lie beside its folder, not in it.
      { cwd: root, stdio: ['ignore', output, 'inherit'] },
    )
    if ((await child.exited) !== 0)
      throw new Error('VitePress could not build the site (see above).')
    writeFileSync(join(fresh, stampFile), made)
    replace(fresh)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
    lock.release()
  }
}

/** A folder cannot be renamed onto one that is not empty, so for a moment there is none. */
function replace(fresh: string): void {
  const old = `${builtSite}.old`
  rmSync(old, { recursive: true, force: true })
  if (existsSync(builtSite)) renameSync(builtSite, old)
  renameSync(fresh, builtSite)
  rmSync(old, { recursive: true, force: true })
}
