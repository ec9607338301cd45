/** A data folder that cannot be one ends every command with one sentence. */
import { dirname, join } from 'node:path'
import { expect, test } from 'bun:test'

const root = dirname(import.meta.dir)

/** A file lies where the folder should, for root too. */
const data = ['--data', '/dev/null/data']

test.each([
  ['start', [...data, '--no-docs']],
  ['stack', data],
  ['seed', [...data, '--products', '10']],
  ['admin', [...data, '--username', 'boss', '--full-name', 'Boss']],
  ['backup', [...data, '--to', '/dev/null/backup']],
  ['restore', [...data, '--from', '/dev/null/backup']],
  ['keys', data],
  ['cassandra', ['up', ...data]],
] as const)('npm run %s', async (name, options) => {
  const child = Bun.spawn([process.execPath, join(root, `scripts/${name}.ts`), ...options], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '' },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const said = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  expect(said).toEqual(['', expect.stringMatching(/^[^\n]+\.\n$/), 1])
})
