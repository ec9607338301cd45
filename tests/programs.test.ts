/** Programs that a machine may lack are looked for before they are run: without them nothing fails. */
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { temporaryFolder } from '../core/files/temporary-folder.fixture.ts'
import { missingPrograms, which } from '../scripts/programs.ts'
import { freeRow } from './support/ports.ts'

setDefaultTimeout(120_000)

const root = join(import.meta.dir, '..')

/** Essential packages of every Debian, and what the README asks for. */
const everywhere = (
  'node npm sh bash env sed grep tar gzip awk find xargs cat chmod cp cut date dd df dirname basename du echo ' +
  'false head id kill ln ls mkdir mktemp mv nice nohup printf pwd readlink realpath rm seq sleep sort ' +
  'stat tail tee test timeout touch tr true uname uniq wc'
).split(' ')

/** A PATH with these alone. */
const path = temporaryFolder('bare-path')
for (const name of everywhere) {
  const found = which(name)
  if (found !== null) symlinkSync(found, join(path, name))
}
/** No CI: there a missing program is a failure. */
const bare = {
  PATH: path,
  HOME: path,
  TMPDIR: process.env['TMPDIR'] ?? '/tmp',
  NO_COLOR: '1',
  DEMO_PRODUCTS: '200',
}

interface Source {
  readonly file: string
  readonly text: string
}

const sources: readonly Source[] = Array.from(
  new Bun.Glob('{core,services,infra,scripts,tests,bench}/**/*.ts').scanSync({ cwd: root }),
)
  .filter((file) => !/node_modules\/|^bench\/cache\/|^tests\/programs\.test\.ts$/.test(file))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))

/** Called by a name and not by a path: `Bun.spawn(['git', ...])`. */
const started =
  /(?:\b(?:spawn|spawnSync|execFile|execFileSync|startServer)\(\s*\[?|\b(?:run|output)\(\s*(?:'anywhere',\s*)?\[)\s*'([\w.-]+)'/g
/** `testsNeed('nginx')`, and its like. */
const askedFor = /\b(?:testsNeed|which|missingPrograms|requirePrograms)\(([^)]*)\)/g
/** Asked for by another file, which decides whether this one is run. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  // scripts/bench.ts asks before any benchmark is run.
  'bench/macro/': ['python3', 'taskset', 'go', 'wrk', 'env'],
  // missingTools() of scripts/cassandra/jars.ts.
  'scripts/cassandra/': ['mvn', 'java'],
  // canInstall() of scripts/debian.ts.
  'scripts/debian.ts': ['sudo'],
  // stackPrograms of tests/support/stack.ts, and canRunCassandra.
  'tests/cassandra/dashboard.test.ts': ['prometheus'],
  'tests/support/nginx.ts': ['nginx'],
}

const unasked = ({ file, text }: Source): readonly string[] => {
  const asked = Array.from(text.matchAll(askedFor), ([, names = '']) => names).join()
  const others = Object.entries(elsewhere).flatMap(([start, names]) =>
    file.startsWith(start) ? names : [],
  )
  return Array.from(text.matchAll(started), ([, name = '']) => name)
    .filter((name) => !everywhere.includes(name) && !others.includes(name))
    .filter((name) => !asked.includes(`'${name}'`))
    .map((name) => `${file} runs ${name} without asking whether it is there`)
}

describe('a program that may be missing', () => {
  test('is asked for in the file that runs it', () => {
    expect(sources.length).toBeGreaterThan(400)
    expect(sources.flatMap(unasked)).toEqual([])
  })
  test('is noticed by that rule', () => {
    const text = "Bun.spawnSync([\n  'git', 'status'])\nif (testsNeed('lsof')) run(['lsof'])"
    expect(unasked({ file: 'tests/x.ts', text })).toHaveLength(1)
  })
  test('is found by one function', () => {
    const others = sources.filter(({ text }) => /\bBun\.which\(/.test(text))
    expect(others.map(({ file }) => file).sort()).toEqual(['scripts/programs.ts'])
  })
  test('is named in one sentence', () => {
    expect(missingPrograms('sh', 'no-such-a', 'no-such-b')).toBe(
      'no-such-a and no-such-b are not installed; on Debian, as root: apt-get install no-such-a no-such-b.',
    )
    expect(missingPrograms('sh')).toBeNull()
  })
})

/** Output of a command of the README, or of a test run, where only Node, npm and a bare system are. */
async function run(
  command: readonly string[],
  until?: string,
): Promise<{ readonly code: number; readonly output: string }> {
  const child = Bun.spawn([...command], { cwd: root, env: bare, stdout: 'pipe', stderr: 'pipe' })
  let output = ''
  const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) {
      output += decoder.decode(chunk, { stream: true })
      if (until !== undefined && output.includes(until)) child.kill('SIGTERM')
    }
  }
  await Promise.all([read(child.stdout), read(child.stderr)])
  return { code: await child.exited, output }
}

describe('with Node, npm and a bare system alone', () => {
  test('every test file that wants more is skipped, and says what it wants', async () => {
    const files = sources
      .filter(({ file }) => file.endsWith('.test.ts'))
      .filter(({ text }) => /testsNeed\(|withoutBrowser|canRunCassandra/.test(text))
      .map(({ file }) => `./${file}`)
    expect(files.length).toBeGreaterThan(15)
    const { code, output } = await run([process.execPath, 'test', '--timeout=30000', ...files])
    expect(output.match(/^\(fail\).*$|^error: .*$/gm) ?? []).toEqual([])
    expect(code).toBe(0)
    for (const name of ['nginx', 'curl', 'promtool', 'chromium', 'Java']) {
      expect([name, output.match(new RegExp(`.*\\b${name}\\b.*`))?.[0] ?? null]).not.toContain(null)
    }
  })
  test('npm start is ready, and ends', async () => {
    const data = join(path, 'data')
    mkdirSync(data)
    const first = await freeRow(6)
    const options = ['--port', String(first), '--services-port', String(first + 1), '--data', data]
    const { output } = await run(
      ['npm', 'start', '--', ...options, '--no-docs'],
      'The shop is ready',
    )
    // npm's own code after a signal is not the shop's.
    expect(output).toMatch(/The shop is ready[^]*Stopped\./)
  })
})
