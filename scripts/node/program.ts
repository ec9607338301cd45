/** Node and what only it needs: a package of its own, `engines/node`, that no other command installs. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { installLocked, isInstalled } from '../locked.ts'
import { which } from '../programs.ts'

export const nodeFolder = join(import.meta.dir, '../../engines/node')

/** The first that strips types without a flag; a newer one has to be tried with the engine first. */
const wanted = /^v22\.(1[89]|[2-9]\d)\./

/** Installs Node with its engine, and with its profilers where they are asked for. */
export const installNode = (profilers: boolean, say: (line: string) => void): void =>
  installLocked(nodeFolder, { development: profilers, say })

export const nodeInstalled = (): boolean => isInstalled(nodeFolder, false)

/** The packaged Node, or one on the PATH that will do; throws one sentence where there is neither. */
export function nodeProgram(): string {
  const packaged = join(
    nodeFolder,
    `node_modules/node-${process.platform}-${process.arch}/bin/node`,
  )
  if (existsSync(packaged)) return packaged
  const own = which('node')
  if (own !== null) {
    const { stdout } = Bun.spawnSync([own, '--version'])
    if (wanted.test(stdout.toString())) return own
  }
  throw new Error('There is no Node 22.18 or later of line 22; npm run start:node installs one.')
}
