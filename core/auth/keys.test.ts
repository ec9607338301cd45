/** Keys: their names, the files they are read from, and what is refused. */
import { afterAll, describe, expect, test } from 'bun:test'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureKeys, keyFile } from './key-files.ts'
import {
  generateKey,
  loadJwkSet,
  loadSigningKey,
  publicPart,
  refuseDemoKeys,
  thumbprint,
} from './keys.ts'

const root = mkdtempSync(join(tmpdir(), 'keys-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let folders = 0
const folder = (): string => join(root, `keys-${folders++}`)
const modeOf = (path: string): number => statSync(path).mode & 0o777

test('the id of a key ends in the thumbprint of RFC 8037, appendix A.3', () => {
  expect(thumbprint('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo')).toBe(
    'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  )
  const key = generateKey('demo:cart')
  expect(key.kid).toBe(`demo:cart:${thumbprint(key.x)}`)
})

test('the public part holds nothing of the private half', () => {
  const key = generateKey('cart')
  expect(publicPart(key)).not.toHaveProperty('d')
  expect(publicPart(key)).toMatchObject({ x: key.x, kid: key.kid, alg: 'EdDSA', use: 'sig' })
})

describe('the keys folder', () => {
  test('gets a private key for each service and for access tokens, closed to others', () => {
    const dir = folder()
    expect(ensureKeys({ dir, demo: true })).toHaveLength(6)
    expect(modeOf(dir)).toBe(0o700)
    for (const name of ['catalog', 'cart', 'order', 'user'] as const) {
      expect(modeOf(keyFile.service(dir, name))).toBe(0o600)
      const { kid } = loadSigningKey(keyFile.service(dir, name))
      expect(kid).toStartWith(`demo:${name}:`)
      expect(loadJwkSet(keyFile.services(dir)).keys.map((key) => key.kid)).toContain(kid)
    }
    expect(loadSigningKey(keyFile.access(dir)).kid).toStartWith('demo:access:')
    expect(readFileSync(keyFile.services(dir), 'utf8')).not.toContain('"d"')
    expect(readFileSync(keyFile.accessSet(dir), 'utf8')).not.toContain('"d"')
  })

  test('stays as it is when it is complete', () => {
    const dir = folder()
    ensureKeys({ dir, demo: false })
    const before = readFileSync(keyFile.services(dir), 'utf8')
    const key = readFileSync(keyFile.access(dir), 'utf8')
    expect(ensureKeys({ dir, demo: true })).toEqual([])
    expect(readFileSync(keyFile.services(dir), 'utf8')).toBe(before)
    expect(readFileSync(keyFile.access(dir), 'utf8')).toBe(key)
    expect(loadSigningKey(keyFile.access(dir)).kid).toStartWith('access:')
  })

  test('keeps the public key of a private key that is gone, so its tokens stay good', () => {
    const dir = folder()
    ensureKeys({ dir, demo: false })
    const old = loadSigningKey(keyFile.access(dir)).kid
    unlinkSync(keyFile.access(dir))
    expect(ensureKeys({ dir, demo: false })).toEqual([keyFile.access(dir)])
    const fresh = loadSigningKey(keyFile.access(dir)).kid
    expect(loadJwkSet(keyFile.accessSet(dir)).keys.map((key) => key.kid)).toEqual([fresh, old])
  })
})

describe.skipIf(process.getuid?.() !== 0)('a keys folder that belongs to another user', () => {
  const nobody = 65_534
  /** Makes keys as a user that does not own the folder, as in a container with a mounted volume. */
  function makeAsAnother(mode: number) {
    // The root of these tests is closed to others.
    const dir = mkdtempSync(join(tmpdir(), 'volume-'))
    const script = join(root, `make-${folders++}.ts`)
    writeFileSync(
      script,
      `import { ensureKeys, folderWarning } from ${JSON.stringify(join(import.meta.dir, 'key-files.ts'))}
       process.setegid(${nobody})
       process.seteuid(${nobody})
       try {
         const made = ensureKeys({ dir: process.argv[2], demo: false }).length
         console.log(JSON.stringify({ made, warning: folderWarning(process.argv[2]) }))
       } catch (error) {
         console.log(JSON.stringify({ error: error.message }))
       }`,
    )
    chmodSync(dir, mode)
    const { stdout } = Bun.spawnSync([process.execPath, '--no-env-file', script, dir])
    const key = keyFile.access(dir)
    const keyMode = existsSync(key) ? modeOf(key) : null
    rmSync(dir, { recursive: true, force: true })
    return { dir, keyMode, said: JSON.parse(stdout.toString()) as Record<string, unknown> }
  }

  test('takes keys where it can be written, and it is said when everybody can', () => {
    const { dir, keyMode, said } = makeAsAnother(0o777)
    expect(said).toMatchObject({ made: 6, warning: expect.stringContaining(`may write in ${dir}`) })
    expect(keyMode).toBe(0o600)
  })

  test('is refused in one sentence where it cannot be written', () => {
    const { dir, keyMode, said } = makeAsAnother(0o755)
    expect(said['error']).toStartWith(`The folder ${dir} cannot be written by this user`)
    expect(keyMode).toBeNull()
  })
})

describe('a key file is refused', () => {
  const written = (name: string, content: string, mode = 0o600): string => {
    const file = join(root, name)
    writeFileSync(file, content)
    chmodSync(file, mode)
    return file
  }

  test('when others can read it', () => {
    const file = written('open.json', JSON.stringify(generateKey('cart')), 0o644)
    expect(() => loadSigningKey(file)).toThrow(`The key file ${file} is open to others`)
    chmodSync(file, 0o440)
    expect(loadSigningKey(file).kid).toStartWith('cart:')
  })

  test('when it is missing, no JSON, or holds no private key, without quoting it', () => {
    const secret = generateKey('cart').d
    for (const file of [
      join(root, 'absent.json'),
      written('broken.json', `{"d":"${secret}"`),
      written('public.json', JSON.stringify(publicPart(generateKey('cart')))),
      written('other.json', JSON.stringify({ kty: 'RSA', kid: 'x', d: secret })),
      written('short.json', JSON.stringify({ ...generateKey('cart'), d: secret.slice(1) })),
    ]) {
      let message = ''
      try {
        loadSigningKey(file)
      } catch (error) {
        message = String(error)
      }
      expect(message).toContain(file)
      expect(message).not.toContain(secret.slice(1))
    }
  })

  test('in production when it is a generated one, by name', () => {
    const keys = [generateKey('cart'), generateKey('demo:order')]
    expect(() => refuseDemoKeys(keys, 'keys/a.json')).toThrow(
      'keys/a.json holds the generated key "demo:order:',
    )
    expect(() => refuseDemoKeys(keys.slice(0, 1), 'keys/a.json')).not.toThrow()
  })
})
