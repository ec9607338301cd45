/** Tokens that must open nothing, each wrong in one way and right in all others. */
import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { accessAudience, accessIssuer, createAccessTokens } from '../../core/auth/access-tokens.ts'
import { keyFile } from '../../core/auth/key-files.ts'
import { loadJwkSet, loadSigningKey, toPublicKey, type SigningKey } from '../../core/auth/keys.ts'
import { createServiceTokens, serviceIssuer } from '../../core/auth/service-tokens.ts'
import { newId, type SessionId, type UserId } from '../../core/values/ids.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { manualClock } from '../../core/values/time.ts'

type Claims = Readonly<Record<string, unknown>>

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token with these very parts, whatever a library would say to them. */
function token(
  header: Claims,
  claims: Claims,
  signature: (signed: string) => string | Buffer,
): string {
  const signed = `${encoded(header)}.${encoded(claims)}`
  return `${signed}.${Buffer.from(signature(signed)).toString('base64url')}`
}

const ed25519 = (key: KeyObject | string) => (signed: string) =>
  sign(null, Buffer.from(signed), key)

/**
 * Authorization headers by what is wrong with them, for a request to `service`. All of them claim an
 * admin or a service that most routes would let in.
 */
export function forgedAuthorizations(
  keysDir: string,
  service: ServiceName,
): Readonly<Record<string, string>> {
  const access = loadSigningKey(keyFile.access(keysDir))
  const bad = {
    ...forgedUsers(keysDir, access),
    ...forgedServices(keysDir, access, service),
  }
  return {
    ...Object.fromEntries(Object.entries(bad).map(([wrong, text]) => [wrong, `Bearer ${text}`])),
    'another scheme': `Basic ${Buffer.from('admin:admin123').toString('base64')}`,
    'no scheme': goodAdmin(access),
    'two tokens': `Bearer ${goodAdmin(access)}, Bearer ${goodAdmin(access)}`,
    'an empty token': 'Bearer ',
  }
}

const now = (): number => Math.floor(Date.now() / 1000)

const adminClaims = (): Claims => ({
  sub: newId(),
  role: 'admin',
  sid: newId(),
  jti: newId(),
  iss: accessIssuer,
  aud: accessAudience,
  iat: now(),
  exp: now() + 600,
})

const goodAdmin = ({ kid, pem }: SigningKey): string =>
  token({ alg: 'EdDSA', typ: 'JWT', kid }, adminClaims(), ed25519(pem))

