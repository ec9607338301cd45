/** `npm run outages`: the outage tests at their full length, and docs/outages.md from what they saw. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pageOf, type Story } from './outages/page.ts'

const root = join(import.meta.dir, '..')

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(`Usage: npm run outages [-- --seconds 60]

Starts three Cassandra nodes and two copies of each service, kills and pauses them under load, and
writes docs/outages.md with a plot of each story. Takes some ten minutes.`)
  process.exit(0)
}

const folder = mkdtempSync(join(tmpdir(), 'outages-'))
const results = join(folder, 'stories.jsonl')
const run = Bun.spawn([process.execPath, 'test', './tests/cassandra/shop-outages.story.ts'], {
  cwd: root,
  env: { ...process.env, CI: 'true', OUTAGE_SECONDS: values.seconds, OUTAGE_RESULTS: results },
  stdout: 'pipe',
  stderr: 'inherit',
})
let output = ''
for await (const chunk of run.stdout.pipeThrough(new TextDecoderStream())) {
  process.stdout.write(chunk)
  output += chunk
}
if ((await run.exited) === 0) {
  const stories = readFileSync(results, 'utf8')
    .trim()
    .split('\n')
    // Written by the test from the same shape.
    .map((line) => JSON.parse(line) as Story)
  const said = output.split('\n').filter((line) => /^(all nodes gone|200 buyers)/.test(line))
  for (const [file, text] of pageOf(stories, said)) writeFileSync(join(root, 'docs', file), text)
  Bun.spawnSync([process.execPath, 'fmt', '--no-script', 'docs/outages.md'], { cwd: root })
  console.log('Wrote docs/outages.md.')
  rmSync(folder, { recursive: true, force: true })
} else console.log(`What was seen until then is in ${results}.`)
process.exit(run.exitCode ?? 1)
