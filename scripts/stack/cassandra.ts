/** Cassandra for the stack: started and stopped by its own command. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Runs `npm run cassandra -- <word>`; throws when it fails or is not there. */
export async function cassandra(root: string, word: 'up' | 'down'): Promise<void> {
  const script = join(root, 'scripts/cassandra.ts')
  if (!existsSync(script)) throw new Error('This build cannot start Cassandra; use --store sqlite.')
  const child = Bun.spawn([process.execPath, script, word], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if ((await child.exited) !== 0) throw new Error(`Cassandra: ${word} did not work.`)
}
