/** Tokens: who gets in, and everything that does not. */
import { describe, expect, test } from 'bun:test'
import { createHmac, sign as signBytes } from 'node:crypto'
import type { Caller } from '../http/caller.ts'
import { Problem } from '../http/problem.ts'
import { newId, type SessionId, type UserId } from '../values/ids.ts'
import { manualClock, millis } from '../values/time.ts'
import { createAccessTokens } from './access-tokens.ts'
import type { KeySource } from './key-source.ts'
import { generateKey, toPublicKey, type PrivateJwk } from './keys.ts'
import type { Revocable } from './revocations.ts'
import { createServiceTokens } from './service-tokens.ts'
import { epochOfIssue, firstEpoch, nextEpoch } from './session-epoch.ts'
import { signingKeyOf } from './keys.fixture.ts'
import { createVerifier } from './verifier.ts'

const start = Date.UTC(2026, 0, 31, 9, 30)
const user = newId<UserId>()
const session = newId<SessionId>()
const access = generateKey('access')
const foreign = generateKey('access')
const services = {
  cart: generateKey('cart'),
  order: generateKey('demo:order'),
  user: generateKey('user'),
}

function fixedKeys(...jwks: PrivateJwk[]): KeySource & { refreshed: number } {
  const keys = new Map(jwks.map((jwk) => [jwk.kid, toPublicKey(jwk)]))
  return {
    refreshed: 0,
    get: (kid) => keys.get(kid),
    size: () => keys.size,
    async refresh() {
      this.refreshed++
    },
    start() {},
    async stop() {},
  }
}

function setUp(accessKeys: KeySource = fixedKeys(access)) {
  const clock = manualClock(start)
  const ended = new Set<SessionId>()
  const asked: Revocable[] = []
  const isRevoked = (token: Revocable): boolean => {
    asked.push(token)
    return ended.has(token.session)
  }
  const serviceKeys = fixedKeys(...Object.values(services))
  const { verify } = createVerifier({
    service: 'catalog',
    accessKeys,
    serviceKeys,
    revocations: { isRevoked },
    clock,
  })
  const tokens = createAccessTokens({ key: signingKeyOf(access), clock })
  const issue = (role: 'user' | 'admin' = 'user') => tokens.issue({ user, role, session }).token
  return { clock, ended, asked, verify, issue, tokens, serviceKeys }
}

const segment = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token with any header and claims, signed by any key: what our own signer would never make. */
function forge(key: PrivateJwk, claims: object, header: object = {}): string {
  const input = `${segment({ alg: 'EdDSA', typ: 'JWT', kid: key.kid, ...header })}.${segment(claims)}`
  return `${input}.${signBytes(null, Buffer.from(input), signingKeyOf(key).pem).toString('base64url')}`
}

const seconds = start / 1000
const userClaims = {
  iss: 'product-store/user',
  aud: 'product-store',
  sub: user,
  role: 'user',
  sid: session,
  jti: newId(),
  iat: seconds,
  exp: seconds + 60,
}
const cartClaims = { iss: 'product-store/cart', aud: 'catalog', iat: seconds, exp: seconds + 60 }

async function refusal(run: () => Caller | Promise<Caller>): Promise<string> {
  try {
    await run()
  } catch (error) {
    return error instanceof Problem ? error.code : String(error)
  }
  return 'accepted'
}

describe('a token is accepted', () => {
  test('of a user, with role and session, at once and again from the cache', () => {
    const { verify, issue } = setUp()
    const caller = { kind: 'user', id: user, role: 'admin', session } as const
    const token = issue('admin')
    expect(verify(`Bearer ${token}`)).toEqual(caller)
    expect(verify(`bearer ${token}`)).toEqual(caller)
  })

  test('of a service whose key is named after it', () => {
    const { verify, clock } = setUp()
    const cart = createServiceTokens({ name: 'cart', key: signingKeyOf(services.cart), clock })
    const order = createServiceTokens({ name: 'order', key: signingKeyOf(services.order), clock })
    expect(verify(`Bearer ${cart.tokenFor('catalog')}`)).toEqual({ kind: 'service', name: 'cart' })
    expect(verify(`Bearer ${order.tokenFor('catalog')}`)).toEqual({
      kind: 'service',
      name: 'order',
    })
  })

  test('when it was forged by this test with the right key, so the refusals below mean something', () => {
    const { verify } = setUp()
    expect(verify(`Bearer ${forge(access, userClaims)}`)).toMatchObject({ kind: 'user' })
    expect(verify(`Bearer ${forge(services.cart, cartClaims)}`)).toMatchObject({ kind: 'service' })
  })
})

