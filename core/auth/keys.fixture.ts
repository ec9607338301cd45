/** A signing key without a file, for tests. */
import { createPrivateKey } from 'node:crypto'
import type { PrivateJwk, SigningKey } from './keys.ts'

export function signingKeyOf(jwk: PrivateJwk): SigningKey {
  const key = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
  return { kid: jwk.kid, pem: key.export({ type: 'pkcs8', format: 'pem' }).toString() }
}
