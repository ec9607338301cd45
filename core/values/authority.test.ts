/** Addresses put together from host and port are such that a URL knows both again. */
import { expect, test } from 'bun:test'
import { authorityOf, hostAndPort, plainHost, urlOfListener } from './authority.ts'

test.each([
  ['127.0.0.1', '127.0.0.1:80'],
  ['localhost', 'localhost:80'],
  ['::1', '[::1]:80'],
  ['[::1]', '[::1]:80'],
  ['2001:db8::5', '[2001:db8::5]:80'],
])('%s and a port are %s', (host, authority) => {
  expect(authorityOf(host, 80)).toBe(authority)
  expect(hostAndPort(authority, 1)).toEqual({ host: plainHost(host), port: 80 })
  expect(hostAndPort(host, 1)).toEqual({ host: plainHost(host), port: 1 })
})

test.each([
  ['127.0.0.1', 'http://127.0.0.1:8080'],
  ['0.0.0.0', 'http://127.0.0.1:8080'],
  ['::', 'http://[::1]:8080'],
  ['[::]', 'http://[::1]:8080'],
  ['::1', 'http://[::1]:8080'],
  ['shop.example', 'http://shop.example:8080'],
])('who listens on %s is asked at %s', (host, url) => {
  expect(urlOfListener(host, 8080)).toBe(url)
  expect(new URL(url).port).toBe('8080')
})