describe('401 for', () => {
  const { verify } = setUp()
  const unsigned = (alg: string, kid = access.kid) =>
    `${segment({ alg, kid })}.${segment(userClaims)}`
  const hmac = (secret: string | Buffer) => {
    const input = unsigned('HS256')
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }
  const good = forge(access, userClaims)
  const [goodHeader, , goodSignature] = good.split('.')

  const cases: Record<string, string | null> = {
    'no header': null,
    'an empty header': '',
    'another scheme': `Basic ${good}`,
    'a bare token': good,
    'a bearer without a token': 'Bearer ',
    garbage: 'Bearer garbage',
    'dots alone': 'Bearer ..',
    'a header that is no JSON': `Bearer ${Buffer.from('nonsense').toString('base64url')}.e30.x`,
    'a header that is null': `Bearer ${segment(null)}.e30.x`,
    'alg none': `Bearer ${unsigned('none')}.`,
    'alg none with a signature': `Bearer ${unsigned('none')}.${goodSignature}`,
    'EdDSA without a signature': `Bearer ${unsigned('EdDSA')}.`,
    'HS256 with the public key in PEM as the secret': `Bearer ${hmac(toPublicKey(access).pem)}`,
    'HS256 with the raw public key as the secret': `Bearer ${hmac(Buffer.from(access.x, 'base64url'))}`,
    'changed claims': `Bearer ${goodHeader}.${segment({ ...userClaims, role: 'admin' })}.${goodSignature}`,
    'a signature cut short': `Bearer ${good.slice(0, -4)}`,
    'a foreign key under a known id': `Bearer ${forge(foreign, userClaims, { kid: access.kid })}`,
    'an unknown key': `Bearer ${forge(foreign, userClaims)}`,
    'a key id that is an object member': `Bearer ${forge(foreign, userClaims, { kid: '__proto__' })}`,
    'a wrong audience': `Bearer ${forge(access, { ...userClaims, aud: 'catalog' })}`,
    'audiences that hold the right one': `Bearer ${forge(access, { ...userClaims, aud: ['product-store'] })}`,
    'a wrong issuer': `Bearer ${forge(access, { ...userClaims, iss: 'product-store/cart' })}`,
    'an unknown role': `Bearer ${forge(access, { ...userClaims, role: 'root' })}`,
    'a subject that is no id': `Bearer ${forge(access, { ...userClaims, sub: 'admin' })}`,
    'a missing session': `Bearer ${forge(access, { ...userClaims, sid: undefined })}`,
    'a missing expiry': `Bearer ${forge(access, { ...userClaims, exp: undefined })}`,
    'an expiry in words': `Bearer ${forge(access, { ...userClaims, exp: 'never' })}`,
    'an expired token': `Bearer ${forge(access, { ...userClaims, exp: seconds })}`,
    'a token that is not valid yet': `Bearer ${forge(access, { ...userClaims, nbf: seconds + 3600 })}`,
    'a token from the future': `Bearer ${forge(access, { ...userClaims, iat: seconds + 3600, exp: seconds + 7200 })}`,
    'an unknown critical header': `Bearer ${forge(access, userClaims, { crit: ['x'], x: 1 })}`,
    'an oversize token': `Bearer ${forge(access, { ...userClaims, pad: 'x'.repeat(4096) })}`,
    'a user token signed by a service': `Bearer ${forge(services.cart, userClaims)}`,
    'a user token signed by the service key of the user service': `Bearer ${forge(services.user, userClaims)}`,
    'a service token signed by the access key': `Bearer ${forge(access, cartClaims)}`,
    "a service's token in another's name": `Bearer ${forge(services.order, cartClaims)}`,
    'a service token for another service': `Bearer ${forge(services.cart, { ...cartClaims, aud: 'order' })}`,
    'a service token with the audience of users': `Bearer ${forge(services.cart, { ...cartClaims, aud: 'product-store' })}`,
  }
  for (const [name, header] of Object.entries(cases)) {
    test(name, async () => {
      expect(await refusal(() => verify(header))).toBe('not_authenticated')
    })
  }
})

