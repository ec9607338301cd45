/** What every engine must do, told over real sockets. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { badTargetsFor, goodTargets } from '../bad-targets.fixture.ts'
import { jsonType } from '../reply.ts'
import { faultOfTarget } from '../target.ts'
import { openConnection, type Answer, type Connection } from './connection.fixture.ts'
import {
  takeControl,
  type Connect,
  type Control,
  type ControlledListening,
} from './control.fixture.ts'
import { bodyLimit, largePage } from './subject.fixture.ts'

const host = 'Host: shop.example\r\n'
const get = (target: string, more = ''): string => `GET ${target} HTTP/1.1\r\n${host}${more}\r\n`
const post = (target: string, headers: string, body = ''): string =>
  `POST ${target} HTTP/1.1\r\n${host}${headers}\r\n${body}`
const chunk = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`

/**
 * What an engine cannot do, each with its reason. The suite then asks for the next best: that nothing
 * goes wrong in silence.
 */
export interface Limits {
  /** Requests that arrive behind one that still waits for its answer. */
  readonly pipeliningBehindSlow?: string
  /** A request with two lengths is answered before its connection ends. */
  readonly answersAmbiguous?: string
  /** Silent connections end as soon as a drain begins. */
  readonly idleEndsWithDrain?: string
}

