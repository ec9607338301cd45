/** `npm run bench`: installs what the benchmarks need beside the shop, then runs them. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = dirname(import.meta.dir)
const folder = join(root, 'bench')

const usage = `Usage: npm run bench [-- option]

  (none)      everything, at most 15 minutes; writes docs/benchmarks.md and bench/results/
  --quick     few short rounds, some 3 minutes; only raw results are kept, in bench/results/quick/
  --check     types, each micro benchmark once, and a few pairs against the committed run; ends with 1
              when something is clearly slower
  --report    writes docs/benchmarks.md anew from the newest results
  --port N    first of 16 free ports (18300)
  --help      this text

Needs Linux and wrk; but for --check also Go (for vegeta) and Python 3 (for FastAPI).`

const tools = process.argv.includes('--check') ? ['wrk'] : ['wrk', 'go', 'python3']

/** Every package of the lock file lies there in its version. */
function installed(): boolean {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly version: string }>>
  }
  return Object.entries(packages).every(([path, { version }]) => {
    const file = join(folder, path, 'package.json')
    if (path === '') return true
    return (
      existsSync(file) &&
      (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version === version
    )
  })
}

function install(): void {
  console.error('Installing the packages of the benchmarks ...')
  const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const command = Bun.which('npm')
    ? ['npm', 'ci', ...quietly]
    : [process.execPath, 'install', '--no-save', '--ignore-scripts']
  const { exitCode } = Bun.spawnSync(command, { cwd: folder, stdout: 'inherit', stderr: 'inherit' })
  if (exitCode === 0) return
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true })
  throw new Error('The packages of the benchmarks could not be installed (see above).')
}

if (process.argv.includes('--help')) {
  console.log(usage)
  process.exit(0)
}
const missing = tools.filter((tool) => Bun.which(tool) === null)
if (process.platform !== 'linux' || missing.length > 0) {
  console.error(
    missing.length > 0
      ? `Missing: ${missing.join(', ')}.\n\n${usage}`
      : 'The benchmarks need Linux.',
  )
  process.exit(2)
}
if (!installed()) install()
if (process.argv.includes('--check')) {
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
