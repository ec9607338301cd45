/** Service tokens: how one service proves to another which one it is. */
import { createSigner } from 'fast-jwt'
import type { ServiceName } from '../values/service-name.ts'
import type { Clock } from '../values/time.ts'
import type { SigningKey } from './keys.ts'

export const serviceIssuer = (name: ServiceName): string => `product-store/${name}`

export interface ServiceTokens {
  /** A token for calls to `audience`, good for at least another 15 seconds. */
  tokenFor(audience: ServiceName): string
}

/** Seconds a token is good for: short, as there is no way to take one back. */
const life = 60
/** Milliseconds after which a new one is signed; the rest is for clocks that differ and slow calls. */
const renewAfter = 45_000

/** Builds the signer of service `name`; tokens are kept per called service and signed anew in time. */
export function createServiceTokens(options: {
  readonly name: ServiceName
  readonly key: SigningKey
  readonly clock: Clock
}): ServiceTokens {
  const { name, key, clock } = options
  const sign = createSigner({
    key: key.pem,
    kid: key.kid,
    algorithm: 'EdDSA',
    iss: serviceIssuer(name),
  })
  const kept = new Map<ServiceName, { readonly token: string; readonly signedAt: number }>()
  return {
    tokenFor(audience) {
      const now = clock.now()
      const last = kept.get(audience)
      // A clock that was set back makes the age negative: sign anew then, too.
      if (last !== undefined && now >= last.signedAt && now - last.signedAt < renewAfter) {
        return last.token
      }
      const iat = Math.floor(now / 1000)
      const token = sign({ aud: audience, iat, exp: iat + life })
      kept.set(audience, { token, signedAt: now })
      return token
    },
  }
}
