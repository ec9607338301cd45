/** Background work at an interval, which never overlaps itself and survives its own errors. */
import type { Logger } from '../logging/logger.ts'

export interface Worker {
  /** Runs the task as soon as it can; calls before it starts count as one. */
  kick(): void
  /** Lets the running task end and starts no other. */
  stop(): Promise<void>
}

export interface WorkerOptions {
  readonly log: Logger
  /** The worker's name in the log; the task's function name unless given. */
  readonly name?: string
  /**
   * Share of the interval, 0 to 1, by which each pause is shortened at random, so that copies of a
   * service do not all work in the same instant; 0 unless given.
   */
  readonly jitter?: number
}

/** Milliseconds that a long run makes the next one wait, at most. */
const longestRest = 2_000

/**
 * Runs `task` again and again, `intervalMs` milliseconds after its last run ended; the first run is
 * one interval from now. A task that fails is logged and runs again at the next interval. A run that
 * took longer than the interval is followed by a rest as long as itself, 2 s at most: what is slow
 * because it is overloaded would otherwise be asked all the time.
 *
 * @param task is told how to find out that the worker is being stopped; `stop` waits for its end
 */
export function every(
  intervalMs: number,
  task: (isStopping: () => boolean) => Promise<void>,
  { log, name = task.name || 'worker', jitter = 0 }: WorkerOptions,
): Worker {
  if (!(intervalMs > 0) || !(jitter >= 0 && jitter <= 1)) {
    throw new TypeError(
      `The worker '${name}' needs an interval above 0 ms and a jitter from 0 to 1, got ${intervalMs} and ${jitter}.`,
    )
  }
  let timer: ReturnType<typeof setTimeout> | null = null
  let running: Promise<void> | null = null
  let kicked = false
  let stopped = false

  const pause = (took = 0) =>
    Math.max(intervalMs, Math.min(took, longestRest)) * (1 - jitter * Math.random())

  function schedule(delay: number): void {
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(start, delay)
  }

  function start(): void {
    timer = null
    kicked = false
    running = run()
  }

  async function run(): Promise<void> {
    const began = performance.now()
    try {
      await task(() => stopped)
    } catch (error) {
      log.error({ err: error, worker: name }, 'background task failed')
    }
    running = null
    if (!stopped) schedule(kicked ? 0 : pause(performance.now() - began))
  }

  schedule(pause())
  return {
    kick() {
      if (stopped || kicked) return
      kicked = true
      // While the task runs, its end looks at the flag: it may have read its data before the kick.
      if (running === null) schedule(0)
    },
    async stop() {
      stopped = true
      if (timer !== null) clearTimeout(timer)
      timer = null
      await running
    },
  }
}
