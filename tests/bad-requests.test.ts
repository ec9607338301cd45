/** Requests that no client would send, byte by byte: broken lines and framing, and paths in disguise. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { newId } from '../core/values/ids.ts'
import { serviceNames } from '../core/values/service-name.ts'
import { clientOf } from './support/client.ts'
import { expectProblem, expectRawProblem } from './support/expect-problem.ts'
import { rawHead, sendRaw } from './support/raw.ts'
import type { Sent } from './support/send.ts'
import { startShop, type ProcessName } from './support/shop.ts'
import { watchOver } from './support/unharmed.ts'

const folder = mkdtempSync(join(tmpdir(), 'product-store-'))
const profiles = join(folder, 'profiles')
const secret = `secret-${newId()}`
mkdirSync(join(profiles, '.hidden'), { recursive: true })
writeFileSync(join(profiles, 'flame.html'), '<p>flame</p>')
writeFileSync(join(profiles, '.hidden', 'file'), secret)
writeFileSync(join(folder, 'secret'), secret)
symlinkSync(join(folder, 'secret'), join(profiles, 'link'))

const shop = await startShop({
  gateway: true,
  products: 8,
  envOf: { gateway: { PROFILES_DIR: profiles } },
})
afterAll(async () => {
  await shop.stop()
  rmSync(folder, { recursive: true, force: true })
})

const client = clientOf(shop)
const { tokens } = client
const admin = await client.demoAdmin()
const unharmed = watchOver(shop, 'gateway')
beforeEach(unharmed.before)
afterEach(unharmed.after)

const processes: readonly ProcessName[] = [...serviceNames, 'gateway']
const jsonType = { 'content-type': 'application/json' }

/** Of each process a route that reads its body before anything else can be wrong. */
const readsBody: Readonly<Record<ProcessName, readonly [string, string]>> = {
  catalog: ['POST', '/products/'],
  cart: ['POST', '/cart/items'],
  order: ['POST', '/orders/'],
  user: ['PUT', '/users/me'],
  gateway: ['PUT', '/user-api/users/me'],
}

/** Refusals of Bun itself, before a request exists that we could answer. */
const ownOfBun = [400, 431, 505]

describe.each([...processes])('raw requests to %s', (name) => {
  const raw = (...parts: readonly (string | Uint8Array)[]) => sendRaw(shop.ports[name], ...parts)

  test('a path or query past 8 KiB is 414', async () => {
    for (const target of [`/${'x'.repeat(8_200)}`, `/?q=${'x'.repeat(8_200)}`]) {
      const answer = await raw(rawHead('GET', target))
      // The gateway passes on what is behind its prefixes, and has no such page itself.
      if (name === 'gateway' && answer.status !== 414) {
        expect([302, 404]).toContain(answer.status)
      } else expectRawProblem(answer, 414)
    }
    if (name !== 'gateway') return
    expectRawProblem(await raw(rawHead('GET', `/api/${'x'.repeat(8_200)}`)), 414)
  })
  test('headers past 16 KiB and a flood of them are refused', async () => {
    const long = await raw(rawHead('GET', `/${'x'.repeat(20_000)}`))
    expect(long.status).toBe(431)
    const wide = await raw(rawHead('GET', '/', { 'x-wide': 'x'.repeat(20_000) }))
    expect(wide.status).toBe(431)
    const flood = Array.from({ length: 5_000 }, (_, at) => [`x-${at}`, 'x'] as const)
    const many = await raw(rawHead('GET', '/', Object.fromEntries(flood)))
    expect(many.status).toBe(431)
  })
  test('control characters and broken request lines never reach a handler', async () => {
    for (const bytes of [
      'GET /a\u0000b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      'GET /a\tb HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      'GET /a b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      'GET nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      'GET / HTTP/9.9\r\nhost: x\r\nconnection: close\r\n\r\n',
      'GET / HTTP/1.1\r\nhost : x\r\nconnection: close\r\n\r\n',
      'GET / HTTP/1.1\r\nhost: x\r\nbad\u0000name: 1\r\nconnection: close\r\n\r\n',
      '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
      'nonsense\r\n\r\n',
    ]) {
      const answer = await raw(bytes)
      expect([bytes, [0, ...ownOfBun].includes(answer.status)]).toEqual([bytes, true])
    }
  })
  test('a body with two lengths, or none that is a number, is refused', async () => {
    const [method, path] = readsBody[name]
    const headers = { authorization: `Bearer ${admin}`, ...jsonType }
    for (const framing of [
      { 'content-length': '-1' },
      { 'content-length': 'ten' },
      { 'content-length': '1, 2' },
      { 'content-length': '4', 'transfer-encoding': 'chunked' },
      { 'transfer-encoding': 'gzip, chunked, identity' },
    ]) {
      const answer = await raw(rawHead(method, path, { ...headers, ...framing }), '{}\r\n')
      expect([framing, answer.status >= 400 || answer.status === 0]).toEqual([framing, true])
    }
    const chunked = { ...headers, 'transfer-encoding': 'chunked' }
    const bad = await raw(rawHead(method, path, chunked), 'zz\r\n{}\r\n0\r\n\r\n')
    expect([0, 400]).toContain(bad.status)
  })
  test('other methods are refused', async () => {
    for (const method of ['TRACE', 'CONNECT', 'BREW', 'PROPFIND', 'get', 'G\u0000T']) {
      const { status } = await raw(rawHead(method, '/health/live'))
      expect([method, status === 0 || (status >= 400 && status < 600)]).toEqual([method, true])
    }
  })
})

