/** Access tokens: what a signed-in user carries, signed by the user service alone. */
import { createSigner } from 'fast-jwt'
import type { Role } from '../http/caller.ts'
import { newId, type SessionId, type UserId } from '../values/ids.ts'
import { millis, type Clock, type Millis } from '../values/time.ts'
import type { SigningKey } from './keys.ts'

export const accessIssuer = 'product-store/user'
export const accessAudience = 'product-store'

/** How long an access token is good for: 30 minutes. */
export const accessTokenLife: Millis = millis(30 * 60 * 1000)

export interface AccessTokenSubject {
  readonly user: UserId
  readonly role: Role
  readonly session: SessionId
  /** The user's session epoch; without it the token's time counts, see `epochOfIssue`. */
  readonly epoch?: number
}

export interface AccessTokens {
  /** Signs a token (RFC 7519, EdDSA as in RFC 8037); `expiresIn` is in seconds. */
  issue(subject: AccessTokenSubject): { readonly token: string; readonly expiresIn: number }
}

/** Builds the signer; its key never leaves the user service. */
export function createAccessTokens(options: {
  readonly key: SigningKey
  readonly clock: Clock
}): AccessTokens {
  const sign = createSigner({
    key: options.key.pem,
    kid: options.key.kid,
    algorithm: 'EdDSA',
    iss: accessIssuer,
    aud: accessAudience,
  })
  const expiresIn = accessTokenLife / 1000
  return {
    issue({ user, role, session, epoch }) {
      const iat = Math.floor(options.clock.now() / 1000)
      const claims = { sub: user, role, sid: session, jti: newId(), iat, exp: iat + expiresIn }
      const token = sign(epoch === undefined ? claims : { ...claims, epoch })
      return { token, expiresIn }
    },
  }
}
