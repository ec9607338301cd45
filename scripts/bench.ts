/** `npm run bench`: installs what the benchmarks need beside the shop, then runs them. */
import { dirname, join } from 'node:path'
import { missingTools } from './cassandra/jars.ts'
import { installLocked } from './locked.ts'
import { installNode } from './node/program.ts'
import { missingPrograms } from './programs.ts'

const root = dirname(import.meta.dir)
const folder = join(root, 'bench')

const usage = `Usage: npm run bench [-- option]

  (none)      all but engines and Cassandra, at most 15 minutes; writes docs/benchmarks.md and
              bench/results/
  --quick     few short rounds, some 3 minutes; only raw results are kept, in bench/results/quick/
  --check     types, each micro benchmark once, and a few pairs against the committed run; ends with 1
              when something is clearly slower
  --engines   the shop on Bun against the shop on Node alone, some 2 minutes; writes their part
  --cassandra the shop on a Cassandra node of its own against the bare driver, some 5 minutes; writes
              their part of the page and the Cassandra halves of the goals
  --report    writes docs/benchmarks.md anew from the newest results
  --port N    first of 16 free ports (18300)
  --help      this text

Needs Linux and wrk; --cassandra also Java 17, and Maven the first time; a whole run and --quick also Go
(for vegeta) and Python 3 (for FastAPI).`

const asked = (...words: readonly string[]): boolean =>
  words.some((word) => process.argv.includes(word))
const whole = !asked('--check', '--engines', '--cassandra', '--report')
const tools = whole ? ['wrk', 'go', 'python3'] : asked('--report') ? [] : ['wrk']

if (process.argv.includes('--help')) {
  console.log(usage)
  process.exit(0)
}
const missing = missingPrograms(...tools)
const noNode = asked('--cassandra') ? missingTools() : null
if (process.platform !== 'linux' || missing !== null) {
  console.error(missing ?? 'The benchmarks need Linux.')
  process.exit(2)
}
if (noNode !== null) {
  console.error(noNode)
  process.exit(2)
}
installLocked(folder, { development: true, say: console.error })
if (asked('--engines')) installNode(false, console.error)
if (asked('--check')) {
  // `npm run check` leaves these files out, as their packages may not be there.
  const types = [process.execPath, 'check', '--no-script', '-p', folder]
  const { exitCode } = Bun.spawnSync(types, { cwd: root, stdout: 'inherit', stderr: 'inherit' })
  if (exitCode !== 0) process.exit(1)
}
const child = Bun.spawn(
  [process.execPath, '--no-orphans', join(folder, 'bench.ts'), ...process.argv.slice(2)],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
process.exit(await child.exited)
