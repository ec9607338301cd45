/** Runs a script on the pinned Bun: `node scripts/run.mjs <script> [arguments]`; installs first what is missing. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Plain JavaScript without dependencies: it has to run before anything is installed, on Node or Bun.
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const stub = join(modules, 'bun', 'bin', 'bun.exe')
const windows = process.platform === 'win32'

const [script, ...scriptArguments] = process.argv.slice(2)
if (script === undefined) fail('Usage: node scripts/run.mjs <script> [arguments]')

// The script before the slow things, so that a typing mistake does not install anything.
if (!existsSync(join(root, script))) fail(`There is no script ${script}.`)

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
const wanted = lock.packages['node_modules/bun'].version

if (!installed()) install()
const bun = pinnedBun() ?? afterRepair()
run(bun)

/** Every package of the lock file lies in node_modules in its locked version. */
function installed() {
  return Object.entries(lock.packages).every(([path, entry]) => {
    if (path === '') return true
    const version = versionOf(path)
    // Packages for other machines are optional; npm leaves them out.
    return version === entry.version || (version === null && entry.optional === true)
  })
}

function versionOf(path) {
  try {
    return JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')).version
  } catch {
    return null
  }
}

/** Install scripts stay off: no package of the shop needs one but Bun, and `pinnedBun` does without. */
function install() {
  console.error('Installing dependencies ...')
  const npm = windows ? 'npm.cmd' : 'npm'
  const done =
    works(npm, ['--version']) &&
    succeeds(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
  if (done) return
  const installer = process.versions.bun === undefined ? 'bun' : process.execPath
  // --no-save: the lock file of the repository is npm's; Bun reads it and writes none of its own.
  if (
    works(installer, ['--version']) &&
    succeeds(installer, ['install', '--no-save', '--ignore-scripts'])
  )
    return
  fail('The dependencies could not be installed: neither npm nor bun managed it (see above).')
}

/**
 * The platform package holds the binary itself; `node_modules/.bin/bun` is only a stub wherever the
 * install script was blocked (npm links it to `bun.exe` on every system), so it comes second.
 */
function pinnedBun() {
  const packages = existsSync(join(modules, '@oven')) ? readdirSync(join(modules, '@oven')) : []
  const binary = windows ? 'bun.exe' : 'bun'
  const candidates = [...packages.map((name) => join(modules, '@oven', name, 'bin', binary)), stub]
  return candidates.find((path) => existsSync(path) && versionAnswered(path) === wanted) ?? null
}

function afterRepair() {
  spawnSync(process.execPath, [join(modules, 'bun', 'install.js')], {
    cwd: join(modules, 'bun'),
    stdio: 'ignore',
  })
  if (versionAnswered(stub) === wanted) return stub
  // node_modules that was copied from another kind of machine looks complete but holds no binary.
  install()
  return pinnedBun() ?? fail(`Bun ${wanted} does not run on this machine.`)
}

function versionAnswered(path) {
  const answer = spawnSync(path, ['--version'], { encoding: 'utf8' })
  return answer.status === 0 ? answer.stdout.trim() : null
}

function run(path) {
  // --no-orphans: when this process is killed, Bun and all that it started go with it.
  const child = spawn(path, ['--no-orphans', join(root, script), ...scriptArguments], {
    cwd: root,
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM']) {
    // A terminal sends Ctrl-C to the whole group; the scripts take two within a moment as one.
    process.on(signal, () => child.kill(signal))
  }
  child.on('error', (error) => fail(`Bun could not be started: ${error.message}`))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === 'SIGINT' ? 2 : 15)
  })
}

function works(file, options) {
  return spawnSync(file, options, { stdio: 'ignore', shell: windows }).status === 0
}

function succeeds(file, options) {
  return (
    spawnSync(file, options, { cwd: root, stdio: ['ignore', 2, 2], shell: windows }).status === 0
  )
}

function fail(sentence) {
  console.error(sentence)
  process.exit(1)
}
