/** What every engine must do, told over real sockets. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { problemReply, strayRequest } from '../pipeline.ts'
import { jsonType, Reply } from '../reply.ts'
import { openConnection, type Answer, type Connection } from './connection.fixture.ts'
import type { Engine, Handle, Inbound, Listening } from './engine.ts'

const host = 'Host: shop.example\r\n'
const get = (target: string, more = ''): string => `GET ${target} HTTP/1.1\r\n${host}${more}\r\n`
const post = (target: string, headers: string, body = ''): string =>
  `POST ${target} HTTP/1.1\r\n${host}${headers}\r\n${body}`
const chunk = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`

const bodyLimit = 100
const largePage = new Uint8Array(8 * 1024 * 1024).map((_, index) => index % 251)
const keptPage = new Reply(
  200,
  { 'content-type': jsonType, etag: '"kept"' },
  Buffer.from('{"a":"ж"}'),
)

/** What the handle below meets, for tests that wait for it. */
interface Events {
  gate: PromiseWithResolvers<void>
  entered: PromiseWithResolvers<void>
  aborted: PromiseWithResolvers<void>
  bodyError: PromiseWithResolvers<unknown>
  cancelled: PromiseWithResolvers<void>
}

const newEvents = (): Events => ({
  gate: Promise.withResolvers(),
  entered: Promise.withResolvers(),
  aborted: Promise.withResolvers(),
  bodyError: Promise.withResolvers(),
  cancelled: Promise.withResolvers(),
})

const json = (value: unknown): Reply =>
  new Reply(200, { 'content-type': jsonType }, JSON.stringify(value))

function handleOf(events: () => Events): Handle {
  const routes: Readonly<Record<string, (inbound: Inbound) => Reply | Promise<Reply>>> = {
    '/kept': () => keptPage,
    '/empty': () => new Reply(204, {}, null),
    '/same': () => new Reply(304, { etag: '"kept"' }, null),
    '/large': () => new Reply(200, {}, largePage),
    '/headers': (inbound) => json(Object.fromEntries(inbound.headers())),
    '/close': () => new Reply(200, { connection: 'close' }, 'bye'),
    '/throw': () => {
      throw new Error('SELECT secret')
    },
    async '/body'(inbound) {
      try {
        return new Reply(200, {}, (await inbound.bytes(bodyLimit)) as Uint8Array<ArrayBuffer>)
      } catch (error) {
        events().bodyError.resolve(error)
        return problemReply(error, inbound, strayRequest(inbound))
      }
    },
    async '/gate'(inbound) {
      inbound.signal.addEventListener('abort', () => events().aborted.resolve())
      const { entered, gate } = events()
      entered.resolve()
      await gate.promise
      return json('through the gate')
    },
    '/stream': () => {
      const { gate, cancelled } = events()
      const stream = new ReadableStream<Uint8Array>({
        async start(controller) {
          controller.enqueue(Buffer.from('first '))
          await gate.promise
          controller.enqueue(Buffer.from('second'))
          controller.close()
        },
        cancel: () => cancelled.resolve(),
      })
      return new Reply(200, { 'content-type': 'text/event-stream' }, stream)
    },
  }
  return (inbound) =>
    routes[inbound.path]?.(inbound) ?? json([inbound.method, inbound.path, inbound.query])
}

