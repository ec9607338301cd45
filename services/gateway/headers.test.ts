/** Headers on their way through the gateway. */
import { describe, expect, test } from 'bun:test'
import { replyHeaders, requestHeaders } from './headers.ts'

const stranger = { peer: '203.0.113.7', trusted: false, requestId: 'id-1' }
const proxy = { peer: '10.0.0.1', trusted: true, requestId: 'id-1' }

describe('towards a service', () => {
  test('end-to-end headers pass as they are', () => {
    const sent = {
      authorization: 'Bearer x',
      'content-type': 'application/json',
      'if-none-match': '"a"',
      'idempotency-key': 'k',
      traceparent: '00-a-b-01',
      'accept-encoding': 'br',
      cookie: 'a=b',
    }
    expect(requestHeaders(Object.entries(sent), stranger)).toMatchObject(sent)
  })
  test('hop-by-hop headers and those that Connection names stay here', () => {
    const headers = requestHeaders(
      [
        ['connection', 'close, X-Secret-Hop ,te'],
        ['x-secret-hop', '1'],
        ['te', 'trailers'],
        ['trailer', 'x'],
        ['upgrade', 'websocket'],
        ['transfer-encoding', 'chunked'],
        ['keep-alive', 'timeout=5'],
        ['proxy-authorization', 'Basic x'],
        ['proxy-connection', 'keep-alive'],
        ['expect', '100-continue'],
        ['x-kept', '1'],
      ],
      stranger,
    )
    expect(Object.keys(headers).sort()).toEqual([
      'accept-encoding',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-gateway',
      'x-kept',
      'x-request-id',
    ])
  })
  test('nobody outside speaks for the inside', () => {
    const claims: [string, string][] = [
      ['x-user-id', '1'],
      ['x-user-role', 'admin'],
      ['admin', 'true'],
      ['x-admin', 'true'],
      ['x-request-deadline', '9999999'],
      ['forwarded', 'for=1.2.3.4'],
      ['x-real-ip', '1.2.3.4'],
      ['x-forwarded-for', '1.2.3.4'],
      ['x-forwarded-proto', 'https'],
      ['x-forwarded-host', 'bank.example'],
      ['x-forwarded-user', 'admin'],
      ['x-gateway', '0'],
      ['host', 'shop.example'],
    ]
    expect(requestHeaders(claims, stranger)).toEqual({
      'x-gateway': '1',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'shop.example',
      'x-request-id': 'id-1',
      'accept-encoding': 'identity',
    })
  })
  test('a configured proxy says who the client was', () => {
    const claims: [string, string][] = [
      ['x-forwarded-for', '6.6.6.6, 203.0.113.7'],
      ['x-forwarded-proto', 'https'],
      ['x-forwarded-host', 'shop.example'],
      ['x-forwarded-user', 'admin'],
    ]
    const headers = requestHeaders(claims, proxy)
    expect(headers['x-forwarded-for']?.split(', ').at(-1)).toBe('203.0.113.7')
    expect(headers['x-forwarded-proto']).toBe('https')
    expect(headers['x-forwarded-host']).toBe('shop.example')
    expect(headers['x-forwarded-user']).toBeUndefined()
  })
})

test('an answer loses what ends at this hop and keeps the rest', () => {
  const headers = replyHeaders([
    ['connection', 'x-hop'],
    ['x-hop', '1'],
    ['transfer-encoding', 'chunked'],
    ['content-length', '10'],
    ['date', 'now'],
    ['content-encoding', 'gzip'],
    ['retry-after', '3'],
    ['www-authenticate', 'Bearer'],
    ['x-request-id', 'abc'],
  ])
  expect(headers).toEqual({
    'content-encoding': 'gzip',
    'retry-after': '3',
    'www-authenticate': 'Bearer',
    'x-request-id': 'abc',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
  })
})
