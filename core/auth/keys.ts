/** Ed25519 keys as JSON Web Keys (RFC 8037): made, named by their thumbprint, read from files. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'

/** The public half of a key, as it stands in a JWK set. */
export interface PublicJwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  readonly kid: string
  readonly alg: 'EdDSA'
  readonly use: 'sig'
}

export interface PrivateJwk extends PublicJwk {
  readonly d: string
}

export interface JwkSet {
  readonly keys: readonly PublicJwk[]
}

/** A key that signs; `pem` is PKCS #8. */
export interface SigningKey {
  readonly kid: string
  readonly pem: string
}

/** A key that verifies; `pem` is SPKI. */
export interface PublicKey {
  readonly kid: string
  readonly pem: string
}

/** How the names of keys begin that the start command made by itself. */
export const demoPrefix = 'demo:'

/**
 * A new key whose id is `<prefix>:<thumbprint>`, the thumbprint being that of RFC 7638 (SHA-256,
 * base64url): equal keys have equal ids on every machine.
 */
export function generateKey(prefix: string): PrivateJwk {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { x, d } = privateKey.export({ format: 'jwk' })
  if (x === undefined || d === undefined) throw new Error('An Ed25519 key came without its parts.')
  const kid = `${prefix}:${thumbprint(x)}`
  return { kty: 'OKP', crv: 'Ed25519', x, d, kid, alg: 'EdDSA', use: 'sig' }
}

/** RFC 7638: the required members in lexical order, without white space. */
export const thumbprint = (x: string): string =>
  createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url')

/** The same key without its private half and without members that are not ours. */
export const publicPart = ({ x, kid }: PublicJwk): PublicJwk => ({
  kty: 'OKP',
  crv: 'Ed25519',
  x,
  kid,
  alg: 'EdDSA',
  use: 'sig',
})

/** Reads a private key; throws one sentence that names the file when it is missing, open to others or no key. */
export function loadSigningKey(file: string): SigningKey {
  const jwk = readKeyFile(file)
  refuseOpenFile(file)
  try {
    if (!isPublicJwk(jwk)) throw new TypeError('no Ed25519 key')
    const key = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
    return { kid: jwk.kid, pem: key.export({ type: 'pkcs8', format: 'pem' }).toString() }
  } catch {
    // The cause could quote the key.
    throw new Error(`The key file ${file} does not hold a private Ed25519 JWK with a kid.`)
  }
}

/** Reads a JWK set; throws one sentence that names the file. */
export function loadJwkSet(file: string): JwkSet {
  const keys = parseJwkSet(readKeyFile(file))
  if (keys === null)
    throw new Error(`The key file ${file} does not hold a JWK set of Ed25519 keys.`)
  return keys
}

/** The set in `value`, or null where it is none; keys of other kinds than ours are left out. */
export function parseJwkSet(value: unknown): JwkSet | null {
  if (typeof value !== 'object' || value === null || !('keys' in value)) return null
  return Array.isArray(value.keys) ? { keys: value.keys.filter(isPublicJwk).map(publicPart) } : null
}

export function toPublicKey({ kty, crv, x, kid }: PublicJwk): PublicKey {
  const key = createPublicKey({ key: { kty, crv, x }, format: 'jwk' })
  return { kid, pem: key.export({ type: 'spki', format: 'pem' }).toString() }
}

/** Production runs on keys that somebody made for it; throws one sentence naming the file and the key. */
export function refuseDemoKeys(keys: readonly { readonly kid: string }[], file: string): void {
  const demo = keys.find(({ kid }) => kid.startsWith(demoPrefix))
  if (demo === undefined) return
  throw new Error(
    `The key file ${file} holds the generated key "${demo.kid}", which PROFILE=production refuses: ` +
      'make keys with "npm run keys -- --dir <keys>" and point KEYS_DIR at them.',
  )
}

function isPublicJwk(value: unknown): value is PublicJwk {
  if (typeof value !== 'object' || value === null) return false
  const { kty, crv, x, kid } = value as Partial<Record<keyof PublicJwk, unknown>>
  return kty === 'OKP' && crv === 'Ed25519' && isPoint(x) && isKid(kid)
}

/** 32 bytes in base64url. */
const isPoint = (x: unknown): boolean => typeof x === 'string' && /^[\w-]{43}$/.test(x)

const isKid = (kid: unknown): boolean =>
  typeof kid === 'string' && kid.length > 0 && kid.length <= 200

/** The JSON of a key file; throws one sentence that names the file and quotes nothing of it. */
export function readKeyFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const missing = (error as { code?: string }).code === 'ENOENT'
    // oxlint-disable-next-line preserve-caught-error -- the cause could quote what stands in the file
    throw new Error(
      `The key file ${file} ${missing ? 'does not exist: "npm run keys" makes what is missing' : 'cannot be read'}.`,
    )
  }
}

/** Throws one sentence for a private file; reading by the group stays allowed: Kubernetes mounts secrets 0440 for a pod with a group. */
export function refuseOpenFile(file: string): void {
  if ((statSync(file).mode & 0o037) === 0) return
  throw new Error(`The key file ${file} is open to others; its mode must be 0600.`)
}
