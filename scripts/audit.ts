/**
 * `npm run audit`: judges every package of every lock file. It asks the registry for advisories, and
 * says so where there are none to be had; what the lock files themselves tell is judged always.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { advisoriesOf } from './audit/advisories.ts'
import { judge, type Known, type LockFile } from './audit/lock-file.ts'

const root = join(import.meta.dir, '..')

/** Folders with a lock file of their own. */
const shop = '.'
const folders = [shop, 'site', 'bench', 'engines/node']

const known: Known = {
  scripts: ['bun', '@scarf/scarf', 'esbuild', 'es5-ext'],
  // Older packages, all below the profilers: the first four name it in a field of long ago, the last
  // in its readme.
  unlicensed: {
    'console-browserify': 'MIT',
    'prelude-ls': 'MIT',
    'querystring-es3': 'MIT',
    'timers-browserify': 'MIT',
    'type-component': 'MIT',
  },
}

let isBad = false
let unasked: string | null = null
const looked = await Promise.all(
  folders.map(async (folder) => ({
    folder,
    lock: JSON.parse(readFileSync(join(root, folder, 'package-lock.json'), 'utf8')) as LockFile,
    advisories: await advisoriesOf(join(root, folder), folder === shop),
  })),
)
for (const { folder, lock, advisories } of looked) {
  const wrong = judge(lock, known)
  for (const line of wrong) console.error(`${folder}: ${line}`)
  let told = 'no advisories asked'
  if (advisories.kind === 'asked') {
    const { critical, high, moderate, low } = advisories.counts
    told = `advisories: ${critical} critical, ${high} high, ${moderate} moderate, ${low} low`
    // The rest runs on the machines of those who build and measure.
    isBad ||= folder === shop && critical + high > 0
  } else unasked = advisories.reason
  isBad ||= wrong.length > 0
  console.log(
    `${folder}: ${Object.keys(lock.packages).length - 1} packages, ${wrong.length} wrong; ${told}`,
  )
}
if (unasked !== null) {
  console.log(
    `No advisory database was asked (${unasked}): checksums, origins, licences, scripts and versions were judged, known holes were not.`,
  )
}
process.exit(isBad ? 1 : 0)
