/** Public keys from a file and from a peer: refresh, pace, and what survives a restart. */
import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { soleCopy } from '../clients/copies.ts'
import { createLogger } from '../logging/logger.ts'
import { manualClock } from '../values/time.ts'
import { keysFromFile, keysFromPeer } from './key-source.ts'
import { generateKey, publicPart, type PrivateJwk } from './keys.ts'

const root = mkdtempSync(join(tmpdir(), 'key-source-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const log = createLogger({ service: 'test', level: 'silent' })
const setOf = (...keys: PrivateJwk[]) => ({ keys: keys.map(publicPart) })
const oneCopy = soleCopy('user', 'http://unused')
let files = 0

function peer(cacheFile = join(root, `peer-${files++}`, 'jwks-cache.json'), allowDemo = true) {
  const clock = manualClock(1_000_000)
  const state = { answer: setOf() as unknown, fetches: 0, cacheFile, clock }
  const source = keysFromPeer({
    copies: oneCopy,
    cacheFile,
    allowDemo,
    clock,
    log,
    async fetchSet() {
      state.fetches++
      if (state.answer instanceof Error) throw state.answer
      return state.answer
    },
  })
  return { state, source }
}

test('an unknown id makes the peer be asked, at most once in five seconds', async () => {
  const { state, source } = peer()
  const [first, second] = [generateKey('access'), generateKey('access')]
  state.answer = setOf(first)
  await source.refresh()
  expect(source.get(first.kid)?.kid).toBe(first.kid)
  state.answer = setOf(first, second)
  await source.refresh()
  expect([state.fetches, source.get(second.kid)]).toEqual([1, undefined])
  state.clock.advance(5_000)
  await source.refresh()
  expect([state.fetches, source.size()]).toEqual([2, 2])
})

test('many who miss a key at once share one fetch, and all get its result', async () => {
  const { state, source } = peer()
  const key = generateKey('access')
  state.answer = setOf(key)
  const seen = await Promise.all(
    Array.from({ length: 50 }, () => source.refresh().then(() => source.get(key.kid)?.kid)),
  )
  expect(state.fetches).toBe(1)
  expect(new Set(seen)).toEqual(new Set([key.kid]))
})

test('a key that stays keeps its object, a key that the peer drops is forgotten', async () => {
  const { state, source } = peer()
  const [stays, goes] = [generateKey('access'), generateKey('access')]
  state.answer = setOf(stays, goes)
  await source.refresh()
  const before = source.get(stays.kid)
  state.clock.advance(5_000)
  state.answer = setOf(stays)
  await source.refresh()
  expect(source.get(stays.kid)).toBe(before as NonNullable<typeof before>)
  expect(source.get(goes.kid)).toBeUndefined()
})

test('a restart while the peer is down goes on with the keys last seen', async () => {
  const { state, source } = peer()
  const key = generateKey('access')
  state.answer = setOf(key)
  await source.refresh()
  const again = peer(state.cacheFile)
  again.state.answer = new Error('refused')
  expect(again.source.get(key.kid)?.kid).toBe(key.kid)
  await again.source.refresh()
  expect(again.source.get(key.kid)?.kid).toBe(key.kid)
})

test('an answer without keys, or that is no set, changes nothing', async () => {
  const { state, source } = peer()
  const key = generateKey('access')
  state.answer = setOf(key)
  await source.refresh()
  for (const answer of [{ keys: [] }, {}, null, 'x', { keys: [{ kty: 'RSA' }] }]) {
    state.clock.advance(5_000)
    state.answer = answer
    await source.refresh()
    expect(source.size()).toBe(1)
  }
})

test('keys that cannot be written down serve, and are written when that works again', async () => {
  const folder = join(root, 'in-the-way')
  writeFileSync(folder, '')
  const { state, source } = peer(join(folder, 'jwks-cache.json'))
  const key = generateKey('access')
  state.answer = setOf(key)
  await source.refresh()
  expect(source.get(key.kid)?.kid).toBe(key.kid)
  rmSync(folder)
  state.clock.advance(5_000)
  await source.refresh()
  expect(peer(state.cacheFile).source.get(key.kid)?.kid).toBe(key.kid)
})

test('a broken copy on disk counts as none', async () => {
  const cacheFile = join(root, 'broken.json')
  writeFileSync(cacheFile, '{"keys":[')
  const { state, source } = peer(cacheFile)
  expect(source.size()).toBe(0)
  state.answer = setOf(generateKey('access'))
  await source.refresh()
  expect(JSON.parse(readFileSync(cacheFile, 'utf8')).keys).toHaveLength(1)
})

test('production takes no generated key from a peer', async () => {
  const { state, source } = peer(undefined, false)
  const [made, generated] = [generateKey('access'), generateKey('demo:access')]
  state.answer = setOf(made, generated)
  await source.refresh()
  expect([source.get(made.kid)?.kid, source.get(generated.kid)]).toEqual([made.kid, undefined])
})

test('start asks the peer by itself and does not wait for it', async () => {
  const key = generateKey('access')
  let asked = (): void => {}
  const asking = new Promise<void>((resolve) => (asked = resolve))
  let answer = (_set: unknown): void => {}
  const source = keysFromPeer({
    copies: oneCopy,
    cacheFile: join(root, 'start.json'),
    allowDemo: true,
    clock: manualClock(1_000_000),
    log,
    fetchSet: () => {
      asked()
      return new Promise((resolve) => (answer = resolve))
    },
  })
  source.start()
  expect(source.size()).toBe(0)
  await asking
  answer(setOf(key))
  await source.stop()
  expect(source.get(key.kid)?.kid).toBe(key.kid)
})

test('a key added to the file is found without a restart, and a broken file keeps the old keys', async () => {
  const file = join(root, 'services.jwks.json')
  const [first, second] = [generateKey('cart'), generateKey('cart')]
  writeFileSync(file, JSON.stringify(setOf(first)))
  const clock = manualClock(1_000_000)
  const source = keysFromFile({ file, allowDemo: true, clock, log })
  writeFileSync(file, JSON.stringify(setOf(first, second)))
  await source.refresh()
  expect(source.size()).toBe(2)
  clock.advance(5_000)
  writeFileSync(file, '')
  await source.refresh()
  expect(source.size()).toBe(2)
  expect(() => keysFromFile({ file, allowDemo: true, clock, log })).toThrow(file)
})

test('production refuses a file with a generated key', () => {
  const file = join(root, 'generated.jwks.json')
  writeFileSync(file, JSON.stringify(setOf(generateKey('demo:cart'))))
  const clock = manualClock(1_000_000)
  expect(() => keysFromFile({ file, allowDemo: false, clock, log })).toThrow('"demo:cart:')
})

test('the copy on disk is replaced whole, is private and leaves nothing beside it', async () => {
  const { state, source } = peer()
  for (const key of [generateKey('access'), generateKey('access')]) {
    state.answer = setOf(key)
    await source.refresh()
    state.clock.advance(5_000)
    expect(JSON.parse(readFileSync(state.cacheFile, 'utf8'))).toEqual(setOf(key))
  }
  expect(statSync(state.cacheFile).mode & 0o777).toBe(0o600)
  expect(readdirSync(dirname(state.cacheFile))).toEqual(['jwks-cache.json'])
})

test('any copy of the peer will do', async () => {
  const key = generateKey('access')
  const addresses = ['http://dead', 'http://empty', 'http://well']
  const asked: string[] = []
  const failed: string[] = []
  const source = keysFromPeer({
    copies: {
      pick: (tried = []) => addresses.find((each) => !tried.includes(each)) ?? null,
      failed: (address) => void failed.push(address),
    },
    cacheFile: join(root, 'copies.json'),
    allowDemo: true,
    clock: manualClock(1_000_000),
    log,
    async fetchSet(url) {
      asked.push(url)
      if (url.startsWith('http://dead')) throw new Error('refused')
      return url.startsWith('http://empty') ? setOf() : setOf(key)
    },
  })
  await source.refresh()
  expect(source.get(key.kid)?.kid).toBe(key.kid)
  expect(asked).toEqual(addresses.map((address) => `${address}/.well-known/jwks.json`))
  expect(failed).toEqual(['http://dead'])
})
