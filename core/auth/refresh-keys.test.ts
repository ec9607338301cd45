/** The secrets of refresh tokens: what instances recognise while they are rotated, and what is refused. */
import { afterAll, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadRefreshKeys, newRefreshKeys, rotateRefreshKeys } from './refresh-keys.ts'

const root = mkdtempSync(join(tmpdir(), 'refresh-keys-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let files = 0
function newFile(): string {
  const file = join(root, `${files++}.keys.json`)
  writeFileSync(file, newRefreshKeys(false), { mode: 0o600 })
  return file
}

test('instances that read the file before and after a rotation know each other’s key', () => {
  const file = newFile()
  for (let turn = 0; turn < 3; turn++) {
    const before = loadRefreshKeys(file)
    rotateRefreshKeys({ file, demo: false, revoke: false })
    const after = loadRefreshKeys(file)
    expect(after.current).not.toEqual(before.current)
    expect(before.others).toContainEqual(after.current)
    expect(after.others).toContainEqual(before.current)
  }
  expect(loadRefreshKeys(file).others).toHaveLength(2)
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('keys that leaked are known to nobody after their rotation', () => {
  const file = newFile()
  rotateRefreshKeys({ file, demo: false, revoke: false })
  const before = loadRefreshKeys(file)
  rotateRefreshKeys({ file, demo: false, revoke: true })
  const after = loadRefreshKeys(file)
  for (const key of [before.current, ...before.others]) {
    expect([after.current, ...after.others]).not.toContainEqual(key)
  }
})

test('their ids say which are generated, and nothing of the secret', () => {
  const file = join(root, 'demo.keys.json')
  writeFileSync(file, newRefreshKeys(true), { mode: 0o600 })
  const { ids, current } = loadRefreshKeys(file)
  expect(ids).toHaveLength(2)
  for (const { kid } of ids) {
    expect(kid).toMatch(/^demo:refresh:[\w-]{43}$/)
    expect(kid).not.toContain(Buffer.from(current).toString('base64url'))
  }
})

test('a file that is missing, open to others or of another kind is refused without a word of it', () => {
  expect(() => loadRefreshKeys(join(root, 'absent.json'))).toThrow('does not exist')
  const file = newFile()
  const secret = (JSON.parse(readFileSync(file, 'utf8')) as { keys: [{ k: string }] }).keys[0].k
  for (const text of ['', '[]', '{"keys":[]}', `{"keys":[{"kty":"oct","k":"${secret}x"}]}`]) {
    writeFileSync(file, text)
    expect(() => loadRefreshKeys(file)).toThrow(file)
    expect(() => loadRefreshKeys(file)).not.toThrow(secret)
  }
  chmodSync(file, 0o644)
  expect(() => loadRefreshKeys(file)).toThrow('open to others')
})