function forgedUsers(keysDir: string, access: SigningKey): Readonly<Record<string, string>> {
  const { kid, pem } = access
  const header = { alg: 'EdDSA', typ: 'JWT', kid }
  const good = adminClaims()
  const withClaims = (changes: Claims) => token(header, { ...good, ...changes }, ed25519(pem))
  const foreign = generateKeyPairSync('ed25519')
  const publicPem = publicPemOf(keysDir, kid)
  const hmac = (key: string) => (signed: string) =>
    createHmac('sha256', key).update(signed).digest()
  const { iss: _, exp: __, ...timeless } = good
  const [head = '', body = '', signature = ''] = goodAdmin(access).split('.')
  const elevated = encoded({ ...good, role: 'admin' })
  const asUser = token(header, { ...good, role: 'user' }, ed25519(pem))
  return {
    nonsense: 'nonsense',
    expired: expiredAdmin(access),
    'expired a second ago': withClaims({ iat: now() - 600, exp: now() - 1 }),
    'from the future': withClaims({ iat: now() + 600, exp: now() + 1200 }),
    'valid later': withClaims({ nbf: now() + 600 }),
    'without an end': token(header, { ...timeless, iss: accessIssuer }, ed25519(pem)),
    'of another issuer': withClaims({ iss: 'product-store/evil' }),
    'of no issuer': withClaims({ iss: undefined }),
    'for another audience': withClaims({ aud: 'another-store' }),
    'for no audience': withClaims({ aud: undefined }),
    'with an unknown role': withClaims({ role: 'superadmin' }),
    'with a list of roles': withClaims({ role: ['admin'] }),
    'without a subject': withClaims({ sub: undefined }),
    'with a subject that is no UUID': withClaims({ sub: 'admin' }),
    'without a session': withClaims({ sid: undefined }),
    'signed by a foreign key under a known kid': token(header, good, ed25519(foreign.privateKey)),
    'signed by a foreign key that it brings along': token(
      { ...header, jwk: foreign.publicKey.export({ format: 'jwk' }) },
      good,
      ed25519(foreign.privateKey),
    ),
    'of an unknown kid': token(
      { ...header, kid: 'demo:access:unknown' },
      good,
      ed25519(foreign.privateKey),
    ),
    'without a kid': token({ alg: 'EdDSA', typ: 'JWT' }, good, ed25519(pem)),
    'alg none': token({ ...header, alg: 'none' }, good, () => ''),
    'alg None with the real signature': token({ ...header, alg: 'None' }, good, ed25519(pem)),
    'HS256 with the public key': token({ ...header, alg: 'HS256' }, good, hmac(publicPem)),
    'HS256 with the public key, called EdDSA': token(header, good, hmac(publicPem)),
    'without a signature': `${head}.${body}.`,
    'with a changed signature': `${head}.${body}.${signature.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))}`,
    'with the signature of a user’s token': `${head}.${elevated}.${asUser.split('.')[2] ?? ''}`,
    'in four parts': `${head}.${body}.${signature}.${signature}`,
    'too long': `${head}.${encoded({ ...good, pad: 'x'.repeat(6_000) })}.${signature}`,
  }
}

function expiredAdmin(key: SigningKey): string {
  const clock = manualClock(Date.now() - 31 * 60 * 1000)
  const subject = { user: newId<UserId>(), role: 'admin', session: newId<SessionId>() } as const
  return createAccessTokens({ key, clock }).issue(subject).token
}

function forgedServices(
  keysDir: string,
  access: SigningKey,
  service: ServiceName,
): Readonly<Record<string, string>> {
  const keys = Object.fromEntries(
    serviceNames.map((name) => [name, loadSigningKey(keyFile.service(keysDir, name))] as const),
  )
  const claims = (iss: string, aud: string): Claims => ({ iss, aud, iat: now(), exp: now() + 60 })
  const tokens: Record<string, string> = {}
  for (const name of serviceNames) {
    const key = keys[name]
    const other = serviceNames.find((each) => each !== name && each !== service) ?? name
    if (key === undefined) continue
    const header = { alg: 'EdDSA', typ: 'JWT', kid: key.kid }
    const issuer = serviceIssuer(name)
    const old = createServiceTokens({ name, key, clock: manualClock(Date.now() - 61_000) })
    tokens[`${name}’s for another service`] = token(header, claims(issuer, other), ed25519(key.pem))
    tokens[`${name}’s for the store`] = token(
      header,
      claims(issuer, accessAudience),
      ed25519(key.pem),
    )
    tokens[`${name}’s, expired`] = old.tokenFor(service)
    tokens[`${name}’s in the name of ${other}`] = token(
      header,
      claims(serviceIssuer(other), service),
      ed25519(key.pem),
    )
    tokens[`${name}’s as an admin`] = token(header, adminClaims(), ed25519(key.pem))
    tokens[`${name}’s by the key of access tokens`] = token(
      { ...header, kid: access.kid },
      claims(issuer, service),
      ed25519(access.pem),
    )
  }
  return tokens
}

function publicPemOf(keysDir: string, kid: string): string {
  const jwk = loadJwkSet(keyFile.accessSet(keysDir)).keys.find((key) => key.kid === kid)
  if (jwk === undefined) throw new Error('The public half of the access key is not in its set.')
  return toPublicKey(jwk).pem
}
