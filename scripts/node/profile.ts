/** `npm run profile:0x` and `npm run profile:clinic`: the catalog on Node under load, seen by Node's own profilers. */
import { spawn, type ChildProcess } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { urlOfListener } from '../../core/values/authority.ts'
import { ensureKeys } from '../../core/auth/key-files.ts'
import { runCommand } from '../command.ts'
import { planShop, type ProcessPlan } from '../shop/plan.ts'
import { commandOf } from '../shop/runtime.ts'
import { installNode, nodeFolder, nodeProgram } from './program.ts'

const usage = `Usage: npm run profile:0x [-- options]
       npm run profile:clinic [-- options]

Starts the catalog on Node, puts load on its pages and leaves in profiles/node/ what the profiler made of
it: a flame graph by 0x; by clinic a flame graph and what its doctor says of processor, memory and event
loop. Installs Node 22 and the profilers first, some 470 MB in engines/node/.

  --seconds <number>   length of the load, 1 to 60 (10)
  --clients <number>   requests at once (16)
  --port <number>      of the catalog (18090)`

const root = join(import.meta.dir, '../..')
const pages = join(process.env['PROFILES_DIR'] || join(root, 'profiles'), 'node')

interface Options {
  readonly profilers: readonly Profiler[]
  readonly seconds: number
  readonly clients: number
  readonly port: number
}

interface Profiler {
  readonly name: string
  /** Its script in the package, and arguments that let it write into a folder. */
  readonly command: (folder: string) => readonly string[]
}

const clinic = (kind: string): Profiler => ({
  name: `clinic-${kind}`,
  command: (folder) => ['clinic/bin.js', kind, '--open=false', `--dest=${folder}`],
})

const profilers: Readonly<Record<string, readonly Profiler[]>> = {
  '0x': [{ name: '0x', command: (folder) => ['0x/cmd.js', '-D', folder] }],
  clinic: [clinic('flame'), clinic('doctor')],
}

function readOptions(): Options | null {
  const { values, positionals } = parseArgs({
    options: {
      seconds: { type: 'string', default: '10' },
      clients: { type: 'string', default: '16' },
      port: { type: 'string', default: '18090' },
    },
    allowPositionals: true,
  })
  const chosen = profilers[positionals[0] ?? '']
  const [seconds, clients, port] = [values.seconds, values.clients, values.port].map(Number)
  const isWhole = (value = 0, min: number, max: number): value is number =>
    Number.isInteger(value) && value >= min && value <= max
  return chosen !== undefined &&
    isWhole(seconds, 1, 60) &&
    isWhole(clients, 1, 1_000) &&
    isWhole(port, 1_024, 65_535)
    ? { profilers: chosen, seconds, clients, port }
    : null
}

async function run(options: Options): Promise<void> {
  installNode(true, console.error)
  const folder = mkdtempSync(join(tmpdir(), 'profile-'))
  try {
    const plan = planOf(folder, options.port)
    // Writing the demo data once must not be in any profile.
    await using seeding = startProcess(
      commandOf('node', join(root, plan.main)),
      plan,
      folder,
      'seed',
    )
    await seeding.ready()
    await seeding.end()
    mkdirSync(pages, { recursive: true })
    for (const profiler of options.profilers) {
      console.log(relative(process.cwd(), await profile(profiler, plan, folder, options)))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function planOf(folder: string, port: number): ProcessPlan {
  ensureKeys({ dir: join(folder, 'keys'), demo: true })
  const plans = planShop(
    {
      port: port + 9,
      servicesPort: port,
      dataDir: folder,
      profile: 'demo',
      store: 'sqlite',
      copies: 1,
      runtime: 'node',
      fast: false,
      watch: false,
      docs: false,
    },
    // Nobody else runs: what is said of the neighbours that do not answer is no news.
    { ...process.env, LOG_LEVEL: 'fatal', NO_INSIGHT: 'true' },
  )
  const plan = plans.find(({ name }) => name === 'catalog')
  if (plan === undefined) throw new Error('The shop has no catalog.')
  return plan
}

/** Resolves with the page. */
async function profile(
  { name, command }: Profiler,
  plan: ProcessPlan,
  folder: string,
  { seconds, clients }: Options,
): Promise<string> {
  const node = nodeProgram()
  const into = join(folder, name)
  mkdirSync(into)
  const [script = '', ...args] = command(into)
  const profiled = [node, '--disable-warning=ExperimentalWarning', join(root, plan.main)]
  await using running = startProcess(
    [node, join(nodeFolder, 'node_modules', script), ...args, '--', ...profiled],
    plan,
    folder,
    name,
  )
  await running.ready()
  await load(urlOfListener(plan.host, plan.port), clients, seconds)
  await running.end()
  const page = readdirSync(into).find((file) => file.endsWith('.html'))
  if (page === undefined) throw new Error(`${name} left no page.`)
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '')
  const kept = join(pages, `${name}-${plan.name}-${time}.html`)
  copyFileSync(join(into, page), kept)
  return kept
}

interface Running {
  /** Rejects when it ends before. */
  ready(): Promise<void>
  /** As Ctrl-C would: the service stops, then the profiler makes its page. */
  end(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** In a group of its own, since a signal is for the profiler and for what it runs. */
function startProcess(
  command: readonly string[],
  plan: ProcessPlan,
  folder: string,
  name: string,
): Running {
  const log = openSync(join(folder, `${name}.log`), 'w')
  const [program = '', ...args] = command
  const child: ChildProcess = spawn(program, args, {
    // Profilers leave files where they run, and look for `node` on the PATH.
    cwd: folder,
    env: { ...plan.env, PATH: `${dirname(nodeProgram())}:${process.env['PATH'] ?? ''}` },
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null))
    child.once('exit', resolve)
  })
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
  const signal = (which: 'SIGINT' | 'SIGKILL'): void => {
    if (child.pid !== undefined && !isOver()) process.kill(-child.pid, which)
  }
  return {
    async ready() {
      const url = `${urlOfListener(plan.host, plan.port)}/health/ready`
      const isReady = () =>
        fetch(url).then(
          ({ ok }) => ok,
          () => false,
        )
      while (!(await isReady())) {
        if (isOver()) throw new Error(`${name} ended before the service was ready.`)
        await Bun.sleep(100)
      }
    },
    async end() {
      signal('SIGINT')
      const code = await ended
      if (code !== 0) throw new Error(`${name} ended with ${code ?? 'a signal'}.`)
    },
    async [Symbol.asyncDispose]() {
      signal('SIGKILL')
      await ended
    },
  }
}

/** Asks for pages and products in turns; throws when an answer is not a good one. */
async function load(host: string, clients: number, seconds: number): Promise<void> {
  const page = `${host}/products/?category=${encodeURIComponent('Фрукты')}&limit=20`
  const { items } = (await (await fetch(page)).json()) as {
    readonly items: readonly { readonly product_id: string }[]
  }
  const urls = [page, ...items.map(({ product_id }) => `${host}/products/${product_id}`)]
  const end = performance.now() + seconds * 1000
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let round = client; performance.now() < end; round++) {
        const url = round % 2 === 0 ? page : (urls[round % urls.length] ?? page)
        const answer = await fetch(url)
        await answer.arrayBuffer()
        if (!answer.ok) throw new Error(`${url} answered ${answer.status}.`)
      }
    }),
  )
}

await runCommand({ usage, read: readOptions, run })
