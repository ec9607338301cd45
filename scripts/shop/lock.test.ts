/** One shop per data folder. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'bun:test'
import { lockFolder } from './lock.ts'

const root = mkdtempSync(join(tmpdir(), 'lock-'))
afterAll(() => rmSync(root, { recursive: true }))
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
  // A stand-in: it lives, and its command names start.ts.
  const launcher = Bun.spawn([process.execPath, '-e', 'setInterval(() => {}, 1000)', 'start.ts'])
  const path = folder(`${launcher.pid}\n`)
  expect(lockFolder(path)).toEqual({ kind: 'held', pid: launcher.pid })
  launcher.kill('SIGKILL')
  await launcher.exited
  expect(lockFolder(path)).toMatchObject({ kind: 'taken', stale: true })
})

test('a process id that somebody else has now does not count', async () => {
  const other = Bun.spawn([process.execPath, '-e', 'setInterval(() => {}, 1000)'])
  const isLinux = process.platform === 'linux'
  expect(lockFolder(folder(`${other.pid}\n`)).kind).toBe(isLinux ? 'taken' : 'held')
  other.kill('SIGKILL')
  await other.exited
})

test('a broken file does not count', () => {
  for (const text of ['', 'x', '-1', '0']) expect(lockFolder(folder(text)).kind).toBe('taken')
})
