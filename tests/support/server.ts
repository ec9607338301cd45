/** A server program under test: started with its output kept, waited for, ended by its id. */
import { closeSync, openSync, readFileSync } from 'node:fs'
import { which } from '../../scripts/programs.ts'
import { eventually } from './ledger.ts'

export interface Server {
  readonly pid: number
  logs(): string
  signal(signal: NodeJS.Signals): void
  /** SIGTERM, and the exit code. */
  stop(): Promise<number>
}

const alive = new Set<Bun.Subprocess>()
process.on('exit', () => {
  // Not SIGKILL, which would leave the workers of an nginx behind.
  for (const child of alive) child.kill('SIGTERM')
})

/** Resolves when `ready` answers with a success; throws with the log when the program ends before. */
export async function startServer(
  command: readonly string[],
  { ready, logFile }: { readonly ready: string; readonly logFile: string },
): Promise<Server> {
  const output = openSync(logFile, 'a')
  const [program = '', ...args] = command
  const child = Bun.spawn([which(program) ?? program, ...args], {
    stdin: 'ignore',
    stdout: output,
    stderr: output,
    onExit: (self) => void alive.delete(self),
  })
  closeSync(output)
  alive.add(child)
  const logs = () => readFileSync(logFile, 'utf8')
  await eventually(`${command[0]} is ready`, async () => {
    if (child.exitCode !== null) throw new Error(`${command[0]} ended: ${logs()}`)
    return isOk(ready)
  })
  return {
    pid: child.pid,
    logs,
    signal: (signal) => child.kill(signal),
    async stop() {
      child.kill('SIGTERM')
      return child.exited
    },
  }
}

async function isOk(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok
  } catch {
    return false
  }
}
