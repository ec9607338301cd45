/** Access tokens of made-up users, with the key that checks them. */
import { createPrivateKey } from 'node:crypto'
import { createAccessTokens } from '../../core/auth/access-tokens.ts'
import type { KeySource } from '../../core/auth/key-source.ts'
import { generateKey, publicPart, toPublicKey, type PublicKey } from '../../core/auth/keys.ts'
import { newId, type SessionId, type UserId } from '../../core/values/ids.ts'
import { systemClock } from '../../core/values/time.ts'

export interface SignedIn {
  /** Authorization headers, one a user. */
  readonly headers: readonly string[]
  readonly publicKey: PublicKey
  readonly keySource: KeySource
}

export function signedIn(users: number): SignedIn {
  const jwk = generateKey('bench:')
  const pem = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString()
  const tokens = createAccessTokens({ key: { kid: jwk.kid, pem }, clock: systemClock })
  const publicKey = toPublicKey(publicPart(jwk))
  return {
    headers: Array.from({ length: users }, () => {
      const session = newId<SessionId>()
      return `Bearer ${tokens.issue({ user: newId<UserId>(), role: 'user', session }).token}`
    }),
    publicKey,
    keySource: {
      get: (kid) => (kid === publicKey.kid ? publicKey : undefined),
      size: () => 1,
      async refresh() {},
      start() {},
      async stop() {},
    },
  }
}