describe('the clocks of two services', () => {
  const after = (lead: number) => {
    const reasons: string[] = []
    const clock = manualClock(start - lead)
    const { verify } = createVerifier({
      service: 'catalog',
      accessKeys: fixedKeys(access),
      serviceKeys: fixedKeys(...Object.values(services)),
      revocations: { isRevoked: () => false },
      clock,
      onServiceRefused: (reason) => reasons.push(reason),
    })
    return { clock, reasons, verify }
  }
  const token = `Bearer ${forge(services.cart, cartClaims)}`

  test.each([0, 7_000, 15_000, -44_000])('may differ by %d ms', (lead) => {
    const { verify, reasons } = after(lead)
    expect(verify(token)).toMatchObject({ kind: 'service', name: 'cart' })
    expect(reasons).toEqual([])
  })
  test('and past that the refusals are counted by their reason', async () => {
    for (const [lead, reason] of [
      [16_000, 'early'],
      [-60_000, 'expired'],
    ] as const) {
      const { verify, reasons } = after(lead)
      expect(await refusal(() => verify(token))).toBe('not_authenticated')
      expect(reasons).toEqual([reason])
    }
    const { verify, reasons } = after(0)
    const elsewhere = forge(services.cart, { ...cartClaims, aud: 'order' })
    const forged = forge({ ...access, kid: services.cart.kid }, cartClaims)
    const unknown = forge({ ...access, kid: 'cart:none' }, cartClaims)
    for (const wrong of [elsewhere, forged, unknown]) {
      expect(await refusal(() => verify(`Bearer ${wrong}`))).toBe('not_authenticated')
    }
    expect(reasons).toEqual(['unproven', 'unproven', 'unproven'])
    expect(await refusal(() => verify('Bearer nonsense'))).toBe('not_authenticated')
    expect(reasons).toHaveLength(3)
  })
})

describe('a token that was good', () => {
  test('is refused from the second it expires, cached or not', async () => {
    const { verify, issue, clock } = setUp()
    const token = `Bearer ${issue()}`
    clock.advance(30 * 60_000 - 1)
    expect(verify(token)).toMatchObject({ id: user })
    clock.advance(1)
    expect(await refusal(() => verify(token))).toBe('not_authenticated')
  })

  test('is asked about by its user, its session and its epoch, or its time where it carries none', async () => {
    const { verify, issue, tokens, asked } = setUp()
    const withEpoch = tokens.issue({ user, role: 'user', session, epoch: 7 }).token
    for (const token of [withEpoch, withEpoch, issue()]) await verify(`Bearer ${token}`)
    expect(asked).toEqual([
      { user, session, epoch: 7 },
      { user, session, epoch: 7 },
      { user, session, epoch: epochOfIssue(seconds) },
    ])
    // One that was issued in the second in which all sessions end, or before, is refused.
    const [end, later] = [start + 999, start + 1_000].map((at) => nextEpoch(firstEpoch, millis(at)))
    expect(epochOfIssue(seconds)).toBeLessThan(end ?? 0)
    expect(epochOfIssue(seconds + 1)).not.toBeLessThan(end ?? 0)
    expect(epochOfIssue(seconds + 1)).toBeLessThan(later ?? 0)
  })

  test('is refused as soon as its session has ended, while other sessions go on', async () => {
    const { verify, issue, ended } = setUp()
    const token = `Bearer ${issue()}`
    verify(token)
    ended.add(newId<SessionId>())
    expect(verify(token)).toMatchObject({ id: user })
    ended.add(session)
    expect(await refusal(() => verify(token))).toBe('not_authenticated')
  })
})

describe('an unknown key id', () => {
  test('makes the keys be fetched, and the token is good when they then hold it', async () => {
    const source = fixedKeys()
    const empty = { ...source, get: (kid: string) => (fetched ? known.get(kid) : undefined) }
    const known = fixedKeys(access)
    let fetched = false
    const { verify, issue } = setUp({
      ...empty,
      async refresh() {
        fetched = true
      },
    })
    const answer = verify(`Bearer ${issue()}`)
    expect(answer).toBeInstanceOf(Promise)
    expect(await answer).toMatchObject({ id: user })
    expect(verify(`Bearer ${issue()}`)).not.toBeInstanceOf(Promise)
  })

  test('is 503 and not 401 while no key of the user service was ever seen', async () => {
    const { verify, issue } = setUp(fixedKeys())
    expect(await refusal(() => verify(`Bearer ${issue()}`))).toBe('service_unavailable')
  })
})

test('a service token is signed anew after 45 seconds and never used past its life', () => {
  const { verify, clock } = setUp()
  const cart = createServiceTokens({ name: 'cart', key: signingKeyOf(services.cart), clock })
  const first = cart.tokenFor('catalog')
  clock.advance(44_999)
  expect(cart.tokenFor('catalog')).toBe(first)
  clock.advance(1)
  const second = cart.tokenFor('catalog')
  expect(second).not.toBe(first)
  clock.advance(44_999)
  expect(verify(`Bearer ${second}`)).toEqual({ kind: 'service', name: 'cart' })
  expect(cart.tokenFor('order')).not.toBe(second)
})
