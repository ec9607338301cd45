/** The raw-socket corpus: each case is a name and what a client does on one connection. */
import type { Step } from './sockets.ts'

export interface Target {
  /** A path that reads its body for this token's bearer. */
  readonly write: readonly [method: string, path: string]
  readonly token: string
  /** A path that nothing else asks for: who reaches it was smuggled in. */
  readonly marker: string
  readonly read: string
}

export interface Case {
  readonly name: string
  readonly steps: readonly Step[]
}

const head = (line: string, ...fields: readonly string[]): string =>
  [line, 'Host: shop.test', ...fields, '', ''].join('\r\n')

const hidden = ({ marker }: Target): string => `GET ${marker} HTTP/1.1\r\nHost: shop.test\r\n\r\n`

/** Framings that two parties could read differently; what follows must never become a request. */
const ambiguous: readonly (readonly [string, readonly string[]])[] = [
  ['Content-Length and chunked', ['Content-Length: 4', 'Transfer-Encoding: chunked']],
  ['chunked and Content-Length', ['Transfer-Encoding: chunked', 'Content-Length: 4']],
  ['two lengths', ['Content-Length: 5', 'Content-Length: 0']],
  ['two lengths the other way', ['Content-Length: 0', 'Content-Length: 5']],
  ['a list of lengths', ['Content-Length: 5, 0']],
  ['a length with a sign', ['Content-Length: +0']],
  ['a negative length', ['Content-Length: -1']],
  ['a hexadecimal length', ['Content-Length: 0x5']],
  ['a length with a fraction', ['Content-Length: 0.0']],
  ['a length past 64 bits', ['Content-Length: 18446744073709551616']],
  ['a length at 64 bits', ['Content-Length: 18446744073709551615']],
  ['a length of 30 digits', [`Content-Length: ${'9'.repeat(30)}`]],
  ['an empty length', ['Content-Length:']],
  ['a length with a space inside', ['Content-Length: 0 5']],
  ['a space before the colon of a length', ['Content-Length : 5', 'Content-Length: 0']],
  ['a space before the colon of the coding', ['Transfer-Encoding : chunked', 'Content-Length: 5']],
  ['a tab before the coding', ['Transfer-Encoding:\tchunked', 'Content-Length: 5']],
  ['a folded coding', ['Transfer-Encoding:', ' chunked', 'Content-Length: 5']],
  ['a folded length', ['X-Fold: 1', ' Content-Length: 0', 'Content-Length: 5']],
  ['coding identity', ['Transfer-Encoding: identity', 'Content-Length: 5']],
  ['coding garbage', ['Transfer-Encoding: xchunked', 'Content-Length: 5']],
  ['coding in quotes', ['Transfer-Encoding: "chunked"', 'Content-Length: 5']],
  ['chunked not last', ['Transfer-Encoding: chunked, identity']],
  ['chunked twice', ['Transfer-Encoding: chunked, chunked']],
  ['two codings in two lines', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity']],
  ['a vertical tab in the coding', ['Transfer-Encoding: \u000bchunked', 'Content-Length: 5']],
  ['a NUL in the length', ['Content-Length: 5\u0000']],
  ['a NUL in a name', ['Content\u0000-Length: 0', 'Content-Length: 5']],
  ['a bare line feed between fields', ['X-A: b\nContent-Length: 0', 'Content-Length: 5']],
  ['a bare carriage return in a value', ['X-A: b\rContent-Length: 0', 'Content-Length: 5']],
  ['a field without a colon', ['Content-Length', 'Content-Length: 5']],
  ['a nameless field', [': chunked', 'Content-Length: 5']],
]

/** Chunks that are wrong before the hidden request begins. */
const badChunks: readonly (readonly [string, string])[] = [
  ['a size that is no number', 'zz\r\n{}\r\n0\r\n\r\n'],
  ['an empty size', '\r\n{}\r\n0\r\n\r\n'],
  ['a negative size', '-2\r\n{}\r\n0\r\n\r\n'],
  ['a size with 0x', '0x2\r\n{}\r\n0\r\n\r\n'],
  ['a size of 17 digits', 'fffffffffffffffff\r\n{}\r\n0\r\n\r\n'],
  ['a size at 64 bits', 'ffffffffffffffff\r\n{}\r\n0\r\n\r\n'],
  ['a size that wraps to nothing', '10000000000000000\r\n0\r\n\r\n'],
  ['a size smaller than its data', '1\r\n{}\r\n0\r\n\r\n'],
  ['a NUL in a size', '2\u0000\r\n{}\r\n0\r\n\r\n'],
  ['a space before a size', ' 2\r\n{}\r\n0\r\n\r\n'],
]

/** One connection each; the marker must not be reached by any. */
export function smuggling(target: Target): readonly Case[] {
  const [method, path] = target.write
  const fields = [`Authorization: Bearer ${target.token}`, 'Content-Type: application/json']
  const line = `${method} ${path} HTTP/1.1`
  const cases: Case[] = []
  for (const [name, framing] of ambiguous) {
    const body = `0\r\n\r\n${hidden(target)}`
    cases.push({ name, steps: [head(line, ...fields, ...framing) + body] })
    cases.push({ name: `${name}, nobody signed in`, steps: [head(line, ...framing) + body] })
    cases.push({
      name: `${name}, in two packets`,
      steps: [head(line, ...fields, ...framing), body],
    })
  }
  for (const [name, chunks] of badChunks) {
    const sent = head(line, ...fields, 'Transfer-Encoding: chunked')
    cases.push({ name, steps: [sent + chunks + hidden(target)] })
    cases.push({ name: `${name}, in two packets`, steps: [sent, chunks + hidden(target)] })
  }
  const inner = hidden(target)
  return [
    ...cases,
    {
      name: 'a request inside a body of the right length',
      steps: [head(line, ...fields, `Content-Length: ${inner.length}`) + inner],
    },
    {
      name: 'a request inside a body that nobody reads',
      steps: [head(line, `Content-Length: ${inner.length}`) + inner],
    },
    {
      name: 'a request inside a body of a GET',
      steps: [head(`GET ${target.read} HTTP/1.1`, `Content-Length: ${inner.length}`) + inner],
    },
    {
      name: 'a request inside a chunk',
      steps: [
        head(line, ...fields, 'Transfer-Encoding: chunked') +
          `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`,
      ],
    },
    {
      name: 'a request inside a chunk extension',
      steps: [
        head(line, ...fields, 'Transfer-Encoding: chunked') + `2;a="\n${inner}"\r\n{}\r\n0\r\n\r\n`,
      ],
    },
    {
      name: 'a request in the trailers',
      steps: [head(line, ...fields, 'Transfer-Encoding: chunked') + `2\r\n{}\r\n0\r\n${inner}`],
    },
    {
      name: 'a request after trailers',
      steps: [
        head(line, ...fields, 'Transfer-Encoding: chunked') +
          `2\r\n{}\r\n0\r\nX-T: 1\r\nContent-Length: 5\r\n`,
        inner,
      ],
    },
    {
      name: 'a request inside a body, byte by byte',
      steps: [head(line, ...fields, `Content-Length: ${inner.length}`), { trickle: inner }],
    },
    {
      name: 'a request in a field',
      steps: [head(`GET ${target.read} HTTP/1.1`, `X-A: ${inner}`).slice(0, -inner.length)],
    },
    { name: 'a request after bytes that are none', steps: [`\u0000\r\n\r\n${inner}`] },
    { name: 'a request after HTTP/0.9', steps: [`GET /\r\n${inner}`] },
    {
      name: 'a request after the preface of HTTP/2',
      steps: [`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${inner}`],
    },
  ]
}

/** Clients that are slow, rude or wrong; the connection ends in time and nothing stays behind. */
export function manners(target: Target): readonly Case[] {
  const [method, path] = target.write
  const fields = [`Authorization: Bearer ${target.token}`, 'Content-Type: application/json']
  const get = head(`GET ${target.read} HTTP/1.1`)
  const post = (...more: readonly string[]): string =>
    head(`${method} ${path} HTTP/1.1`, ...fields, ...more)
  const flood = Array.from({ length: 3_000 }, (_, at) => `x-${at}: x`)
  return [
    { name: 'nothing at all', steps: [] },
    { name: 'a method and no more', steps: ['GET'] },
    { name: 'a head that stops in a name', steps: [get.slice(0, -8)] },
    { name: 'a head without its end', steps: [get.slice(0, -2)] },
    { name: 'a body that never comes', steps: [post('Content-Length: 10')] },
    { name: 'half a body', steps: [post('Content-Length: 10'), '{"a"'] },
    { name: 'a dripping body', steps: [post('Content-Length: 900'), { drip: 'x'.repeat(900) }] },
    {
      name: 'dripping chunks',
      steps: [post('Transfer-Encoding: chunked'), { drip: '1\r\nx\r\n'.repeat(200) }],
    },
    {
      name: 'a dripping head',
      steps: ['GET / HTTP/1.1\r\nHost: shop.test\r\nX-A: ', { drip: 'x'.repeat(900) }],
    },
    {
      name: 'a body that nobody reads, half of it',
      steps: [head(`${method} ${path} HTTP/1.1`, 'Content-Length: 10'), '{"a"'],
    },
    {
      name: 'chunks without their end',
      steps: [post('Transfer-Encoding: chunked'), '2\r\n{}\r\n'],
    },
    { name: 'half a chunk', steps: [post('Transfer-Encoding: chunked'), 'ff\r\n{}'] },
    { name: 'half a chunk size', steps: [post('Transfer-Encoding: chunked'), 'f'] },
    {
      name: 'a chunk past every limit',
      steps: [post('Transfer-Encoding: chunked'), 'fffffff\r\n{}'],
    },
    {
      name: 'an endless chunk extension',
      steps: [post('Transfer-Encoding: chunked'), `2;${'x'.repeat(100_000)}`],
    },
    {
      name: 'expecting 100-continue, then silence',
      steps: [post('Content-Length: 10', 'Expect: 100-continue')],
    },
    { name: 'expecting something else', steps: [post('Content-Length: 2', 'Expect: tea'), '{}'] },
    { name: 'keep-alive after an answer', steps: [get] },
    { name: 'half-closed at once', steps: ['half-close'] },
    { name: 'half-closed in the head', steps: ['GET / HT', 'half-close'] },
    { name: 'half-closed after the request', steps: [get, 'half-close'] },
    { name: 'half-closed in the body', steps: [post('Content-Length: 10'), '{', 'half-close'] },
    { name: 'reset at once', steps: ['reset'] },
    { name: 'reset in the head', steps: ['GET / HT', 'reset'] },
    { name: 'reset in the body', steps: [post('Content-Length: 10'), '{', 'reset'] },
    { name: 'reset in a chunk', steps: [post('Transfer-Encoding: chunked'), 'ff\r\n{}', 'reset'] },
    { name: 'reset before the answer', steps: [get, 'reset'] },
    { name: 'reset before a hundred answers', steps: [get.repeat(100), 'reset'] },
    { name: 'reset in the answers', steps: [get.repeat(100), { answers: 1 }, 'reset'] },
    { name: 'a flood of fields', steps: [head('GET / HTTP/1.1', ...flood)] },
    { name: 'a field without end', steps: [`GET / HTTP/1.1\r\nX-A: ${'x'.repeat(200_000)}`] },
    { name: 'a target without end', steps: [`GET /${'x'.repeat(200_000)}`] },
    { name: 'a method without end', steps: ['X'.repeat(200_000)] },
    { name: 'NULs', steps: ['\u0000'.repeat(1_000)] },
    { name: 'empty lines', steps: ['\r\n'.repeat(10_000)] },
    { name: 'HTTP/0.9', steps: ['GET /\r\n'] },
    { name: 'HTTP/1.0', steps: ['GET / HTTP/1.0\r\n\r\n'] },
    { name: 'HTTP/1.0 that stays', steps: ['GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'] },
    {
      name: 'HTTP/2',
      steps: [
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000',
      ],
    },
    {
      name: 'an upgrade to h2c',
      steps: [
        head(
          'GET / HTTP/1.1',
          'Connection: Upgrade, HTTP2-Settings',
          'Upgrade: h2c',
          'HTTP2-Settings: AAMAAABk',
        ),
      ],
    },
    {
      name: 'an upgrade to a web socket',
      steps: [
        head(
          'GET / HTTP/1.1',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        ),
      ],
    },
    {
      name: 'a TLS hello',
      steps: ['\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'],
    },
    { name: 'a target with its authority', steps: [head('GET http://other.test/ HTTP/1.1')] },
    { name: 'a target of another scheme', steps: [head('GET ftp://other.test/ HTTP/1.1')] },
    { name: 'the target *', steps: [head('OPTIONS * HTTP/1.1')] },
    { name: 'GET *', steps: [head('GET * HTTP/1.1')] },
    { name: 'CONNECT', steps: [head('CONNECT other.test:443 HTTP/1.1')] },
    { name: 'no Host', steps: ['GET / HTTP/1.1\r\n\r\n'] },
    { name: 'two Hosts', steps: [head('GET / HTTP/1.1', 'Host: other.test')] },
    { name: 'an empty Host', steps: ['GET / HTTP/1.1\r\nHost:\r\n\r\n'] },
    { name: 'a Host that is none', steps: ['GET / HTTP/1.1\r\nHost: a/b@c\r\n\r\n'] },
  ]
}
