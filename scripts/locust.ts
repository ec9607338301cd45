/** Runs the Locust story, headless or with its page, against a running shop or one of its own, and checks what was sold. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { locustPath } from '../infra/topology.ts'
import { requirePrograms } from './programs.ts'
import { pythonTool } from './python/tool.ts'
import { startOwnShop } from './shop/own-shop.ts'

const root = join(import.meta.dir, '..')
const folder = join(root, 'infra/locust')

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '20' },
    time: { type: 'string', default: '60s' },
    host: { type: 'string' },
    tags: { type: 'string' },
    steps: { type: 'boolean', default: false },
    'step-users': { type: 'string', default: '10' },
    'step-time': { type: 'string', default: '30' },
    'step-count': { type: 'string', default: '5' },
    web: { type: 'boolean', default: false },
    port: { type: 'string', default: '8089' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  console.log(`Usage: npm run locust -- [options]

  --users 20      customers at once
  --time 60s      how long
  --host URL      a running shop; without it, one of its own on spare ports with an empty data folder
  --tags a,b      parts of the story alone: browse, cart, order
  --steps         load in steps instead: --step-users 10 more every --step-time 30 seconds,
                  --step-count 5 times
  --web           no run, but the page on http://127.0.0.1:8089/locust/ (--port) until Ctrl-C

A run ends with a check that units sold equal orders, and fails with it.`)
  process.exit(0)
}

requirePrograms('python3')
const binary = pythonTool('locust')
const shop =
  values.host === undefined
    ? await startOwnShop({ port: 18_080, servicesPort: 18_000, output: 'inherit' })
    : null
const host = values.host ?? shop?.host ?? ''
const files = ['locustfile.py', ...(values.steps ? ['steps.py'] : [])]
const stepOptions = (['step-users', 'step-time', 'step-count'] as const).flatMap((option) => [
  `--${option}`,
  values[option],
])
const load = values.steps
  ? stepOptions
  : ['--users', values.users, '--spawn-rate', '10', '--run-time', values.time]
const mode = values.web
  ? ['--web-host', '127.0.0.1', '--web-port', values.port, '--web-base-path', locustPath]
  : ['--headless', '--only-summary']
const story = Bun.spawn(
  [
    binary,
    ...['-f', files.map((file) => join(folder, file)).join(','), '--host', host],
    ...(values.tags === undefined ? [] : ['--tags', ...values.tags.split(',')]),
    ...mode,
    ...load,
  ],
  { stdout: 'inherit', stderr: 'inherit' },
)
// Ctrl-C reaches Locust as well, which then says what it found; this one only waits for it.
process.on('SIGINT', () => {})
const exitCode = await story.exited
await shop?.stop()
process.exit(exitCode)
