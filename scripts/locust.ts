/** Runs the Locust story headless, against a running shop or one of its own, and checks what was sold. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pythonProgram } from './python.ts'

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

const gatewayPort = 18_080
const servicesPort = 18_000

/** A whole shop on spare ports, in a fresh folder, ready when this resolves. */
async function ownShop(): Promise<{ host: string; stop: () => Promise<void> }> {
  const data = mkdtempSync(join(tmpdir(), 'locust-shop-'))
  const shop = Bun.spawn(
    [
      process.execPath,
      join(root, 'scripts/start.ts'),
      ...['--port', String(gatewayPort), '--services-port', String(servicesPort), '--data', data],
    ],
    { stdout: 'inherit', stderr: 'inherit' },
  )
  const host = `http://127.0.0.1:${gatewayPort}`
  const urls = ['api', 'cart-api', 'order-api', 'user-api'].map(
    (each) => `${host}/${each}/health/ready`,
  )
  const isReady = (url: string) =>
    fetch(url).then(
      (answer) => answer.ok,
      () => false,
    )
  while (!(await Promise.all(urls.map(isReady))).every(Boolean)) {
    if (shop.exitCode !== null) throw new Error('The shop did not start.')
    await Bun.sleep(200)
  }
  return {
    host,
    async stop() {
      shop.kill('SIGTERM')
      const code = await shop.exited
      rmSync(data, { recursive: true, force: true })
      if (code !== 0) throw new Error('The shop did not stop cleanly.')
    },
  }
}

const binary = pythonProgram('locust')
const shop = values.host === undefined ? await ownShop() : null
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
