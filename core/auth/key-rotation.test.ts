/** Rotation and pruning: what is signed can be verified, at every moment and after every crash. */
import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serviceNames } from '../values/service-name.ts'
import { manualClock, millis, toRfc3339 } from '../values/time.ts'
import { accessTokenLife } from './access-tokens.ts'
import { ensureKeys, keyFile, readKeySet, writeKeySet } from './key-files.ts'
import { pruneKeys, rotateKeys, type LastSigner, type RotateOptions } from './key-rotation.ts'
import { loadJwkSet, loadSigningKey, publicPart } from './keys.ts'

const root = mkdtempSync(join(tmpdir(), 'rotation-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let folders = 0
function folder(demo = false): string {
  const dir = join(root, `keys-${folders++}`)
  ensureKeys({ dir, demo })
  return dir
}

const start = Date.parse('2026-03-01T12:00:00Z')
const rotate = (dir: string, options: Partial<RotateOptions> = {}): readonly string[] =>
  rotateKeys({
    dir,
    demo: false,
    services: false,
    revoke: false,
    clock: manualClock(start),
    ...options,
  })

const signing = (dir: string): string => loadSigningKey(keyFile.access(dir)).kid
const published = (dir: string): string[] =>
  loadJwkSet(keyFile.accessSet(dir)).keys.map(({ kid }) => kid)
const stopped =
  (until: number): (() => LastSigner) =>
  () => ({
    running: false,
    until: millis(until),
  })
const since =
  (at: number): (() => LastSigner) =>
  () => ({ running: true, since: millis(at) })

describe('a rotation', () => {
  test('signs with a new key and keeps the old one in the set, with its date', () => {
    const dir = folder()
    const old = signing(dir)
    const [made] = rotate(dir)
    expect(made).toStartWith('access:')
    expect(signing(dir)).toBe(String(made))
    expect(
      readKeySet(keyFile.accessSet(dir)).map(({ kid, retired_at }) => [kid, retired_at]),
    ).toEqual([
      [String(made), undefined],
      [old, '2026-03-01T12:00:00.000Z'],
    ])
  })

  test('leaves the keys of the services alone unless it is told', () => {
    const dir = folder()
    const kids = () => serviceNames.map((name) => loadSigningKey(keyFile.service(dir, name)).kid)
    const before = kids()
    rotate(dir)
    expect(kids()).toEqual(before)
    const made = rotate(dir, { services: true })
    expect(made).toHaveLength(5)
    expect(made.slice(1)).toEqual(kids())
    expect(loadJwkSet(keyFile.services(dir)).keys.map(({ kid }) => kid)).toEqual([
      ...kids(),
      ...before,
    ])
  })

  test('leaves nothing open to others, no private half in a set, and no files of its own', () => {
    const dir = folder()
    const files = readdirSync(dir).sort()
    rotate(dir, { services: true })
    expect(readdirSync(dir).sort()).toEqual(files)
    for (const name of files) {
      expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600)
      if (name.endsWith('jwks.json')) {
        expect(readFileSync(join(dir, name), 'utf8')).not.toContain('"d"')
      }
    }
  })

  test('takes the old keys out at once when it is told to revoke them', () => {
    const dir = folder()
    rotate(dir)
    const [made] = rotate(dir, { revoke: true })
    expect(published(dir)).toEqual([String(made)])
  })

  test('keeps the date of a key that was retired before', () => {
    const dir = folder()
    const first = signing(dir)
    rotate(dir)
    rotate(dir, { clock: manualClock(start + 3_600_000) })
    const oldest = readKeySet(keyFile.accessSet(dir)).find(({ kid }) => kid === first)
    expect(oldest?.retired_at).toBe(toRfc3339(millis(start)))
  })

  test('keeps to the kind of the folder: demo keys stay demo keys and others never become such', () => {
    const demo = folder(true)
    const own = folder()
    const before = [signing(demo), signing(own)]
    expect(() => rotate(demo)).toThrow('holds a demo key: rotate the keys of')
    expect(() => rotate(own, { demo: true })).toThrow('holds no demo key: leave out --demo')
    expect([signing(demo), signing(own)]).toEqual(before)
    expect(
      rotate(demo, { demo: true, services: true }).every((kid) => kid.startsWith('demo:')),
    ).toBe(true)
  })

  test('changes nothing in a folder that lacks a key', () => {
    const dir = folder()
    rmSync(keyFile.service(dir, 'cart'))
    const before = readFileSync(keyFile.accessSet(dir), 'utf8')
    expect(() => rotate(dir)).toThrow(
      `The key file ${keyFile.service(dir, 'cart')} does not exist.`,
    )
    expect(readFileSync(keyFile.accessSet(dir), 'utf8')).toBe(before)
  })

  test('publishes the key it replaces, should its public half have been lost', () => {
    const dir = folder()
    const old = signing(dir)
    rmSync(keyFile.accessSet(dir))
    rotate(dir)
    expect(published(dir)).toEqual([signing(dir), old])
  })

  test('is refused while another process is at it, and not by what a killed one left', async () => {
    const dir = folder()
    const other = Bun.spawn([process.execPath, '-e', 'setTimeout(() => {}, 60_000)'])
    writeFileSync(join(dir, 'rotation.pid'), `${other.pid}\n`)
    expect(() => rotate(dir)).toThrow(`Process ${other.pid} is changing the keys`)
    other.kill('SIGKILL')
    await other.exited
    expect(rotate(dir)).toHaveLength(1)
  })
})

describe('under kill -9', () => {
  test('the key in the file is always published, and no published key is lost', async () => {
    const dir = folder()
    const seen = new Set<string>()
    const body = `
      const { rotateKeys } = await import(${JSON.stringify(join(import.meta.dir, 'key-rotation.ts'))})
      const clock = { now: () => Date.now() }
      for (;;) rotateKeys({ dir: process.argv[1], demo: false, services: true, revoke: false, clock })`
    for (let round = 0; round < 8; round++) {
      const rotating = Bun.spawn([process.execPath, '-e', body, dir])
      const end = performance.now() + 120 + Math.random() * 60
      while (performance.now() < end) {
        // The private key first: what is found there must have been published before.
        const kid = signing(dir)
        expect(published(dir)).toContain(kid)
        seen.add(kid)
        await Bun.sleep(0)
      }
      rotating.kill('SIGKILL')
      await rotating.exited
    }
    for (const name of serviceNames) {
      const { kid } = loadSigningKey(keyFile.service(dir, name))
      expect(loadJwkSet(keyFile.services(dir)).keys.map((key) => key.kid)).toContain(kid)
    }
    expect(seen.size).toBeGreaterThan(8)
    expect(published(dir)).toEqual(expect.arrayContaining([...seen]))
    // Whatever the crashes left, the next rotation dates all but the keys in use.
    rotate(dir, { services: true })
    for (const [set, count] of [
      [keyFile.accessSet(dir), 1],
      [keyFile.services(dir), 4],
    ] as const) {
      expect(readKeySet(set).filter(({ retired_at }) => retired_at === undefined)).toHaveLength(
        count,
      )
    }
  })
})

describe('pruning', () => {
  const later = (by: number) => manualClock(start + by)
  /** One token life and the minute of grace. */
  const due = accessTokenLife + 60_000

  test('keeps a key until its last token has expired, and then removes it', () => {
    const dir = folder()
    const old = signing(dir)
    const [current] = rotate(dir)
    const lastSigner = stopped(0)
    expect(pruneKeys({ dir, clock: later(due - 1), lastSigner })).toEqual([
      { kind: 'kept', kid: old, until: millis(start + due) },
    ])
    expect(published(dir)).toEqual([String(current), old])
    expect(pruneKeys({ dir, clock: later(due), lastSigner })).toEqual([
      { kind: 'removed', kid: old },
    ])
    expect(published(dir)).toEqual([String(current)])
    expect(pruneKeys({ dir, clock: later(due), lastSigner })).toEqual([])
  })

  test('keeps a key that a process signs with which started before the rotation', () => {
    const dir = folder()
    const old = signing(dir)
    rotate(dir)
    const week = 7 * 24 * 3_600_000
    expect(pruneKeys({ dir, clock: later(week), lastSigner: since(start - 1) })).toEqual([
      { kind: 'in use', kid: old, owner: 'access' },
    ])
    expect(published(dir)).toContain(old)
  })

  test('counts from the restart, as the old process signed until then', () => {
    const dir = folder()
    const old = signing(dir)
    rotate(dir)
    const restart = 3_600_000
    const lastSigner = since(start + restart)
    expect(pruneKeys({ dir, clock: later(restart + due - 1), lastSigner })).toEqual([
      { kind: 'kept', kid: old, until: millis(start + restart + due) },
    ])
    expect(pruneKeys({ dir, clock: later(restart + due), lastSigner })).toEqual([
      { kind: 'removed', kid: old },
    ])
  })

  test('counts from the last sign of a process that has stopped', () => {
    const dir = folder()
    rotate(dir)
    const stop = 3_600_000
    const prune = (at: number) =>
      pruneKeys({ dir, clock: later(at), lastSigner: stopped(start + stop) }).map(
        ({ kind }) => kind,
      )
    expect(prune(stop + due - 1)).toEqual(['kept'])
    expect(prune(stop + due)).toEqual(['removed'])
  })

  test('asks for each service about its own keys', () => {
    const dir = folder()
    rotate(dir, { services: true })
    const results = pruneKeys({
      dir,
      clock: later(due),
      lastSigner: (owner) => (owner === 'cart' ? since(start - 1)() : stopped(0)()),
    })
    expect(results.filter(({ kind }) => kind === 'removed')).toHaveLength(4)
    expect(results).toContainEqual(expect.objectContaining({ kind: 'in use', owner: 'cart' }))
    expect(loadJwkSet(keyFile.services(dir)).keys).toHaveLength(5)
  })

  test('dates a key that a crash left without a date, instead of removing it', () => {
    const dir = folder()
    const old = signing(dir)
    rotate(dir)
    const keys = readKeySet(keyFile.accessSet(dir))
    writeKeySet(keyFile.accessSet(dir), keys.map(publicPart))
    const at = 24 * 3_600_000
    const [result] = pruneKeys({ dir, clock: later(at), lastSigner: stopped(0) })
    expect(result).toEqual({ kind: 'kept', kid: old, until: millis(start + at + due) })
    expect(readKeySet(keyFile.accessSet(dir))[1]?.retired_at).toBe(toRfc3339(millis(start + at)))
  })

  test('never removes the key in use, and takes a date off a key that came back', () => {
    const dir = folder()
    const first = readFileSync(keyFile.access(dir), 'utf8')
    rotate(dir)
    writeFileSync(keyFile.access(dir), first)
    const week = later(7 * 24 * 3_600_000)
    const results = pruneKeys({ dir, clock: week, lastSigner: stopped(0) })
    expect(results.map(({ kind }) => kind)).toEqual(['kept'])
    expect(results.map(({ kid }) => kid)).not.toContain(signing(dir))
    const back = readKeySet(keyFile.accessSet(dir)).find(({ kid }) => kid === signing(dir))
    expect(back).toBeDefined()
    expect(back).not.toHaveProperty('retired_at')
  })

  test('writes nothing when there is nothing to do', () => {
    const dir = folder()
    const before = statSync(keyFile.accessSet(dir)).ino
    expect(pruneKeys({ dir, clock: later(0), lastSigner: stopped(0) })).toEqual([])
    expect(statSync(keyFile.accessSet(dir)).ino).toBe(before)
  })
})

test('making missing keys keeps the dates of retired ones', () => {
  const dir = folder()
  rotate(dir)
  rmSync(keyFile.access(dir))
  ensureKeys({ dir, demo: false })
  const dates = readKeySet(keyFile.accessSet(dir)).map(({ retired_at }) => retired_at)
  expect(dates).toEqual([undefined, undefined, toRfc3339(millis(start))])
})
