/** Files that are replaced: whole, private, and nothing left beside them. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { flush, replaceFile, writeDurably } from './durable.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'durable-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a replaced file holds the new text, is private, and leaves nothing beside it', () => {
  const file = join(folder, 'a.json')
  writeFileSync(file, 'old', { mode: 0o644 })
  replaceFile(file, 'new')
  expect(readFileSync(file, 'utf8')).toBe('new')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['a.json'])
})

test('a reader of a file that is being replaced sees one text or the other, never a part', async () => {
  const file = join(folder, 'a.json')
  const texts = ['a', 'b'].map((letter) => letter.repeat(100_000))
  replaceFile(file, texts[0] ?? '')
  const body = `
    const { replaceFile } = await import(${JSON.stringify(join(import.meta.dir, 'durable.ts'))})
    for (let round = 0; ; round++) replaceFile(process.argv[1], 'ab'[round % 2].repeat(100_000))`
  const writer = Bun.spawn([process.execPath, '-e', body, file])
  const seen = new Set<string>()
  while (seen.size < 2) {
    const text = readFileSync(file, 'utf8')
    expect(texts.includes(text)).toBe(true)
    seen.add(text)
    await Bun.sleep(0)
  }
  writer.kill('SIGKILL')
  await writer.exited
  expect(texts).toContain(readFileSync(file, 'utf8'))
})

test('a replacement that fails leaves nothing beside the old file', () => {
  mkdirSync(join(folder, 'a.json'))
  expect(() => replaceFile(join(folder, 'a.json'), 'new')).toThrow('EISDIR')
  expect(readdirSync(folder)).toEqual(['a.json'])
})

test('a new file never takes the place of one that is there', () => {
  const file = join(folder, 'a.json')
  writeDurably(file, 'first')
  expect(() => writeDurably(file, 'second')).toThrow('EEXIST')
  expect(readFileSync(file, 'utf8')).toBe('first')
})

test('flushing what is not there is an error, not a silence', () => {
  expect(() => flush(join(folder, 'absent'))).toThrow('ENOENT')
})
