/** `npm start`: the whole shop on this machine, until Ctrl-C. */
import { dirname, join, resolve } from 'node:path'
import { urlOfListener } from '../core/values/authority.ts'
import { ensureKeys } from '../core/auth/key-files.ts'
import { ignoreProxies } from '../core/clients/proxies.ts'
import { failureText } from '../core/logging/sentence.ts'
import { guarded } from '../core/logging/standard-output.ts'
import { prefixes } from '../services/gateway/paths.ts'
import { prepareFolder } from './command.ts'
import { buildInBackground } from './docs/background.ts'
import { watchChanges } from './shop/changes.ts'
import { installNode } from './node/program.ts'
import { clusterMissing } from './shop/cluster.ts'
import { createConsole } from './shop/console.ts'
import { lockFolder } from './shop/lock.ts'
import { openLogFile } from './shop/log-file.ts'
import { readLogLine } from './shop/log-line.ts'
import { help, parseOptions, type StartOptions } from './shop/options.ts'
import { planShop, type ProcessPlan } from './shop/plan.ts'
import { portInTheWay, type PortWish } from './shop/ports.ts'
import { supervise, type Supervised } from './shop/processes.ts'
import { waitUntilReady, type Probe } from './shop/readiness.ts'
import { stopSignal } from './shop/stop-signal.ts'
import { readyTable } from './shop/table.ts'

/** Milliseconds; the first start on a cluster makes tables and writes the demo data over the network. */
const readyLimits = { sqlite: 60_000, cassandra: 300_000 } as const
const stopLimit = 15_000
const maxLogBytes = 16 * 1024 * 1024

const root = dirname(import.meta.dir)
const output = createConsole(guarded(process.stdout))

async function runShop(options: StartOptions, afterKill: boolean): Promise<number> {
  const startedAt = performance.now()
  // The build of the documentation installs packages, which may need the proxy.
  const outside = ignoreProxies()
  const plans = planShop(options, process.env)
  const inTheWay = await portCheck(plans, afterKill)
  if (inTheWay !== null) refuse(inTheWay, 1)
  const missing = options.store === 'cassandra' ? await clusterMissing(process.env) : null
  if (missing !== null) refuse(missing, 1)
  if (options.profile === 'demo') {
    ensureKeys({ dir: process.env['KEYS_DIR'] || join(options.dataDir, 'keys'), demo: true })
  }

  const stop = stopSignal()
  const failed = new AbortController()
  let ready = false
  const shop = plans.map((plan) =>
    superviseOne(
      plan,
      options,
      () => ready,
      (reason) => {
        output.line(`${plan.name} ${reason}.`)
        failed.abort()
      },
    ),
  )

  process.on('exit', () => {
    for (const each of shop) each.kill()
  })

  const readyLimit = readyLimits[options.store]
  const late = await waitUntilReady(probesOf(plans), {
    limit: readyLimit,
    signal: AbortSignal.any([stop.signal, failed.signal]),
  })
  if (late.length > 0) {
    const clean = await stopShop(shop)
    if (stop.signal.aborted) return clean ? 0 : 1
    const logs = join(options.dataDir, 'logs')
    output.line(
      failed.signal.aborted
        ? `The shop did not start; its logs are in ${logs}.`
        : `Not ready within ${readyLimit / 1000} s: ${late.join(', ')}; the logs are in ${logs}.`,
    )
    return 1
  }
  ready = true
  for (const each of shop) each.keepAlive()
  output.line(readyTable(plans, options, performance.now() - startedAt))
  const endWatch = options.watch ? restartOnChange(shop) : () => {}
  const endDocs = options.docs ? buildInBackground((text) => output.line(text), outside) : () => {}

  await stop.received
  endWatch()
  endDocs()
  output.line('Stopping ...')
  const clean = await stopShop(shop)
  output.line(clean ? 'Stopped.' : 'Stopped; not every process ended cleanly, see the logs.')
  return clean ? 0 : 1
}

