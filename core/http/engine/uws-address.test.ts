/** Addresses as the library writes them. */
import { expect, test } from 'bun:test'
import { shortAddress } from './uws-address.ts'

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
  ['2001:0db8:0000:0000:0000:0000:0000:00ff', '2001:db8::ff'],
  ['0000:0000:0000:0000:0000:ffff:7f00:0001', '::ffff:127.0.0.1'],
])('%s is %s', (long, short) => {
  expect(shortAddress(long)).toBe(short)
})
