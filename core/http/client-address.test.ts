/** Whose request it is: what peers, proxies and inventions say. */
import { expect, test } from 'bun:test'
import { addressBucket } from '../auth/address-bucket.ts'
import { addressReader } from './client-address.ts'
import { inboundOf } from './inbound.fixture.ts'

const asked = (peer: string, forwarded?: string) => ({
  ...inboundOf(forwarded === undefined ? {} : { headers: { 'x-forwarded-for': forwarded } }),
  address: peer,
})
const behind = addressReader(['127.0.0.1', '10.0.0.0/8'])

test.each([
  ['203.0.113.7', undefined, '203.0.113.7'],
  ['203.0.113.7', '198.51.100.1', '203.0.113.7'],
  ['::ffff:203.0.113.7', undefined, '203.0.113.7'],
  ['127.0.0.1', undefined, '127.0.0.1'],
  ['127.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['::ffff:127.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['10.20.30.40', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
  ['10.20.30.40', 'invented, 198.51.100.1:4711', '198.51.100.1'],
  ['10.20.30.40', '2001:db8::5', '2001:db8::5'],
  ['10.20.30.40', '[2001:db8::5]:4711', '2001:db8::5'],
  ['10.20.30.40', '::ffff:198.51.100.1', '198.51.100.1'],
  ['10.20.30.40', '198.51.100.1, nonsense', '10.20.30.40'],
  ['10.20.30.40', '198.51.100.1,', '10.20.30.40'],
  ['10.20.30.40', '', '10.20.30.40'],
])('the peer %p that forwards for %p is %p', (peer, forwarded, address) => {
  expect(behind(asked(peer, forwarded))).toBe(address)
})

test('an invented first entry opens no bucket, nor does another address of one /64', () => {
  const bucket = (forwarded: string) => addressBucket(behind(asked('10.0.0.1', forwarded)))
  expect(bucket('9.9.9.1, 198.51.100.1')).toBe(bucket('9.9.9.2, 198.51.100.1'))
  expect(bucket('9.9.9.1, 2001:db8::1')).toBe(bucket('9.9.9.2, 2001:db8:0:0:ffff::2'))
  expect(bucket('2001:db8::1')).not.toBe(bucket('2001:db8:0:1::1'))
})
