/** Runs a script on the pinned Bun: `node scripts/run.mjs <script> [arguments]`; installs first what is missing. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Plain JavaScript without dependencies: it has to run before anything is installed, on Node or Bun.
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const windows = process.platform === 'win32'

// What a script starts ends with it, unless it is there to leave something running.
const leaves = process.argv[2] === '--leave-running'
const [script, ...scriptArguments] = process.argv.slice(leaves ? 3 : 2)
if (script === undefined) fail('Usage: node scripts/run.mjs <script> [arguments]')

// The script before the slow things, so that a typing mistake does not install anything.
if (!existsSync(join(root, script))) fail(`There is no script ${script}.`)

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
const wanted = lock.packages['node_modules/bun'].version

if (!installed()) install()
const bun = pinnedBun() ?? pinnedBunAfterInstall()
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
    // Some packages call themselves v1.2.3; the lock file never does.
    return JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')).version.replace(
      /^v/,
      '',
    )
  } catch {
    return null
  }
}

/** Install scripts stay off: no package of the shop needs one but Bun, whose binary is linked here. */
function install() {
  console.error('Installing dependencies ...')
  if (!installWithNpm() && !installWithBun()) {
    fail('The dependencies could not be installed: neither npm nor bun managed it (see above).')
  }
  linkBinary()
}

function installWithNpm() {
  const npm = windows ? 'npm.cmd' : 'npm'
  const quietly = ['--no-audit', '--no-fund', '--loglevel=error']
  return works(npm, ['--version']) && succeeds(npm, ['ci', '--ignore-scripts', ...quietly])
}

/** With --no-save Bun reads npm's lock file and writes none of its own. */
function installWithBun() {
  const installer = process.versions.bun === undefined ? 'bun' : process.execPath
  return (
    works(installer, ['--version']) &&
    succeeds(installer, ['install', '--no-save', '--ignore-scripts'])
  )
}

/** What Bun's own install script does; without it `node_modules/.bin/bun` only prints an error. */
function linkBinary() {
  const folder = join(modules, 'bun')
  spawnSync(process.execPath, [join(folder, 'install.js')], { cwd: folder, stdio: 'ignore' })
}

/** The platform package holds the binary itself, so it works even where `.bin/bun` is a stub. */
function pinnedBun() {
  const packages = existsSync(join(modules, '@oven')) ? readdirSync(join(modules, '@oven')) : []
  const binary = windows ? 'bun.exe' : 'bun'
  const linked = join(modules, 'bun', 'bin', 'bun.exe')
  const candidates = [
    ...packages.map((name) => join(modules, '@oven', name, 'bin', binary)),
    linked,
  ]
  return candidates.find((path) => existsSync(path) && versionAnswered(path) === wanted) ?? null
}

/** A node_modules copied from another kind of machine looks complete but holds no binary for this one. */
function pinnedBunAfterInstall() {
  install()
  return pinnedBun() ?? fail(`Bun ${wanted} does not run on this machine.`)
}

function versionAnswered(path) {
  const answer = spawnSync(path, ['--version'], { encoding: 'utf8' })
  return answer.status === 0 ? answer.stdout.trim() : null
}

function run(path) {
  // --no-orphans: when this process is killed, Bun and all that it started go with it.
  const child = spawn(
    path,
    [...(leaves ? [] : ['--no-orphans']), join(root, script), ...scriptArguments],
    {
      cwd: root,
      env: withoutProxyHere(process.env),
      stdio: 'inherit',
    },
  )
  for (const signal of ['SIGINT', 'SIGTERM']) {
    // A terminal sends Ctrl-C to the whole group; the scripts take two within a moment as one.
    process.on(signal, () => child.kill(signal))
  }
  if (process.env.npm_lifecycle_event !== undefined) onOrphaned(() => child.kill('SIGTERM'))
  child.on('error', (error) => fail(`Bun could not be started: ${error.message}`))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === 'SIGINT' ? 2 : 15)
  })
}

/**
 * A script may need the proxy of the environment to install something, but what it asks of this
 * machine must never go there. Both spellings, because some programs read only one.
 */
function withoutProxyHere(env) {
  const given = env.no_proxy || env.NO_PROXY
  const direct = [...(given ? [given] : []), 'localhost', '127.0.0.1', '::1'].join(',')
  return { ...env, no_proxy: direct, NO_PROXY: direct }
}

/** npm hands SIGTERM to a shell that dies without a word to its child; losing either is the word. */
function onOrphaned(stop) {
  const ancestry = () => `${process.ppid} ${parentOf(process.ppid)}`
  const before = ancestry()
  const watch = setInterval(() => {
    if (ancestry() === before) return
    clearInterval(watch)
    stop()
  }, 200)
  watch.unref()
}

/** Field 4 of proc(5) stat, counted after the name, which may hold spaces; empty on other systems. */
function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
  } catch {
    return ''
  }
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
