/** One process of a shop under test: started from its main file, ended by its id, never outliving the run. */
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandOf } from '../../scripts/shop/runtime.ts'

export interface ShopProcess {
  /** Null while none runs. */
  pid(): number | null
  start(): void
  /** Sends a signal and waits for the end; resolves with the exit code (128 and more: by a signal). */
  end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number>
  /** Sends a signal without waiting: SIGSTOP, SIGCONT, or a second SIGTERM. */
  signal(signal: NodeJS.Signals): void
  /** The exit code of the last process; null while it runs, and where a signal ended it. */
  exitCode(): number | null
  /** All that it, and those before it, have written. */
  logs(): string
}

export interface ShopProcessOptions {
  readonly main: string
  readonly env: Readonly<Record<string, string>>
  readonly logFile: string
}

const root = join(import.meta.dir, '../..')

/** `SHOP_RUNTIME=node` runs the same tests against the shop on Node. */
const runtime = process.env['SHOP_RUNTIME'] === 'node' ? 'node' : 'bun'

/** Milliseconds that an ending may take before it is forced, which the exit code then tells. */
const patience = 15_000

const alive = new Set<Bun.Subprocess>()
// --no-orphans covers a run that is killed; this covers one that ends in any other way.
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

export function shopProcess({ main, env, logFile }: ShopProcessOptions): ShopProcess {
  let child: Bun.Subprocess | null = null

  const running = (): Bun.Subprocess | null =>
    child !== null && child.exitCode === null && child.signalCode === null ? child : null

  return {
    pid: () => running()?.pid ?? null,
    start() {
      // Appending, and one descriptor for both streams: neither writes over the other.
      const output = openSync(logFile, 'a')
      const started = Bun.spawn(commandOf(runtime, main), {
        cwd: root,
        env,
        stdin: 'ignore',
        stdout: output,
        stderr: output,
        onExit: (self) => void alive.delete(self),
      })
      closeSync(output)
      alive.add(started)
      child = started
    },
    async end(signal) {
      if (child === null) throw new Error(`${main} was never started.`)
      const ending = running()
      ending?.kill(signal)
      const force = setTimeout(() => ending?.kill('SIGKILL'), patience)
      const code = await child.exited
      clearTimeout(force)
      return code
    },
    signal(signal) {
      running()?.kill(signal)
    },
    exitCode: () => child?.exitCode ?? null,
    logs: () => readFileSync(logFile, 'utf8'),
  }
}
