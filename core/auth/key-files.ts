/** The keys folder: makes what is missing, changes nothing that is there. */
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { freshName, replaceFile, writeDurably } from '../files/durable.ts'
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
import { newRefreshKeys } from './refresh-keys.ts'

/** Where each key stands in the folder. */
export const keyFile = {
  service: (dir: string, name: ServiceName) => join(dir, `${name}.key.json`),
  services: (dir: string) => join(dir, 'services.jwks.json'),
  access: (dir: string) => join(dir, 'access.key.json'),
  accessSet: (dir: string) => join(dir, 'access.jwks.json'),
  refresh: (dir: string) => join(dir, 'refresh.keys.json'),
} as const

/**
 * Makes a signing key for each service and one for access tokens, with their public sets, and the
 * secrets of refresh tokens, where they are missing. Safe to run again and by two processes at once; public keys of earlier private keys
 * stay in the sets, so that tokens already out stay good.
 *
 * @param options.demo names the keys as generated ones, which production refuses
 * @returns the private key files made now
 * @throws Error in one sentence when the folder cannot be written
 */
export function ensureKeys(options: { readonly dir: string; readonly demo: boolean }): string[] {
  const { dir, demo } = options
  const prefix = demo ? demoPrefix : ''
  prepareFolder(dir)
  const made: string[] = []
  const ensure = (file: string, owner: string): PublicJwk => {
    if (createFile(file, () => jsonOf(generateKey(`${prefix}${owner}`)))) made.push(file)
    return publicKeyOf(file)
  }
  const services = serviceNames.map((name) => ensure(keyFile.service(dir, name), name))
  const access = ensure(keyFile.access(dir), 'access')
  const refresh = keyFile.refresh(dir)
  if (createFile(refresh, () => newRefreshKeys(demo))) made.push(refresh)
  ensureSet(keyFile.services(dir), services)
  ensureSet(keyFile.accessSet(dir), [access])
  return made
}

/** A mounted volume may belong to somebody else: what counts is that keys can be written there. */
function prepareFolder(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  if (!isOpenToOthers(dir)) return
  try {
    chmodSync(dir, 0o700)
  } catch (error) {
    // Only the owner may, and some file systems know no modes; the key files are 0600 all the same.
    if (!isDenied(error)) throw error
  }
}

const isDenied = (error: unknown): boolean =>
  ['EACCES', 'EPERM', 'EROFS', 'ENOTSUP'].includes(String((error as { code?: string }).code))

const isOpenToOthers = (dir: string): boolean => (statSync(dir).mode & 0o077) !== 0

/**
 * What is unsafe about a folder of keys, in one sentence; null when nothing is. Who may write in it
 * can put a key of their own in the place of ours.
 */
export function folderWarning(dir: string): string | null {
  const { mode, uid } = statSync(dir)
  if ((mode & 0o002) === 0) return null
  return `Every user of this machine may write in ${dir}, which belongs to user ${uid}, and replace the keys: let its owner run chmod o-w on it.`
}

/** Linking fails where the name is taken, so of two processes one wins and both read the same key. */
function createFile(file: string, newText: () => string): boolean {
  if (existsSync(file)) return false
  const fresh = freshName(file)
  try {
    writeDurably(fresh, newText())
    linkSync(fresh, file)
    return true
  } catch (error) {
    if (isDenied(error)) {
      throw new Error(`The folder ${dirname(file)} cannot be written by this user.`, {
        cause: error,
      })
    }
    if ((error as { code?: string }).code !== 'EEXIST') throw error
    return false
  } finally {
    rmSync(fresh, { force: true })
  }
}

/** Reads the public half of a private key file; throws one sentence should anything be wrong with it. */
export function publicKeyOf(file: string): PublicJwk {
  loadSigningKey(file)
  return publicPart(JSON.parse(readFileSync(file, 'utf8')) as PrivateJwk)
}

/** A public key as it stands in a set's file. */
export interface StoredKey extends PublicJwk {
  /** RFC 3339; since when nothing new is signed with it. Absent for a key in use. */
  readonly retired_at?: string
}

/** The keys of a set's file, none where there is no file; throws one sentence that names it. */
export function readKeySet(file: string): readonly StoredKey[] {
  if (!existsSync(file)) return []
  const keys = loadJwkSet(file).keys
  // What readers of the set have no use for is dropped there, so it is looked up here.
  const raw = JSON.parse(readFileSync(file, 'utf8')) as { keys: readonly (StoredKey | null)[] }
  const retired = new Map(raw.keys.map((key) => [key?.kid, key?.retired_at]))
  return keys.map((key) => {
    const since = retired.get(key.kid)
    return typeof since === 'string' ? { ...key, retired_at: since } : key
  })
}

export const writeKeySet = (file: string, keys: readonly StoredKey[]): void =>
  replaceFile(file, jsonOf({ keys }))

function ensureSet(file: string, keys: readonly PublicJwk[]): void {
  const present = readKeySet(file)
  const known = new Set(present.map(({ kid }) => kid))
  const missing = keys.filter(({ kid }) => !known.has(kid))
  if (missing.length > 0) writeKeySet(file, [...missing, ...present])
}

export const writePrivateKey = (file: string, key: PrivateJwk): void =>
  replaceFile(file, jsonOf(key))

const jsonOf = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