/** The processes of a killed launcher need a moment to let go of their ports. */
async function portCheck(
  plans: readonly ProcessPlan[],
  afterKill: boolean,
): Promise<string | null> {
  const wishes = plans.flatMap((plan): PortWish[] => [
    {
      host: plan.host,
      port: plan.port,
      owner: plan.role === 'gateway' ? 'the gateway' : `the ${plan.name} service`,
      option: plan.role === 'gateway' ? '--port' : '--services-port',
    },
    ...(plan.metricsPort === null
      ? []
      : [
          {
            host: '127.0.0.1',
            port: plan.metricsPort,
            owner: `the ${plan.name}'s metrics`,
            option: '--services-port',
          },
        ]),
  ])
  const end = performance.now() + (afterKill ? 3_000 : 0)
  for (;;) {
    const sentence = await portInTheWay(wishes)
    if (sentence === null || performance.now() >= end) return sentence
    await new Promise((wake) => setTimeout(wake, 50))
  }
}

function superviseOne(
  plan: ProcessPlan,
  options: StartOptions,
  /** Before everything is ready, that a neighbour cannot be reached yet is no news. */
  isReady: () => boolean,
  onFailedStart: (reason: string) => void,
): Supervised {
  const file = openLogFile(join(options.dataDir, 'logs', `${plan.name}.log`), maxLogBytes)
  return supervise(plan, {
    root,
    runDir: join(options.dataDir, 'run'),
    onLine(line) {
      file.write(`${line}\n`)
      const { text, weight, progress } = readLogLine(plan.name, line)
      if (progress !== null) output.progress(plan.name, progress.done, progress.total)
      else if (options.watch || weight === 'error' || (weight === 'warning' && isReady())) {
        output.line(text)
      }
    },
    onFailedStart,
    onDeath(reason, wait) {
      output.line(`${plan.name} ${reason}; started again in ${wait} ms.`)
    },
  })
}

function restartOnChange(shop: readonly Supervised[]): () => void {
  const roles = [...new Set(shop.map(({ role }) => role))]
  return watchChanges(root, roles, (changed) => {
    output.line(`Changed, restarting: ${[...changed].join(', ')}`)
    for (const each of shop) if (changed.has(each.role)) void each.restart()
  })
}

/** First the gateway lets its requests finish, then nothing is left that the services would cut. */
async function stopShop(shop: readonly Supervised[]): Promise<boolean> {
  const end = performance.now() + stopLimit
  const left = (): number => Math.max(0, end - performance.now())
  const stopAll = (processes: readonly Supervised[]): Promise<boolean[]> =>
    Promise.all(processes.map((each) => each.stop(left())))
  // They may have got the same signal and end by themselves meanwhile.
  for (const each of shop) each.letEnd()
  const gateway = await stopAll(shop.filter(({ role }) => role === 'gateway'))
  const services = await stopAll(shop.filter(({ role }) => role !== 'gateway'))
  return [...gateway, ...services].every(Boolean)
}

/** Each process itself, and each service as the gateway sees it: only then does every address work. */
function probesOf(plans: readonly ProcessPlan[]): readonly Probe[] {
  const own = plans.map((plan) => ({ name: plan.name, url: addressOf(plan) }))
  const gateway = own.find(({ name }) => name === 'gateway')?.url ?? ''
  const behind = Object.values(prefixes).map((prefix) => ({
    name: `gateway ${prefix}`,
    url: `${gateway}${prefix}`,
  }))
  return [...own, ...behind]
}

const addressOf = ({ host, port }: ProcessPlan): string => urlOfListener(host, port)

function refuse(sentence: string, code: number): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(code)
}

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env)
  if (parsed.kind === 'help') {
    process.stdout.write(help)
    return 0
  }
  if (parsed.kind === 'mistake') refuse(parsed.sentence, 2)
  if (parsed.options.runtime === 'node') installNode(false, output.line)
  const options = { ...parsed.options, dataDir: resolve(root, parsed.options.dataDir) }
  prepareFolder(options.dataDir)
  const lock = lockFolder(options.dataDir)
  if (lock.kind === 'held') {
    refuse(
      `A shop already runs on ${options.dataDir} (process ${lock.pid}): stop it or choose another folder with --data.`,
      1,
    )
  }
  // Not `finally`: whatever ends this process, the folder is given back.
  process.on('exit', lock.release)
  return runShop(options, lock.stale)
}

// The last line, so that everything above is there when it runs.
process.exit(await main().catch((error: unknown) => refuse(failureText(error), 1)))
