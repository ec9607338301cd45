/** Threads that compute hashes stand back: whatever else the machine has to do goes first. */
import { readdirSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/** What the runtimes call the threads of their pool (Bun's, and libuv's on Node). */
const poolThread = /^(Bun Pool|libuv-worker)/

/**
 * Makes the threads of this process's pool as nice as told (0 to 19; see nice(2)). Threads that come
 * later have to be told again. Does nothing where threads are not in /proc, which is Linux's.
 *
 * A wave of log-ins would otherwise keep every core busy for as long as it lasts, and each request of
 * another service wait for the end of a time slice (measured on two cores, beside 160 hashes a second:
 * p99 of a catalog page 2.5 to 3.1 ms with 0, 1.0 to 1.4 ms with 10 or 19, 0.5 to 0.8 ms without).
 */
export function standBack(niceness: number): void {
  for (const thread of threads()) {
    try {
      if (poolThread.test(readFileSync(`/proc/self/task/${thread}/comm`, 'utf8'))) {
        setPriority(Number(thread), niceness)
      }
    } catch {
      // It has ended since, or is nicer already and may not go back.
    }
  }
}

function threads(): readonly string[] {
  try {
    return readdirSync('/proc/self/task')
  } catch {
    return []
  }
}
