/** Rotation and pruning: what is signed can be verified, at every moment and after every crash. */
import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serviceNames } from '../values/service-name.ts'
import { manualClock, millis, toRfc3339 } from '../values/time.ts'
import { accessTokenLife } from './access-tokens.ts'
import { ensureKeys, keyFile, readKeySet, writeKeySet } from './key-files.ts'
import {
  pruneKeys,
  publishedFor,
  rotateKeys,
  type LastSigner,
  type RotateOptions,
} from './key-rotation.ts'
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
const rotate = (dir: string, options: Partial<RotateOptions> = {}): Promise<readonly string[]> =>
  rotateKeys({
    pause: async () => {},
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
  test('signs with a new key and keeps the old one in the set, with its date', async () => {
    const dir = folder()
    const old = signing(dir)
    const [made] = await rotate(dir)
    expect(made).toStartWith('access:')
    expect(signing(dir)).toBe(String(made))
    expect(
      readKeySet(keyFile.accessSet(dir)).map(({ kid, retired_at }) => [kid, retired_at]),
    ).toEqual([
      [String(made), undefined],
      [old, '2026-03-01T12:00:00.000Z'],
    ])
  })

  test('publishes for a while what nobody signs with yet', async () => {
    const dir = folder()
    const old = signing(dir)
    let meanwhile: unknown
    const [made] = await rotate(dir, {
      async pause(milliseconds) {
        meanwhile = { milliseconds, signing: signing(dir), published: published(dir).slice(1) }
      },
    })
    expect(meanwhile).toEqual({ milliseconds: publishedFor, signing: old, published: [old] })
    expect(signing(dir)).toBe(String(made))
  })

  test('leaves the keys of the services alone unless it is told', async () => {
    const dir = folder()
    const kids = () => serviceNames.map((name) => loadSigningKey(keyFile.service(dir, name)).kid)
    const before = kids()
    await rotate(dir)
    expect(kids()).toEqual(before)
    const made = await rotate(dir, { services: true })
    expect(made).toHaveLength(5)
    expect(made.slice(1)).toEqual(kids())
    expect(loadJwkSet(keyFile.services(dir)).keys.map(({ kid }) => kid)).toEqual([
      ...kids(),
      ...before,
    ])
  })

  test('leaves nothing open to others, no private half in a set, and no files of its own', async () => {
    const dir = folder()
    const files = readdirSync(dir).sort()
    await rotate(dir, { services: true })
    expect(readdirSync(dir).sort()).toEqual(files)
    for (const name of files) {
      expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600)
      if (name.endsWith('jwks.json')) {
        expect(readFileSync(join(dir, name), 'utf8')).not.toContain('"d"')
      }
    }
  })

  test('takes the old keys out at once when it is told to revoke them', async () => {
    const dir = folder()
    await rotate(dir)
    const [made] = await rotate(dir, { revoke: true })
    expect(published(dir)).toEqual([String(made)])
  })

  test('keeps the date of a key that was retired before', async () => {
    const dir = folder()
    const first = signing(dir)
    await rotate(dir)
    await rotate(dir, { clock: manualClock(start + 3_600_000) })
    const oldest = readKeySet(keyFile.accessSet(dir)).find(({ kid }) => kid === first)
    expect(oldest?.retired_at).toBe(toRfc3339(millis(start)))
  })

  test('keeps to the kind of the folder: demo keys stay demo keys and others never become such', async () => {
    const demo = folder(true)
    const own = folder()
    const before = [signing(demo), signing(own)]
    await expect(rotate(demo)).rejects.toThrow('holds a demo key: rotate the keys of')
    await expect(rotate(own, { demo: true })).rejects.toThrow('holds no demo key: leave out --demo')
    expect([signing(demo), signing(own)]).toEqual(before)
    expect(
      (await rotate(demo, { demo: true, services: true })).every((kid) => kid.startsWith('demo:')),
    ).toBe(true)
  })

  test('changes nothing in a folder that lacks a key', async () => {
    const dir = folder()
    rmSync(keyFile.service(dir, 'cart'))
    const before = readFileSync(keyFile.accessSet(dir), 'utf8')
    await expect(rotate(dir)).rejects.toThrow(
      `The key file ${keyFile.service(dir, 'cart')} does not exist: "npm run keys" makes what is missing.`,
    )
    expect(readFileSync(keyFile.accessSet(dir), 'utf8')).toBe(before)
  })

  test('publishes the key it replaces, should its public half have been lost', async () => {
    const dir = folder()
    const old = signing(dir)
    rmSync(keyFile.accessSet(dir))
    await rotate(dir)
    expect(published(dir)).toEqual([signing(dir), old])
  })

  test('is refused while another process is at it, and not by what a killed one left', async () => {
    const dir = folder()
    const other = Bun.spawn([process.execPath, '-e', 'setTimeout(() => {}, 60_000)'])
    writeFileSync(join(dir, 'rotation.pid'), `${other.pid}\n`)
    await expect(rotate(dir)).rejects.toThrow(`Process ${other.pid} is changing the keys`)
    other.kill('SIGKILL')
    await other.exited
    expect(await rotate(dir)).toHaveLength(1)
  })
})

