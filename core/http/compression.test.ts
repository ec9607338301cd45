/** Content codings: what clients accept is what they get, compressed once. */
import { describe, expect, test } from 'bun:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import {
  acceptanceOf,
  plainTag,
  replyTo,
  represent,
  worthCompressing,
  type Asking,
} from './compression.ts'
import type { Reply } from './reply.ts'

const asking = (headers: Readonly<Record<string, string>> = {}): Asking => ({
  header: (name) => headers[name] ?? null,
})

const encoder = new TextEncoder()
const large = encoder.encode('много одинаковых слов '.repeat(200))
const small = encoder.encode('x'.repeat(worthCompressing - 1))

const representationOf = (body: Uint8Array, onEncoded = () => {}) =>
  represent({
    body,
    tag: 'v1',
    headers: { 'cache-control': 'no-cache' },
    bodyHeaders: { 'content-type': 'text/plain' },
    onEncoded,
  })

const bytesOf = (reply: Reply): Uint8Array => reply.body as Uint8Array // all of these have bytes

describe('Accept-Encoding', () => {
  test.each([
    [null, 'identity'],
    ['', 'identity'],
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, deflate', 'gzip'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['deflate, zstd', 'identity'],
    ['identity', 'identity'],
    ['*', 'br'],
    ['br;q=0, *', 'gzip'],
    ['br;q=0, gzip;q=0, *', 'identity'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0.8,gzip;q=0.8', 'br'],
    ['br ; q=0.2 ,\tgzip ; Q=0.3', 'gzip'],
    ['br;q=0, gzip;q=0', 'identity'],
    ['gzip;q=0', 'identity'],
    ['gzip;q=0.001', 'gzip'],
    ['gzip;q=0.5, identity', 'identity'],
    ['gzip;q=0.5, identity;q=0.5', 'gzip'],
    ['gzip;q=0.5, *;q=0.1', 'gzip'],
    ['gzip;q=0.5, br;q=0, *;q=0.9', 'identity'],
    ['identity;q=0, gzip;q=0.1', 'gzip'],
    ['*;q=0, gzip', 'gzip'],
    ['gzip;q=2', 'identity'],
    ['gzip;q=x, br;level=5', 'identity'],
    ['gzip;q=1.0000', 'identity'],
    [',, gzip,', 'gzip'],
    ['gzip;q=0, gzip;q=1', 'identity'],
  ])('%p asks for %p', (header, coding) => {
    expect(acceptanceOf(header).coding).toBe(coding as never)
    // The second time it comes from memory.
    expect(acceptanceOf(header).coding).toBe(coding as never)
  })

  test.each([
    ['gzip', true],
    ['gzip, identity;q=0', false],
    ['gzip, *;q=0', false],
    ['gzip, *;q=0, identity;q=0.1', true],
    // Nothing that there is would do: the header is set aside.
    ['identity;q=0', true],
    ['*;q=0', true],
    ['deflate, identity;q=0', true],
  ])('%p lets a small body go plain: %p', (header, plain) => {
    expect(acceptanceOf(header).plain).toBe(plain)
  })

  test('is right for any number of spellings, and for long ones', () => {
    for (let n = 0; n < 1_000; n++) {
      expect(acceptanceOf(`gzip;q=0.${n % 10}, x${n}`).coding).toBe(
        n % 10 === 0 ? 'identity' : 'gzip',
      )
    }
    expect(acceptanceOf(`${'x'.repeat(5_000)}, gzip`).coding).toBe('gzip')
  })
})

describe('a representation', () => {
  test('is sent in the coding that was asked for, each with a strong tag of its own', async () => {
    const representation = representationOf(large)
    const plain = await replyTo(representation, asking())
    expect(plain).toMatchObject({
      status: 200,
      body: large,
      headers: { 'content-type': 'text/plain', etag: '"v1"', vary: 'Accept-Encoding' },
    })
    expect(plain.headers).not.toHaveProperty('content-encoding')
    for (const [coding, decode] of [
      ['gzip', gunzipSync],
      ['br', brotliDecompressSync],
    ] as const) {
      const reply = await replyTo(representation, asking({ 'accept-encoding': coding }))
      expect(reply.headers).toEqual({
        'content-type': 'text/plain',
        'content-encoding': coding,
        etag: `"v1-${coding}"`,
        vary: 'Accept-Encoding',
        'cache-control': 'no-cache',
      })
      expect(new Uint8Array(decode(bytesOf(reply)))).toEqual(large)
      expect(bytesOf(reply).length).toBeLessThan(large.length / 2)
    }
  })

  test('has its headers both by name and as a list that an engine takes as it is', () => {
    const { headers } = representationOf(large).ready(asking()) as Reply
    expect(headers).toBeInstanceOf(Headers)
    expect(Object.fromEntries(headers as unknown as Headers)).toEqual({ ...headers })
  })

  test('is compressed once for all who wait, and then kept', async () => {
    let encoded = 0
    const representation = representationOf(large, () => encoded++)
    const client = asking({ 'accept-encoding': 'gzip' })
    expect(representation.ready(client)).toBeNull()
    const replies = await Promise.all(
      Array.from({ length: 1_000 }, () => replyTo(representation, client)),
    )
    expect(encoded).toBe(1)
    expect(new Set(replies).size).toBe(1)
    expect(representation.ready(client)).toBe(replies[0] ?? null)
  })

  test('weighs what it holds, and tells when that has grown', async () => {
    const weights: number[] = []
    const representation = representationOf(large, () => weights.push(representation.bytes))
    expect(representation.bytes).toBe(large.length)
    const zipped = await replyTo(representation, asking({ 'accept-encoding': 'gzip' }))
    const shorter = await replyTo(representation, asking({ 'accept-encoding': 'br' }))
    expect(weights).toEqual([
      large.length + bytesOf(zipped).length,
      large.length + bytesOf(zipped).length + bytesOf(shorter).length,
    ])
  })

  test('that is small goes as it is, unless the client cannot read that', async () => {
    const representation = representationOf(small)
    const plain = await replyTo(representation, asking({ 'accept-encoding': 'gzip, br' }))
    expect(plain).toMatchObject({ body: small, headers: { etag: '"v1"', vary: 'Accept-Encoding' } })
    const forced = { 'accept-encoding': 'gzip, identity;q=0' }
    const zipped = await replyTo(representation, asking(forced))
    expect(zipped.headers['content-encoding']).toBe('gzip')
    const least = representationOf(encoder.encode('x'.repeat(worthCompressing)))
    const encoded = await replyTo(least, asking({ 'accept-encoding': 'gzip' }))
    expect(encoded.headers['content-encoding']).toBe('gzip')
  })

  test.each([
    ['"v1"', 'gzip', '"v1"'],
    ['"v1-gzip"', 'gzip', '"v1-gzip"'],
    ['"v1-gzip"', '', '"v1-gzip"'],
    ['"v1-br"', 'gzip', '"v1-br"'],
    ['W/"v1-br"', 'br', '"v1-br"'],
    ['"v1", "v1-gzip"', 'gzip', '"v1-gzip"'],
    ['"v0", "v1-br"', 'gzip', '"v1-br"'],
    ['*', 'gzip', '"v1-gzip"'],
    ['*', '', '"v1"'],
  ])('is not sent again to who has %s, asking for %p: 304 with %s', (held, coding, etag) => {
    const client = asking({ 'if-none-match': held, 'accept-encoding': coding })
    // At once: nothing has to be compressed to say this.
    expect(representationOf(large).ready(client)).toEqual(
      expect.objectContaining({
        status: 304,
        body: null,
        headers: { etag, vary: 'Accept-Encoding', 'cache-control': 'no-cache' },
      }),
    )
  })

  test.each(['"v2"', '"v1-zstd"', '"v"', 'v1', '"v1-gzip-br"'])(
    'is sent in full to who has %s',
    (held) => {
      expect(representationOf(large).ready(asking({ 'if-none-match': held }))?.status).toBe(200)
    },
  )
})

test('the tag of any coding leads back to the plain one', () => {
  expect(['1.4', '1.4-gzip', '1.4-br', '1.4-zstd'].map(plainTag)).toEqual([
    '1.4',
    '1.4',
    '1.4',
    '1.4-zstd',
  ])
})
