/** Who is traced: a share, checkouts, and who is asked for by somebody that may. */
import { describe, expect, test } from 'bun:test'
import { inboundOf } from '../http/inbound.fixture.ts'
import { createSampling, type SampledRoute, type SamplingOptions } from './sampling.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const callerId = '00f067aa0ba902b7'
const asked = (flags: '00' | '01') =>
  inboundOf({ headers: { traceparent: `00-${traceId}-${callerId}-${flags}` } })
const unasked = inboundOf({})

const sampling = (options: Partial<SamplingOptions> = {}) =>
  createSampling({
    share: 0,
    perSecond: 1_000_000,
    checkoutsPerSecond: 50,
    obeyAnybody: false,
    trustedProxies: [],
    ...options,
  })
const open: SampledRoute = { access: 'public' }

describe('a request that nobody asks for', () => {
  test('is traced by its share', () => {
    expect(sampling({ share: 0 })(open)(unasked)).toBeNull()
    expect(sampling({ share: 1 })(open)(unasked)).toMatchObject({ sampled: true, callerId: null })
    const some = sampling({ share: 0.1 })(open)
    const traced = Array.from({ length: 20_000 }, () => some(unasked)).filter(Boolean).length
    expect(traced).toBeGreaterThan(1_600)
    expect(traced).toBeLessThan(2_400)
  })

  test('is not traced once its share has had enough in a second', () => {
    const few = sampling({ share: 1, perSecond: 5 })
    const traced = Array.from({ length: 1_000 }, () => few(open)(unasked)).filter(Boolean).length
    // Two seconds of the clock at most.
    expect(traced).toBeGreaterThanOrEqual(5)
    expect(traced).toBeLessThanOrEqual(10)
  })

  test('is traced when it is a checkout, whatever the share, up to a bound', () => {
    const checkout = sampling({ checkoutsPerSecond: 3 })({ access: 'user', checkout: true })
    const traced = Array.from({ length: 1_000 }, () => checkout(unasked)).filter(Boolean).length
    expect(traced).toBeGreaterThanOrEqual(3)
    expect(traced).toBeLessThanOrEqual(6)
  })

  test('keeps the id of a caller that does not trace, and is the first span of its trace', () => {
    const sampled = sampling({ share: 1 })(open)(asked('00'))
    expect(sampled).toMatchObject({ traceId, callerId: null, sampled: true })
    expect(sampled?.parentId).not.toBe(callerId)
  })

  test('is never traced when it is a probe or a scrape', () => {
    const probe = sampling({ share: 1, obeyAnybody: true })({ access: 'public', neverShed: true })
    expect(probe(unasked)).toBeNull()
    expect(probe(asked('01'))).toBeNull()
  })
})

describe('a request whose caller has decided for it', () => {
  test('is traced where anybody is heard, as a child of its caller', () => {
    expect(sampling({ obeyAnybody: true })(open)(asked('01'))).toMatchObject({ traceId, callerId })
  })

  test('is not traced where only some are heard', () => {
    expect(sampling()(open)(asked('01'))).toBeNull()
  })

  test('is traced when it comes through a proxy that is trusted', () => {
    const { address } = asked('01')
    expect(sampling({ trustedProxies: [address] })(open)(asked('01'))).not.toBeNull()
    expect(sampling({ trustedProxies: ['192.0.2.99'] })(open)(asked('01'))).toBeNull()
  })

  test('is traced when it is one service that asks another, and only then', () => {
    const internal = sampling({ share: 1 })({ access: 'service:cart' })
    expect(internal(asked('01'))).toMatchObject({ traceId, callerId })
    expect(internal(asked('00'))).toBeNull()
    expect(internal(unasked)).toBeNull()
  })

  test('is taken at nobody’s word when the header is broken', () => {
    const broken = inboundOf({ headers: { traceparent: `00-${traceId}-01` } })
    expect(sampling({ obeyAnybody: true })(open)(broken)).toBeNull()
  })
})
