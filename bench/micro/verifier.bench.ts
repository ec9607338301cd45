/** Checking an access token that was seen before, as nearly all of a signed-in client's requests carry. */
import { verify as verifySignature } from 'node:crypto'
import { createVerifier as createJwtVerifier } from 'fast-jwt'
import { createVerifier } from '../../core/auth/verifier.ts'
import { noKeys } from '../../core/auth/key-source.ts'
import { systemClock } from '../../core/values/time.ts'
import { signedIn } from './signed-in.ts'
import { repeated, turn, type Suite } from './suite.ts'

const batch = 100

export default {
  mirrors: 'core/auth/verifier.ts',
  operation: 'one Authorization header checked',
  batch,
  variants: {
    'signatures remembered, time and session asked each time'() {
      const { headers, keySource } = signedIn(batch)
      const { verify } = createVerifier({
        service: 'cart',
        accessKeys: keySource,
        serviceKeys: noKeys,
        revocations: { isRevoked: () => false },
        clock: systemClock,
      })
      return repeated(batch, (at) => verify(turn(headers, at)))
    },
    'each signature checked'() {
      const { headers, publicKey } = signedIn(batch)
      const check = createJwtVerifier({ key: publicKey.pem, algorithms: ['EdDSA'], cache: false })
      return repeated(batch, (at) => check(turn(headers, at).slice('Bearer '.length)))
    },
    'fast-jwt with the cache of its own'() {
      const { headers, publicKey } = signedIn(batch)
      const check = createJwtVerifier({ key: publicKey.pem, algorithms: ['EdDSA'], cache: 10_000 })
      return repeated(batch, (at) => check(turn(headers, at).slice('Bearer '.length)))
    },
    'node:crypto alone, as the floor of a check'() {
      const { headers, publicKey } = signedIn(batch)
      const parts = headers.map((header) => {
        const [head, body, signature = ''] = header.slice('Bearer '.length).split('.')
        return {
          text: Buffer.from(`${head}.${body}`),
          signature: Buffer.from(signature, 'base64url'),
        }
      })
      return repeated(batch, (at) => {
        const { text, signature } = turn(parts, at)
        return verifySignature(null, text, publicKey.pem, signature)
      })
    },
  },
} satisfies Suite
