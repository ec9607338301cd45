/** Processes of a benchmark: each on its core, with the processor time and memory that it used. */
import { mkdirSync, openSync, closeSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { which } from '../../scripts/programs.ts'

export const root = join(import.meta.dir, '../..')

/** Where a process runs: what is measured, what asks, a cluster, or wherever the system puts it. */
export type Place = 'server' | 'generator' | 'cluster' | 'anywhere'

const last = cpus().length - 1

/**
 * The measured have the last core to themselves, the generators the first one, and a cluster what is
 * between; where nothing is, it shares the generators' core.
 */
const core: Readonly<Record<Place, string | null>> = {
  server: String(last),
  generator: '0',
  cluster: last > 1 ? `1-${last - 1}` : '0',
  anywhere: null,
}

export const pinned = cpus().length > 1 && which('taskset') !== null

/** The command on its core; as it is where cores cannot be given out. */
export function placed(place: Place, command: readonly string[]): string[] {
  const number = core[place]
  return pinned && number !== null ? ['taskset', '-c', number, ...command] : [...command]
}

/** Puts a process that runs already, with all its threads, on its cores. */
export function pin(place: Place, pid: number): void {
  const number = core[place]
  if (!pinned || number === null) return
  const { exitCode, stderr } = Bun.spawnSync(['taskset', '-acp', number, String(pid)])
  if (exitCode !== 0) throw new Error(stderr.toString())
}

export interface Started {
  readonly pid: number
  /** Seconds of processor time so far. */
  cpu(): number
  /** Bytes in memory now. */
  memory(): number
  /** Ends it and waits; 143 counts as well. Throws when it ended in any other way. */
  stop(): Promise<void>
  /** Null while it runs. */
  exitCode(): number | null
  /** What it has written. */
  output(): string
}

export interface StartOptions {
  readonly command: readonly string[]
  readonly place: Place
  readonly env: Readonly<Record<string, string | undefined>>
  readonly logFile: string
  readonly cwd?: string
}

/** Kernel ticks of processor time a second; the same on every Linux that Bun runs on. */
const ticks = 100
/** Milliseconds. */
const stopLimit = 15_000
/** Milliseconds: the tables of four services on a node that shares its core take a while. */
const readyLimit = 180_000

const alive = new Set<Bun.Subprocess>()
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

/** Starts a process that stays until it is stopped. */
export function start({ command, place, env, logFile, cwd = root }: StartOptions): Started {
  mkdirSync(dirname(logFile), { recursive: true })
  const log = openSync(logFile, 'a')
  const child = Bun.spawn(placed(place, command), {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdin: 'ignore',
    stdout: log,
    stderr: log,
    onExit: (self) => void alive.delete(self),
  })
  closeSync(log)
  alive.add(child)
  const { pid } = child
  return {
    pid,
    cpu: () => cpuOf(pid),
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024,
    exitCode: () => child.exitCode,
    output: () => readFileSync(logFile, 'utf8'),
    async stop() {
      child.kill('SIGTERM')
      const force = setTimeout(() => child.kill('SIGKILL'), stopLimit)
      const code = await child.exited
      clearTimeout(force)
      if (code !== 0 && code !== 143) {
        throw new Error(`${command.join(' ')} ended with ${code}:\n${read(logFile).slice(-2_000)}`)
      }
    },
  }
}

/**
 * Seconds of processor time of a process so far: fields 14 and 15 of proc(5) stat, counted after the
 * name, which may hold spaces.
 */
export function cpuOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticks
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

export interface Finished {
  readonly output: string
  /** Share of one core that it used while it ran. */
  readonly cpu: number
}

/** Runs a generator to its end; throws with its own words when it fails. */
export async function run(
  place: Place,
  command: readonly string[],
  input?: Uint8Array,
): Promise<Finished> {
  const started = performance.now()
  const child = Bun.spawn(placed(place, command), {
    cwd: root,
    stdin: input ?? 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    onExit: (self) => void alive.delete(self),
  })
  alive.add(child)
  const [output, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  const code = await child.exited
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}: ${errors || output}`)
  const microseconds = Number(child.resourceUsage()?.cpuTime.total ?? 0n)
  return { output, cpu: microseconds / 1e3 / (performance.now() - started) }
}

/** Waits until an address answers 200; milliseconds since the call. */
export async function untilReady(url: string, process: Started): Promise<number> {
  const begun = performance.now()
  while (performance.now() - begun < readyLimit) {
    if (process.exitCode() !== null) break
    const ok = await fetch(url, { keepalive: false }).then(
      (answer) => answer.ok,
      () => false,
    )
    if (ok) return performance.now() - begun
    await Bun.sleep(5)
  }
  throw new Error(`${url} is not ready:\n${process.output().slice(-2_000)}`)
}
