/** `npm test`: the unit tests side by side, then the tests of whole processes one file at a time. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { withNode } from './testing/node.ts'
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
  const pattern = name === null ? [] : ['--test-name-pattern', name]
  const files = paths.map((path) => `./${path}`)
  const child = Bun.spawn(
    [process.execPath, 'test', '--timeout=30000', ...flags, ...pattern, ...files],
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

async function runAll({ units, cassandra, serial, name }: Selection): Promise<Counts> {
  let counts = await run(units, ['--parallel'], name)
  if (cassandra.length > 0) {
    await withNode(async (env) => {
      for (const path of cassandra) counts = add(counts, await run([path], [], name, env))
    })
  }
  // A process for each file: one that crashes or leaves something behind harms no other.
  for (const path of serial) counts = add(counts, await run([path], [], name))
  return counts
}

const words = process.argv.slice(2)
const selection = select(await testFiles(), words)
if (selection === null) {
  console.error(`No test file and no test is called "${words.join(' ')}".`)
  process.exit(2)
}
const counts = await runAll(selection)
if (!isGood(counts) && counts.failed === 0) console.error('No test ran.')
for (const line of againLines(counts)) console.error(line)
console.log(`\n${closingLine(counts)}`)
process.exit(isGood(counts) ? 0 : 1)
