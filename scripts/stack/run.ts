/** Starts all parts at once, waits until they are ready, keeps them alive, and ends them in order. */
import { join } from 'node:path'
import { openLogFile } from '../shop/log-file.ts'
import { superviseCommand, type Running } from '../shop/processes.ts'
import { which } from '../programs.ts'
import type { Absent, Part } from './part.ts'
import { areWell } from './status.ts'
import type { RunningPart } from './state.ts'

export interface Started {
  readonly running: readonly RunningPart[]
  /** Those that ended before they were ready, or took too long. */
  readonly failed: readonly Absent[]
  /** Ends everything; true when the shop, which has something to lose, ended cleanly. */
  stop(): Promise<boolean>
}

export interface RunOptions {
  readonly root: string
  readonly dataDir: string
  readonly say: (line: string) => void
  /** Ends the wait. */
  readonly signal: AbortSignal
}

/** Milliseconds. */
const usualPatience = 120_000
const stopLimit = 20_000
const maxLogBytes = 16 * 1024 * 1024

interface Watched {
  readonly part: Part
  readonly running: Running
  /** Rejects when the program ends before it was ready. */
  readonly failure: Promise<never>
}

export async function startParts(parts: readonly Part[], options: RunOptions): Promise<Started> {
  const watched = parts.map((part) => watch(part, options))
  process.on('exit', () => {
    for (const { running } of watched) running.kill()
  })
  const outcomes = await Promise.all(watched.map((each) => untilReady(each, options.signal)))
  return {
    running: outcomes.filter((each) => 'readyAfter' in each),
    failed: outcomes.filter((each) => 'reason' in each),
    stop: () => stopAll(watched),
  }
}

function watch(part: Part, { root, dataDir, say }: RunOptions): Watched {
  const file = openLogFile(join(dataDir, 'logs', `${part.name}.log`), maxLogBytes)
  const failure = Promise.withResolvers<never>()
  // Nobody may be waiting any more.
  failure.promise.catch(() => {})
  const running = superviseCommand(
    {
      name: part.name,
      command: leashed(part.command),
      env: { ...process.env, ...part.env },
      // Others may know SIGINT as a way to end in a hurry; the shop counts its signals.
      stopSignal: part.name === 'shop' ? 'SIGINT' : 'SIGTERM',
    },
    {
      root,
      runDir: join(dataDir, 'run'),
      onLine: (line) => file.write(`${line}\n`),
      onFailedStart: (reason) => failure.reject(new Error(reason)),
      onDeath: (reason, wait) => say(`${part.label} ${reason}; started again in ${wait} ms.`),
    },
  )
  return { part, running, failure: failure.promise }
}

/** Ends with this process, even where that is killed; Linux alone can do it for any program. */
function leashed(command: readonly string[]): readonly string[] {
  const setpriv = which('setpriv')
  return setpriv === null ? command : [setpriv, '--pdeathsig', 'TERM', '--', ...command]
}

async function untilReady(
  { part, running, failure }: Watched,
  signal: AbortSignal,
): Promise<RunningPart | Absent> {
  const { name, label, health, address, note, patience = usualPatience } = part
  const startedAt = performance.now()
  const left = (): number => startedAt + patience - performance.now()
  try {
    while (!(await Promise.race([areWell(health), failure]))) {
      if (signal.aborted) return { label, reason: 'stopped before it was ready' }
      if (left() <= 0) throw new Error(`was not ready within ${patience / 1000} s`)
      // Each look leaves its lines in the gateway's log, so a long start is looked at less often.
      await Bun.sleep(Math.min(1_000, 100 + (performance.now() - startedAt) / 20))
    }
    running.keepAlive()
    return { name, label, health, address, note, readyAfter: performance.now() - startedAt }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    void running.stop(stopLimit)
    return { label, reason: `${reason}; see its log, ${name}.log` }
  }
}

/** First who asks, then who is asked: so nothing is cut off, and nobody is missed. */
async function stopAll(watched: readonly Watched[]): Promise<boolean> {
  const asking = new Set(['locust', 'nginx'])
  for (const { running } of watched) running.letEnd()
  const stop = (those: readonly Watched[]): Promise<boolean[]> =>
    Promise.all(
      those.map(async ({ part, running }) => {
        const clean = await running.stop(stopLimit)
        // Exporters know no other end than by the signal.
        return clean || part.name !== 'shop'
      }),
    )
  const first = await stop(watched.filter(({ part }) => asking.has(part.name)))
  const second = await stop(watched.filter(({ part }) => !asking.has(part.name)))
  return [...first, ...second].every(Boolean)
}
