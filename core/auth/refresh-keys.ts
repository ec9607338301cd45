/**
 * The secrets that refresh tokens are derived with, in one file that all instances of the user
 * service share.
 *
 * ```
 *   file       [in use, spare, former]
 *   rotation   [spare,  new,   in use]
 * ```
 * An instance that has read the file before a rotation knows the key that the others derive with
 * after it, and those know the one that it still derives with: each recognises the other's tokens.
 */
import { createHash, randomBytes } from 'node:crypto'
import { replaceFile } from '../files/durable.ts'
import { demoPrefix, readKeyFile, refuseOpenFile } from './keys.ts'
import type { SuccessorKey } from './refresh-token.ts'

/** A symmetric JSON Web Key (RFC 7518, section 6.4). */
interface SecretJwk {
  readonly kty: 'oct'
  /** 32 bytes, base64url. */
  readonly k: string
  readonly kid: string
}

export interface RefreshKeys {
  /** Ids of all keys of the file, so that generated ones can be refused. */
  readonly ids: readonly { readonly kid: string }[]
  /** Derives successors. */
  readonly current: SuccessorKey
  /** Those that another instance may derive with. */
  readonly others: readonly SuccessorKey[]
}

/** The text of a new file. */
export const newRefreshKeys = (demo: boolean): string => textOf([newSecret(demo), newSecret(demo)])

/**
 * Puts the spare key in use and makes a new spare one.
 *
 * @param options.revoke forgets all keys of before, for keys that leaked: a refresh whose answer was
 *   lost just then cannot be repeated
 */
export function rotateRefreshKeys(options: {
  readonly file: string
  readonly demo: boolean
  readonly revoke: boolean
}): void {
  const { file, demo, revoke } = options
  if (revoke) return replaceFile(file, newRefreshKeys(demo))
  const [current, spare] = readSecrets(file)
  if (current === undefined || spare === undefined) throw unreadable(file)
  replaceFile(file, textOf([spare, newSecret(demo), current]))
}

/** Reads the file; throws one sentence that names it when it is missing, open to others or no such file. */
export function loadRefreshKeys(file: string): RefreshKeys {
  const secrets = readSecrets(file)
  const [current, ...others] = secrets.map(({ k }) => Buffer.from(k, 'base64url'))
  if (current === undefined) throw unreadable(file)
  return { ids: secrets.map(({ kid }) => ({ kid })), current, others }
}

function readSecrets(file: string): readonly SecretJwk[] {
  const value = readKeyFile(file)
  refuseOpenFile(file)
  if (typeof value !== 'object' || value === null || !('keys' in value)) throw unreadable(file)
  const { keys } = value
  if (!Array.isArray(keys) || !keys.every(isSecret)) throw unreadable(file)
  return keys
}

function isSecret(value: unknown): value is SecretJwk {
  if (typeof value !== 'object' || value === null) return false
  const { kty, k, kid } = value as Partial<Record<keyof SecretJwk, unknown>>
  return kty === 'oct' && typeof k === 'string' && /^[\w-]{43}$/.test(k) && typeof kid === 'string'
}

function newSecret(demo: boolean): SecretJwk {
  const secret = randomBytes(32)
  const name = createHash('sha256').update(secret).digest('base64url')
  return {
    kty: 'oct',
    k: secret.toString('base64url'),
    kid: `${demo ? demoPrefix : ''}refresh:${name}`,
  }
}

const textOf = (keys: readonly SecretJwk[]): string => `${JSON.stringify({ keys }, null, 2)}\n`

const unreadable = (file: string): Error =>
  new Error(`The key file ${file} does not hold secret keys for refresh tokens.`)
