/** Settings of the gateway. */
import { expect, test } from 'bun:test'
import { loadConfig } from '../../core/config/config.ts'
import { addressesOf, gatewaySettings } from './config.ts'

const load = (env: Record<string, string>) => addressesOf(loadConfig(gatewaySettings, env))

test('a service has one address or several', () => {
  const { catalog, cart } = load({ CATALOG_URL: 'http://a:1/, http://b:2', CART_URL: 'http://c:3' })
  expect(catalog).toEqual(['http://a:1', 'http://b:2'])
  expect(cart).toEqual(['http://c:3'])
  expect(load({}).user).toEqual(['http://127.0.0.1:8003'])
})

test('an address that is none stops the start', () => {
  for (const value of ['nowhere', 'http://a:1,,http://b:2', 'http://a:1,ftp://b']) {
    expect(() => load({ ORDER_URL: value })).toThrow('ORDER_URL')
  }
})
