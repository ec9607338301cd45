/** Verifies bearer tokens: who calls, or 401; a user's token is never a service's and the other way round. */
import { createVerifier as createJwtVerifier } from 'fast-jwt'
import type { Authenticate, Caller } from '../http/caller.ts'
import { problem, type Problem } from '../http/problem.ts'
import { isUuid, type SessionId, type UserId } from '../values/ids.ts'
import { serviceNames, type ServiceName } from '../values/service-name.ts'
import type { Clock } from '../values/time.ts'
import { accessAudience, accessIssuer } from './access-tokens.ts'
import type { KeySource } from './key-source.ts'
import { demoPrefix, type PublicKey } from './keys.ts'
import { serviceIssuer } from './service-tokens.ts'

export interface VerifierOptions {
  /** The service that verifies: service tokens must be meant for it. */
  readonly service: ServiceName
  /** Keys that sign users' access tokens. */
  readonly accessKeys: KeySource
  /** Keys of the services, each named `<service>:…`. */
  readonly serviceKeys: KeySource
  /** Sessions that have ended before their tokens did. */
  readonly revocations: { has(session: SessionId): boolean }
  readonly clock: Clock
}

/** Characters of an Authorization header; ours are about 450, and longer ones are not worth hashing. */
const maxLength = 4_096
/** Tokens a key's cache remembers (measured: 2 us for a known token, 50 us for a new one). */
const cacheSize = 10_000
/** Milliseconds by which the clocks of two machines may differ; never added to `exp`. */
const clockTolerance = 5_000
/** Header segments known to name a key; a token of ours has one per key. */
const maxHeaders = 64

/** What a signature has proved, read once per token; times in milliseconds. */
interface Proof {
  readonly caller: Caller
  readonly notBefore: number
  readonly expires: number
}

type Read = (payload: Readonly<Record<string, unknown>>, kid: string) => Caller | null

interface Candidate {
  readonly key: PublicKey
  readonly read: Read
}

/**
 * Builds the verifier. It answers at once when the key is known and returns a promise only while an
 * unknown key id makes it fetch the user service's keys.
 *
 * @throws not_authenticated; service_unavailable while no key of the user service was ever seen
 */
export function createVerifier(options: VerifierOptions): { readonly verify: Authenticate } {
  const { accessKeys, serviceKeys, revocations, clock } = options
  const readService = serviceReader(options.service)
  const signatures = signatureChecks()
  const kids = new Map<string, string>()

  function candidate(kid: string): Candidate | null {
    const service = serviceKeys.get(kid)
    if (service !== undefined) return { key: service, read: readService }
    const access = accessKeys.get(kid)
    return access === undefined ? null : { key: access, read: readUser }
  }

  function check(token: string, { key, read }: Candidate): Caller {
    const proof = signatures.proofOf(token, key, read)
    const now = clock.now()
    // The cache knows signatures alone; time and revocation are asked on every call.
    if (proof === null || now >= proof.expires || now + clockTolerance < proof.notBefore) {
      throw rejected()
    }
    if (proof.caller.kind === 'user' && revocations.has(proof.caller.session)) throw rejected()
    return proof.caller
  }

  async function afterRefresh(token: string, kid: string): Promise<Caller> {
    await Promise.all([serviceKeys.refresh(), accessKeys.refresh()])
    const found = candidate(kid)
    if (found !== null) return check(token, found)
    // Without any key a good token cannot be told from a bad one: that is our failure, not the caller's.
    if (accessKeys.size() === 0)
      throw problem('service_unavailable', { values: { service: 'user' } })
    throw rejected()
  }

  return {
    verify(authorization) {
      const token = bearer(authorization)
      const end = token.indexOf('.')
      const header = token.slice(0, Math.max(end, 0))
      const known = kids.get(header)
      const kid = known ?? kidOf(header)
      if (kid === null) throw rejected()
      const found = candidate(kid)
      if (found === null) return afterRefresh(token, kid)
      if (known === undefined) remember(kids, header, kid)
      return check(token, found)
    },
  }
}

/** One cached verifier for each key; a key that its source drops takes its cache along. */
function signatureChecks() {
  type Check = (token: string) => Readonly<Record<string, unknown>>
  const checks = new WeakMap<PublicKey, Check>()
  // The cache of fast-jwt gives the same payload object for the same token.
  const proofs = new WeakMap<object, Proof | null>()

  function checkFor(key: PublicKey): Check {
    const existing = checks.get(key)
    if (existing !== undefined) return existing
    const check: Check = createJwtVerifier({
      key: key.pem,
      algorithms: ['EdDSA'],
      cache: cacheSize,
      // Its clock is fixed when it is built, so the times are ours to check.
      ignoreExpiration: true,
      ignoreNotBefore: true,
    })
    checks.set(key, check)
    return check
  }

  return {
    proofOf(token: string, key: PublicKey, read: Read): Proof | null {
      let payload
      try {
        payload = checkFor(key)(token)
      } catch {
        return null
      }
      const known = proofs.get(payload)
      if (known !== undefined) return known
      const proof = proofIn(payload, key.kid, read)
      proofs.set(payload, proof)
      return proof
    },
  }
}

function proofIn(
  payload: Readonly<Record<string, unknown>>,
  kid: string,
  read: Read,
): Proof | null {
  const { iat, exp, nbf } = payload
  if (!isSeconds(iat) || !isSeconds(exp) || !(nbf === undefined || isSeconds(nbf))) return null
  const caller = read(payload, kid)
  if (caller === null) return null
  return { caller, notBefore: Math.max(iat, nbf ?? 0) * 1000, expires: exp * 1000 }
}

const readUser: Read = ({ iss, aud, sub, role, sid }) => {
  if (iss !== accessIssuer || aud !== accessAudience) return null
  if (role !== 'user' && role !== 'admin') return null
  if (typeof sub !== 'string' || !isUuid(sub) || typeof sid !== 'string' || !isUuid(sid))
    return null
  // Both have just been found to be UUIDs, and the user service signs no others.
  return Object.freeze({ kind: 'user', id: sub as UserId, role, session: sid as SessionId })
}

/** A service speaks in its own name only: the issuer must be the one its key is named after. */
function serviceReader(service: ServiceName): Read {
  return ({ iss, aud }, kid) => {
    const name = ownerOf(kid)
    if (name === undefined || aud !== service || iss !== serviceIssuer(name)) return null
    return Object.freeze({ kind: 'service', name })
  }
}

function ownerOf(kid: string): ServiceName | undefined {
  const own = kid.startsWith(demoPrefix) ? kid.slice(demoPrefix.length) : kid
  return serviceNames.find((name) => own.startsWith(`${name}:`))
}

function bearer(authorization: string | null): string {
  if (authorization === null || authorization.length > maxLength) throw rejected()
  // The scheme is case-insensitive (RFC 9110, 11.1).
  if (authorization.slice(0, 7).toLowerCase() !== 'bearer ') throw rejected()
  return authorization.slice(7)
}

function kidOf(header: string): string | null {
  try {
    const parsed: Record<string, unknown> = JSON.parse(Buffer.from(header, 'base64url').toString())
    const { alg, kid } = parsed
    return alg === 'EdDSA' && typeof kid === 'string' ? kid : null
  } catch {
    return null
  }
}

function remember(kids: Map<string, string>, header: string, kid: string): void {
  if (kids.size >= maxHeaders) kids.clear()
  kids.set(header, kid)
}

const isSeconds = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value)

const rejected = (): Problem => problem('not_authenticated')
