/** Standard output that fails: the process lives on, and writes again when it can. */
import { join } from 'node:path'
import { expect, test } from 'bun:test'

const fixture = join(import.meta.dir, 'standard-output.fixture.ts')

async function run(command: string): Promise<readonly [string, number]> {
  const child = Bun.spawn(['sh', '-c', command, process.execPath, fixture], {
    stdout: 'pipe',
    stderr: 'pipe',
  })
  return [await child.stderr.text(), await child.exited]
}

test.each([
  ['a full disk', 'exec "$0" "$1" > /dev/full'],
  ['a reader that has gone', '{ "$0" "$1"; echo "code $?" >&2; } | true'],
  ['a descriptor that is closed', 'exec "$0" "$1" >&-'],
])('%s ends nobody', async (_what, command) => {
  const [said] = await run(command)
  expect(said.replace('code 0\n', '')).toBe('unharmed\n')
})
