/** The keys folder: makes what is missing, changes nothing that is there. */
import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { serviceNames, type ServiceName } from '../values/service-name.ts'
import {
  demoPrefix,
  generateKey,
  loadJwkSet,
  loadSigningKey,
  publicPart,
  type PrivateJwk,
  type PublicJwk,
} from './keys.ts'

/** Where each key stands in the folder. */
export const keyFile = {
  service: (dir: string, name: ServiceName) => join(dir, `${name}.key.json`),
  services: (dir: string) => join(dir, 'services.jwks.json'),
  access: (dir: string) => join(dir, 'access.key.json'),
  accessSet: (dir: string) => join(dir, 'access.jwks.json'),
} as const

/**
 * Makes a signing key for each service and one for access tokens, with their public sets, where they
 * are missing. Safe to run again and by two processes at once; public keys of earlier private keys
 * stay in the sets, so that tokens already out stay good.
 *
 * @param options.demo names the keys as generated ones, which production refuses
 * @returns the private key files made now
 */
export function ensureKeys(options: { readonly dir: string; readonly demo: boolean }): string[] {
  const { dir, demo } = options
  const prefix = demo ? demoPrefix : ''
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  chmodSync(dir, 0o700)
  const made: string[] = []
  const ensure = (file: string, owner: string): PublicJwk => {
    if (createKey(file, `${prefix}${owner}`)) made.push(file)
    return publicKeyOf(file)
  }
  const services = serviceNames.map((name) => ensure(keyFile.service(dir, name), name))
  const access = ensure(keyFile.access(dir), 'access')
  ensureSet(keyFile.services(dir), services)
  ensureSet(keyFile.accessSet(dir), [access])
  return made
}

/** Linking fails where the name is taken, so of two processes one wins and both read the same key. */
function createKey(file: string, kidPrefix: string): boolean {
  if (existsSync(file)) return false
  const fresh = freshName(file)
  writePrivately(fresh, generateKey(kidPrefix))
  try {
    linkSync(fresh, file)
    return true
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error
    return false
  } finally {
    rmSync(fresh, { force: true })
  }
}

function publicKeyOf(file: string): PublicJwk {
  // Says in one sentence what is wrong with the file, should anything be.
  loadSigningKey(file)
  return publicPart(JSON.parse(readFileSync(file, 'utf8')) as PrivateJwk)
}

function ensureSet(file: string, keys: readonly PublicJwk[]): void {
  const present = existsSync(file) ? loadJwkSet(file).keys : []
  const known = new Set(present.map(({ kid }) => kid))
  const missing = keys.filter(({ kid }) => !known.has(kid))
  if (missing.length === 0) return
  const fresh = freshName(file)
  writePrivately(fresh, { keys: [...missing, ...present] })
  renameSync(fresh, file)
}

const writePrivately = (file: string, value: unknown): void =>
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flag: 'wx' })

const freshName = (file: string): string => `${file}.${randomUUID()}.new`
