/**
 * `npm test`: the unit tests side by side, then the tests of whole processes one file at a time.
 * With `--store cassandra` the shops of the named tests run on nodes that are started for them.
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { withCluster, withNode } from './testing/node.ts'
import { select, type Selection, type TestFile } from './testing/selection.ts'
import {
  add,
  againLines,
  closingLine,
  countsOf,
  isGood,
  noTests,
  type Counts,
} from './testing/summary.ts'

const root = dirname(import.meta.dir)

async function testFiles(): Promise<readonly TestFile[]> {
  const glob = new Bun.Glob('{core,services,infra,scripts,tests,bench}/**/*.test.ts')
  const found = await Array.fromAsync(glob.scan({ cwd: root }))
  // Those of the benchmarks' own packages are not ours.
  const paths = found.filter((path) => !path.includes('node_modules/'))
  return paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** Runs some files in one `bun test`, shows its output as it comes and counts. */
async function run(
  paths: readonly string[],
  flags: readonly string[],
  name: string | null,
  env: Readonly<Record<string, string>> = {},
): Promise<Counts> {
  if (paths.length === 0) return noTests
  // A shop's first start on nodes makes four keyspaces, and all nodes agree on each table.
  const timeout = env['SHOP_STORE'] === 'cassandra' ? 120_000 : 30_000
  const pattern = name === null ? [] : ['--test-name-pattern', name]
  const files = paths.map((path) => `./${path}`)
  const child = Bun.spawn(
    [process.execPath, 'test', `--timeout=${timeout}`, ...flags, ...pattern, ...files],
    {
      cwd: root,
      env: { ...process.env, ...env, ...(process.stdout.isTTY && { FORCE_COLOR: '1' }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const outputs = await Promise.all([
    passOn(child.stdout, process.stdout),
    passOn(child.stderr, process.stderr),
  ])
  return countsOf(outputs.join('\n'), await child.exited)
}

async function passOn(
  from: ReadableStream<Uint8Array>,
  to: { write(chunk: Uint8Array): unknown },
): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of from) {
    to.write(chunk)
    text += decoder.decode(chunk, { stream: true })
  }
  return text
}

/** A process for each file: one that crashes or leaves something behind harms no other. */
async function oneByOne(
  paths: readonly string[],
  name: string | null,
  env: Readonly<Record<string, string>> = {},
): Promise<Counts> {
  let counts = noTests
  for (const path of paths) counts = add(counts, await run([path], [], name, env))
  return counts
}

async function runAll({ units, cassandra, serial, name }: Selection): Promise<Counts> {
  let counts = await run(units, ['--parallel'], name)
  if (cassandra.length > 0) {
    await withNode(async (env) => {
      counts = add(counts, await oneByOne(cassandra, name, env))
    })
  }
  return add(counts, await oneByOne(serial, name))
}

const usage = `Usage: npm test [-- words]

Without words all tests run, with words those in files, or of names, that contain them.

  --store cassandra   their shops on nodes of their own, one file after the other
  --nodes <number>    of those; every row has that many copies, 3 at most (1)
  --copies <number>   processes of each service (1)`

/** Shops take their store from the environment. */
async function onCassandra({ units, cassandra, serial, name }: Selection): Promise<Counts> {
  const nodes = Number(values.nodes)
  let counts = noTests
  await withCluster(nodes, async (addresses) => {
    const env = {
      SHOP_STORE: 'cassandra',
      SHOP_COPIES: values.copies,
      CASSANDRA_CONTACT_POINTS: addresses.join(','),
      CASSANDRA_REPLICATION: String(Math.min(3, nodes)),
      CASSANDRA_TEST: addresses[0] ?? '',
    }
    counts = await oneByOne([...units, ...cassandra, ...serial], name, env)
  })
  return counts
}

const { values, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    store: { type: 'string', default: 'sqlite' },
    nodes: { type: 'string', default: '1' },
    copies: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
})
const isSense = [values.nodes, values.copies].every((each) => /^[1-9]$/.test(each))
const isOnCassandra = values.store === 'cassandra' && words.length > 0
if (values.help || !isSense || (values.store !== 'sqlite' && !isOnCassandra)) {
  console.log(usage)
  process.exit(values.help ? 0 : 2)
}
const selection = select(await testFiles(), words)
if (selection === null) {
  console.error(`No test file and no test is called "${words.join(' ')}".`)
  process.exit(2)
}
const counts = await (isOnCassandra ? onCassandra(selection) : runAll(selection))
if (!isGood(counts) && counts.failed === 0) console.error('No test ran.')
for (const line of againLines(counts)) console.error(line)
console.log(`\n${closingLine(counts)}`)
process.exit(isGood(counts) ? 0 : 1)
