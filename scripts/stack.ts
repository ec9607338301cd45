/** `npm run stack`: the shop and all that watches it, natively; also tells how it is, and stops it. */
import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { failureText } from '../core/logging/sentence.ts'
import { guarded } from '../core/logging/standard-output.ts'
import { prepareFolder } from './command.ts'
import { portInTheWay } from './shop/ports.ts'
import { stopSignal } from './shop/stop-signal.ts'
import { startCassandra, stopCassandra } from './stack/cassandra.ts'
import { help, parseStack, type StackCommand, type StackOptions } from './stack/options.ts'
import { isAbsent, type Part } from './stack/part.ts'
import { makeParts } from './stack/parts.ts'
import { loopback } from './stack/place.ts'
import { ensurePrograms, programs, type ProgramName } from './stack/programs.ts'
import { startParts } from './stack/run.ts'
import { readState, removeState, writeState } from './stack/state.ts'
import { statusOf } from './stack/status.ts'

/** Milliseconds. */
const stopLimit = 60_000

const root = dirname(import.meta.dir)
const output = guarded(process.stdout)
const say = (line: string): void => output.write(`${line}\n`)

async function up(options: StackOptions): Promise<number> {
  const { dataDir } = options
  if (readState(dataDir) !== null) {
    console.error(`A stack already runs on ${dataDir}: npm run stack -- stop`)
    return 1
  }
  const startedAt = performance.now()
  prepareFolder(dataDir)
  mkdirSync(join(dataDir, 'logs'), { recursive: true })
  await ensurePrograms(wantedPrograms(options), say)
  const made = await makeParts({ root, options, say })
  const parts = made.filter((part): part is Part => !isAbsent(part))
  const inTheWay = await takenPort(parts)
  if (inTheWay !== null) {
    console.error(inTheWay)
    return 1
  }

  const stop = stopSignal()
  const database = options.store === 'cassandra' ? [await startCassandra(root, options)] : []
  say(`Starting ${parts.map(({ label }) => label).join(', ')} ...`)
  const started = await startParts(parts, { root, dataDir, say, signal: stop.signal })
  const absent = [...made.filter(isAbsent), ...started.failed]
  const shopRuns = started.running.some(({ name }) => name === 'shop')
  if (shopRuns && !stop.signal.aborted) {
    const state = { pid: process.pid, parts: [...database, ...started.running], absent }
    writeState(dataDir, state, say)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    const { text } = await statusOf(dataDir, state)
    say(`\nThe stack is ready (${seconds} s).\n\n${text}\n\n  Logs: ${join(dataDir, 'logs')}\n`)
    say('Ctrl-C stops it.')
    await stop.received
  } else {
    for (const { label, reason } of started.failed) say(`${label} ${reason}`)
  }
  say('Stopping ...')
  const clean = await started.stop()
  await stopCassandra(root, dataDir)
  removeState(dataDir)
  say(clean ? 'Stopped.' : 'Stopped; not every part ended cleanly, see the logs.')
  return clean && shopRuns ? 0 : 1
}

const wantedPrograms = ({ without }: StackOptions): readonly ProgramName[] => {
  const parts: Readonly<Record<ProgramName, Parameters<typeof without.has>[0]>> = {
    nginx: 'nginx',
    prometheus: 'prometheus',
    alertmanager: 'alertmanager',
    nodeExporter: 'node-exporter',
    nginxExporter: 'nginx-exporter',
  }
  return (Object.keys(programs) as ProgramName[]).filter((name) => !without.has(parts[name]))
}

const takenPort = (parts: readonly Part[]): Promise<string | null> =>
  portInTheWay(
    parts.flatMap(({ label, name, ports }) =>
      ports.map((port) => ({
        host: loopback,
        port,
        owner: label,
        option: name === 'nginx' ? '--port' : '--ports-from',
      })),
    ),
  )

async function status(dataDir: string): Promise<number> {
  const state = readState(dataDir)
  if (state === null) {
    say(`No stack runs on ${dataDir}.`)
    return 1
  }
  const { text, well } = await statusOf(dataDir, state)
  say(`\n${text}\n`)
  return well ? 0 : 1
}

async function stopRunning(dataDir: string): Promise<number> {
  const state = readState(dataDir)
  if (state === null) {
    say(`No stack runs on ${dataDir}.`)
    await stopCassandra(root, dataDir)
    return 0
  }
  process.kill(state.pid, 'SIGTERM')
  const end = performance.now() + stopLimit
  while (readState(dataDir) !== null) {
    if (performance.now() > end) {
      console.error(`It has not ended within ${stopLimit / 1000} s (process ${state.pid}).`)
      return 1
    }
    await Bun.sleep(100)
  }
  say('Stopped.')
  return 0
}

function understood(): StackCommand | null {
  try {
    return parseStack(process.argv.slice(2), process.env)
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    return null
  }
}

async function main(): Promise<number> {
  if (process.argv.includes('--help')) {
    say(help)
    return 0
  }
  const command = understood()
  if (command === null) {
    console.error(help)
    return 2
  }
  if (command.kind === 'up') {
    return up({ ...command.options, dataDir: resolve(root, command.options.dataDir) })
  }
  const dataDir = resolve(root, command.dataDir)
  return command.kind === 'status' ? status(dataDir) : stopRunning(dataDir)
}

/** What cannot be done is told in a sentence. */
function failing(error: unknown): number {
  console.error(failureText(error))
  return 1
}

// The last line, so that everything above is there when it runs.
process.exit(await main().catch(failing))
