/** Which texts are addresses or networks, and which addresses are in them. */
import { describe, expect, test } from 'bun:test'
import { inNetworks, isNetwork, plainAddress } from './networks.ts'

test.each(['127.0.0.1', '::1', '10.0.0.0/8', 'fd00::/8', '0.0.0.0/0', '::/0', '::ffff:10.0.0.1'])(
  '%p is an address or a network',
  (text) => expect(isNetwork(text)).toBe(true),
)
test.each([
  '',
  'localhost',
  '10.0.0',
  '10.0.0.256',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/8/8',
  '10.0.0.0/',
  '10.0.0.0/x',
  'fd00::/129',
  'fe80::1%eth0',
  '[::1]',
  '127.0.0.1:80',
  '::ffff:10.0.0.0/95',
  '*',
])('%p is neither', (text) => {
  expect(isNetwork(text)).toBe(false)
  expect(() => inNetworks([text])).toThrow('neither an address nor a network')
})

describe('an address', () => {
  const trusted = inNetworks(['127.0.0.1', '10.0.0.0/8', '::ffff:192.0.2.0/120', 'fd00::/8', '::1'])
  test.each([
    '127.0.0.1',
    '::ffff:127.0.0.1',
    '::FFFF:127.0.0.1',
    '10.255.1.2',
    '::ffff:10.1.2.3',
    '192.0.2.200',
    'fd12::3',
    '::1',
    '0:0:0:0:0:0:0:1',
  ])('%p is in the list', (address) => expect(trusted(address)).toBe(true))
  test.each(['127.0.0.2', '11.0.0.1', '192.0.3.1', 'fe80::1', '::2', '', 'unknown', 'localhost'])(
    '%p is not',
    (address) => expect(trusted(address)).toBe(false),
  )
  test('is the same however often it is asked for, and in no list that is empty', () => {
    for (let count = 0; count < 2_500; count++) {
      expect(trusted(`10.0.${count >> 8}.${count & 255}`)).toBe(true)
      expect(trusted(`11.0.${count >> 8}.${count & 255}`)).toBe(false)
    }
    expect(inNetworks([])('127.0.0.1')).toBe(false)
  })
  test('has one form', () => {
    expect(plainAddress('::ffff:10.0.0.1')).toBe('10.0.0.1')
    expect(plainAddress('::ffff:a00:1')).toBe('::ffff:a00:1')
    expect(plainAddress('fd00::1')).toBe('fd00::1')
  })
})
