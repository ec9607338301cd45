/** Runs the Locust story headless, against a running shop or one of its own, and checks what was sold. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pythonTool } from './python/tool.ts'
import { startOwnShop } from './shop/own-shop.ts'

const root = join(import.meta.dir, '..')
const folder = join(root, 'infra/locust')

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '20' },
    time: { type: 'string', default: '60s' },
    host: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  console.log(`Usage: node scripts/run.mjs scripts/locust.ts [--users 20] [--time 60s] [--host URL]

Without --host it starts a shop of its own on spare ports with an empty data folder.`)
  process.exit(0)
}

const binary = pythonTool('locust')
const shop =
  values.host === undefined
    ? await startOwnShop({ port: 18_080, servicesPort: 18_000, output: 'inherit' })
    : null
const host = values.host ?? shop?.host ?? ''
const story = Bun.spawn(
  [
    binary,
    ...['-f', join(folder, 'locustfile.py'), '--headless', '--only-summary', '--host', host],
    ...['--users', values.users, '--spawn-rate', '10', '--run-time', values.time],
  ],
  { stdout: 'inherit', stderr: 'inherit' },
)
const exitCode = await story.exited
await shop?.stop()
process.exit(exitCode)
