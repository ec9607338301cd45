/**
 * One supervised process of the shop.
 *
 * ```
 *   start ──► running ──► died ──► wait 100 ms, doubling to 2 s ──► start
 *                │                        (counted anew after 10 s of life)
 *                └─ stop: a signal, SIGKILL past the limit ──► stopped
 * ```
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lineSplitter } from './log-file.ts'
import type { Environment } from '../../core/config/config.ts'
import type { ProcessPlan, Role } from './plan.ts'
import { commandOf } from './runtime.ts'

export interface Running {
  /** The process id; null while none runs. */
  readonly pid: () => number | null
  /** From here on a death is answered with a restart instead of `onFailedStart`. */
  keepAlive(): void
  /** From here on an end of the process is expected, whatever its cause. */
  letEnd(): void
  /** Stops the process and starts it again at once. */
  restart(): Promise<void>
  /** Resolves when the process is gone; true when it ended with code 0. */
  stop(limit: number): Promise<boolean>
  /** SIGKILL, without waiting. */
  kill(): void
}

export interface Supervised extends Running {
  readonly name: string
  readonly role: Role
}

/** Any program; `name` is that of its pid file. */
export interface Command {
  readonly name: string
  readonly command: readonly string[]
  readonly env: Environment
  /** What asks it to end; SIGTERM unless given. */
  readonly stopSignal?: 'SIGTERM' | 'SIGINT'
}

export interface SuperviseOptions {
  readonly root: string
  /** Holds `<name>.pid` while the process runs. */
  readonly runDir: string
  readonly onLine: (line: string) => void
  /** The process ended before `keepAlive`. */
  readonly onFailedStart: (reason: string) => void
  readonly onDeath: (reason: string, wait: number) => void
}

/** Milliseconds. */
export const backoff = { first: 100, longest: 2_000, lifeThatForgives: 10_000 } as const

/** Milliseconds that a restart waits for the old process to end by itself. */
const patience = 1_500

/** Milliseconds from the end of a process until its output counts as complete. */
const lastWords = 1_000

/** The wait before the next start: doubles with each short life, starts over after a long one. */
export const nextWait = (wait: number, lived: number): number =>
  lived >= backoff.lifeThatForgives ? backoff.first : Math.min(wait * 2, backoff.longest)

/** Keeps one process of the shop running. */
export function supervise(plan: ProcessPlan, options: SuperviseOptions): Supervised {
  const command = commandOf(plan.runtime, plan.main)
  const { name, role, env } = plan
  // A service manager may have sent SIGTERM to all of the group: a second one would cut requests.
  return { name, role, ...superviseCommand({ name, command, env, stopSignal: 'SIGINT' }, options) }
}

/** Keeps any program running. */
export function superviseCommand(plan: Command, options: SuperviseOptions): Running {
  const pidFile = join(options.runDir, `${plan.name}.pid`)
  const { stopSignal = 'SIGTERM' } = plan
  mkdirSync(options.runDir, { recursive: true })
  let child: ChildProcess | null = null
  let gone = Promise.resolve<Ending>({ code: 0, signal: null })
  let timer: ReturnType<typeof setTimeout> | undefined
  let wait: number = backoff.first
  let kept = false
  /** Its end is wanted, so it is no death. */
  let stopping = false
  /** A restart under way must not outlive a stop. */
  let over = false
  /** What became of the last process whose end was wanted. */
  let wasClean = true

  function start(): void {
    const startedAt = performance.now()
    const started = launch(plan, options)
    child = started.child
    const { pid } = child
    if (pid !== undefined) attempt(() => writeFileSync(pidFile, `${pid}\n`))
    gone = started.gone.then((ending) => {
      child = null
      attempt(() => rmSync(pidFile, { force: true }))
      // Before it listens to signals it has nothing to lose.
      if (stopping) wasClean = ending.code === 0 || (!kept && ending.signal === stopSignal)
      else died(ending, performance.now() - startedAt)
      return ending
    })
  }

  function died(ending: Ending, lived: number): void {
    if (!kept) return options.onFailedStart(describe(ending))
    if (lived >= backoff.lifeThatForgives) wait = backoff.first
    options.onDeath(describe(ending), wait)
    timer = setTimeout(start, wait)
    wait = nextWait(wait, lived)
  }

  async function end(limit: number): Promise<boolean> {
    stopping = true
    clearTimeout(timer)
    if (child === null) return wasClean
    child.kill(stopSignal)
    const force = setTimeout(() => child?.kill('SIGKILL'), limit)
    await gone
    clearTimeout(force)
    return wasClean
  }

  start()
  return {
    pid: () => child?.pid ?? null,
    keepAlive() {
      kept = true
    },
    letEnd() {
      over = true
      stopping = true
      clearTimeout(timer)
    },
    async restart() {
      if (over || stopping) return
      await end(patience)
      if (over) return
      stopping = false
      start()
    },
    stop(limit) {
      over = true
      return end(limit)
    },
    kill() {
      over = true
      stopping = true
      clearTimeout(timer)
      child?.kill('SIGKILL')
    },
  }
}

interface Ending {
  readonly code: number | null
  readonly signal: string | null
}

function launch(
  { command, env }: Command,
  { root, onLine }: SuperviseOptions,
): { child: ChildProcess; gone: Promise<Ending> } {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd: root,
    env,
    // Its own group: Ctrl-C reaches the launcher alone, which stops the gateway before the services.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const outputs = [child.stdout, child.stderr].map((stream) => {
    const lines = lineSplitter(onLine)
    stream.on('data', (chunk: Uint8Array) => lines.push(chunk))
    return lines
  })
  const gone = new Promise<Ending>((resolve) => {
    child.once('error', (error) => {
      onLine(error.message)
      resolve({ code: null, signal: null })
    })
    child.once('close', (code, signal) => {
      for (const lines of outputs) lines.end()
      resolve({ code, signal })
    })
    // Something that it started may hold its output open for longer.
    child.once('exit', (code, signal) => {
      setTimeout(() => resolve({ code, signal }), lastWords).unref()
    })
  })
  return { child, gone }
}

/** What the launcher writes for others to read must not decide on what lives. */
function attempt(write: () => void): void {
  try {
    write()
  } catch {
    // A full disk, a folder that is gone: the next start tries again.
  }
}

const describe = ({ code, signal }: Ending): string =>
  signal === null ? `ended with code ${code ?? 'unknown'}` : `was ended by ${signal}`
