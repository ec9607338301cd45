/** How a process of the shop is started, on either runtime. */
import { join } from 'node:path'
import { nodeFolder, nodeProgram } from '../node/program.ts'

export type Runtime = 'bun' | 'node'

/** Program and arguments. Whoever starts it takes it along when it dies, so no port stays taken. */
export const commandOf = (runtime: Runtime, main: string): string[] =>
  runtime === 'bun'
    ? [process.execPath, '--no-orphans', '--no-env-file', main]
    : [nodeProgram(), ...nodeFlags, main]

const nodeFlags = [
  // Types are stripped and node:sqlite is used; that both are experimental on Node 22 is known.
  '--disable-warning=ExperimentalWarning',
  `--import=${join(nodeFolder, 'no-orphans.mjs')}`,
]
