/** docs/add-an-endpoint.md, every step of it done on a copy of the tree. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, setDefaultTimeout, test } from 'bun:test'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { blocksOf, pageAt, root, type Block } from './pages.ts'

setDefaultTimeout(300_000)

const copy = temporaryFolder('docs-tutorial')
for (const folder of ['core', 'services', 'scripts', 'infra', 'tests', 'docs', 'site']) {
  const skip = /\/node_modules$|^\/site\/dist|\.vitepress\/cache$/
  cpSync(join(root, folder), join(copy, folder), {
    recursive: true,
    filter: (path) => !skip.test(path.slice(root.length)),
  })
}
for (const file of ['package.json', 'package-lock.json', 'tsconfig.json', 'bunfig.toml']) {
  cpSync(join(root, file), join(copy, file))
}
cpSync(join(root, '.env.example'), join(copy, '.env.example'))
cpSync(join(root, '.ci'), join(copy, '.ci'), { recursive: true })
cpSync(join(root, 'README.md'), join(copy, 'README.md'))
for (const folder of ['node_modules', 'bench']) symlinkSync(join(root, folder), join(copy, folder))

const read = (path: string): string => readFileSync(join(copy, path), 'utf8')

/** Puts the block into the file above the line that its mark names, or makes the file. */
function write({ mark, text, language }: Block): void {
  const [, file] = /^file: (\S+)$/.exec(mark ?? '') ?? []
  if (file !== undefined) {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    return writeFileSync(join(copy, file), text)
  }
  const [, path = '', kind, where = ''] =
    /^insert: (\S+) above( route)?: (.*)$/.exec(mark ?? '') ?? []
  const lines = read(path).split('\n')
  const starts = (line: string): boolean => line.startsWith(where)
  const named = kind === undefined ? lines.findIndex(starts) : routeOf(lines, where)
  expect([path, where, named > 0]).toEqual([path, where, true])
  // What stands at the margin of a source is kept apart from what follows.
  const gap = language === 'ts' && /^\S/.test(text) ? '\n' : ''
  lines.splice(named, 0, text.trimEnd() + gap)
  writeFileSync(join(copy, path), lines.join('\n'))
}

/** The line on which a route of the table begins. */
function routeOf(lines: readonly string[], operation: string): number {
  const named = lines.findIndex((line) => line.trim() === `operation: '${operation}',`)
  return lines.slice(0, named).findLastIndex((line) => line.trim() === 'route({')
}

async function run(command: readonly string[]): Promise<{ code: number; output: string }> {
  const child = Bun.spawn([...command], {
    cwd: copy,
    env: { PATH: process.env['PATH'] ?? '', HOME: copy, NO_COLOR: '1' },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const texts = await Promise.all([child.stdout.text(), child.stderr.text()])
  return { code: await child.exited, output: texts.join('') }
}

async function expectGood(...command: readonly string[]): Promise<string> {
  const { code, output } = await run(command)
  expect([command.join(' '), code, code === 0 ? '' : output]).toEqual([command.join(' '), 0, ''])
  return output
}

const blocks = blocksOf(pageAt('docs/add-an-endpoint.md'))
const writing = blocks.filter(({ mark }) => /^(insert|file): /.test(mark ?? ''))
const bun = process.execPath

test('the page writes what it says, each block in its place', () => {
  expect(writing).toHaveLength(7)
  for (const block of writing) write(block)
  expect(read('services/catalog/routes.ts')).toContain("operation: 'get_stock'")
})

test('its commands run', async () => {
  const replayed = blocks.filter(({ mark }) => mark === 'replay')
  expect(replayed).toHaveLength(2)
  for (const { text } of replayed) await expectGood('bash', '-e', '-c', text)
})

test('what it leaves behind is in order', async () => {
  // The page says that the formatter lines up what was put into tables.
  await expectGood(bun, 'fmt', '--no-script')
  await expectGood(bun, 'check', '--no-script')
})

test('the tests that it names hold the new call to the docs', async () => {
  const files = ['tests/openapi.test.ts', 'tests/docs/names.test.ts', 'core/http/errors.test.ts']
  const output = await expectGood(
    bun,
    'test',
    '--timeout=120000',
    ...files.map((file) => `./${file}`),
  )
  expect(output).toContain(' 0 fail')
})

test('a shop with it answers, and the contract page performs its row', async () => {
  const pattern = 'GET /stock/\\{id\\}|each call of catalog'
  const contract = ['./tests/contract/page.test.ts', '--test-name-pattern', pattern]
  const output = await expectGood(bun, 'test', '--timeout', '120000', ...contract)
  expect(output).toContain('GET /stock/{id} answers 200')
})