describe('under kill -9', async () => {
  test('the key in the file is always published, and no published key is lost', async () => {
    const dir = folder()
    const seen = new Set<string>()
    const body = `
      const { rotateKeys } = await import(${JSON.stringify(join(import.meta.dir, 'key-rotation.ts'))})
      const clock = { now: () => Date.now() }
      const pause = async () => {}
      const options = { dir: process.argv[1], demo: false, services: true, revoke: false, clock, pause }
      for (;;) await rotateKeys(options)`
    for (let round = 0; round < 8; round++) {
      const rotating = Bun.spawn([process.execPath, '-e', body, dir])
      const end = performance.now() + 120 + Math.random() * 60
      const before = seen.size
      // On a busy machine the first rotations take longer than that.
      while (performance.now() < end || seen.size < before + 2) {
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
    await rotate(dir, { services: true })
    for (const [set, count] of [
      [keyFile.accessSet(dir), 1],
      [keyFile.services(dir), 4],
    ] as const) {
      expect(readKeySet(set).filter(({ retired_at }) => retired_at === undefined)).toHaveLength(
        count,
      )
    }
    // Starts eight processes, on a machine that may be busy.
  }, 60_000)
})

describe('pruning', async () => {
  const later = (by: number) => manualClock(start + by)
  /** One token life and the minute of grace. */
  const due = accessTokenLife + 60_000

  test('keeps a key until its last token has expired, and then removes it', async () => {
    const dir = folder()
    const old = signing(dir)
    const [current] = await rotate(dir)
    const lastSigner = stopped(0)
    expect(await pruneKeys({ dir, clock: later(due - 1), lastSigner })).toEqual([
      { kind: 'kept', kid: old, until: millis(start + due) },
    ])
    expect(published(dir)).toEqual([String(current), old])
    expect(await pruneKeys({ dir, clock: later(due), lastSigner })).toEqual([
      { kind: 'removed', kid: old },
    ])
    expect(published(dir)).toEqual([String(current)])
    expect(await pruneKeys({ dir, clock: later(due), lastSigner })).toEqual([])
  })

  test('keeps a key that a process signs with which started before the rotation', async () => {
    const dir = folder()
    const old = signing(dir)
    await rotate(dir)
    const week = 7 * 24 * 3_600_000
    expect(await pruneKeys({ dir, clock: later(week), lastSigner: since(start - 1) })).toEqual([
      { kind: 'in use', kid: old, owner: 'access' },
    ])
    expect(published(dir)).toContain(old)
  })

  test('counts from the restart, as the old process signed until then', async () => {
    const dir = folder()
    const old = signing(dir)
    await rotate(dir)
    const restart = 3_600_000
    const lastSigner = since(start + restart)
    expect(await pruneKeys({ dir, clock: later(restart + due - 1), lastSigner })).toEqual([
      { kind: 'kept', kid: old, until: millis(start + restart + due) },
    ])
    expect(await pruneKeys({ dir, clock: later(restart + due), lastSigner })).toEqual([
      { kind: 'removed', kid: old },
    ])
  })

  test('counts from the last sign of a process that has stopped', async () => {
    const dir = folder()
    await rotate(dir)
    const stop = 3_600_000
    const lastSigner = stopped(start + stop)
    const early = await pruneKeys({ dir, clock: later(stop + due - 1), lastSigner })
    expect(early.map(({ kind }) => kind)).toEqual(['kept'])
    const late = await pruneKeys({ dir, clock: later(stop + due), lastSigner })
    expect(late.map(({ kind }) => kind)).toEqual(['removed'])
  })

  test('asks for each service about its own keys', async () => {
    const dir = folder()
    await rotate(dir, { services: true })
    const results = await pruneKeys({
      dir,
      clock: later(due),
      lastSigner: (owner) => (owner === 'cart' ? since(start - 1)() : stopped(0)()),
    })
    expect(results.filter(({ kind }) => kind === 'removed')).toHaveLength(4)
    expect(results).toContainEqual(expect.objectContaining({ kind: 'in use', owner: 'cart' }))
    expect(loadJwkSet(keyFile.services(dir)).keys).toHaveLength(5)
  })

  test('dates a key that a crash left without a date, instead of removing it', async () => {
    const dir = folder()
    const old = signing(dir)
    await rotate(dir)
    const keys = readKeySet(keyFile.accessSet(dir))
    writeKeySet(keyFile.accessSet(dir), keys.map(publicPart))
    const at = 24 * 3_600_000
    const [result] = await pruneKeys({ dir, clock: later(at), lastSigner: stopped(0) })
    expect(result).toEqual({ kind: 'kept', kid: old, until: millis(start + at + due) })
    expect(readKeySet(keyFile.accessSet(dir))[1]?.retired_at).toBe(toRfc3339(millis(start + at)))
  })

  test('never removes the key in use, and takes a date off a key that came back', async () => {
    const dir = folder()
    const first = readFileSync(keyFile.access(dir), 'utf8')
    await rotate(dir)
    writeFileSync(keyFile.access(dir), first)
    const week = later(7 * 24 * 3_600_000)
    const results = await pruneKeys({ dir, clock: week, lastSigner: stopped(0) })
    expect(results.map(({ kind }) => kind)).toEqual(['kept'])
    expect(results.map(({ kid }) => kid)).not.toContain(signing(dir))
    const back = readKeySet(keyFile.accessSet(dir)).find(({ kid }) => kid === signing(dir))
    expect(back).toBeDefined()
    expect(back).not.toHaveProperty('retired_at')
  })

  test('writes nothing when there is nothing to do', async () => {
    const dir = folder()
    const before = statSync(keyFile.accessSet(dir)).ino
    expect(await pruneKeys({ dir, clock: later(0), lastSigner: stopped(0) })).toEqual([])
    expect(statSync(keyFile.accessSet(dir)).ino).toBe(before)
  })
})

test('making missing keys keeps the dates of retired ones', async () => {
  const dir = folder()
  await rotate(dir)
  rmSync(keyFile.access(dir))
  ensureKeys({ dir, demo: false })
  const dates = readKeySet(keyFile.accessSet(dir)).map(({ retired_at }) => retired_at)
  expect(dates).toEqual([undefined, undefined, toRfc3339(millis(start))])
})
