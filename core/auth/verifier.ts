/** Verifies bearer tokens: who calls, or 401; a user's token is never a service's and the other way round. */
import { createVerifier as createJwtVerifier } from 'fast-jwt'
import { LRUCache } from 'lru-cache'
import type { Authenticate, Caller } from '../http/caller.ts'
import { problem, type Problem } from '../http/problem.ts'
import { isUuid, type SessionId, type UserId } from '../values/ids.ts'
import { serviceNames, type ServiceName } from '../values/service-name.ts'
import type { Clock } from '../values/time.ts'
import { accessAudience, accessIssuer } from './access-tokens.ts'
import type { KeySource } from './key-source.ts'
import { demoPrefix, type PublicKey } from './keys.ts'
import type { Revocable, Revocations } from './revocations.ts'
import { serviceIssuer } from './service-tokens.ts'
import { epochOfIssue } from './session-epoch.ts'

export interface VerifierOptions {
  /** The service that verifies: service tokens must be meant for it. */
  readonly service: ServiceName
  /** Keys that sign users' access tokens. */
  readonly accessKeys: KeySource
  /** Keys of the services, each named `<service>:…`. */
  readonly serviceKeys: KeySource
  /** Sessions that have ended before their tokens did. */
  readonly revocations: Pick<Revocations, 'isRevoked'>
  readonly clock: Clock
  /** Told of each token of a service that is refused. */
  readonly onServiceRefused?: (reason: ServiceRefusal) => void
}

/**
 * Why a token of a service is refused. The first two need a good signature, so a clock is wrong;
 * the third is anybody's who writes the name of a service's key.
 */
export const serviceRefusals = ['early', 'expired', 'unproven'] as const
export type ServiceRefusal = (typeof serviceRefusals)[number]

/** Characters of an Authorization header; ours are about 450, and longer ones are not worth hashing. */
const maxLength = 4_096
/** Tokens whose signature is remembered (measured: 0.2 us for one of them, 50 us for a new one). */
const cacheSize = 10_000
/**
 * Milliseconds by which the clock of who signs may be ahead; never added to `exp`. As many as a service
 * leaves of its tokens' lives, which is by how much it may be behind: both ways the same, and no token
 * is good for longer than its life and this.
 */
const clockTolerance = 15_000
/** What a signature has proved, read once per token; times in milliseconds. */
interface Proof {
  readonly caller: Caller
  /** What can be revoked of a user's token; null for a service's. */
  readonly revocable: Revocable | null
  readonly notBefore: number
  readonly expires: number
}

type Read = (payload: Readonly<Record<string, unknown>>, kid: string) => Caller | null

/** A header whose signature was good, under the key that it was checked with. */
interface Known {
  readonly authorization: string
  readonly key: PublicKey
  readonly proof: Proof
}

/**
 * Builds the verifier. It answers at once when the key is known and returns a promise only while an
 * unknown key id makes it fetch the user service's keys.
 *
 * @throws not_authenticated; service_unavailable while no key of the user service was ever seen
 */
