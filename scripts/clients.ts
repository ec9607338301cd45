/** Generates clients of the API in Go and Python and buys with each: `node scripts/run.mjs scripts/clients.ts`. */
import { join } from 'node:path'

const story = './tests/clients/purchase.story.ts'
const child = Bun.spawn([process.execPath, 'test', story], {
  cwd: join(import.meta.dir, '..'),
  stdio: ['ignore', 'inherit', 'inherit'],
})
process.exit(await child.exited)