/** Runs the suite against an engine. */
export function engineConformance(engine: Engine): void {
  describe(`the engine ${engine.name}`, () => {
    let events = newEvents()
    let listening: Listening
    const errors: unknown[] = []
    const connections: Connection[] = []

    const listen = (port = 0): Listening =>
      engine.listen({
        host: '127.0.0.1',
        port,
        idleTimeout: 60_000,
        handle: handleOf(() => events),
        onError: (error) => void errors.push(error),
      })

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

    const told = async (request: string): Promise<unknown> =>
      JSON.parse((await ask(request)).body.toString())

    /** The connection still serves, or it is closed without a stray byte. */
    async function usableOrClosed(connection: Connection): Promise<void> {
      connection.write(get('/after'))
      const next = await connection.answer()
      if (next !== null) expect(next.body.toString()).toBe('["GET","/after",""]')
    }

    beforeAll(() => {
      listening = listen()
    })
    afterAll(async () => {
      events.gate.resolve()
      for (const connection of connections) connection.destroy()
      await listening.close()
    })

    describe('hands in a request', () => {
      test('with method, path and query', async () => {
        expect(await told(get('/a/%D0%B6/c?q=%20&x=a/b'))).toEqual([
          'GET',
          '/a/%D0%B6/c',
          'q=%20&x=a/b',
        ])
        expect(await told(get('/'))).toEqual(['GET', '/', ''])
        expect(await told(get('/?'))).toEqual(['GET', '/', ''])
        expect(await told(get('/a//b/'))).toEqual(['GET', '/a//b/', ''])
        expect(await told(`PROPFIND /a HTTP/1.1\r\n${host}\r\n`)).toEqual(['PROPFIND', '/a', ''])
      })

      test.each(['', 'Host: a/b\r\n', 'Host: a?b\r\n', 'Host: [::\r\n'])(
        'with its own path when the host is %p',
        async (line) => {
          const version = line === '' ? '1.0' : '1.1'
          const request = `GET /public/internal/x?q=1 HTTP/${version}\r\n${line}\r\n`
          const { status, body } = await ask(request)
          if (status === 200)
            expect(JSON.parse(body.toString())).toEqual(['GET', '/public/internal/x', 'q=1'])
          else expect(status).toBe(400)
        },
      )

      test('with its headers, names in lower case', async () => {
        expect(await told(get('/headers', 'X-One: 1\r\nx-two:  two \r\n'))).toMatchObject({
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
      ])('and blames a client that hangs up in the middle: %s', async (_name, headers, start) => {
        events = newEvents()
        const connection = await open()
        connection.write(post('/body', headers, start))
        // Behind the next answer the server has surely seen the head before the end.
        await ask(get('/'))
        connection.destroy()
        expect(await events.bodyError.promise).toMatchObject({ code: 'bad_request', status: 400 })
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
        ['a length that is no number', post('/body', 'Content-Length: abc\r\n')],
        [
          'many headers',
          get('/', Array.from({ length: 5_000 }, (_, n) => `h${n}: v\r\n`).join('')),
        ],
        ['a huge header', get('/', `h: ${'x'.repeat(100_000)}\r\n`)],
        ['a request without a host', 'GET / HTTP/1.1\r\n\r\n'],
      ])('%s with 4xx, closes, and lives on', async (_name, request) => {
        const connection = await open()
        connection.write(request)
        const answer = await connection.answer()
        expect(answer?.status).toBeWithin(400, 500)
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
        events = newEvents()
        const connection = await open()
        connection.write(get('/stream'))
        await connection.arrived('first ')
        events.gate.resolve()
        const answer = await connection.answer()
        expect(answer?.headers.get('transfer-encoding')).toBe('chunked')
        expect(answer?.body.toString()).toBe('first second')
      })

      test('pipelined requests in their order, also behind a slow one', async () => {
        events = newEvents()
        const connection = await open()
        connection.write(`${get('/gate')}${get('/second')}${get('/third')}`)
        await events.entered.promise
        events.gate.resolve()
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
        const before = errors.length
        const { status, body, headers } = await ask(get('/throw'))
        expect(status).toBe(500)
        expect(`${body.toString()}${[...headers].join()}`).not.toContain('SELECT')
        expect(errors.slice(before)).toMatchObject([{ message: 'SELECT secret' }])
      })
    })

    describe('when the client goes away', () => {
      test('aborts the signal of its request', async () => {
        events = newEvents()
        const connection = await open()
        connection.write(get('/gate'))
        await events.entered.promise
        connection.destroy()
        await events.aborted.promise
        events.gate.resolve()
        expect((await ask(get('/'))).status).toBe(200)
      })

      test('cancels the stream of its answer', async () => {
        events = newEvents()
        const connection = await open()
        connection.write(get('/stream'))
        await connection.arrived('first ')
        connection.destroy()
        await events.cancelled.promise
        events.gate.resolve()
      })
    })

    describe('listening', () => {
      test('on a port that is taken throws EADDRINUSE', () => {
        let refused: unknown
        try {
          listen(listening.port)
        } catch (error) {
          refused = error
        }
        expect(refused).toMatchObject({ code: 'EADDRINUSE' })
      })

      test('ends with a drain: what is in flight is answered, new connections are refused', async () => {
        events = newEvents()
        const second = listen()
        const idle = await open(second.port)
        idle.write(get('/'))
        await idle.answer()
        const busy = await open(second.port)
        busy.write(get('/gate'))
        await events.entered.promise

        const drained = second.drain()
        await idle.closed
        await expect(openConnection(second.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
        events.gate.resolve()
        expect((await busy.answer())?.body.toString()).toBe('"through the gate"')
        await drained
      })

      test('ends at once with a close', async () => {
        events = newEvents()
        const second = listen()
        const busy = await open(second.port)
        busy.write(get('/gate'))
        await events.entered.promise
        await second.close()
        await busy.closed
        events.gate.resolve()
      })
    })
  })
}