export function createVerifier(options: VerifierOptions): { readonly verify: Authenticate } {
  const { accessKeys, serviceKeys, revocations, clock, onServiceRefused } = options
  const readService = serviceReader(options.service)
  const signatures = signatureChecks()
  const known = new LRUCache<string, Known>({ max: cacheSize })

  const keyOf = (kid: string): PublicKey | undefined => serviceKeys.get(kid) ?? accessKeys.get(kid)

  function refused(caller: Caller, reason: ServiceRefusal): Problem {
    if (caller.kind === 'service') onServiceRefused?.(reason)
    return rejected()
  }

  function unproven(kid: string): Problem {
    if (ownerOf(kid) !== undefined) onServiceRefused?.('unproven')
    return rejected()
  }

  /** Time and revocation are asked on every call; only the signature is remembered. */
  function admitted({ caller, revocable, expires, notBefore }: Proof): Caller {
    const now = clock.now()
    if (now >= expires) throw refused(caller, 'expired')
    if (now + clockTolerance < notBefore) throw refused(caller, 'early')
    if (revocable !== null && revocations.isRevoked(revocable)) throw rejected()
    return caller
  }

  function check(authorization: string, kid: string, key: PublicKey): Caller {
    const payload = signatures.payloadOf(tokenOf(authorization), key)
    const read = serviceKeys.get(kid) === key ? readService : readUser
    const proof = payload === null ? null : proofIn(payload, kid, read)
    if (proof === null) throw unproven(kid)
    known.set(tailOf(authorization), { authorization, key, proof })
    return admitted(proof)
  }

  async function afterRefresh(authorization: string, kid: string): Promise<Caller> {
    await Promise.all([serviceKeys.refresh(), accessKeys.refresh()])
    const key = keyOf(kid)
    if (key !== undefined) return check(authorization, kid, key)
    // Without any key a good token cannot be told from a bad one: that is our failure, not the caller's.
    if (accessKeys.size() === 0)
      throw problem('service_unavailable', { values: { service: 'user' } })
    throw unproven(kid)
  }

  function firstSeen(authorization: string): Caller | Promise<Caller> {
    const kid = kidOf(tokenOf(authorization))
    if (kid === null) throw rejected()
    const key = keyOf(kid)
    return key === undefined ? afterRefresh(authorization, kid) : check(authorization, kid, key)
  }

  return {
    verify(authorization) {
      if (authorization === null || authorization.length > maxLength) throw rejected()
      const seen = known.get(tailOf(authorization))
      // A key that its source drops takes what it has proved along.
      return seen?.authorization === authorization && keyOf(seen.key.kid) === seen.key
        ? admitted(seen.proof)
        : firstSeen(authorization)
    },
  }
}

/**
 * Where a header is looked up: the end of its signature. Hashing 32 characters instead of 450 is a good
 * part of what a known token costs; the header as a whole is compared after that.
 */
const tailOf = (authorization: string): string => authorization.slice(-32)

/** One verifier for each key. */
function signatureChecks() {
  type Check = (token: string) => Readonly<Record<string, unknown>>
  const checks = new WeakMap<PublicKey, Check>()

  function checkFor(key: PublicKey): Check {
    const existing = checks.get(key)
    if (existing !== undefined) return existing
    const check: Check = createJwtVerifier({
      key: key.pem,
      algorithms: ['EdDSA'],
      // Its own cache hashes the whole token with SHA-256 on each call (2.6 us).
      cache: false,
      // Its clock is fixed when it is built, so the times are ours to check.
      ignoreExpiration: true,
      ignoreNotBefore: true,
    })
    checks.set(key, check)
    return check
  }

  return {
    /** Null when the signature is not this key's. */
    payloadOf(token: string, key: PublicKey): Readonly<Record<string, unknown>> | null {
      try {
        return checkFor(key)(token)
      } catch {
        return null
      }
    },
  }
}

function proofIn(
  payload: Readonly<Record<string, unknown>>,
  kid: string,
  read: Read,
): Proof | null {
  const { iat, exp, nbf, epoch } = payload
  if (!isSeconds(iat) || !isSeconds(exp) || !(nbf === undefined || isSeconds(nbf))) return null
  const caller = read(payload, kid)
  if (caller === null) return null
  return {
    caller,
    revocable:
      caller.kind === 'user'
        ? {
            user: caller.id,
            session: caller.session,
            epoch: isSeconds(epoch) ? epoch : epochOfIssue(iat),
          }
        : null,
    notBefore: Math.max(iat, nbf ?? 0) * 1000,
    expires: exp * 1000,
  }
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

function tokenOf(authorization: string): string {
  // The scheme is case-insensitive (RFC 9110, 11.1).
  if (authorization.slice(0, 7).toLowerCase() !== 'bearer ') throw rejected()
  return authorization.slice(7)
}

function kidOf(token: string): string | null {
  const header = token.slice(0, Math.max(token.indexOf('.'), 0))
  try {
    const parsed: Record<string, unknown> = JSON.parse(Buffer.from(header, 'base64url').toString())
    const { alg, kid } = parsed
    return alg === 'EdDSA' && typeof kid === 'string' ? kid : null
  } catch {
    return null
  }
}

const isSeconds = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value)

const rejected = (): Problem => problem('not_authenticated')
