/** One shop per data folder. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'bun:test'
import { lockFolder } from './lock.ts'

const root = mkdtempSync(join(tmpdir(), 'lock-'))
const others: Bun.Subprocess[] = []
afterAll(() => {
  for (const other of others) other.kill('SIGKILL')
  rmSync(root, { recursive: true })
})

/** A process that lives until it is killed, with `words` in its command line; resolves once it runs. */
async function bystander(...words: readonly string[]): Promise<Bun.Subprocess> {
  const program = 'console.log("up"); setInterval(() => {}, 1000)'
  const child = Bun.spawn([process.execPath, '-e', program, ...words], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  others.push(child)
  await child.stdout.getReader().read()
  return child
}

let folders = 0
const folder = (holder?: string): string => {
  const path = join(root, String(++folders))
  mkdirSync(join(path, 'run'), { recursive: true })
  if (holder !== undefined) writeFileSync(join(path, 'run/launcher.pid'), holder)
  return path
}

test('a free folder is taken and given back', () => {
  const path = folder()
  const lock = lockFolder(path)
  if (lock.kind !== 'taken') throw new Error(lock.kind)
  expect(lock.stale).toBe(false)
  expect(readFileSync(join(path, 'run/launcher.pid'), 'utf8')).toBe(`${process.pid}\n`)
  lock.release()
  expect(lockFolder(path).kind).toBe('taken')
})

test('a folder is held as long as its launcher lives, and free when that is gone', async () => {
  const launcher = await bystander('start.ts')
  const path = folder(`${launcher.pid}\n`)
  expect(lockFolder(path)).toEqual({ kind: 'held', pid: launcher.pid })
  launcher.kill('SIGKILL')
  await launcher.exited
  expect(lockFolder(path)).toMatchObject({ kind: 'taken', stale: true })
})

test('a process id that somebody else has now does not count', async () => {
  const other = await bystander()
  const isLinux = process.platform === 'linux'
  expect(lockFolder(folder(`${other.pid}\n`)).kind).toBe(isLinux ? 'taken' : 'held')
})

test('a broken file does not count', () => {
  for (const text of ['', 'x', '-1', '0']) expect(lockFolder(folder(text)).kind).toBe('taken')
})