describe('the gateway', () => {
  const raw = (method: string, target: string, token?: string) =>
    sendRaw(
      shop.ports.gateway,
      rawHead(method, target, {
        'content-length': '0',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      }),
    )

  const disguises = (prefix: string, hidden: string): readonly string[] => {
    const first = hidden.slice(0, 1)
    const code = `%${first.charCodeAt(0).toString(16)}`
    const rest = hidden.slice(1)
    return [
      `/${hidden}`,
      `//${hidden}`,
      `///${hidden}`,
      `/./${hidden}`,
      `/x/../${hidden}`,
      `/products/../${hidden}`,
      `/../${prefix.slice(1)}/${hidden}`,
      `/%2e/${hidden}`,
      `/x/%2e%2e/${hidden}`,
      `/x/%2E%2e/${hidden}`,
      `/x/..%2f${hidden}`,
      `/x%2f..%2f${hidden}`,
      `/%2f${hidden}`,
      `/%5c${hidden}`,
      `/\\${hidden}`,
      `\\${hidden}`,
      `/x/..\\${hidden}`,
      `/;/${hidden}`,
      `/;x=1/${hidden}`,
      `/..;/${hidden}`,
      `/x/..;/${hidden}`,
      `/${hidden.replace('/', ';x=1/')}`,
      `/${code}${rest}`,
      `/${code.toUpperCase()}${rest}`,
      `/%25${code.slice(1)}${rest}`,
      `/${hidden.toUpperCase()}`,
      `/${hidden}/`,
      `/${hidden}//`,
      `/${hidden}?x=1`,
      `/${hidden}%00`,
      `/%00/${hidden}`,
      `/%09${hidden}`,
      `/%20${hidden}`,
      `/%0d%0a/${hidden}`,
      `/%c0%ae%c0%ae/${hidden}`,
      `/${hidden}%2f`,
      `/${hidden}#x`,
    ].map((path) => prefix + path)
  }

  test.each([
    ['/api', 'catalog', 'internal/products/lookup', 'cart'],
    ['/cart-api', 'cart', 'internal/cart', 'user'],
    ['/order-api', 'order', 'internal/spending', 'user'],
    ['/user-api', 'user', 'internal/revocations', 'order'],
    ['/api', 'catalog', 'metrics', 'order'],
    ['/user-api', 'user', 'metrics', 'order'],
  ] as const)('hides %s of %s, %s, in every disguise', async (prefix, service, hidden, caller) => {
    const token = tokens.service(caller, service)
    const twisted = `/x/..${prefix}/${hidden}`
    const encodedPrefix = `/%61${prefix.slice(2)}/${hidden}`
    const targets = [
      ...disguises(prefix, hidden),
      twisted,
      encodedPrefix,
      `/${prefix}/${hidden}`,
      `${prefix.toUpperCase()}/${hidden}`,
      `http://shop.test${prefix}/${hidden}`,
      `/docs/..${prefix}/${hidden}`,
      `/${hidden}`,
    ]
    for (const target of targets) {
      for (const method of ['GET', 'POST']) {
        const answer = await raw(method, target, token)
        expect([method, target, [400, 404, 505].includes(answer.status)]).toEqual([
          method,
          target,
          true,
        ])
      }
    }
  })
  test('shows only what lies in its folders', async () => {
    const good = await raw('GET', '/profiles/flame.html')
    expect([good.status, good.body]).toEqual([200, '<p>flame</p>'])
    expect((await raw('GET', '/profiles/')).body).not.toContain('hidden')
    const ways = [
      '../secret',
      '../../secret',
      '%2e%2e/secret',
      '%2e%2e%2fsecret',
      '..%2fsecret',
      '..%5csecret',
      '..\\secret',
      '%252e%252e%252fsecret',
      '%c0%ae%c0%ae/secret',
      '....//secret',
      './../secret',
      'flame.html/../../secret',
      'flame.html%2f..%2f..%2fsecret',
      'flame.html%00',
      'flame.html%00.png',
      'flame.html/',
      '/flame.html',
      'link',
      '.hidden/file',
      '.hidden',
      '%2ehidden/file',
      `%2f${folder.slice(1)}/secret`,
      `${folder}/secret`,
      '/etc/passwd',
      '%2fetc%2fpasswd',
      '..;/secret',
      'C:%5csecret',
      '~root',
    ]
    for (const prefix of ['/profiles/', '/docs/']) {
      for (const way of ways) {
        const answer = await raw('GET', prefix + way)
        expect([prefix + way, [302, 400, 404].includes(answer.status)]).toEqual([
          prefix + way,
          true,
        ])
        expect(answer.body).not.toContain(secret)
        expect(answer.body).not.toContain('root:')
        if (answer.status !== 302) expectRawProblem(answer, answer.status)
      }
    }
  })
  test('refuses bodies and shapes as the services do', async () => {
    const token = admin
    const call = (sent: Sent) =>
      client.call('gateway', 'POST', '/api/products/', { token, ...sent })
    expectProblem(await call({ body: '{', headers: jsonType }), 422, 'validation_failed')
    expectProblem(await call({ body: 'x'.repeat(10_000_000), headers: jsonType }), 413)
    const deep = '['.repeat(20_000) + ']'.repeat(20_000)
    expectProblem(await call({ body: deep, headers: jsonType }), 422, 'validation_failed')
    expectProblem(await client.get('gateway', '/api/products/%zz'), 400, 'bad_request')
    expectProblem(await client.get('gateway', '/api/products/%00'), 400, 'bad_request')
    expectProblem(await client.get('gateway', '/api/products/7'), 422, 'validation_failed')
  })
})