/** Runs the suite against an engine, wherever it lives. */
export function engineConformance(engine: string, connect: Connect, limits: Limits = {}): void {
  describe(`the engine ${engine}`, () => {
    let control: Control
    let listening: ControlledListening
    const connections: Connection[] = []

    async function open(port = listening.port): Promise<Connection> {
      const connection = await openConnection(port)
      connections.push(connection)
      return connection
    }

    async function ask(request: string, to: 'GET' | 'HEAD' = 'GET'): Promise<Answer> {
      const connection = await open()
      connection.write(request)
      const answer = await connection.answer(to)
      if (answer === null) throw new Error('The connection ended without an answer.')
      return answer
    }

    const toldOf = async (request: string): Promise<unknown> =>
      JSON.parse((await ask(request)).body.toString())

    /** The connection still serves, or it is closed without a stray byte. */
    async function usableOrClosed(connection: Connection): Promise<void> {
      connection.write(get('/after'))
      const next = await connection.answer()
      if (next !== null) expect(next.body.toString()).toBe('["GET","/after",""]')
    }

    beforeAll(async () => {
      control = await takeControl(connect)
      listening = await control.listen()
    })
    afterAll(async () => {
      control.open()
      for (const connection of connections) connection.destroy()
      await listening.close()
      await control.stop()
    })

    describe('hands in a request', () => {
      test('with method, path and query', async () => {
        expect(await toldOf(get('/a/%D0%B6/c?q=%20&x=a/b'))).toEqual([
          'GET',
          '/a/%D0%B6/c',
          'q=%20&x=a/b',
        ])
        expect(await toldOf(get('/'))).toEqual(['GET', '/', ''])
        expect(await toldOf(get('/?'))).toEqual(['GET', '/', ''])
        expect(await toldOf(get('/a//b/'))).toEqual(['GET', '/a//b/', ''])
        expect(await toldOf(`PROPFIND /a HTTP/1.1\r\n${host}\r\n`)).toEqual(['PROPFIND', '/a', ''])
      })

      test.each(['', 'Host: a/b\r\n', 'Host: a?b\r\n', 'Host: [::\r\n'])(
        'with its own path when the host is %p',
        async (line) => {
          const version = line === '' ? '1.0' : '1.1'
          const request = `GET /public/internal/x?q=1 HTTP/${version}\r\n${line}\r\n`
          const { status, body } = await ask(request)
          if (status === 200)
            expect(JSON.parse(body.toString())).toEqual(['GET', '/public/internal/x', 'q=1'])
          // HTTP/1.0 itself may be refused.
          else expect([400, 505]).toContain(status)
        },
      )

      test('with its path as it was sent, or so that its reader refuses it', async () => {
        for (const target of goodTargets) {
          const [path = '', ...query] = target.split('?')
          expect([target, await toldOf(get(target))]).toEqual([
            target,
            ['GET', path, query.join('?')],
          ])
        }
        for (const target of badTargetsFor('', 'public/secret')) {
          const { status, body } = await ask(get(target))
          // Some are none for the engine itself; that of Node knows no address before a path.
          if (status === 400 || status === 505) continue
          const [, path, query] = JSON.parse(body.toString()) as [string, string, string]
          expect([target, path, faultOfTarget(path, query)]).toEqual([
            target,
            path,
            expect.any(String),
          ])
        }
      })

      test('with its headers, names in lower case', async () => {
        expect(await toldOf(get('/headers', 'X-One: 1\r\nx-two:  two \r\n'))).toMatchObject({
          'x-one': '1',
          'x-two': 'two',
          host: 'shop.example',
        })
      })
    })

    describe('reads a body', () => {
      const echoed = async (request: string) => (await ask(request)).body.toString()

      test('of a stated length', async () => {
        expect(await echoed(post('/body', 'Content-Length: 3\r\n', 'abc'))).toBe('abc')
        expect(await echoed(post('/body', 'Content-Length: 0\r\n'))).toBe('')
      })

      test('in chunks', async () => {
        const body = `${chunk('abc')}${chunk('de')}0\r\n\r\n`
        expect(await echoed(post('/body', 'Transfer-Encoding: chunked\r\n', body))).toBe('abcde')
      })

      test('that is absent', async () => {
        expect(await echoed(post('/body', ''))).toBe('')
      })

      test('that arrives later than its head', async () => {
        const connection = await open()
        connection.write(post('/body', 'Content-Length: 6\r\nExpect: 100-continue\r\n'))
        await connection.arrived('100 Continue')
        connection.write('abc')
        connection.write('def')
        expect((await connection.answer())?.body.toString()).toBe('abcdef')
      })

      test('that nobody wants at first, and that no socket holds', async () => {
        const events = control.renew()
        const connection = await open()
        connection.write(post('/slow-body', `Content-Length: ${largePage.length}\r\n`))
        connection.write(largePage)
        await events.entered.promise
        control.open()
        expect((await connection.answer())?.body.equals(largePage)).toBe(true)
      })

      test.each([
        ['of a stated length', `Content-Length: ${largePage.length}\r\n`, [largePage]],
        [
          'in chunks',
          'Transfer-Encoding: chunked\r\n',
          [`${largePage.length.toString(16)}\r\n`, largePage, '\r\n0\r\n\r\n'],
        ],
      ])('as it arrives, for who passes it on: %s', async (_name, headers, parts) => {
        const connection = await open()
        connection.write(post('/pass', headers))
        for (const part of parts) connection.write(part)
        expect((await connection.answer())?.body.equals(largePage)).toBe(true)
      })

      test('up to its limit', async () => {
        const full = 'x'.repeat(bodyLimit)
        expect(await echoed(post('/body', `Content-Length: ${bodyLimit}\r\n`, full))).toBe(full)
        const chunked = `${chunk(full)}0\r\n\r\n`
        expect(await echoed(post('/body', 'Transfer-Encoding: chunked\r\n', chunked))).toBe(full)
      })

      test.each([
        ['of a stated length', `Content-Length: ${bodyLimit + 1}\r\n`, 'x'.repeat(bodyLimit + 1)],
        [
          'in chunks',
          'Transfer-Encoding: chunked\r\n',
          `${chunk('x'.repeat(bodyLimit + 1))}0\r\n\r\n`,
        ],
      ])('and answers 413 past it: %s', async (_name, headers, body) => {
        const connection = await open()
        connection.write(post('/body', headers, body))
        const answer = await connection.answer()
        expect(answer?.status).toBe(413)
        expect(answer?.headers.get('content-type')).toBe('application/problem+json')
        expect(JSON.parse(answer?.body.toString() ?? '')).toMatchObject({
          code: 'payload_too_large',
          detail: `The body is larger than ${bodyLimit} bytes`,
        })
        await usableOrClosed(connection)
      })

      test.each([
        ['stated', 'Content-Length: 10000000\r\n', 'x'],
        ['chunked', 'Transfer-Encoding: chunked\r\n', chunk('x'.repeat(1000))],
      ])('and refuses 10 MB without waiting for the rest: %s', async (_name, headers, start) => {
        // The rest is never sent, so an answer proves that nobody waited for it.
        const { status } = await ask(post('/body', headers, start))
        expect(status).toBe(413)
      })

      test.each([
        ['stated', 'Content-Length: 50\r\n', 'abc'],
        ['chunked', 'Transfer-Encoding: chunked\r\n', chunk('abc')],
      ])('and knows a client that hangs up in the middle: %s', async (_name, headers, start) => {
        const events = control.renew()
        const connection = await open()
        connection.write(post('/body', headers, start))
        // Behind the next answer the server has surely seen the head before the end.
        await ask(get('/'))
        connection.destroy()
        expect(await events.bodyFailed.promise).toMatchObject({ status: 499 })
        expect((await ask(get('/'))).status).toBe(200)
      })
    })

    describe('refuses', () => {
      test.each([
        ['two lengths', post('/body', 'Content-Length: 3\r\nContent-Length: 4\r\n', 'abc')],
        [
          'a length beside chunks',
          post('/body', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
        ],
        ['an unknown coding', post('/body', 'Transfer-Encoding: xchunked\r\n', '0\r\n\r\n')],
        ['a length that is no number', post('/body', 'Content-Length: abc\r\n')],
        [
          'many headers',
          get('/', Array.from({ length: 5_000 }, (_, n) => `h${n}: v\r\n`).join('')),
        ],
        ['a huge header', get('/', `h: ${'x'.repeat(100_000)}\r\n`)],
        ['a request without a host', 'GET / HTTP/1.1\r\nAccept: */*\r\n\r\n'],
      ])('%s with 4xx, closes, and lives on', async (_name, request) => {
        const connection = await open()
        connection.write(request)
        const answer = await connection.answer()
        if (answer !== null || limits.answersAmbiguous === undefined) {
          expect(answer?.status).toBeWithin(400, 500)
        }
        await connection.closed
        expect((await ask(get('/'))).status).toBe(200)
      })

      test('what is no HTTP at all, and lives on', async () => {
        const connection = await open()
        connection.write('\u0016\u0003\u0001 nothing that anybody would understand\r\n\r\n')
        await connection.closed
        expect((await ask(get('/'))).status).toBe(200)
      })
    })

    describe('answers', () => {
      test('with status, headers and bytes, the same each time', async () => {
        const connection = await open()
        for (let round = 0; round < 3; round++) {
          connection.write(get('/kept'))
          const answer = await connection.answer()
          expect(answer?.status).toBe(200)
          expect(answer?.headers.get('etag')).toBe('"kept"')
          expect(answer?.headers.get('content-type')).toBe(jsonType)
          expect(answer?.body.toString()).toBe('{"a":"ж"}')
        }
      })

      test('HEAD as GET, without the body', async () => {
        const connection = await open()
        connection.write(`HEAD /kept HTTP/1.1\r\n${host}\r\n`)
        const answer = await connection.answer('HEAD')
        expect(answer?.status).toBe(200)
        expect(answer?.headers.get('content-length')).toBe('10')
        expect(answer?.headers.get('content-type')).toBe(jsonType)
        expect(answer?.headers.get('etag')).toBe('"kept"')
        // A stray body would stand in front of the next status line.
        connection.write(get('/next'))
        expect((await connection.answer())?.body.toString()).toBe('["GET","/next",""]')
      })

      test.each([
        ['/empty', 204],
        ['/same', 304],
      ])('%s with %d and no body', async (target, status) => {
        const connection = await open()
        connection.write(get(target))
        const answer = await connection.answer()
        expect(answer?.status).toBe(status)
        expect(answer?.headers.has('transfer-encoding')).toBe(false)
        connection.write(get('/next'))
        expect((await connection.answer())?.body.toString()).toBe('["GET","/next",""]')
      })

      test('with a large body, whole', async () => {
        const { body } = await ask(get('/large'))
        expect(body.length).toBe(largePage.length)
        expect(body.equals(largePage)).toBe(true)
      })

      test('as a stream, each piece when it is there', async () => {
        control.renew()
        const connection = await open()
        connection.write(get('/stream'))
        await connection.arrived('first ')
        control.open()
        const answer = await connection.answer()
        expect(answer?.headers.get('transfer-encoding')).toBe('chunked')
        expect(answer?.body.toString()).toBe('first second')
      })

      test('no faster than the client reads', async () => {
        const { cancelled, flooded } = control.renew()
        const connection = await open()
        connection.pause()
        connection.write(get('/endless'))
        // Turns of the server's loop in which one that does not wait would have sent everything.
        for (let turn = 0; turn < 20; turn++) await ask(get('/'))
        connection.destroy()
        const told = await Promise.race([
          cancelled.promise.then(() => 'cancelled'),
          flooded.promise.then(() => 'flooded'),
        ])
        expect(told).toBe('cancelled')
      })

      test('HEAD of a stream without the stream', async () => {
        const events = control.renew()
        const connection = await open()
        connection.write(`HEAD /stream HTTP/1.1\r\n${host}\r\n`)
        expect((await connection.answer('HEAD'))?.status).toBe(200)
        await events.cancelled.promise
        connection.write(get('/next'))
        expect((await connection.answer())?.body.toString()).toBe('["GET","/next",""]')
      })

      test('never with a header that holds a line break', async () => {
        const { error } = control.renew()
        const { status, headers } = await ask(get('/break'))
        expect(status).toBe(500)
        expect(headers.has('set-cookie')).toBe(false)
        await error.promise
      })

      test('pipelined requests in their order', async () => {
        const connection = await open()
        connection.write(`${get('/first')}${get('/second')}${get('/third')}`)
        for (const name of ['first', 'second', 'third']) {
          expect((await connection.answer())?.body.toString()).toBe(`["GET","/${name}",""]`)
        }
      })

      test('pipelined requests behind a slow one in their order, or none of them', async () => {
        const events = control.renew()
        const connection = await open()
        connection.write(`${get('/gate')}${get('/second')}${get('/third')}`)
        await events.entered.promise
        if (limits.pipeliningBehindSlow !== undefined) {
          expect(await connection.answer()).toBeNull()
          control.open()
          return
        }
        control.open()
        const bodies = []
        for (let n = 0; n < 3; n++) bodies.push((await connection.answer())?.body.toString())
        expect(bodies).toEqual([
          '"through the gate"',
          '["GET","/second",""]',
          '["GET","/third",""]',
        ])
      })

      test('and closes where the client or the answer says so', async () => {
        for (const request of [get('/', 'Connection: close\r\n'), get('/close')]) {
          const connection = await open()
          connection.write(request)
          expect((await connection.answer())?.status).toBe(200)
          await connection.closed
        }
      })

      test('and closes although the rest of a body is still to come', async () => {
        const connection = await open()
        connection.write(post('/close', 'Content-Length: 50\r\n', 'abc'))
        expect((await connection.answer())?.status).toBe(200)
        await connection.closed
      })

      test('500 without a word where the handle throws, and tells the owner', async () => {
        const { error } = control.renew()
        const { status, body, headers } = await ask(get('/throw'))
        expect(status).toBe(500)
        expect(`${body.toString()}${[...headers].join()}`).not.toContain('SELECT')
        expect(await error.promise).toBe('SELECT secret')
      })
    })

    describe('when the client goes away', () => {
      test('aborts the signal of its request', async () => {
        const events = control.renew()
        const connection = await open()
        connection.write(get('/gate'))
        await events.entered.promise
        connection.destroy()
        await events.aborted.promise
        control.open()
        expect((await ask(get('/'))).status).toBe(200)
      })

      test('cancels the stream of its answer', async () => {
        const events = control.renew()
        const connection = await open()
        connection.write(get('/stream'))
        await connection.arrived('first ')
        connection.destroy()
        await events.cancelled.promise
        control.open()
      })
    })

    describe('listening', () => {
      test('on a port that is taken throws EADDRINUSE', async () => {
        await expect(control.listen(listening.port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
      })

      test('ends with a drain: what is in flight is answered, new connections are refused', async () => {
        const events = control.renew()
        const second = await control.listen()
        const idle = await open(second.port)
        idle.write(get('/'))
        await idle.answer()
        const busy = await open(second.port)
        busy.write(get('/gate'))
        await events.entered.promise

        const drained = second.drain()
        await events.draining.promise
        if (limits.idleEndsWithDrain === undefined) await idle.closed
        await expect(openConnection(second.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
        control.open()
        expect((await busy.answer())?.body.toString()).toBe('"through the gate"')
        await drained
        await idle.closed
      })

      test('ends at once with a close', async () => {
        const events = control.renew()
        const second = await control.listen()
        const busy = await open(second.port)
        busy.write(get('/gate'))
        await events.entered.promise
        await second.close()
        await busy.closed
        control.open()
      })
    })
  })
}
